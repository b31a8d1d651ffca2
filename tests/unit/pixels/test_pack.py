"""Bytes of every pixel format, worked out by hand from FORMAT.md 4.1 for one picture of 3 x 2 pixels."""

from __future__ import annotations

import numpy as np
import pytest

from imgbuild.model import Samples
from imgbuild.pixels.convert import convert_image
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.pack import Planes, pack_samples, stride_of

#            red                 green               white
#            grey 128            half-clear blue     clear
PICTURE = np.array(
    [
        [(255, 0, 0, 255), (0, 255, 0, 255), (255, 255, 255, 255)],
        [(128, 128, 128, 255), (0, 0, 255, 128), (77, 88, 99, 0)],
    ],
    np.uint8,
)


def pack(name: str, byte_order: str = "little", bit_order: str = "msb", row_align: int = 1) -> Planes:
    samples = convert_image(PICTURE, PIXEL_FORMATS[name], None).samples
    return pack_samples(samples, PIXEL_FORMATS[name], byte_order, bit_order, row_align)


# Over black, blue of alpha 128 becomes 0 0 128 (128 * 255 / 255), the clear pixel 0 0 0.
# Greys (BT.709): red 54, green 182, white 255; 128, blue 128 -> 128 * 0.0722 = 9.2 -> 9, 0.
# 5:6:5: red F800, green 07E0, white FFFF; grey 128 -> r 15.56 -> 16, g 31.6 -> 32, b 16: 8410;
#        blue 128 -> 16: 0010, blue 255 -> 31: 001F.
HAND = [
    # gray8: the greys
    ("gray8", "little", "msb", "36b6ff 800900"),
    # gray4 = round(grey / 17): 3 (3.2), 11 (10.7), 15; 8 (7.5294), 1 (0.53), 0
    ("gray4", "little", "msb", "3bf0 8100"),
    ("gray4", "little", "lsb", "b30f 1800"),
    # gray2 = round(grey / 85): 1 (0.64), 2 (2.14), 3; 2 (1.506), 0, 0 -> 01 10 11 00, 10 00 00 00
    ("gray2", "little", "msb", "6c 80"),
    ("gray2", "little", "lsb", "39 02"),
    # gray1: 0 (0.21), 1, 1; 1 (0.502), 0, 0
    ("gray1", "little", "msb", "60 80"),
    ("gray1", "little", "lsb", "06 01"),
    # coverage: 255 255 255; 255 128 0
    ("a8", "little", "msb", "ffffff ff8000"),
    ("a4", "little", "msb", "fff0 f800"),
    ("a4", "little", "lsb", "ff0f 8f00"),
    ("a2", "little", "msb", "fc e0"),
    ("a2", "little", "lsb", "3f 0b"),
    ("a1", "little", "msb", "e0 c0"),
    ("a1", "little", "lsb", "07 03"),
    # palette, by alpha then R G B: clear, half blue, green, grey, red, white = 0 1 2 3 4 5
    ("i8", "little", "msb", "040205 030100"),
    ("i4", "little", "msb", "4250 3100"),
    ("i4", "little", "lsb", "2405 1300"),
    ("rgb565", "little", "msb", "00f8e007ffff 108410000000"),
    ("rgb565", "big", "msb", "f80007e0ffff 841000100000"),
    ("rgb565a8", "little", "msb", "00f8e007ffff 10841f000000 | ffffff ff8000"),
    ("rgb565a8", "big", "msb", "f80007e0ffff 8410001f0000 | ffffff ff8000"),
    ("rgb888", "little", "msb", "0000ff 00ff00 ffffff 808080 800000 000000"),
    ("rgb888", "big", "msb", "ff0000 00ff00 ffffff 808080 000080 000000"),
    ("xrgb8888", "little", "msb", "0000ffff 00ff00ff ffffffff 808080ff 800000ff 000000ff"),
    ("xrgb8888", "big", "msb", "ffff0000 ff00ff00 ffffffff ff808080 ff000080 ff000000"),
    ("argb8888", "little", "msb", "0000ffff 00ff00ff ffffffff 808080ff ff000080 00000000"),
    ("argb8888", "big", "msb", "ffff0000 ff00ff00 ffffffff ff808080 800000ff 00000000"),
    # grey and alpha: blue alone is grey 18 (18.4)
    ("al88", "little", "msb", "36ffb6ffffff 80ff12800000"),
    ("al88", "big", "msb", "ff36ffb6ffff ff8080120000"),
    ("argb8565", "little", "msb", "00f8ff e007ff ffffff 1084ff 1f0080 000000"),
    ("argb8565", "big", "msb", "fff800 ff07e0 ffffff ff8410 80001f 000000"),
    # 1 11111 00000 00000 and so on; alpha 128 -> 1 (0.502); grey 128 -> 16 (15.56)
    ("argb1555", "little", "msb", "00fce083ffff 10c21f800000"),
    ("argb1555", "big", "msb", "fc0083e0ffff c210801f0000"),
    # 128 -> 8 (7.53)
    ("argb4444", "little", "msb", "00fff0f0ffff 88f80f800000"),
    ("argb4444", "big", "msb", "ff00f0f0ffff f888800f0000"),
    # 128 -> 2 (1.506)
    ("argb2222", "little", "msb", "f0ccff ea8300"),
    # R3 G3 B2: grey 4 4 2 (3.51, 3.51, 1.506), blue 128 -> 2
    ("rgb332", "little", "msb", "e01cff 920200"),
    ("rgb444", "little", "msb", "f000f0fff0 8880080000"),
    # each level << 2: 63 -> fc, 32 (31.6) -> 80
    ("rgb666", "little", "msb", "0000fc 00fc00 fcfcfc 808080 800000 000000"),
    ("rgb666", "big", "msb", "fc0000 00fc00 fcfcfc 808080 000080 000000"),
    ("bgr888", "little", "msb", "ff0000 00ff00 ffffff 808080 000080 000000"),
    ("bgr888", "big", "msb", "0000ff 00ff00 ffffff 808080 800000 000000"),
    # gray1 above has rows 011 and 100: a byte for each of the three columns
    ("mono_page", "little", "lsb", "020101"),
    ("mono_page", "little", "msb", "408080"),
]

