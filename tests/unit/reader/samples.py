"""Small packs and payloads that several tests of the reader share."""

from __future__ import annotations

import struct

import lz4.block
from unit.reader import handmade
from unit.reader.handmade import HandGlyph, Item

from imgbuild.reader.pack import Entry


def entry_of(item: Item) -> Entry:
    """An index entry that says what ``item`` says, with nothing else that matters."""
    size = len(item.payload)
    return Entry(
        item.name,
        0,
        item.kind,
        0,
        size,
        0,
        item.width,
        item.height,
        item.pixel_format,
        item.codec,
        0,
        0,
        0xFFFF,
        0,
    )


def small_font(**fields: int) -> bytes:
    """A font of four glyphs: .notdef, space, A (dense) and U+00E9 (paged)."""
    glyphs = [
        HandGlyph(7 * 16, 0, 2, ((15, 15), (15, 15))),
        HandGlyph(4 * 16),
        HandGlyph(6 * 16 + 5, -1, 3, ((0, 8, 0), (15, 15, 15), (3, 0, 3))),
        HandGlyph(5 * 16 + 11, 1, 2, ((1, 2),)),
    ]
    page = struct.pack("<HQ", 0, 1 << (0xE9 - 0xC0))
    segments = [(0x20, 0, 1, b""), (0x41, 0, 2, b""), (0xC0, 0x3F, 3, page)]
    return handmade.font(glyphs, segments, **fields)


def small_items() -> list[Item]:
    """One asset of each form: files, a raw bitmap with alpha, strips, a palette, a font."""
    rows = bytes(range(8))
    strip = lz4.block.compress(rows * 4, store_size=False)
    palette = bytes([0, 0, 255, 255, 0, 255, 0, 128])
    return [
        Item("data.bin", b"hello"),
        Item("copy.bin", b"hello"),
        Item("empty", b""),
        Item("icons/a", handmade.bitmap(bytes(range(1, 13)), 4, alpha=bytes(range(6))), 1, 2, 3, 0x14),
        Item("icons/s", handmade.strips([(strip, False), (rows[:8], True)], 8, 4), 1, 8, 5, 0x06, 2),
        Item("icons/i", handmade.bitmap(bytes([0b10100000]), 1, palette=palette), 1, 3, 1, 0x07),
        Item("font", small_font(), 2, 0, 12, 0x0D),
    ]


def small_pack(**fields: int) -> bytes:
    """All of :func:`small_items` in a pack."""
    return handmade.make_pack(small_items(), **({"max_strip_bytes": 32} | fields))
