"""Fonts: character map, records and pixels of FORMAT.md section 5."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from unit.reader import handmade
from unit.reader.handmade import HandGlyph, Item
from unit.reader.samples import entry_of, small_font

from imgbuild.errors import BuildError
from imgbuild.glyph_tables import read_glyph_table
from imgbuild.reader.font import Font, read_font

FORMATS = {1: 0x0B, 2: 0x0C, 4: 0x0D, 8: 0x0E}


def open_font(payload: bytes, bpp: int = 4, size_px: int = 12, **index: int) -> Font:
    item = Item("body", payload, 2, 0, size_px, FORMATS.get(bpp, 0))
    for name, value in index.items():
        setattr(item, name, value)
    return read_font(payload, entry_of(item))


def refused(payload: bytes, bpp: int = 4, **index: int) -> str:
    with pytest.raises(BuildError) as caught:
        open_font(payload, bpp, **index)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB608"
    return diagnostic.message


def test_line_metrics():
    m = open_font(small_font()).metrics
    assert (m.size_px, m.bpp, m.ascent, m.descent, m.line_gap) == (12, 4, 10, -3, 2)
    assert (m.underline, m.underline_thickness, m.line_height) == (-1, 1, 15)


def test_dense_and_paged_segments_map_code_points_to_glyphs():
    font = open_font(small_font())
    assert font.glyph_of == {0x20: 1, 0x41: 2, 0xE9: 3}
    assert font.glyph_index(0x41) == 2
    assert font.glyph_index(0xE8) is None


def test_glyphs_have_their_place_and_their_levels():
    font = open_font(small_font())
    glyph = font.glyph(2)
    assert (glyph.advance16, glyph.x, glyph.y) == (101, -1, 3)
    assert glyph.coverage.tolist() == [[0, 8, 0], [15, 15, 15], [3, 0, 3]]
    assert font.glyph(1).coverage.size == 0
    assert font.glyph(3).coverage.tolist() == [[1, 2]]


def test_everything_comes_back_as_decoded():
    decoded = open_font(small_font()).to_decoded()
    assert [g.codepoint for g in decoded.glyphs] == [-1, 0x20, 0x41, 0xE9]
    assert [g.advance for g in decoded.glyphs] == [112, 64, 101, 91]
    assert (decoded.underline_position, decoded.underline_thickness) == (-1, 1)


@pytest.mark.parametrize("bpp", [1, 2, 4, 8])
def test_every_depth(bpp):
    full = (1 << bpp) - 1
    levels = ((full, 0, full), (0, full // 2, 1))
    payload = handmade.font(
        [HandGlyph(16, 0, 0, ((1,),)), HandGlyph(16, 0, 0, levels)], [(65, 0, 1, b"")], bpp, size_px=9
    )
    font = open_font(payload, bpp, 9)
    assert font.glyph(0).coverage.tolist() == [[1]]
    assert font.glyph(1).coverage.tolist() == [list(row) for row in levels]


@pytest.mark.parametrize(
    ("bits", "record_bytes"),
    [
        ((9, 4, 4, 3, 3, 8), 4),
        ((16, 16, 16, 16, 16, 32), 16),
        ((16, 16, 16, 14, 3, 20), 11),  # w crosses bit 64
        ((16, 16, 16, 16, 3, 32), 13),  # h starts at bit 64
        ((8, 3, 3, 2, 2, 4), 9),
    ],
)
def test_records_of_any_width(bits, record_bytes):
    glyphs = [HandGlyph(100, 0, 1, ((1, 2), (3, 4))), HandGlyph(90, 1, 2, ((5, 6, 7),)), HandGlyph(93, -2, 0)]
    payload = handmade.font(
        glyphs, [(65, 1, 1, b"")], bits=bits, biases=(40, -3, -1), record_bytes=record_bytes
    )
    font = open_font(payload)
    for index, glyph in enumerate(glyphs):
        got = font.glyph(index)
        assert (got.advance16, got.x, got.y) == (glyph.advance, glyph.x, glyph.y)
        assert got.coverage.tolist() == [list(row) for row in glyph.levels]


@pytest.mark.parametrize("fraction_bits", [0, 1, 4])
def test_advances_are_told_in_sixteenths(fraction_bits):
    payload = handmade.font(
        [HandGlyph(20), HandGlyph(-3)], [], fraction_bits=fraction_bits, biases=(-5, 0, 0)
    )
    font = open_font(payload)
    assert [font.glyph(n).advance16 for n in (0, 1)] == [n * 16 // 2**fraction_bits for n in (20, -3)]


def test_pages_beyond_the_first_use_their_rank():
    pages = struct.pack("<HQ", 0, 0b101) + struct.pack("<HQ", 2, 1 << 63) + struct.pack("<HQ", 3, 1)
    glyphs = [HandGlyph(16)] * 5
    font = open_font(handmade.font(glyphs, [(0x1000, 128, 1, pages)]))
    assert font.glyph_of == {0x1000: 1, 0x1002: 2, 0x107F: 3, 0x1080: 4}


def test_a_font_without_any_character_has_its_missing_glyph():
    font = open_font(handmade.font([HandGlyph(16)], []))
    assert font.glyph_of == {}
    assert font.glyph(0).advance16 == 16


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([(0x41, 3, 1, b""), (0x44, 0, 5, b"")], "U+0044"),
        ([(0x41, 0, 1, b""), (0x40, 0, 2, b"")], "U+0040"),
        ([(0x10FFFF, 1, 1, b"")], "U+10FFFF"),
        ([(0xFFFFFFFF, 0xFFFF, 1, b"")], "U+FFFFFFFF"),
        ([(0x41, 6, 1, b"")], "glyph 7"),
        ([(0x41, 0, 0xFFFF, b"")], "glyph 65535"),
        ([(0x41, 1, 0, b"")], "character map"),
        ([(0x41, 0, 2, b""), (0x51, 0, 2, b"")], "order"),
        ([(0x41, 1, 1, struct.pack("<HQ", 0xFFFF, 3))], "glyph 65537"),
    ],
)
def test_a_character_map_out_of_bounds_is_refused(segments, message):
    assert message in refused(handmade.font([HandGlyph(16)] * 6, segments))


def test_pages_outside_the_payload_are_refused():
    payload = bytearray(handmade.font([HandGlyph(16)] * 2, [(0x41, 0xFFFF, 1, b"")]))
    for at in (len(payload) - 9, 0xFFFFFFFF, 1):
        struct.pack_into("<I", payload, 64 + 8, at)
        assert "pages" in refused(bytes(payload))


@pytest.mark.parametrize(
    ("at", "code", "value"),
    [
        (2, "<B", 3),
        (3, "<B", 1),
        (0x0D, "<B", 5),
        (0x0E, "<B", 255),
        (0x0F, "<B", 0),
        (0x0F, "<B", 17),
        (0x0F, "<B", 4),
        (0x10, "<H", 0),
        (0x10, "<H", 65535),
        (0x16, "<B", 17),
        (0x1B, "<B", 33),
        (0x1C, "<I", 0xFFFFFFFF),
        (0x1C, "<I", 64),
        (0x20, "<I", 0xFFFFFFFF),
        (0x20, "<I", 0),
        (0x24, "<I", 0xFFFFFFFF),
        (0x24, "<I", 0),
        (0x28, "<I", 0xFFFFFFFF),
        (0x2C, "<I", 64),
        (0x34, "<H", 2),
        (0x34, "<H", 4),
        (0x36, "<H", 2),
        (0, "<H", 13),
        (0, "<H", 0),
    ],
)
def test_header_fields_out_of_bounds_are_refused(at, code, value):
    payload = bytearray(small_font())
    struct.pack_into(code, payload, at, value)
    refused(bytes(payload))


def test_a_glyph_that_leaves_the_pixels_is_refused():
    payload = bytearray(small_font())
    (records,) = struct.unpack_from("<I", payload, 0x1C)
    (record_bytes,) = struct.unpack_from("<B", payload, 0x0F)
    at = records + 2 * record_bytes
    number = int.from_bytes(payload[at : at + record_bytes], "little")
    widened = number | 31 << 19  # w
    payload[at : at + record_bytes] = widened.to_bytes(record_bytes, "little")
    assert "glyph 2 (31x3 px" in refused(bytes(payload))


def test_what_the_index_says_is_checked_too():
    refused(small_font(), pixel_format=0x0C)
    refused(small_font(), height=13)
    refused(small_font(), width=1)
    refused(small_font(), codec=4)
    refused(b"")
    refused(small_font()[:-1])


CODED = bytes.fromhex("05C193072021 3E41")
"""The example of FORMAT.md 5.4 for model 1: 6 x 4 px of 4 bpp."""


def coded_font(model: int = 1, pixels: bytes = CODED, table: bytes = b"") -> bytes:
    """One coded glyph of 6 x 4 px with 4 bpp, its table behind the pixels."""
    payload = bytearray(handmade.font([HandGlyph(16, levels=((1,) * 6,) * 4)], []))
    records, at, length = struct.unpack_from("<3I", payload, 0x1C)
    record_bytes = payload[0x0F]
    number = int.from_bytes(payload[records : records + record_bytes], "little")
    raw_bit = 1 << sum(payload[0x16:0x1C])
    payload[records : records + record_bytes] = (number & ~raw_bit).to_bytes(record_bytes, "little")
    end = len(pixels) << sum(payload[0x16:0x1B])
    payload[records + record_bytes : records + 2 * record_bytes] = end.to_bytes(record_bytes, "little")
    struct.pack_into("<I", payload, 0x24, len(pixels))
    struct.pack_into("<I", payload, 0x2C, at + len(pixels) if table else 0)
    payload[3] = model
    assert at + length == len(payload)
    return bytes(payload[:at]) + pixels + table


def test_a_coded_glyph_is_read() -> None:
    rows = [[0, 9, 15, 15, 15, 15], [9, 15, 6, 0, 0, 0]]
    font = open_font(coded_font(), codec=4)
    assert font.glyph(0).coverage.tolist() == [*rows, *reversed(rows)]
    assert font.raw_bytes() == 12
    assert font.to_decoded().glyphs[0].coverage.tolist() == [*rows, *reversed(rows)]


def test_a_table_of_the_fonts_own_is_used() -> None:
    own = open_font(coded_font(255, table=read_glyph_table(1)), codec=4)
    assert np.array_equal(own.glyph(0).coverage, open_font(coded_font(), codec=4).glyph(0).coverage)


def test_bytes_behind_the_pixels_count_as_zeros() -> None:
    with_zeros = open_font(coded_font(pixels=CODED[:3] + bytes(9)), codec=4)
    shorter = open_font(coded_font(pixels=CODED[:3]) + b"\xff" * 20, codec=4)
    assert np.array_equal(shorter.glyph(0).coverage, with_zeros.glyph(0).coverage)


@pytest.mark.parametrize(
    ("payload", "codec", "message"),
    [
        (coded_font(0), 0, "no glyph codec"),
        (coded_font(1), 0, "codec 0 with glyph model 1"),
        (coded_font(0), 4, "codec 4 with glyph model 0"),
        (coded_font(3), 4, "glyph model 3 and 4 bpp"),
        (coded_font(5), 4, "glyph model 5"),
        (coded_font(1, table=bytes(716)), 4, "glyph model 1"),
        (coded_font(255), 4, "model table"),
        (coded_font(255, table=b"\x80" * 715), 4, "model table of 716 bytes"),
        (coded_font(255, table=b"\x80" * 700 + b"\0" * 16), 4, "probability 700 of the glyph model is 0"),
    ],
)
def test_a_coded_font_that_contradicts_itself_is_refused(payload: bytes, codec: int, message: str) -> None:
    assert message in refused(payload, codec=codec)


def test_coded_glyphs_of_more_pixels_than_anyone_draws_are_refused() -> None:
    payload = bytearray(handmade.font([HandGlyph(16)] * 20, [], bits=(0, 0, 0, 13, 13, 5), biases=(16, 0, 0)))
    records, record_bytes = struct.unpack_from("<I", payload, 0x1C)[0], payload[0x0F]
    for number in range(20):
        at = records + number * record_bytes
        payload[at : at + record_bytes] = (8000 | 8000 << 13).to_bytes(record_bytes, "little")
    struct.pack_into("<HH", payload, 0x34, 8000, 8000)
    payload[3] = 1
    assert "1280000000 pixels" in refused(bytes(payload), codec=4)
