"""The formats of displays and e-papers, bytes written down from FORMAT.md section 4.1 by hand."""

from __future__ import annotations

import lz4.block
import pytest
from unit.reader import handmade
from unit.reader.handmade import Item
from unit.reader.samples import entry_of

from imgbuild.errors import BuildError
from imgbuild.reader.bitmap import Bitmap, read_bitmap


def open_bitmap(payload: bytes, width: int, height: int, pixel_format: int, codec: int = 0) -> Bitmap:
    return read_bitmap(payload, entry_of(Item("pic", payload, 1, width, height, pixel_format, codec)))


def refused(payload: bytes, width: int, height: int, pixel_format: int) -> str:
    with pytest.raises(BuildError) as caught:
        open_bitmap(payload, width, height, pixel_format).samples()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB608"
    return diagnostic.message


PIXELS = [  # number, order, bytes of one pixel, its value as stored, its R G B A
    (0x15, 0, "0a14", [10, 20], (10, 10, 10, 20)),  # al88
    (0x15, 1, "140a", [10, 20], (10, 10, 10, 20)),
    (0x16, 0, "1ffc", [31, 0, 31, 1], (255, 0, 255, 255)),  # argb1555: 1 11111 00000 11111
    (0x16, 1, "03e0", [0, 31, 0, 0], (0, 255, 0, 0)),
    (0x17, 0, "3421", [1, 3, 4, 2], (17, 51, 68, 34)),  # argb4444: 2134h
    (0x18, 0, "b1", [3, 0, 1, 2], (255, 0, 85, 170)),  # argb2222: 10 11 00 01
    (0x44, 0, "92", [4, 4, 2], (146, 146, 170, 255)),  # rgb332: 100 100 10; 4 * 255 / 7 = 145.7
    (0x46, 0, "fc8004", [1, 32, 63], (4, 130, 255, 255)),  # rgb666: B G R; 32 * 255 / 63 = 129.5
    (0x46, 1, "0480fc", [1, 32, 63], (4, 130, 255, 255)),
    (0x47, 0, "0a141e", [10, 20, 30], (10, 20, 30, 255)),  # bgr888: R G B
    (0x47, 1, "1e140a", [10, 20, 30], (10, 20, 30, 255)),
]


@pytest.mark.parametrize(("number", "order", "stored", "value", "rgba"), PIXELS)
def test_a_pixel_of_whole_bytes(number, order, stored, value, rgba):
    pixel = bytes.fromhex(stored)
    bitmap = open_bitmap(handmade.bitmap(pixel * 4, 2 * len(pixel), order), 2, 2, number)
    assert bitmap.samples().colour.tolist() == [[value] * 2] * 2
    assert bitmap.rgba().tolist() == [[list(rgba)] * 2] * 2


def test_argb8565_has_its_alpha_beside_the_colour():
    little = open_bitmap(handmade.bitmap(bytes([0x00, 0xF8, 9, 0xE0, 0x07, 200]), 6), 2, 1, 0x13).samples()
    big = open_bitmap(handmade.bitmap(bytes([9, 0xF8, 0x00, 200, 0x07, 0xE0]), 6, 1), 2, 1, 0x13).samples()
    for samples in (little, big):
        assert samples.colour.tolist() == [[0xF800, 0x07E0]]
        assert samples.alpha is not None
        assert samples.alpha.tolist() == [[9, 200]]


