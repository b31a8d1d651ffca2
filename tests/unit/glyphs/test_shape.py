"""Shaped texts: HarfBuzz's glyphs in the order in which a device draws them from left to right."""

from __future__ import annotations

import io
import struct

import pytest
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from imgbuild.glyphs.shape import (
    ShapingFont,
    emoji_sequence,
    needs_shaping,
    number_glyphs,
    pack_runs,
    shape_text,
)
from imgbuild.model import ShapedLine

ALEF, LAMED, SHIN = "\u05d0", "\u05dc", "\u05e9"
GLYPHS = {
    "a": 1,
    "b": 2,
    "f": 3,
    "i": 4,
    "1": 5,
    "2": 6,
    " ": 7,
    ALEF: 8,
    LAMED: 9,
    SHIN: 10,
    "(": 11,
    ")": 12,
}
F_I = 13
UPEM = 1000
FEATURES = """
languagesystem DFLT dflt; languagesystem latn dflt; languagesystem hebr dflt;
feature liga { sub g3 g4 by g13; } liga;
feature locl { script hebr; sub g5 by g6; } locl;
"""


def _font() -> bytes:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 500))
    pen.lineTo((400, 0))
    pen.closePath()
    order = [".notdef", *(f"g{number}" for number in range(1, 14))]
    builder = FontBuilder(UPEM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(character): f"g{number}" for character, number in GLYPHS.items()})
    builder.setupGlyf(dict.fromkeys(order, pen.glyph()))
    builder.setupHorizontalMetrics({name: (500 + 10 * number, 0) for number, name in enumerate(order)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Shapes", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    addOpenTypeFeaturesFromString(builder.font, FEATURES)
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


FONT = ShapingFont(_font(), 0, 16 * 64)


def _glyphs(text: str, **how: str) -> list[list[int]]:
    lines, missing = shape_text(text, FONT, **how)
    assert missing == ()
    return [[glyph for glyph, _, _ in line.glyphs] for line in lines]


def _numbers(characters: str) -> list[int]:
    return [GLYPHS[character] for character in characters]


def test_a_ligature_is_one_glyph() -> None:
    assert _glyphs("fi") == [[F_I]]


def test_hebrew_runs_from_right_to_left_and_numbers_in_it_do_not() -> None:
    assert _glyphs(ALEF + LAMED + " 12") == [_numbers("12 " + LAMED + ALEF)]


def test_latin_inside_hebrew_and_hebrew_inside_latin() -> None:
    assert _glyphs(f"{ALEF} ab {LAMED}") == [_numbers(f"{LAMED} ab {ALEF}")]
    assert _glyphs(f"a {ALEF}{LAMED} b") == [_numbers(f"a {LAMED}{ALEF} b")]


def test_brackets_are_mirrored_by_the_direction_of_their_run() -> None:
    assert _glyphs(f"({ALEF})", direction="rtl") == [_numbers(f"({ALEF})")]


def test_the_direction_of_a_line_may_be_said() -> None:
    assert _glyphs(f"{ALEF} a", direction="ltr") == [_numbers(f"{ALEF} a")]
    assert _glyphs(f"a {ALEF}", direction="rtl") == [_numbers(f"{ALEF} a")]


def test_isolates_keep_their_text_together() -> None:
    # without them the numbers would go with the letters before them
    isolated = f"\u2067{ALEF} 1\u2069 2"
    assert _glyphs(f"a {isolated}") == [_numbers(f"a 1 {ALEF} 2")]


def test_brackets_are_paired() -> None:
    # UAX 9, rule N0: both brackets go with the line, though Hebrew stands on both sides of one of them
    assert _glyphs(f"a ({ALEF}) {LAMED}", direction="ltr") == [_numbers(f"a ({ALEF}) {LAMED}")]
    assert _glyphs(f"{ALEF}(a)", direction="rtl") == [_numbers(f"(a){ALEF}")]


def test_controls_of_direction_are_not_drawn() -> None:
    assert _glyphs(f"\u200fa\u202b1\u202c{ALEF}\u200e") == [_numbers(f"{ALEF}a1")]


def test_characters_of_all_scripts_are_of_the_one_that_is_said_where_no_letter_tells() -> None:
    assert _glyphs("1") == [_numbers("1")]
    assert _glyphs("1", script="Hebr") == [_numbers("2")]  # by feature locl
    assert _glyphs("a1", script="Hebr") == [_numbers("a1")]
    assert _glyphs(f"{ALEF}1", script="Latn") == [_numbers(f"1{ALEF}")]  # a run of its own: Latin
    assert _glyphs("1", script="Latf") == [_numbers("1")]  # a style of Latin


def test_blanks_at_the_end_stand_at_the_end_of_the_line() -> None:
    assert _glyphs(f"a {ALEF} ") == [_numbers(f"a {ALEF} ")]


def test_each_line_is_ordered_on_its_own() -> None:
    lines, _ = shape_text(f"ab\n{ALEF}{LAMED}\n", FONT)
    assert [line.is_rtl for line in lines] == [False, True, False]
    assert [len(line.glyphs) for line in lines] == [2, 2, 0]


def test_places_are_sixteenths_of_a_pixel_and_do_not_add_up_rounding() -> None:
    lines, _ = shape_text("aaa", FONT)
    # "a" is 510 units wide: 8.16 px at 16 px, 130.56 sixteenths
    assert lines[0].glyphs == ((1, 0, 0), (1, 131, 0), (1, 261, 0))
    assert lines[0].width_16 == 392


def test_characters_that_the_font_lacks_are_named() -> None:
    assert shape_text("aZ\u05d1", FONT)[1] == (ord("Z"), 0x5D1)


@pytest.mark.parametrize(
    "text", ["\u0645\u0631", ALEF, "\u0915\u094d", "\u0e01\u0e34", "\u1780\u17d2", "q\u0301", "a\u200db"]
)
def test_scripts_that_need_shaping_are_seen(text: str) -> None:
    assert needs_shaping(text)


@pytest.mark.parametrize(
    "text", ["", "fi", "Ti\u1ebfng Vi\u1ec7t", "e\u0301", "\u4e2d\u6587", "\u0416", "20 \u00b0C"]
)
def test_plain_texts_stay_text(text: str) -> None:
    assert not needs_shaping(text)


@pytest.mark.parametrize(
    "text",
    ["\U0001f468\u200d\U0001f469", "\u263a\ufe0f", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "1\u20e3"],
)
def test_emoji_sequences_are_told_apart(text: str) -> None:
    assert emoji_sequence(text)


def test_bytes_are_those_of_the_format() -> None:
    lines = (ShapedLine(((7, 0, 0), (9, 130, -16)), 260), ShapedLine(((9, 5, 0),), 100, is_rtl=True))
    packed = pack_runs(number_glyphs(lines, 0x11223344, {7: 1, 9: 2}))
    assert packed == struct.pack(
        "<IHH HBBi HBBi HhhHhhHhh",
        0x11223344,
        2,
        3,
        2,
        0,
        0,
        260,
        3,
        1,
        0,
        100,
        1,
        0,
        0,
        2,
        130,
        -16,
        2,
        5,
        0,
    )
