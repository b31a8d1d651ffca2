"""Coded glyphs (FORMAT.md 5.4) written once more, pixel by pixel, in plain Python, with nothing of imgbuild.

What the C decoder is compared with: slow, but short enough to check by eye. The tables are read as text out
of the C header that defines them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from c import handmade as h
from c.program import RUNTIME
from c.range_model import Coder

LATIN, CJK, MONO7, MONO10, OWN = 1, 2, 3, 4, 255
GRAY_BYTES, MONO_BYTES = 716, 128
ROW, SKIP, SAME_N, SAME_W, ZERO, FULL, TREE = 0, 3, 5, 329, 410, 491, 572
NAMES = {LATIN: "latin", CJK: "cjk", MONO7: "mono7", MONO10: "mono10"}
Rows = list[list[int]]


def built_in(model: int) -> bytes:
    text = (RUNTIME / "src" / "imgb_glyph_tables.h").read_text()
    found = re.search(rf"imgb_glyph_{NAMES[model]}\[\d+\] = \{{([^}}]*)\}}", text)
    assert found is not None
    return bytes(int(n) for n in re.findall(r"\d+", found[1]))


def own_table(bpp: int, seed: int = 1) -> bytes:
    """Any probabilities will do; the extremes are among them."""
    rng = random.Random(f"table {bpp} {seed}")
    size = MONO_BYTES if bpp == 1 else GRAY_BYTES
    return bytes(rng.choice([1, 255, 128, rng.randrange(1, 256)]) for _ in range(size))


def code_gray(c: Coder, rows: Rows, bpp: int, t: bytes) -> None:
    """The decisions of a glyph of 2 bits per pixel and more."""
    full, width, before = (1 << bpp) - 1, len(rows[0]), 0

    def q(v: int) -> int:
        return 0 if v == 0 else 2 if v == full else 1

    above = [0] * width
    for row in rows:
        c.bit(t[ROW + before], int(row == above))
        before = 2 if row == above else 1
        x = asked = 0
        while row != above and x < width:
            w, nw = (row[x - 1], above[x - 1]) if x else (0, 0)
            n, ne = above[x], above[x + 1] if x + 1 < width else 0
            if w in (0, full) and x + 4 <= width and x >= asked and above[x : x + 4] == [w] * 4:
                four = row[x : x + 4] == [w] * 4
                c.bit(t[SKIP + (w != 0)], int(four))
                if four:
                    x += 4
                    continue
                asked = x + 4
            code_pixel(c, row[x], (w, n, nw, ne), (q(w), q(n), q(nw), q(ne)), bpp, t)
            x += 1
        above = row


def code_pixel(
    c: Coder, v: int, near: tuple[int, int, int, int], extents: tuple[int, int, int, int], bpp: int, t: bytes
) -> None:
    w, n, nw, ne = near
    full = (1 << bpp) - 1
    qw, qn, qnw, qne = extents
    a = 27 * qw + 9 * qn + 3 * qnw + qne
    questions: list[tuple[bool, int, int]] = [
        (True, n, SAME_N + 4 * a + (w == nw) + 2 * (n == ne)),
        (w != n, w, SAME_W + a),
        (0 not in (n, w), 0, ZERO + a),
        (full not in (n, w), full, FULL + a),
    ]
    for is_asked, wanted, place in questions:
        if is_asked:
            c.bit(t[place], int(v == wanted))
            if v == wanted:
                return
    node = 1
    for shift in reversed(range(bpp)):
        bit = v >> shift & 1
        c.bit(t[TREE + 16 * (3 * qw + qn) + node] if node < 16 else 128, bit)
        node = 2 * node + bit


def code_mono(c: Coder, rows: Rows, _bpp: int, t: bytes) -> None:
    """The decisions of a glyph of 1 bit per pixel, by 7 neighbours or, with a larger table, 10."""
    seven = ((0, -1), (0, -2), (-1, 0), (-1, -1), (-1, 1), (-1, 2), (-2, 0))
    ten = (*seven[:2], (0, -3), *seven[2:], (-2, -1), (-2, 1))

    def pixel(y: int, x: int) -> int:
        return rows[y][x] if y >= 0 and 0 <= x < len(rows[0]) else 0

    for y, row in enumerate(rows):
        for x, v in enumerate(row):
            context = 0
            for dy, dx in seven if len(t) == MONO_BYTES else ten:
                context = 2 * context + pixel(y + dy, x + dx)
            c.bit(t[context], v)


def end_before(c: Coder, following: bytes) -> bytes:
    """The coder's bytes, as few as decode before just these following ones (0 behind them)."""
    following = (following + bytes(4))[:4]
    for kept in range(5):
        step = 8 * (4 - kept)
        tail = int.from_bytes(following[: 4 - kept], "big")
        for front in (c.low >> step, (c.low >> step) + 1):
            if c.low <= (front << step | tail) < c.low + c.range:
                return front.to_bytes(c.shifts + kept, "big")
    raise AssertionError("a range always holds a number of four bytes")


def code_glyphs(font: h.Font, table: bytes, seed: int = 1) -> tuple[dict[int, tuple[int, bool]], bytes]:
    """Where each glyph stands, whether it is raw, and all bytes: coded ones in any order, then raw ones."""
    plain = [h.pack_glyph(glyph, font.bpp) for glyph in font.glyphs]
    order = list(range(len(plain)))
    random.Random(seed).shuffle(order)
    code: Callable[[Coder, Rows, int, bytes], None] = code_mono if font.bpp == 1 else code_gray
    data, ends, coded = b"", {}, []
    for number in order:
        coder = Coder()
        if plain[number]:
            code(coder, font.glyphs[number].rows, font.bpp, table)
        if plain[number] and coder.shifts + 4 < len(plain[number]):
            coded.append((number, coder))
        else:
            ends[number] = len(data) + len(plain[number])
            data = plain[number] + data
            ends[number] = len(data)
    raw = set(ends)
    for number, coder in coded:
        data = end_before(coder, data) + data
        ends[number] = len(data)
    return {number: (len(data) - end, number in raw) for number, end in ends.items()}, data


def font(name: str, wanted: h.Font, model: int, table: bytes = b"", size_px: int = 16) -> h.Asset:
    """A font of coded glyphs; ``table``: the font's own."""
    places, pixels = code_glyphs(wanted, table or built_in(model))
    return h.font(name, wanted, size_px, h.Coded(model, table, places, pixels))
