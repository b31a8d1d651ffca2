"""Fonts with kerning and fallbacks, strings and glyph runs for the C reader's tests, and its program."""

from __future__ import annotations

import random
import struct
import zlib
from dataclasses import replace
from pathlib import Path

from c import handmade as h
from c.program import Programs, run
from imgbuild.errors import Place
from imgbuild.reader.compose import Screen
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.pack import open_pack

STRINGS, RUNS = 4, 5


def key_of(name: str) -> int:
    return zlib.crc32(name.encode())


def with_tables(font: h.Asset, kerning: bytes = b"", fallback: str = "") -> h.Asset:
    """``font`` with kerning behind its payload, and a font to ask next."""
    payload = h.padded(font.payload) + kerning
    at = len(payload) - len(kerning) if kerning else 0
    key = key_of(fallback) if fallback else 0
    payload = payload[:0x28] + struct.pack("<I", at) + payload[0x2C:]
    payload = payload[:0x30] + struct.pack("<I", key) + payload[0x34:]
    return replace(font, payload=payload)


def fixed_font(characters: str, advance_px: int = 10, bpp: int = 4, **more: object) -> h.Font:
    """Every glyph ``advance_px`` wide, its box one px narrower, in a level of its own."""
    top = (1 << bpp) - 1
    glyphs = []
    for number, code in enumerate([-1, *sorted(set(map(ord, characters)))]):
        rows = [] if chr(max(code, 0)).isspace() else [[1 + number % top] * (advance_px - 1)] * 7
        glyphs.append(h.Glyph(code, advance_px * 16, 0, 7, rows))
    return h.Font(bpp, glyphs, page_span=0x8000, **more)


def pairs_by_hand(pairs: dict[tuple[int, int], int], fraction_bits: int = 4, width: int = 2) -> bytes:
    """Form 1 of FORMAT.md 5.5."""
    head = struct.pack("<BBBBHHHH", 1, fraction_bits, width, 0, 0, len(pairs), 0, 0)
    table = b"".join(struct.pack("<HH", *pair) for pair in sorted(pairs))
    return head + table + b"".join(pairs[p].to_bytes(width, "little", signed=True) for p in sorted(pairs))


def classes_by_hand(
    first: int,
    classes: list[tuple[int, int]],
    matrix: list[list[int]],
    fraction_bits: int = 4,
    width: int = 1,
) -> bytes:
    """Form 2 of FORMAT.md 5.5."""
    head = struct.pack(
        "<BBBBHHHH", 2, fraction_bits, width, 1, first, len(classes), len(matrix), len(matrix[0])
    )
    values = b"".join(v.to_bytes(width, "little", signed=True) for row in matrix for v in row)
    return head + bytes(c for pair in classes for c in pair) + values


def random_pairs(glyphs: int, seed: int, count: int = 300) -> dict[tuple[int, int], int]:
    rng = random.Random(seed)
    found = {(rng.randrange(glyphs), rng.randrange(glyphs)): rng.randrange(-60, 60) for _ in range(count)}
    return {pair: value or 1 for pair, value in found.items()}


def strings_by_hand(
    languages: list[tuple[str, bool]], texts: dict[str, list[bytes | str]], ref_bytes: int = 2, pad: int = 0
) -> bytes:
    """FORMAT.md 6.2: a str is UTF-8, bytes are glyph runs; ``pad`` bytes stand before the texts."""
    keys = [key_of(name) for name in texts]
    buckets = (len(keys) + 1) // 2
    displacements, slots = h.displace(keys, buckets)
    pool, rows = bytearray(pad), [b""] * len(keys)
    for slot, row in zip(slots, texts.values(), strict=True):
        refs = b""
        for text in row:
            data, flag = (text.encode(), 0) if isinstance(text, str) else (text, 0x8000)
            refs += len(pool).to_bytes(ref_bytes, "little")
            pool += (len(data) | flag).to_bytes(2, "little") + data + b"\0"
        rows[slot] = refs
    names = list(texts)
    table = b"".join(key_of(names[slots.index(n)]).to_bytes(4, "little") + rows[n] for n in range(len(names)))
    tags = b"".join(bytes([is_rtl]) + tag.encode().ljust(15, b"\0") for tag, is_rtl in languages)
    slots_at = 24 + len(tags) + 2 * buckets
    head = struct.pack(
        "<HHBBHIIII", len(keys), buckets, len(languages), ref_bytes, 0, 0x12345678, slots_at,
        slots_at + len(table), len(pool),
    )  # fmt: skip
    return head + tags + struct.pack(f"<{buckets}H", *displacements) + table + bytes(pool)


def strings(name: str, payload: bytes) -> h.Asset:
    return h.Asset(name, STRINGS, payload)


def runs_by_hand(font: str, lines: list[tuple[list[tuple[int, int, int]], int, int]]) -> bytes:
    """FORMAT.md 6.3: lines of (glyphs, width in 1/16 px, flags)."""
    payload = struct.pack("<IHH", key_of(font), len(lines), sum(len(line[0]) for line in lines))
    end = 0
    for glyphs, width, flags in lines:
        end += len(glyphs)
        payload += struct.pack("<HBBi", end, flags, 0, width)
    return payload + b"".join(struct.pack("<Hhh", *glyph) for line in lines for glyph in line[0])


def runs(name: str, payload: bytes) -> h.Asset:
    return h.Asset(name, RUNS, payload)


def small_assets() -> list[h.Asset]:
    """A font of each form of kerning, one the other's fallback, strings with a shaped text, glyph runs."""
    font = fixed_font("AB b-~\u00e4", 6, 2)
    shaped = runs_by_hand("pairs", [([(1, 0, 0), (2, 96, -8)], 192, 0), ([(3, 0, 8)], 96, 1)])
    languages = [("en", False), ("de", False), ("ar", True)]
    table = {"hello": ["Hello", "Hallo", ""], "bye": ["Bye", "Ade", "."], "shaped": ["plain", "eben", shaped]}
    return [
        with_tables(h.font("pairs", font), pairs_by_hand({(1, 2): -32, (2, 1): 5, (4, 3): 9}), "classes"),
        with_tables(
            h.font("classes", font), classes_by_hand(1, [(1, 1), (2, 2)], [[0, -3], [5, 0]]), "pairs"
        ),
        strings("texts", strings_by_hand(languages, table)),
        runs("shaped", shaped),
    ]


# --- both readers ----------------------------------------------------------------------------------


class Bench:
    """A pack, what the C reader says of it, and its fonts as the Python reader has them."""

    def __init__(self, programs: Programs, folder: Path, assets: list[h.Asset]) -> None:
        self.program = programs.build("texts")
        self.path = folder / "pack.imgb"
        self.path.write_bytes(h.pack(assets))

    def ask(self, script: list[str], how: str = "read1") -> list[str]:
        return run([self.program, self.path, how], "\n".join(script) + "\n").splitlines()

    def fonts(self, *names: str) -> tuple[Font, ...]:
        pack = open_pack(self.path.read_bytes(), Place("pack.imgb"))
        entries = [pack.find(name) for name in names]
        return tuple(read_font(pack.payload(entry), entry) for entry in entries)


def new_screen(width: int, height: int) -> Screen:
    """As texts.c starts a surface."""
    screen = Screen(width, height)
    screen.pixels[:] = 0x1234
    return screen


def shown(screen: Screen) -> list[str]:
    return ["".join(f"{value:04x}" for value in row) for row in screen.pixels.tolist()]


def hexed(text: str | bytes) -> str:
    return (text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).hex()
