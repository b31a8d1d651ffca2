"""Quantising, trimming and the box for missing characters."""

from fractions import Fraction

import numpy as np
import pytest

from imgbuild.glyphs.raster import draw_notdef, make_glyph, quantisation_table, unpack_bits, unpack_gray


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
def test_coverage_is_rounded_to_the_nearest_level(bpp: int) -> None:
    top = 2**bpp - 1
    table = quantisation_table(bpp)
    for value in range(256 // 2**bpp, 256 - 256 // 2**bpp):
        assert abs(Fraction(value * top, 255) - int(table[value])) <= Fraction(1, 2), value


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
def test_what_is_nearly_blank_is_blank_and_what_is_nearly_full_is_full(bpp: int) -> None:
    table = quantisation_table(bpp).tolist()
    near = 256 // 2**bpp
    assert table[:near] == [0] * near
    assert table[256 - near :] == [2**bpp - 1] * near
    assert table == sorted(table)
    assert table[near] > 0 or bpp == 1


def test_one_bit_rows_are_unpacked_from_the_highest_bit() -> None:
    rows = unpack_bits(bytes([0b10100000, 0b01000000, 0xFF, 0b11000000]), 2, 10, 2, 1)
    assert rows.tolist() == [[1, 0, 1, 0, 0, 0, 0, 0, 0, 1], [1] * 10]


def test_padding_of_grey_rows_is_left_out() -> None:
    assert unpack_gray(bytes([1, 2, 9, 9, 3, 4, 9, 9]), 2, 2, 4).tolist() == [[1, 2], [3, 4]]


def test_a_glyph_is_trimmed_to_its_ink_and_stays_in_place() -> None:
    field = np.zeros((6, 5), dtype=np.uint8)
    field[2:4, 1:4] = [[0, 7, 0], [3, 0, 0]]
    glyph = make_glyph(0x41, field, left=-2, top=9, advance=80)
    assert glyph.coverage.tolist() == [[0, 7], [3, 0]]
    assert (glyph.x, glyph.y, glyph.advance) == (-1, 7, 80)
    assert not glyph.coverage.flags.writeable


def test_a_blank_glyph_has_no_bitmap() -> None:
    glyph = make_glyph(0x20, np.zeros((4, 4), dtype=np.uint8), 3, 3, 64)
    assert glyph.coverage.shape == (0, 0)
    assert (glyph.x, glyph.y, glyph.advance) == (0, 0, 64)


@pytest.mark.parametrize(("bpp", "ink"), [(1, 1), (4, 15), (8, 255)])
def test_the_box_for_missing_characters_is_an_outline(bpp: int, ink: int) -> None:
    box = draw_notdef(10, bpp)
    assert box.coverage.tolist() == [[ink] * 5, *[[ink, 0, 0, 0, ink]] * 5, [ink] * 5]  # 0.5 em x 0.7 em
    assert (box.codepoint, box.x, box.y, box.advance) == (-1, 1, 7, 7 * 16)


@pytest.mark.parametrize("size_px", [1, 2, 3, 7, 16, 100, 512])
def test_the_box_is_visible_at_any_size(size_px: int) -> None:
    box = draw_notdef(size_px, 1).coverage
    assert box[0].all()
    assert box[-1].all()
    assert box[:, 0].all()
    assert box[:, -1].all()
    assert not box[box.shape[0] // 2, box.shape[1] // 2]