INKS = [
    ("epd_bwr", "msb", False, [0, 1, 2], "60 | 20"),
    ("epd_bwr", "lsb", False, [0, 1, 2], "06 | 04"),
    ("epd_bwr", "msb", True, [0, 1, 2], "80 | c0"),
    ("epd_bwr", "msb", "colour", [0, 1, 2], "60 | c0"),
    ("epd_bwr", "msb", "black", [0, 1, 2], "80 | 20"),
    ("epd_bwy", "msb", False, [0, 1, 2], "60 | 20"),
    ("epd_gray4", "msb", False, [0, 1, 2, 3], "30 | 50"),
    ("epd_gray4", "msb", True, [0, 1, 2, 3], "c0 | a0"),
    ("epd_bwry", "msb", False, [0, 1, 2, 3, 1], "1b40"),
    ("epd_bwry", "lsb", False, [0, 1, 2, 3, 1], "e401"),
    ("epd_6color", "msb", False, [0, 1, 2, 3, 5, 6, 1], "01235610"),
    ("epd_7color", "msb", False, [0, 1, 2, 3, 4, 5, 6], "01234560"),
    ("gray1", "msb", True, [0, 1, 1], "80"),  # what lies behind the last pixel stays 0
    ("gray4", "msb", True, [0, 1, 15], "fe00"),
    ("gray8", "msb", True, [0, 1, 255], "fffe00"),
    ("mono_page", "lsb", True, [0, 1, 1], "010000"),
]


