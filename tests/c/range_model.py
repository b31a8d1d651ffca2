"""Codec range written once more, pixel by pixel and in plain Python: what the C decoder is compared with.

From FORMAT.md's description of codec 3, with nothing of imgbuild: slow, but short enough to check by eye.
The tables are read as text out of the C header that defines them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from c import handmade as h
from c.program import RUNTIME

RANGE = 3
FORMATS = ("rgb565", "rgb565a8", "argb8888", "xrgb8888", "rgb888", "a8", "a4", "i8", "i4", "gray8", "gray4")
TOP, FULL = 1 << 24, 0xFFFFFFFF
Rows = list[list[int]]


def tables() -> dict[str, bytes]:
    text = (RUNTIME / "src" / "imgb_range_tables.h").read_text()
    found = re.findall(r"imgb_range_(\w+)\[\d+\] = \{([^}]*)\}", text)
    return {name: bytes(int(n) for n in re.findall(r"\d+", values)) for name, values in found}


class Coder:
    """The range encoder, as exact integers: ``low`` is never cut, so there is no carry to take care of."""

    def __init__(self) -> None:
        self.low, self.range, self.shifts = 0, FULL, 0

    def take(self, start: int, size: int) -> None:
        self.low, self.range = self.low + start, size
        while self.range < TOP:
            self.low, self.range, self.shifts = self.low << 8, self.range << 8, self.shifts + 1

    def bit(self, p: int, bit: int) -> None:
        bound = (self.range >> 8) * p
        self.take(bound, self.range - bound) if bit else self.take(0, bound)

    def raw(self, n: int, value: int) -> None:
        self.take((self.range >> n) * value, self.range >> n)

    def symbol(self, table: bytes, row: int, s: int) -> None:
        unit = self.range >> 8
        high = unit * table[row + s - 1] if s else self.range
        self.take(unit * table[row + s], high - unit * table[row + s])

    def end(self) -> bytes:
        total = self.shifts + 4
        for kept in range(5):
            step = 1 << 8 * (4 - kept)
            value = -(-self.low // step) * step
            if value < self.low + self.range:
                return value.to_bytes(total, "big").rstrip(b"\0") or b"\0"
        raise AssertionError("a range always holds a number of four bytes")


def fold(d: int) -> int:
    return 2 * d if d >= 0 else -2 * d - 1


def wrap(d: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return (d + half) % (2 * half) - half


def med(w: int, n: int, nw: int) -> int:
    return (
        w + n - sorted((w, n, nw))[1]
        if min(w, n) <= nw <= max(w, n)
        else (min(w, n) if nw > w else max(w, n))
    )


def shape(w: int, n: int, nw: int, ne: int) -> int:
    e = (0 if nw == w else 1) if w == n else 2 if nw == w else 3 if nw == n else 4
    return e + 5 * (n == ne)


def code_alpha(c: Coder, plane: Rows, bits: int, t: bytes) -> None:
    full, width = (1 << bits) - 1, len(plane[0])

    def q(v: int) -> int:
        return 0 if v == 0 else 2 if v == full else 1

    above, was = [0] * width, 0
    for row in plane:
        c.bit(t[was], int(row != above))
        was = 2 if row == above else 1
        x = 0
        while row != above and x < width:
            w, nw = (row[x - 1], above[x - 1]) if x else (0, 0)
            n, ne = above[x], above[x + 1] if x + 1 < width else 0
            if w in (0, full) and nw == w and x + 4 <= width and set(above[x : x + 5]) == {w}:
                four = row[x : x + 4] == [w] * 4
                c.bit(t[3 + (w != 0)], int(not four))
                if four:
                    x += 4
                    continue
            v = row[x]
            what = next(i for i, hit in enumerate((v == n, v == w, v == 0, v == full, True)) if hit)
            c.symbol(t, 5 + 5 * (9 * shape(w, n, nw, ne) + 3 * q(w) + q(n)), what)
            if what == 4 and bits == 4:
                c.symbol(t, 455 + 16 * (3 * q(w) + q(n)), v)
            elif what == 4:
                z = fold(wrap(v - med(w, n, nw), 8))
                activity = abs(n - w) + abs(n - nw) + abs(w - nw)
                a = sum(activity >= limit for limit in (8, 32, 96))
                c.symbol(t, 455 + 16 * (3 * a + (q(w) == 1) + (q(n) == 1)), z >> 4)
                c.symbol(t, 647 + 16 * {0: a, 1: 5}.get(z >> 4, 4), z & 15)
            x += 1
        above = row


def code_class(c: Coder, t: bytes, row: int, z: int) -> None:
    if z < 8:
        c.symbol(t, row, z)
        return
    raw = (z - 4).bit_length() - 1
    c.symbol(t, row, raw + 6)
    c.raw(raw, z - 4 - (1 << raw))


class Kind:
    """How one kind codes a pixel that is none of its neighbours: ``code(coder, v, near, recency)``.

    ``near`` is W, N, NW; the result is the new recency.
    """

    def __init__(self, t: bytes, flat_rows: int, code: Callable[..., int]) -> None:
        self.table, self.flat_rows, self.code = t, flat_rows, code


def three_channels(t: bytes, bits: tuple[int, int, int], classes: int, is_565: bool) -> Kind:
    def split(p: int) -> list[int]:
        return [p >> bits[1] + bits[2], p >> bits[2] & (1 << bits[1]) - 1, p & (1 << bits[2]) - 1]

    def code(c: Coder, v: int, around: tuple[int, int, int], recency: int) -> int:
        near = list(zip(*map(split, around), strict=True))
        spread = sum(max(three) - min(three) for three in near)
        a = min(5, ((spread if is_565 else spread >> 2) + (recency >> 1)).bit_length())
        diff = [p - med(*three) for p, three in zip(split(v), near, strict=True)]
        dg = wrap(diff[1], bits[1])
        carry = (dg + 1) >> 1 if is_565 else dg
        zg, zr, zb = (fold(d) for d in (dg, wrap(diff[0] - carry, bits[0]), wrap(diff[2] - carry, bits[2])))
        s = (zg if zg < 3 else 3 + zg % 2) if is_565 else 0 if zg < 3 else (1 if zg < 11 else 3) + zg % 2
        code_class(c, t, 419 + classes * a, zg)
        code_class(c, t, 419 + 6 * classes + 2 * classes * (5 * a + s), zr)
        code_class(c, t, 419 + 6 * classes + 2 * classes * (5 * a + s) + classes, zb)
        return recency - (recency >> 2) + ((zg + zr + zb) >> 1)

    return Kind(t, 200, code)


def one_channel(t: bytes, bits: int) -> Kind:
    def code(c: Coder, v: int, around: tuple[int, int, int], recency: int) -> int:
        spread = max(around) - min(around)
        near = (spread >> 1) + (recency >> 3) if bits == 8 else 2 * spread + (recency >> 1)
        a, z = min(5, near.bit_length()), fold(wrap(v - med(*around), bits))
        if bits == 8:
            code_class(c, t, 219 + 14 * a, z)
        else:
            c.symbol(t, 219 + 16 * a, z)
        return recency - (recency >> 2) + z

    return Kind(t, 0, code)


def code_colour(c: Coder, plane: Rows, alpha: Rows | None, kind: Kind, flat: bool) -> None:
    t, width, colours, recency, was = kind.table, len(plane[0]), [0] * 16, 0, 0
    skip, row_at, list_at = (400, 401, 403) if kind.flat_rows else (200, 201, 203)
    for y, row in enumerate(plane):
        above = plane[y - 1]
        x, history = 0, 0
        if flat and alpha is None and y:
            c.bit(t[row_at + was], int(row != above))
            was = int(row == above)
            x = width if was else 0
        while x < width:
            v = row[x]
            w = row[x - 1] if x else above[0] if y else 0
            n = above[x] if y else w
            nw = n if not y else above[x - 1] if x else n
            ne = w if not y else above[x + 1] if x + 1 < width else row[0]
            x += 1
            if alpha is not None and alpha[y][x - 1] == 0:
                continue
            e = shape(w, n, nw, ne)
            if (
                flat
                and alpha is None
                and y
                and e == 5
                and x + 7 <= width
                and set(above[x - 1 : x + 7]) == {w}
            ):
                eight = row[x - 1 : x + 7] == [w] * 8
                c.bit(t[skip], int(not eight))
                if eight:
                    x, history, recency = x + 7, 0, recency - (recency >> 1)
                    continue
            hits = (v == n, v == w, False, flat and v in colours, flat and v == ne)
            what = next((i for i in (0, 1, 4, 3) if hits[i]), 2)
            if e == 4 and not flat:
                what = 2  # not even asked
            else:
                c.symbol(t, (kind.flat_rows if flat else 0) + 5 * (4 * e + history), what)
            if what == 3:
                c.symbol(t, list_at, colours.index(v))
                colours.remove(v) if v in colours else None
                colours, history = [v, *colours], 3
            elif what == 2:
                recency, history = kind.code(c, v, (w, n, nw), recency), 0
                colours = [v, *colours[:15]] if flat else colours
            else:
                recency, history = recency - (recency >> 1), 2 if history in (1, 2) else 1


def code_strip(pixel_format: str, pixels: Rows, alpha: Rows | None, flat: bool) -> bytes:
    t, c = tables(), Coder()
    if pixel_format in ("a8", "a4"):
        code_alpha(c, pixels, int(pixel_format[1]), t["alpha" + pixel_format[1]])
        return c.end()
    if pixel_format[0] in "ig":
        bits = int(pixel_format[-1])
        code_colour(
            c,
            pixels,
            None,
            one_channel(t[("indexed" if pixel_format[0] == "i" else "gray") + str(bits)], bits),
            True,
        )
        return c.end()
    if pixel_format == "argb8888":
        alpha = [[v >> 24 for v in row] for row in pixels]
    if alpha is not None and all(v == 255 for row in alpha for v in row):
        alpha = None
    c.raw(2, 2 * (alpha is not None) + flat)
    if alpha is not None:
        code_alpha(c, alpha, 8, t["alpha8"])
    if pixel_format.startswith("rgb565"):
        code_colour(c, pixels, alpha, three_channels(t["colour565"], (5, 6, 5), 12, is_565=True), flat)
    else:
        plane = [[v & 0xFFFFFF for v in row] for row in pixels]
        code_colour(c, plane, alpha, three_channels(t["colour888"], (8, 8, 8), 14, is_565=False), flat)
    return c.end()


def asset_of(name: str, p: h.Picture, strips: list[bytes], strip_rows: int, row_align: int = 1) -> h.Asset:
    """A bitmap asset with these stored strips; one that is larger than its pixels is stored raw."""
    stride = h.stride_of(p, row_align)
    colour, alpha = h.rows_of(p, stride)
    stored, ends = b"", []
    for i, strip in enumerate(strips):
        rows = slice(i * strip_rows, (i + 1) * strip_rows)
        plain = b"".join(colour[rows] + alpha[rows])
        is_raw = len(strip) >= len(plain)
        stored += plain if is_raw else strip
        ends.append(len(stored) | is_raw << 31)
    palette = b"".join(bytes(entry) for entry in p.palette)
    palette_at = 24 + 4 * len(ends)
    pixels_at = palette_at + len(palette)
    places = (pixels_at, 0, palette_at if palette else 0)
    head = struct.pack("<IBBHHHIII", stride, p.order, 0, len(p.palette), strip_rows, len(ends), *places)
    payload = head + struct.pack(f"<{len(ends)}I", *ends) + palette + stored
    decoded = min(strip_rows, p.height) * (stride + (stride // 2 if p.alpha else 0))
    number = h.PIXEL_FORMATS[p.pixel_format][0]
    return h.Asset(name, h.BITMAP, payload, p.width, p.height, number, RANGE, decoded)


def bitmap(name: str, p: h.Picture, strip_rows: int, row_align: int = 1, *, flat: bool = True) -> h.Asset:
    strips = []
    for y in range(0, p.height, strip_rows):
        rows = slice(y, y + strip_rows)
        strips.append(code_strip(p.pixel_format, p.pixels[rows], p.alpha[rows] if p.alpha else None, flat))
    return asset_of(name, p, strips, strip_rows, row_align)
