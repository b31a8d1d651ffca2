"""A specimen shows the font it is of: its pixels, its characters, and nothing that is not there."""

import numpy as np
import pytest

from imgbuild.export.canvas import make_canvas, make_typeface
from imgbuild.export.pangrams import PANGRAMS, sample_of, sentences_of
from imgbuild.export.specimen import Subject, draw_specimen
from imgbuild.model import DecodedFont, DecodedGlyph, ShapedLine

INK = 60


def font(points, size_px=16, side=9, bpp=4, pairs=None):
    shape = np.full((side, side), (1 << bpp) - 1, np.uint8)
    shape[1:-1, 1:-1] = 0
    glyphs = [DecodedGlyph(-1, shape, 0, side, 16 * (side + 1))]
    glyphs += [
        DecodedGlyph(point, shape[: 0 if point == 32 else None], 0, side, 16 * (side + 1)) for point in points
    ]
    return DecodedFont(size_px, bpp, side + 2, -4, 1, -2, 1, tuple(glyphs), (), "", kern_pairs=pairs or {})


def dark_rings(pixels, side):
    """How many rings of ``side`` px stand on the sheet, found by their ink."""
    ink = (pixels.max(axis=2) < INK).astype(np.int32)
    total = np.zeros((ink.shape[0] + 1, ink.shape[1] + 1), np.int32)
    total[1:, 1:] = ink.cumsum(0).cumsum(1)
    height, width = ink.shape
    box = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    inner = side - 2
    core = total[inner:, inner:] - total[:-inner, inner:] - total[inner:, :-inner] + total[:-inner, :-inner]
    core = core[1 : height - side + 2, 1 : width - side + 2]
    return int(((box == 4 * side - 4) & (core == 0)).sum())


def test_every_glyph_stands_in_the_grid_and_in_the_sentence():
    text = PANGRAMS[0][1]
    points = sorted({ord(letter) for letter in text})
    pixels = draw_specimen(Subject("body", font(points), 1000)).pixels
    assert pixels.shape[1] == 960
    letters = len(text.replace(" ", ""))
    assert dark_rings(pixels, 9) == len(points) + letters, ".notdef and all but the space, and the sentence"


def test_a_sheet_is_bounded_and_tells_how_many_are_left_out():
    pixels = draw_specimen(Subject("big", font(range(0x4E00, 0x4E00 + 3000), 200, 180), 10)).pixels
    assert pixels.shape[0] <= 8000
    assert pixels.shape[1] <= 2400


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
def test_full_coverage_is_as_dark_at_any_number_of_bits(bpp):
    face = make_typeface(font([65], bpp=bpp))
    canvas = make_canvas(40, 40)
    face.draw(canvas, "A", 5, 30, (0, 0, 0))
    assert canvas.pixels[21, 5].tolist() == [0, 0, 0]
    assert canvas.pixels[22, 6].tolist() == [255, 255, 255]


def test_kerning_moves_the_second_letter():
    face = make_typeface(font([65, 66], pairs={(1, 2): -48}))
    assert face.width("AB") == 17
    canvas = make_canvas(40, 20)
    face.draw(canvas, "AB", 0, 15, (0, 0, 0))
    assert np.flatnonzero(canvas.pixels[10, :, 0] == 0).tolist() == [0, 7, 8, 15]


def test_glyphs_of_shaped_texts_stand_in_the_grid_too():
    digits = [ord(digit) for digit in "0123456789"]
    plain = draw_specimen(Subject("a", font(digits), 1)).pixels
    shaped = draw_specimen(Subject("a", font([*digits, -2, -2]), 1)).pixels
    assert dark_rings(shaped, 9) == dark_rings(plain, 9) + 2


def test_shaped_lines_are_drawn_glyph_by_glyph():
    digits = [ord(digit) for digit in "0123456789"]
    lines = (
        ShapedLine(((1, 0, 0), (11, 200, 0), (2, 400, 16 * 3)), 560),
        ShapedLine(((3, 0, 0),), 160, True),
    )
    plain = draw_specimen(Subject("a", font([*digits, -2]), 1)).pixels
    shaped = draw_specimen(Subject("a", font([*digits, -2]), 1, shaped=lines)).pixels
    assert dark_rings(shaped, 9) == dark_rings(plain, 9) + 4
    assert shaped.shape[0] > plain.shape[0]


def test_a_shaped_line_that_is_too_long_stays_on_the_sheet():
    line = ShapedLine(tuple((1, 160 * number, 0) for number in range(200)), 160 * 200)
    sheet = draw_specimen(Subject("a", font([65]), 1, shaped=(line,))).pixels
    assert (sheet[:, -20:] == 255).all()
    assert dark_rings(sheet, 9) > 80


def test_a_sheet_with_kerning_is_longer():
    plain = draw_specimen(Subject("a", font(range(65, 91)), 1)).pixels
    kerned = draw_specimen(Subject("a", font(range(65, 91), pairs={(1, 2): -20}), 1)).pixels
    assert kerned.shape[0] > plain.shape[0]


def test_sentences_are_of_characters_that_are_there():
    ascii_only = set(range(32, 127))
    assert sentences_of(ascii_only) == [PANGRAMS[0][1]]
    cyrillic = ascii_only | set(range(0x400, 0x460))
    assert [len(set(text) - {chr(p) for p in cyrillic}) for text in sentences_of(cyrillic)] == [0, 0]
    assert sentences_of(set(map(ord, "0123456789"))) == ["0123456789"]
    assert sentences_of({0xF101, 0xF102}) == ["\uf101\uf102"]
    every = {ord(letter) for _, text in PANGRAMS for letter in text}
    assert len(sentences_of(every)) == len({kind for kind, _ in PANGRAMS})


def test_a_sample_is_of_characters_that_are_there():
    assert sample_of(set(range(32, 127))) == "Hxgp"
    assert sample_of(set(map(ord, "0123:"))) == "0123"
    assert sample_of({0xF101}) == "\uf101"


def test_what_leaves_the_sheet_is_cut_off():
    canvas = make_canvas(10, 10)
    canvas.blend(np.full((20, 20), 255, np.uint8), -5, -5, (0, 0, 0))
    canvas.blend(np.full((3, 3), 255, np.uint8), 50, 50, (0, 0, 0))
    canvas.fill(-4, -4, 6, 6, (1, 2, 3))
    assert canvas.pixels[9, 9].tolist() == [0, 0, 0]
    assert canvas.pixels[1, 1].tolist() == [1, 2, 3]


def test_the_same_font_gives_the_same_sheet():
    subject = Subject("a", font(range(33, 80), pairs={(1, 2): 9}), 5)
    assert np.array_equal(draw_specimen(subject).pixels, draw_specimen(subject).pixels)


def test_a_font_without_a_known_word_is_shown_by_letters():
    marks, letters = range(0x0591, 0x05A0), range(0x05D0, 0x05EB)
    assert sample_of([*marks, *letters]) == "\u05d0\u05d1\u05d2"
    assert sentences_of([*marks, *letters])[0].startswith("".join(map(chr, letters)))