@pytest.mark.parametrize(("name", "byte_order", "bit_order", "expected"), HAND)
def test_bytes_worked_out_by_hand(name, byte_order, bit_order, expected):
    planes = pack(name, byte_order, bit_order)
    colour, _, alpha = expected.partition(" | ")
    assert planes.colour.tobytes().hex() == colour.replace(" ", "")
    assert (b"" if planes.alpha is None else planes.alpha.tobytes()).hex() == alpha.replace(" ", "")


@pytest.mark.parametrize(("name", "bit_order", "invert", "values", "expected"), INKS)
def test_inks_and_inverted_bits_worked_out_by_hand(name, bit_order, invert, values, expected):
    samples = Samples(np.array([values], np.uint8))
    planes = pack_samples(samples, PIXEL_FORMATS[name], "little", bit_order, 1, invert=invert)
    found = [plane.tobytes().hex() for plane in (planes.colour, planes.alpha) if plane is not None]
    assert " | ".join(found) == expected


def test_pages_go_from_top_to_bottom_and_the_last_is_filled_up_with_zeros():
    values = np.zeros((11, 2), np.uint8)
    values[[0, 9], [0, 1]] = 1
    planes = pack_samples(Samples(values), PIXEL_FORMATS["mono_page"], "little", "lsb", 4)
    assert planes.colour.tobytes().hex(" ", 4) == "01000000 00020000"
    assert (planes.row_count, planes.stride_bytes) == (2, 4)


def test_every_format_was_worked_out():
    assert {name for name, *_ in HAND} | {name for name, *_ in INKS} | {"i1", "i2"} == set(PIXEL_FORMATS)


@pytest.mark.parametrize(
    ("name", "bit_order", "expected"),
    [("i1", "msb", "40"), ("i1", "lsb", "02"), ("i2", "msb", "10"), ("i2", "lsb", "04")],
)
def test_small_palettes(name, bit_order, expected):
    two = PICTURE[:1, [1, 2, 1]]  # green 0, white 1: indices 0 1 0
    samples = convert_image(two, PIXEL_FORMATS[name], None).samples
    assert (
        pack_samples(samples, PIXEL_FORMATS[name], "little", bit_order, 1).colour.tobytes().hex() == expected
    )


@pytest.mark.parametrize(
    ("name", "width", "align", "stride"),
    [
        ("gray1", 1, 1, 1), ("gray1", 8, 1, 1), ("gray1", 9, 1, 2), ("gray1", 9, 4, 4),
        ("i2", 5, 1, 2), ("a4", 3, 1, 2), ("a4", 3, 16, 16), ("gray8", 3, 4, 4),
        ("rgb565", 3, 1, 6), ("rgb565", 3, 4, 8), ("rgb565", 3, 32, 32),
        ("rgb565a8", 3, 1, 6), ("rgb565a8", 3, 4, 8), ("rgb565a8", 3, 3, 6), ("rgb565a8", 4, 3, 12),
        ("rgb888", 3, 1, 9), ("rgb888", 3, 4, 12), ("argb8888", 65535, 1, 262140),
    ],
)  # fmt: skip
def test_rows_are_rounded_up_to_the_alignment(name, width, align, stride):
    assert stride_of(PIXEL_FORMATS[name], width, align) == stride


def test_bytes_behind_the_last_pixel_are_zero():
    assert pack("gray4", row_align=4).colour.tobytes().hex(" ", 4) == "3bf00000 81000000"
    assert pack("a8", bit_order="lsb", row_align=4).colour.tobytes().hex(" ", 4) == "ffffff00 ff800000"
    planes = pack("rgb565a8", row_align=8)
    assert planes.colour.tobytes().hex(" ", 8) == "00f8e007ffff0000 10841f0000000000"
    assert planes.alpha is not None
    assert planes.alpha.tobytes().hex(" ", 4) == "ffffff00 ff800000"
    assert (planes.stride_bytes, planes.row_bytes) == (8, 12)
