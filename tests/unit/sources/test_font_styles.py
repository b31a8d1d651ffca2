"""Sizes, weights, gamma, merged sources, and glyphs that no character leads to."""

from pathlib import Path

import numpy as np
import pytest
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from unit.sources.made_fonts import data_of, make_font
from unit.sources.test_font import ROBOTO
from unit.sources.test_font_kinds import FLAT, PLACE, TALL, decode, fault_of, save

from imgbuild.glyphs.raster import coverage_table, quantisation_table
from imgbuild.model import FontSize, FontSource, FontWeight


def made(folder: Path, boxes: dict, name: str = "made.ttf", **how) -> Path:
    return save(folder, data_of(make_font(boxes, **how)), name)


# --- sizes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hinting", ["none", "light", "normal", "auto"])
@pytest.mark.parametrize("cap_px", [7, 10, 14, 33])
def test_capitals_are_as_high_as_asked_or_it_is_noted(hinting: str, cap_px: int) -> None:
    decoded = decode(ROBOTO, "H", 0, hinting=hinting, size=FontSize("cap_height", cap_px * 64))
    height = decoded.glyphs[1].coverage.shape[0]
    if decoded.notes:  # hinting goes from 13 to 15 px at once
        assert hinting != "none"
        assert abs(height - cap_px) == 1
        assert decoded.notes == (f"no size gives capitals of {cap_px} px with this hinting",)
    else:
        assert (decoded.glyphs[1].y, height) == (cap_px, cap_px)


def test_the_em_for_a_height_of_capitals_is_worked_out(tmp_path) -> None:
    path = made(tmp_path, {"H": (100, 0, 600, 700)})
    decoded = decode(path, "H", 0, size=FontSize("cap_height", 14 * 64))
    assert (decoded.size_64, decoded.size_px) == (20 * 64, 20)  # 14 px / 0.7


def test_a_font_without_capitals_has_no_such_height(tmp_path) -> None:
    path = made(tmp_path, {"a": TALL})
    assert fault_of(path, "a", size=FontSize("cap_height", 14 * 64))[:2] == (
        "IB314", 'font "made.ttf" has no capital letter whose height could be measured'
    )  # fmt: skip


@pytest.mark.parametrize("line_px", [9, 17, 24, 40])
def test_lines_are_as_high_as_asked(line_px: int) -> None:
    decoded = decode(ROBOTO, "H", 0, size=FontSize("line_height", line_px * 64))
    assert decoded.ascent - decoded.descent + decoded.line_gap == line_px


def test_a_height_that_no_size_gives_is_noted(tmp_path) -> None:
    decoded = decode(made(tmp_path, {"A": TALL}), size_px=0, size=FontSize("line_height", 64))
    assert decoded.notes[0] == "no size gives lines of 1 px: they are 2 px high"


@pytest.mark.parametrize("px", [0, 0.5, 480.5, 500])
def test_sizes_out_of_range_are_told(tmp_path, px: float) -> None:
    path = made(tmp_path, {"A": TALL})
    size = FontSize("em", int(px * 64))
    assert fault_of(path, size=size)[:2] == ("IB306", f"size {px:g} px is not in 1 to 480 px")


def test_an_em_may_be_a_fraction(tmp_path) -> None:
    decoded = decode(made(tmp_path, {"A": TALL}), size=FontSize("em", 15 * 64 + 32))
    assert (decoded.size_px, decoded.size_64) == (16, 992)
    assert decoded.glyphs[1].advance == round(0.6 * 15.5 * 16)


# --- coverage --------------------------------------------------------------------------------------


def test_weight_widens_strokes_on_all_sides_and_keeps_the_advance(tmp_path) -> None:
    path = made(tmp_path, {"A": (200, 200, 600, 600)})
    plain = decode(path, size_px=20).glyphs[1]
    for weight in (FontWeight(2000), FontWeight(10_000, is_of_em=True)):  # 2 px; 10 % of 20 px
        bold = decode(path, size_px=20, weight=weight).glyphs[1]
        assert bold.coverage.shape == (10, 10)
        assert (bold.x, bold.y) == (plain.x - 1, plain.y + 1)
        assert bold.advance == plain.advance
    thin = decode(path, size_px=20, weight=FontWeight(-2000)).glyphs[1]
    assert thin.coverage.shape == (6, 6)


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
def test_gamma_1_changes_nothing(bpp: int) -> None:
    assert np.array_equal(coverage_table(bpp, 1.0), quantisation_table(bpp))


def test_gamma_raises_the_coverage_between_none_and_full() -> None:
    table = coverage_table(8, 2.0)
    assert [int(table[value]) for value in (0, 64, 128, 255)] == [0, 128, 181, 255]  # 255 sqrt(v / 255)
    assert (np.diff(table.astype(int)) >= 0).all()
    assert coverage_table(4, 2.0).max() == 15


def test_three_bits_have_eight_levels() -> None:
    assert sorted({int(value) for value in quantisation_table(3)}) == list(range(8))


# --- merging ---------------------------------------------------------------------------------------


