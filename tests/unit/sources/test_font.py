"""Fonts become the bitmaps that FreeType draws, with the metrics of the font."""

import hashlib
import importlib.resources
import shutil
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import freetype
import numpy as np
import pytest
from unit.sources.tiny_fonts import TINY_BDF, tiny_font

from imgbuild.errors import Place
from imgbuild.glyphs.raster import draw_notdef
from imgbuild.model import DecodedFont, DecodedGlyph, FontOptions
from imgbuild.sources.font import decode_font, font_codepoints

PLACE = Place("m.yaml", 3)
ASCII = tuple(range(0x20, 0x7F))
ROBOTO = Path(str(importlib.resources.files("font_roboto"))) / "files" / "Roboto-Regular.ttf"
SQUARE = (100, 0, 600, 700)


def decode(
    path: Path, characters=(0x41,), size_px: int = 10, bpp: int = 8, hinting: str = "none"
) -> DecodedFont:
    return decode_font(path, FontOptions(size_px, bpp, tuple(characters), hinting), PLACE, "body")


def save(tmp_path: Path, data: bytes | str, name: str = "tiny.ttf") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- FreeType's own rendering through its high-level interface, as the peer ------------------------

TARGETS = {
    "none": freetype.FT_LOAD_NO_HINTING,
    "light": freetype.FT_LOAD_TARGET_LIGHT,
    "normal": freetype.FT_LOAD_TARGET_NORMAL,
    "mono": freetype.FT_LOAD_TARGET_MONO,
}


def level_of(coverage: int, bpp: int) -> int:
    """The nearest level; but what is less than a level from blank or full is blank or full."""
    step = 256 // 2**bpp
    if coverage < step:
        return 0
    if coverage >= 256 - step:
        return 2**bpp - 1
    return int(Fraction(coverage * (2**bpp - 1), 255) + Fraction(1, 2))


def peer_glyph(
    face: freetype.Face, codepoint: int, hinting: str, bpp: int
) -> tuple[dict, freetype.GlyphSlot]:
    """Ink of FreeType's bitmap as {(column right of the pen, row above the baseline): value}."""
    face.load_char(codepoint, freetype.FT_LOAD_NO_BITMAP | TARGETS[hinting])
    face.glyph.render(freetype.FT_RENDER_MODE_MONO if bpp == 1 else freetype.FT_RENDER_MODE_NORMAL)
    slot, bitmap = face.glyph, face.glyph.bitmap
    buffer, ink = bitmap.buffer, {}
    for row in range(bitmap.rows):
        for column in range(bitmap.width):
            if bpp == 1:
                value = buffer[row * bitmap.pitch + column // 8] >> (7 - column % 8) & 1
            else:
                value = level_of(buffer[row * bitmap.pitch + column], bpp)
            if value:
                ink[slot.bitmap_left + column, slot.bitmap_top - row] = value
    return ink, slot


def ink_of(glyph: DecodedGlyph) -> dict:
    rows, columns = np.nonzero(glyph.coverage)
    return {
        (glyph.x + int(c), glyph.y - int(r)): int(glyph.coverage[r, c])
        for r, c in zip(rows, columns, strict=True)
    }


@pytest.mark.parametrize(
    ("size_px", "bpp", "hinting"),
    [
        (16, 1, "mono"),
        (16, 1, "light"),
        (13, 2, "light"),
        (24, 4, "light"),
        (20, 8, "none"),
        (18, 4, "normal"),
    ],
)
def test_every_glyph_of_roboto_is_freetypes(size_px: int, bpp: int, hinting: str) -> None:
    face = freetype.Face(str(ROBOTO))
    face.set_pixel_sizes(0, size_px)
    decoded = decode(ROBOTO, ASCII, size_px, bpp, hinting)
    assert decoded.missing == ()
    for glyph in decoded.glyphs[1:]:
        ink, slot = peer_glyph(face, glyph.codepoint, hinting, bpp)
        assert ink_of(glyph) == ink, chr(glyph.codepoint)
        if hinting in {"none", "light"}:
            assert abs(Fraction(slot.linearHoriAdvance, 65536) - Fraction(glyph.advance, 16)) <= Fraction(
                1, 32
            )
        else:
            assert Fraction(slot.advance.x, 64) == Fraction(glyph.advance, 16)


def test_bitmaps_are_cut_to_their_ink() -> None:
    for glyph in decode(ROBOTO, ASCII, 24, 4, "light").glyphs:
        if glyph.coverage.size:
            edges = (glyph.coverage[0], glyph.coverage[-1], glyph.coverage[:, 0], glyph.coverage[:, -1])
            assert all(edge.any() for edge in edges)
        else:
            assert glyph.codepoint == 0x20


def test_mono_hinting_gives_whole_pixel_advances() -> None:
    assert all(g.advance % 16 == 0 for g in decode(ROBOTO, ASCII, 16, 1, "mono").glyphs)


def test_line_metrics_are_whole_pixels_outward() -> None:
    decoded = decode(ROBOTO, ASCII, 16, 4, "light")
    # hhea of Roboto: ascender 1900, descender -500, line gap 0 of 2048: 14.84 and -3.91 px at 16 px
    assert (decoded.ascent, decoded.descent, decoded.line_gap) == (15, -4, 0)
    # post: underlinePosition -150 (its top), underlineThickness 100: -1.17 and 0.78 px
    assert (decoded.underline_position, decoded.underline_thickness) == (-1, 1)


def test_glyphs_are_notdef_and_then_the_characters_sorted() -> None:
    decoded = decode(ROBOTO, (0x20, 0x41, 0xE9))
    assert [glyph.codepoint for glyph in decoded.glyphs] == [-1, 0x20, 0x41, 0xE9]
    assert decoded.glyphs[0].coverage.any()


def test_missing_characters_are_listed_not_drawn() -> None:
    decoded = decode(ROBOTO, (0x41, 0x4E2D, 0x1F600))
    assert decoded.missing == (0x4E2D, 0x1F600)
    assert [glyph.codepoint for glyph in decoded.glyphs] == [-1, 0x41]


def test_the_digest_is_the_files(tmp_path: Path) -> None:
    digests = {
        decode(save(tmp_path, data, "t.bdf"), size_px=8).source_digest for data in (TINY_BDF, TINY_BDF + " ")
    }
    assert len(digests) == 2
    assert hashlib.sha256(TINY_BDF.encode()).hexdigest() in digests


def test_the_environment_changes_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    before = decode(ROBOTO, ASCII, 12, 8, "normal")
    monkeypatch.setenv("FREETYPE_PROPERTIES", "truetype:interpreter-version=35")
    after = decode(ROBOTO, ASCII, 12, 8, "normal")
    for a, b in zip(before.glyphs, after.glyphs, strict=True):
        assert np.array_equal(a.coverage, b.coverage)


def test_fonts_may_be_decoded_in_several_threads_at_once() -> None:
    sizes = [10, 11, 12, 13] * 4
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda size_px: decode(ROBOTO, ASCII, size_px, 4, "light"), sizes))
    for size_px, decoded in zip(sizes, together, strict=True):
        alone = decode(ROBOTO, ASCII, size_px, 4, "light")
        for a, b in zip(alone.glyphs, decoded.glyphs, strict=True):
            assert np.array_equal(a.coverage, b.coverage)