@pytest.mark.parametrize("order", [0, 1, 2])
def test_rgb444_has_two_pixels_in_three_bytes_whatever_the_order_bits(order):
    bitmap = open_bitmap(handmade.bitmap(bytes.fromhex("1234567890"), 5, order), 3, 1, 0x45)
    assert bitmap.samples().colour.tolist() == [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    assert "not 0" in refused(handmade.bitmap(bytes.fromhex("1234567891"), 5), 3, 1, 0x45)


@pytest.mark.parametrize(("order", "top"), [(2, 0x01), (0, 0x80), (2 | 8, 0xFE), (8, 0x7F)])
def test_a_page_is_eight_rows_of_a_column(order, top):
    # 2 x 16 px, only the top left one lit; of an inverted bitmap every other bit is 1
    rest = 0xFF if order & 8 else 0
    samples = open_bitmap(handmade.bitmap(bytes([top, rest, rest, rest]), 2, order), 2, 16, 0x48).samples()
    assert samples.colour.tolist() == [[1, 0]] + [[0, 0]] * 15


def test_pages_in_strips_count_as_rows():
    strips = [(lz4.block.compress(bytes([1, 2]), store_size=False), False), (bytes([4, 0]), True)]
    bitmap = open_bitmap(handmade.strips(strips, 2, 1, 2), 2, 11, 0x48, 2)
    lit = [(x, y) for y, row in enumerate(bitmap.samples().colour.tolist()) for x, v in enumerate(row) if v]
    assert lit == [(0, 0), (1, 1), (0, 10)]
    assert (bitmap.row_count, bitmap.raw_bytes, bitmap.max_strip_bytes) == (2, 4, 2)


def test_a_page_must_be_empty_below_the_last_row():
    assert "below the last row" in refused(handmade.bitmap(bytes([0x08]), 1, 2), 1, 3, 0x48)
    assert "below the last row" in refused(handmade.bitmap(bytes([0x10]), 1, 0), 1, 3, 0x48)


BLACK, WHITE, RED, YELLOW = (0, 0, 0), (255, 255, 255), (255, 0, 0), (255, 255, 0)


@pytest.mark.parametrize(("number", "ink"), [(0x50, RED), (0x51, YELLOW)])
@pytest.mark.parametrize(
    ("order", "first", "second"), [(0, 0x50, 0x30), (8, 0xA0, 0x30), (16, 0x50, 0xC0), (8 | 16 | 2, 5, 3)]
)
def test_the_second_plane_of_an_e_paper_is_its_colour(number, ink, order, first, second):
    # black, white, and the ink over both
    payload = handmade.bitmap(bytes([first]), 1, order, alpha=bytes([second]))
    bitmap = open_bitmap(payload, 4, 1, number)
    assert bitmap.samples().colour.tolist() == [[0, 1, 2, 2]]
    assert [tuple(p[:3]) for p in bitmap.rgba()[0].tolist()] == [BLACK, WHITE, ink, ink]


@pytest.mark.parametrize(("order", "first", "second"), [(0, 0x30, 0x50), (8 | 16, 0xC0, 0xA0)])
def test_four_greys_have_their_bits_in_two_planes(order, first, second):
    payload = handmade.bitmap(bytes([first]), 1, order, alpha=bytes([second]))
    bitmap = open_bitmap(payload, 4, 1, 0x52)
    assert bitmap.samples().colour.tolist() == [[0, 1, 2, 3]]
    assert bitmap.rgba()[0, :, 0].tolist() == [0, 85, 170, 255]


INKS = [
    (0x53, "1b", [0, 1, 2, 3], [BLACK, WHITE, YELLOW, RED]),
    (0x54, "01235600", [0, 1, 2, 3, 5, 6], [BLACK, WHITE, YELLOW, RED, (0, 0, 255), (0, 255, 0)]),
    (
        0x55,
        "01234560",
        [0, 1, 2, 3, 4, 5, 6],
        [BLACK, WHITE, (0, 255, 0), (0, 0, 255), RED, YELLOW, (255, 130, 0)],
    ),
]


@pytest.mark.parametrize(("number", "stored", "codes", "colours"), INKS)
def test_inks_have_the_numbers_of_their_controllers(number, stored, codes, colours):
    stored = bytes.fromhex(stored)
    bitmap = open_bitmap(handmade.bitmap(stored, len(stored)), len(codes), 1, number)
    assert bitmap.samples().colour.tolist() == [codes]
    assert [tuple(p[:3]) for p in bitmap.rgba()[0].tolist()] == colours


@pytest.mark.parametrize(("number", "stored", "code"), [(0x54, 0x14, 4), (0x54, 0x17, 7), (0x55, 0xF0, 15)])
def test_an_ink_that_there_is_not_is_refused(number, stored, code):
    assert f"ink {code}" in refused(handmade.bitmap(bytes([stored]), 1), 2, 1, number)


def test_unused_bits_of_rgb666_are_zero():
    assert "not 0" in refused(handmade.bitmap(bytes([0xFC, 0x81, 4]), 3), 1, 1, 0x46)


def test_a_second_plane_that_is_cut_off_is_refused():
    payload = handmade.bitmap(bytes([0x50, 0x50]), 1, 0, alpha=bytes([0x30]))
    assert "2 rows of 2 bytes" in refused(payload, 4, 2, 0x50)