def test_a_character_comes_from_the_first_source_that_has_it(tmp_path) -> None:
    text = made(tmp_path, {"A": TALL})
    icons = FontSource(
        made(tmp_path, {"A": FLAT, "B": FLAT}, "icons.ttf"), PLACE, (0x41, 0x42), hinting="none"
    )
    decoded = decode(text, "A", merge=(icons,))
    assert [(g.codepoint, g.coverage.shape[0], g.glyph_id) for g in decoded.glyphs] == [
        (-1, 7, 0), (0x41, 7, 1), (0x42, 3, -1)
    ]  # fmt: skip
    assert decoded.notes == ('not taken from icons.ttf: U+0041 "A" LATIN CAPITAL LETTER A',)
    assert decoded.missing == ()


def test_a_source_without_characters_fills_what_the_others_lack(tmp_path) -> None:
    source = FontSource(made(tmp_path, {"A": FLAT, "B": FLAT, "C": FLAT}, "more.ttf"), PLACE, hinting="none")
    decoded = decode(made(tmp_path, {"A": TALL}), "ABD", merge=(source,))
    assert [(g.codepoint, g.coverage.shape[0]) for g in decoded.glyphs[1:]] == [(0x41, 7), (0x42, 3)]
    assert decoded.missing == (0x44,)
    assert decoded.notes == ()


def kerned(folder: Path, name: str, pairs: dict[str, int]) -> Path:
    """A font of A, V and T whose pairs are kerned, in 1/1000 em."""
    font = make_font(dict.fromkeys("AVT", TALL))
    rules = "".join(f"pos u{ord(a):X} u{ord(b):X} {value};" for (a, b), value in pairs.items())
    languages = "languagesystem DFLT dflt; languagesystem latn dflt;"
    addOpenTypeFeaturesFromString(font, f"{languages} feature kern {{ {rules} }} kern;")
    path = folder / name
    path.write_bytes(data_of(font))
    return path


def test_each_source_is_kerned_by_itself_and_at_its_own_size(tmp_path) -> None:
    text = kerned(tmp_path, "text.ttf", {"AV": -100, "AT": -50})
    other = FontSource(
        kerned(tmp_path, "other.ttf", {"AV": -200, "VA": 100, "AT": -400}),
        PLACE,
        (0xE000, 0xE001, 0xE002, 0x54),
        map=((0xE000, 0x41), (0xE001, 0x56), (0xE002, 0x41)),
        size=FontSize("em", 20 * 64),
        hinting="none",
    )
    decoded = decode(text, "AV", merge=(other,))
    points = [glyph.codepoint for glyph in decoded.glyphs]
    assert points == [-1, 0x41, 0x54, 0x56, 0xE000, 0xE001, 0xE002]
    pairs = {(points[left], points[right]): value for (left, right), value in decoded.kern_pairs.items()}
    # 1/16 px: 10 px of the first source, 20 px of the other
    assert pairs == {
        (0x41, 0x56): -16,
        (0xE000, 0xE001): -64, (0xE002, 0xE001): -64,
        (0xE001, 0xE000): 32, (0xE001, 0xE002): 32,
        (0xE000, 0x54): -128, (0xE002, 0x54): -128,
    }  # fmt: skip
    assert decoded.kern_found == 7
    assert "kerning: 7 of 7 pairs kept" in decoded.notes


def test_sources_are_mapped_scaled_and_shifted(tmp_path) -> None:
    source = FontSource(
        made(tmp_path, {"h": FLAT}, "icons.ttf"),
        PLACE,
        (0xE000,),
        map=((0xE000, 0x68),),
        size=FontSize("em", 20 * 64),
        hinting="none",
        shift_px=-2,
    )
    decoded = decode(made(tmp_path, {"A": TALL}), "A", merge=(source,))
    icon = decoded.glyphs[2]
    assert (icon.codepoint, icon.coverage.shape, icon.y) == (0xE000, (6, 10), 6 - 2)
    assert decoded.ascent == 8, "lines are those of the first source"


def test_a_broken_source_is_told_by_name(tmp_path) -> None:
    source = FontSource(save(tmp_path, b"", "empty.ttf"), PLACE)
    assert fault_of(made(tmp_path, {"A": TALL}), "A", merge=(source,))[1].startswith('"empty.ttf" is empty')


# --- glyphs for shaped texts -----------------------------------------------------------------------


def test_glyphs_without_a_character_follow_the_others(tmp_path) -> None:
    path = made(tmp_path, {"A": TALL, "B": FLAT, "C": FLAT})
    decoded = decode(path, "B", glyph_ids=(0, 1, 2, 3))
    assert [(g.codepoint, g.glyph_id) for g in decoded.glyphs] == [(-1, 0), (0x42, 2), (-2, 1), (-2, 3)]
    assert decoded.glyphs[2].coverage.shape == (7, 5)


def test_a_glyph_that_the_font_has_not_is_told(tmp_path) -> None:
    code, message, _ = fault_of(made(tmp_path, {"A": TALL}), glyph_ids=(99,))
    assert code == "IB301"
    assert message.startswith('glyph number 99 of font "made.ttf" cannot be drawn')