# --- fonts worked out on paper ---------------------------------------------------------------------


@pytest.mark.parametrize("flavour", ["truetype", "cff"])
@pytest.mark.parametrize("bpp", [1, 2, 4, 8])
def test_a_square_becomes_full_pixels(tmp_path: Path, flavour: str, bpp: int) -> None:
    path = save(tmp_path, tiny_font({0x41: SQUARE, 0x42: None}, flavour=flavour))
    _, square, blank = decode(path, (0x41, 0x42), size_px=10, bpp=bpp).glyphs
    assert square.coverage.tolist() == [[2**bpp - 1] * 5] * 7
    assert (square.x, square.y, square.advance) == (1, 7, 116)  # 725 / 1000 * 10 px = 7.25 px
    assert (blank.coverage.shape, blank.advance) == ((0, 0), 116)


def test_half_covered_pixels_are_rounded(tmp_path: Path) -> None:
    path = save(tmp_path, tiny_font({0x41: (0, 0, 150, 100)}))  # 1.5 x 1 px: 255 and about 127.5 of 255
    assert decode(path, bpp=4).glyphs[1].coverage.tolist() in ([[15, 7]], [[15, 8]])
    assert decode(path, bpp=2).glyphs[1].coverage.tolist() in ([[3, 1]], [[3, 2]])


def test_metrics_of_a_font_worked_out_on_paper(tmp_path: Path) -> None:
    decoded = decode(save(tmp_path, tiny_font({0x41: SQUARE})), size_px=20)
    # 801, -201 and 90 of 1000 at 20 px: 16.02, -4.02 and 1.8 px; height 1092: 21.84 px
    assert (decoded.ascent, decoded.descent) == (17, -5)
    assert decoded.line_gap == 0  # 22 - (17 + 5)
    assert (decoded.underline_position, decoded.underline_thickness) == (-2, 1)  # -100 and 50 of 1000


def test_the_fonts_own_notdef_is_used_where_it_shows(tmp_path: Path) -> None:
    own = decode(save(tmp_path, tiny_font({0x41: SQUARE}, notdef=(0, 0, 200, 300)))).glyphs[0]
    assert (own.codepoint, own.coverage.shape) == (-1, (3, 2))


