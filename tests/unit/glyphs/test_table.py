"""The font payload: its bytes, worked out by hand and read back by a second reader."""

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.glyphs.font_payload import decode_payload, find_glyph
from unit.sources.tiny_fonts import TINY_BDF

from imgbuild.errors import BuildError, Place
from imgbuild.glyphs.storage import pack_streams, store_raw
from imgbuild.glyphs.table import encode_font
from imgbuild.model import Codec, DecodedFont, DecodedGlyph, FileOptions, FontOptions, Kind, PlannedAsset
from imgbuild.sources.font import decode_font

PLACE = Place("m.yaml", 3, 5)


def glyph(codepoint: int, rows=((1,),), x: int = 0, y: int = 1, advance: int = 16) -> DecodedGlyph:
    coverage = np.array(rows, dtype=np.uint8).reshape(len(rows), len(rows[0]) if rows else 0)
    return DecodedGlyph(codepoint, coverage, x, y, advance)


def font(*glyphs: DecodedGlyph, bpp: int = 1, **metrics: int) -> DecodedFont:
    values = {"ascent": 7, "descent": -2, "line_gap": 0, "underline_position": -1, "underline_thickness": 1}
    return DecodedFont(
        size_px=8, bpp=bpp, glyphs=(glyph(-1), *glyphs), missing=(), source_digest="", **values | metrics
    )


def planned(options=None) -> PlannedAsset:
    options = options or FontOptions(8, 1, (0x41,), "mono", "auto", 32)
    return PlannedAsset("body", 0x1234, Kind.FONT, "BODY", Path("body.ttf"), options, PLACE)


def encode(*glyphs: DecodedGlyph, **more):
    return encode_font(planned(), font(*glyphs, **more))


def fault_of(*glyphs: DecodedGlyph, **more) -> tuple[str, str]:
    with pytest.raises(BuildError) as caught:
        encode(*glyphs, **more)
    (found,) = caught.value.diagnostics
    assert found.place == PLACE
    assert found.asset == "body"
    return found.code, found.message


def test_a_tiny_bdf_font_gives_these_bytes(tmp_path: Path) -> None:
    path = tmp_path / "tiny.bdf"
    path.write_text(TINY_BDF)
    options = FontOptions(8, 1, (0x41, 0x43), "mono")
    encoded = encode_font(planned(options), decode_font(path, options, PLACE, "body"))
    # Records, from the lowest bit: advance 2 bits (bias 2), x 1, y 2 (bias 1), w 2, h 2, offset 2, raw 1.
    expected = bytes.fromhex(
        "0800 01 00  0600 FEFF 0000 FFFF  01 00 01 02"  # size, bpp, model; metrics; thickness ...
        "0300 0200 00 01  02 01 02 02 02 02"  # glyphs, biases, widths
        "56000000 60000000 03000000"  # records, pixels, pixels_bytes
        "00000000 00000000 00000000  0300 0300  0000000000000000"
        "41000000 0200 0100 4C000000"  # segment: U+0041, 2 more, glyph 1, pages at 0x4C
        "0000 0500000000000000"  # page: rank 0, bits 0 and 2
        "4909"  # .notdef: 1 | 0<<2 | 1<<3 | 2<<5 | 2<<7 | 0<<9 | 1<<11
        "670B"  # A:       3 | 1<<2 | 0<<3 | 3<<5 | 2<<7 | 1<<9 | 1<<11
        "B00D"  # C:       0 | 0<<2 | 2<<3 | 1<<5 | 3<<7 | 2<<9 | 1<<11
        "0006"  # end:     3<<9
        "0000"  # pixels on a multiple of 4
        "F0 A8 E0"  # 11/11, 101/010, 1/1/1
    )
    assert encoded.payload == expected


def test_the_index_learns_what_it_needs() -> None:
    encoded = encode(glyph(0x41, ((1, 1, 1), (1, 0, 1), (1, 1, 1))))
    assert (encoded.name, encoded.key, encoded.kind) == ("body", 0x1234, Kind.FONT)
    assert (encoded.width, encoded.height, encoded.pixel_format) == (0, 8, 0x0B)
    assert (encoded.codec, encoded.max_strip_bytes) == (Codec.RAW, 0)
    assert encoded.raw_bytes == 1 + 2
    assert encoded.crc32 == zlib.crc32(encoded.payload)
    assert isinstance(encoded.expected, DecodedFont)
    assert encoded.align_bytes == 32
    assert encoded.anchor_bytes == int.from_bytes(encoded.payload[0x20:0x24], "little")
    assert encoded.anchor_bytes % 4 == 0


@pytest.mark.parametrize(("bpp", "number"), [(1, 0x0B), (2, 0x0C), (3, 0x49), (4, 0x0D), (8, 0x0E)])
def test_bits_per_pixel_give_the_pixel_format(bpp: int, number: int) -> None:
    assert encode(glyph(0x41), bpp=bpp).pixel_format == number


