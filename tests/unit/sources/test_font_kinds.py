"""Every kind of font file gives the same glyphs; faces, axes, strikes and colours are told apart."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from unit.sources.made_fonts import (
    data_of,
    make_collection,
    make_coloured,
    make_font,
    make_strikes,
    make_variable,
)
from unit.sources.tiny_fonts import TINY_BDF

from imgbuild.errors import BuildError, Place
from imgbuild.model import FontOptions, FontSize, FontSource
from imgbuild.sources.font import decode_font, font_codepoints, open_for_shaping

PLACE = Place("m.yaml", 3)
TALL, FLAT = (100, 0, 600, 700), (100, 0, 600, 300)


def save(folder: Path, data: bytes, name: str = "made.ttf") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def decode(path: Path, text: str = "A", size_px: int = 10, bpp: int = 8, **options):
    wanted = FontOptions(size_px, bpp, tuple(sorted(map(ord, text))), "none")
    return decode_font(path, replace(wanted, **options), PLACE, "body")


def fault_of(path: Path, text: str = "A", **options) -> tuple[str, str, str | None]:
    with pytest.raises(BuildError) as caught:
        decode(path, text, **options)
    (found,) = caught.value.diagnostics
    return found.code, found.message, found.hint


def same(one, other) -> bool:
    return all(
        (a.codepoint, a.x, a.y, a.advance) == (b.codepoint, b.x, b.y, b.advance)
        and np.array_equal(a.coverage, b.coverage)
        for a, b in zip(one.glyphs, other.glyphs, strict=True)
    )


# --- containers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["woff", "woff2"])
@pytest.mark.parametrize("is_cff", [False, True])
def test_a_web_font_gives_the_glyphs_of_the_font_in_it(tmp_path, flavour, is_cff) -> None:
    plain = decode(save(tmp_path, data_of(make_font({"A": TALL}, is_cff=is_cff))))
    packed = save(tmp_path, data_of(make_font({"A": TALL}, is_cff=is_cff), flavour), f"made.{flavour}")
    assert same(decode(packed), plain)
    assert font_codepoints(packed) == (0x41,)


def test_a_face_of_a_collection_is_chosen_by_number_or_name(tmp_path) -> None:
    data = make_collection(make_font({"A": TALL}, family="Made A"), make_font({"A": FLAT}, family="Made B"))
    path = save(tmp_path, data, "made.ttc")
    heights = {face: decode(path, face=face).glyphs[1].coverage.shape[0] for face in
               (0, 1, "Made B", "made a", "Made B Regular", "MadeB")}  # fmt: skip
    assert heights == {0: 7, 1: 3, "Made B": 3, "made a": 7, "Made B Regular": 3, "MadeB": 3}


def test_a_face_that_is_not_there_is_told_with_those_that_are(tmp_path) -> None:
    data = make_collection(make_font({"A": TALL}, family="Made A"), make_font({"A": FLAT}, family="Made B"))
    path = save(tmp_path, data, "made.ttc")
    faces = 'it has 0 "Made A", 1 "Made B"'
    assert fault_of(path, face=2) == ("IB310", f'font "made.ttc" has no face 2, {faces}', None)
    assert fault_of(path, face="Made C") == (
        "IB310", f'font "made.ttc" has no face "Made C", {faces}', 'did you mean "Made B"?'
    )  # fmt: skip


# --- variable fonts --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_cff", [False, True])
@pytest.mark.parametrize(("weight", "width_px"), [(None, 2), (100, 0.5), (400, 2), (650, 3.5), (900, 5)])
def test_an_instance_is_what_lies_between_the_masters(tmp_path, is_cff, weight, width_px) -> None:
    axes = () if weight is None else (("wght", float(weight)),)
    glyph = decode(save(tmp_path, make_variable(is_cff=is_cff)), "H", axes=axes).glyphs[1]
    assert glyph.coverage[3].sum() / 255 == pytest.approx(width_px, abs=0.02)
    assert glyph.advance == 16 * (width_px + 2)


def test_axes_are_checked_and_named(tmp_path) -> None:
    path = save(tmp_path, make_variable())
    axes = "wght 100 to 900 (default 400)"
    assert fault_of(path, "H", axes=(("opsz", 9.0),)) == (
        "IB311", f'font "made.ttf" has no axis "opsz"; its axes: {axes}', None
    )  # fmt: skip
    assert fault_of(path, "H", axes=(("wght", 901.0),)) == (
        "IB311", 'axis "wght" of font "made.ttf" goes from 100 to 900, not to 901', f"its axes: {axes}"
    )  # fmt: skip
    static = save(tmp_path, data_of(make_font({"A": TALL})))
    assert fault_of(static, axes=(("wght", 400.0),))[0] == "IB311"


def test_texts_are_shaped_with_the_static_instance(tmp_path) -> None:
    path = save(tmp_path, make_variable())
    font = open_for_shaping(path, FontOptions(20, 4, (), axes=(("wght", 900.0),)), PLACE, "body")
    assert b"fvar" not in font.data[:400]
    assert font.size_64 == 20 * 64


# --- bitmaps inside --------------------------------------------------------------------------------


def test_bitmaps_inside_of_an_outline_font_are_taken_if_asked_for(tmp_path) -> None:
    path = save(tmp_path, make_strikes())
    assert decode(path, size_px=8).glyphs[1].coverage.shape == (4, 4)  # the outline
    strike = decode(path, "AB", size_px=8, bpp=1, is_strike=True)
    assert strike.glyphs[1].coverage.tolist() == [[1, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]]
    assert strike.glyphs[2].coverage.tolist() == [[1, 1]] * 3
    assert [(g.x, g.y, g.advance) for g in strike.glyphs[1:]] == [(1, 3, 96), (3, 3, 96)]
    assert (strike.ascent, strike.descent) == (7, -2)  # 6.4 and -1.6 px, outward


def test_grey_bitmaps_keep_their_levels(tmp_path) -> None:
    glyph = decode(save(tmp_path, make_strikes(4)), size_px=8, bpp=4, is_strike=True).glyphs[1]
    assert glyph.coverage.tolist() == [[15] * 4, [0] * 4, [8] * 4]


def test_characters_without_a_bitmap_are_drawn_from_their_outline_and_noted(tmp_path) -> None:
    decoded = decode(save(tmp_path, make_strikes()), "AC", size_px=8, is_strike=True)
    assert decoded.glyphs[2].coverage.any()
    assert decoded.notes == ('drawn from outlines: U+0043 "C" LATIN CAPITAL LETTER C',)


def test_a_size_without_bitmaps_is_told(tmp_path) -> None:
    path = save(tmp_path, make_strikes())
    assert fault_of(path, size_px=12, is_strike=True) == (
        "IB305", 'font "made.ttf" has 8 px, not 12 px', "use size: 8"
    )  # fmt: skip
    plain = save(tmp_path, data_of(make_font({"A": TALL})))
    assert fault_of(plain, is_strike=True)[:2] == ("IB305", 'font "made.ttf" has no bitmaps inside')


# --- colours ---------------------------------------------------------------------------------------


def test_a_coloured_character_with_an_outline_is_drawn_from_it(tmp_path) -> None:
    decoded = decode(save(tmp_path, make_coloured("A", "")))
    assert decoded.glyphs[1].coverage.any()
    assert decoded.notes == ('drawn without their colours: U+0041 "A" LATIN CAPITAL LETTER A',)


def test_a_character_in_colour_only_is_refused_by_name(tmp_path) -> None:
    code, message, _ = fault_of(save(tmp_path, make_coloured("A", "BC")), "ABC")
    assert code == "IB312"
    assert message == (
        'font "made.ttf" has only colour glyphs, which a font cannot store, for '
        'U+0042 "B" LATIN CAPITAL LETTER B, U+0043 "C" LATIN CAPITAL LETTER C'
    )


def test_another_source_may_have_what_is_in_colour_only(tmp_path) -> None:
    path = save(tmp_path, make_coloured("A", "B"))
    other = FontSource(save(tmp_path, data_of(make_font({"B": FLAT})), "other.ttf"), PLACE, hinting="none")
    assert decode(path, "AB", merge=(other,)).glyphs[2].coverage.shape == (3, 5)


# --- licences and character maps -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "named"),
    [(0, []), (4, []), (8, []), (2, ["0x0002"]), (0x100, ["0x0100"]), (0x202, ["0x0002", "0x0200"])],
)
def test_licence_bits_that_speak_against_storing_are_named(tmp_path, bits, named) -> None:
    remarks = decode(save(tmp_path, data_of(make_font({"A": TALL}, fs_type=bits)))).remarks
    assert [remark.code for remark in remarks] == ["IB313"] * len(named)
    assert all(f"licence bit {bit} " in remark.message for bit, remark in zip(named, remarks, strict=True))


def test_a_font_without_a_unicode_map_is_told(tmp_path) -> None:
    font = make_font({"A": TALL})
    for table in font["cmap"].tables:
        table.platformID, table.platEncID = 3, 0
    font["cmap"].tables = font["cmap"].tables[:1]
    font["cmap"].tables[0].cmap = {0xF041: "u41"}
    decoded = decode(save(tmp_path, data_of(font)), "\uf041")
    assert [remark.code for remark in decoded.remarks] == ["IB318"]
    assert "only one of symbols" in decoded.remarks[0].message


def test_bitmap_fonts_are_not_shaped(tmp_path) -> None:
    path = save(tmp_path, TINY_BDF.encode(), "tiny.bdf")
    with pytest.raises(BuildError) as caught:
        open_for_shaping(path, FontOptions(8, 1, ()), PLACE, "body")
    assert caught.value.diagnostics[0].code == "IB319"


def test_sizes_of_bitmap_fonts_may_be_given_by_line_height(tmp_path) -> None:
    path = save(tmp_path, TINY_BDF.encode(), "tiny.bdf")
    assert decode(path, size_px=0, size=FontSize("line_height", 8 * 64)).glyphs[1].coverage.any()
    assert fault_of(path, size_px=0, size=FontSize("cap_height", 8 * 64))[:2] == (
        "IB305", 'font "tiny.bdf" has 8 px, not cap height 8 px'
    )  # fmt: skip