def test_a_blank_notdef_becomes_a_box(tmp_path: Path) -> None:
    glyph = decode(save(tmp_path, tiny_font({0x41: SQUARE}))).glyphs[0]
    assert np.array_equal(glyph.coverage, draw_notdef(10, 8).coverage)


def test_characters_beyond_the_basic_plane_are_found(tmp_path: Path) -> None:
    path = save(tmp_path, tiny_font({0x41: SQUARE, 0x1F600: (0, 0, 100, 100)}))
    assert [g.codepoint for g in decode(path, (0x41, 0x1F600)).glyphs] == [-1, 0x41, 0x1F600]


def test_a_file_name_needs_no_particular_letters(tmp_path: Path) -> None:
    path = tmp_path / "Größe 字.ttf"
    shutil.copy(ROBOTO, path)
    assert len(decode(path).glyphs) == 2


def test_characters_left_without_ink_are_noted(tmp_path: Path) -> None:
    path = save(tmp_path, tiny_font({0x20: None, 0x41: SQUARE, 0x42: None}))
    assert decode(path, (0x20, 0x41, 0x42)).notes == ('without ink: U+0042 "B" LATIN CAPITAL LETTER B',)


def test_a_font_of_spaces_is_allowed(tmp_path: Path) -> None:
    path = save(tmp_path, tiny_font({0x20: None, 0xA0: None}))
    assert decode(path, (0x20, 0xA0)).notes == ()


# --- BDF -------------------------------------------------------------------------------------------


def test_a_bdf_font_gives_its_bitmaps(tmp_path: Path) -> None:
    path = save(tmp_path, TINY_BDF, "tiny.bdf")
    decoded = decode(path, (0x41, 0x43, 0x44), size_px=8, bpp=1)
    notdef, a, c = decoded.glyphs
    assert a.coverage.tolist() == [[1, 0, 1], [0, 1, 0]]
    assert (a.x, a.y, a.advance) == (1, 1, 80)  # BBX 3 2 1 -1: its top is 1 px above the baseline
    assert c.coverage.tolist() == [[1], [1], [1]]
    assert (c.x, c.y, c.advance) == (0, 3, 32)
    assert notdef.coverage.tolist() == [[1, 1], [1, 1]]  # DEFAULT_CHAR 63
    assert decoded.missing == (0x44,)
    assert (decoded.ascent, decoded.descent, decoded.line_gap) == (6, -2, 0)
    assert (decoded.underline_position, decoded.underline_thickness) == (-1, 1)
    assert decoded.notes == ()


@pytest.mark.parametrize(("bpp", "ink"), [(2, 3), (4, 15), (8, 255)])
def test_bdf_ink_is_full_coverage_at_any_depth(tmp_path: Path, bpp: int, ink: int) -> None:
    path = save(tmp_path, TINY_BDF, "tiny.bdf")
    assert decode(path, (0x43,), size_px=8, bpp=bpp).glyphs[1].coverage.tolist() == [[ink]] * 3


def test_bdf_without_default_char_shows_a_box_not_its_first_glyph(tmp_path: Path) -> None:
    path = save(
        tmp_path, TINY_BDF.replace("DEFAULT_CHAR 63\n", "").replace("PROPERTIES 6", "PROPERTIES 5"), "t.bdf"
    )
    assert np.array_equal(decode(path, size_px=8, bpp=1).glyphs[0].coverage, draw_notdef(8, 1).coverage)


def test_bdf_of_unknown_encoding_is_taken_as_it_stands_with_a_note(tmp_path: Path) -> None:
    lines = [line for line in TINY_BDF.splitlines() if not line.startswith("CHARSET")]
    text = "\n".join(lines).replace("PROPERTIES 6", "PROPERTIES 4").replace("iso10646-1", "foo-1")
    decoded = decode(save(tmp_path, text + "\n", "t.bdf"), size_px=8)
    assert [g.codepoint for g in decoded.glyphs] == [-1, 0x41]
    assert decoded.notes == (
        "the font does not say that its codes are Unicode: they are taken as they stand",
    )


def test_bdf_may_be_asked_for_by_line_height(tmp_path: Path) -> None:
    path = save(tmp_path, TINY_BDF.replace("PIXEL_SIZE 8", "PIXEL_SIZE 7"), "t.bdf")
    assert decode(path, size_px=7).size_px == 7
    assert decode(path, size_px=8).size_px == 8


def test_all_characters_of_a_font_can_be_listed(tmp_path: Path) -> None:
    assert font_codepoints(save(tmp_path, TINY_BDF, "tiny.bdf")) == (63, 65, 67)
    assert font_codepoints(save(tmp_path, tiny_font({0x0D: None, 0x41: SQUARE, 0xE000: SQUARE}))) == (
        0x41,
        0xE000,
    )
    assert len(font_codepoints(ROBOTO)) > 2700