def test_pixels_fill_bytes_from_the_highest_bit() -> None:
    values = np.array([[1, 2, 3], [0, 1, 3]], dtype=np.uint8)
    assert pack_streams([values & 1], 1) == [bytes([0b101_011_00])]
    assert pack_streams([values], 2) == [bytes([0b01_10_11_00, 0b01_11_0000])]
    assert pack_streams([values * 2], 3) == [bytes([0b010_100_11, 0b0_000_010_1, 0b10_000000])]
    assert pack_streams([values * 5], 4) == [bytes([0x5A, 0xF0, 0x5F])]
    assert pack_streams([values * 85], 8) == [bytes([85, 170, 255, 0, 85, 255])]


def test_equal_pixels_are_stored_once() -> None:
    stored = store_raw([np.full((2, 2), n, dtype=np.uint8) for n in (1, 2, 1)], 8)
    assert stored.pixels == b"\1\1\1\1\2\2\2\2"
    assert stored.offsets.tolist() == [0, 4, 0]
    encoded = encode(glyph(0x41, ((1, 1), (1, 0))), glyph(0x410, ((1, 1), (1, 0)), x=1))
    latin, cyrillic = decode_payload(encoded.payload)["glyph_list"][1:]
    assert latin["rows"] == cyrillic["rows"] == [[1, 1], [1, 0]]
    assert (latin["x"], cyrillic["x"]) == (0, 1)
    assert encoded.raw_bytes == 2


@pytest.mark.parametrize(
    ("advances", "fraction_bits"),
    [((16, 160), 0), ((16, 24), 1), ((16, 20), 2), ((16, 18), 3), ((16, 17), 4), ((-16, -8), 1)],
)
def test_advances_get_the_fraction_bits_they_need(advances: tuple[int, int], fraction_bits: int) -> None:
    first, second = advances
    decoded = decode_payload(encode(glyph(0x41, advance=first), glyph(0x42, advance=second)).payload)
    assert decoded["fraction_bits"] == fraction_bits
    assert [g["advance"] for g in decoded["glyph_list"][1:]] == [first, second]


def test_a_field_that_never_changes_takes_no_bits() -> None:
    decoded = decode_payload(encode(glyph(0x41), glyph(0x42)).payload)
    assert decoded["bits"][:3] == b"\0\0\0"
    assert (decoded["advance_bias"], decoded["x_bias"], decoded["y_bias"]) == (1, 0, 1)


def test_a_position_above_the_bias_goes_into_the_field() -> None:
    far = replace(
        font(glyph(0x41, x=300, y=400)), glyphs=(glyph(-1, x=200, y=250), glyph(0x41, x=300, y=400))
    )
    decoded = decode_payload(encode_font(planned(), far).payload)
    assert (decoded["x_bias"], decoded["y_bias"]) == (127, 127)
    assert [(g["x"], g["y"]) for g in decoded["glyph_list"]] == [(200, 250), (300, 400)]


def test_blank_glyphs_take_no_pixels() -> None:
    encoded = encode(glyph(0x20, (), y=0), glyph(0x41))
    decoded = decode_payload(encoded.payload)
    assert decoded["glyph_list"][1]["rows"] == []
    assert encoded.raw_bytes == 1


def test_characters_are_found_through_the_map() -> None:
    points = [0x20, 0x41, 0x42, 0xB0, 0x2019, 0x4E2D, 0x1F600]
    payload = encode(*(glyph(point) for point in points)).payload
    assert [find_glyph(payload, point) for point in points] == [1, 2, 3, 4, 5, 6, 7]
    assert [find_glyph(payload, point) for point in (0, 0x21, 0x43, 0xB1, 0x4E2C, 0x10FFFF)] == [None] * 6


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            glyph(0xE9, x=-129),
            "left edge of glyph U+00E9 in ... is -129 px, the format holds -128 to 32767 px",
        ),
        (
            glyph(0xE9, y=-129),
            "top edge of glyph U+00E9 in ... is -129 px, the format holds -128 to 32767 px",
        ),
        (
            glyph(0xE9, advance=32768),
            "advance of glyph U+00E9 in ... is 2048 px, the format holds -2048 to 2047.94 px",
        ),
        (
            glyph(0xE9, rows=[[0] * 65536]),
            "width of glyph U+00E9 in ... is 65536 px, the format holds 0 to 65535 px",
        ),
    ],
)
def test_a_glyph_that_fits_no_field_is_named(bad: DecodedGlyph, message: str) -> None:
    assert fault_of(bad) == ("IB306", message.replace("...", 'font "body"'))


def test_a_metric_that_fits_no_field_is_named() -> None:
    message = 'ascent of font "body" is 32768 px, the format holds -32768 to 32767 px'
    assert fault_of(glyph(0x41), ascent=32768) == ("IB306", message)
    assert fault_of(glyph(0x41), underline_thickness=256)[1].startswith("underline_thickness of font")


def test_all_that_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(BuildError) as caught:
        encode(glyph(0x41, x=-200, y=-200), descent=-40000)
    assert [d.code for d in caught.value.diagnostics] == ["IB306"] * 3


def test_other_options_are_an_internal_error() -> None:
    with pytest.raises(BuildError) as caught:
        encode_font(planned(FileOptions()), font(glyph(0x41)))
    assert caught.value.diagnostics[0].code == "IB901"
