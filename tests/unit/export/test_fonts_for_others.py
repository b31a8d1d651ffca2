"""What a library's font format cannot hold is refused by the character's name, and nothing else is."""

import numpy as np
import pytest

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.export.fonts import FontChoices, StoredFont, one_bit
from imgbuild.export.gfx_font import export_font as export_gfx
from imgbuild.export.lvgl_font import export_font as export_lvgl
from imgbuild.export.u8g2_font import export_font as export_u8g2
from imgbuild.export.u8g2_font import pack_u8g2
from imgbuild.model import DecodedFont, DecodedGlyph


def glyph(point, width=3, height=4, advance=64, x=0, y=None, pixels=None):
    if pixels is None:
        pixels = np.ones((height, width), np.uint8)
    return DecodedGlyph(point, pixels, x, pixels.shape[0] if y is None else y, advance)


def stored(*glyphs, bpp=1, ascent=10, descent=-3, pairs=None, name="text"):
    notdef = glyph(-1)
    font = DecodedFont(12, bpp, ascent, descent, 0, -1, 1, (notdef, *glyphs), (), "", kern_pairs=pairs or {})
    return StoredFont(name, Place("ext.bin"), font)


def gfx(*glyphs, **fields):
    return export_gfx(stored(*glyphs, **fields), "text", FontChoices(), Diagnostics())


def u8g2(*glyphs, **fields):
    return export_u8g2(stored(*glyphs, **fields), "text", FontChoices(), Diagnostics())


NOISE = np.random.default_rng(3).integers(0, 2, (64, 64), np.uint8)


@pytest.mark.parametrize(
    ("make", "bad", "message"),
    [
        (gfx, glyph(66, width=256), r"the width \(px\) of U\+0042 is 256, Adafruit GFX holds 0 to 255"),
        (gfx, glyph(66, advance=256 * 16), r"the advance \(px\) of U\+0042 is 256"),
        (gfx, glyph(66, x=-129), r"the left edge \(px\) of U\+0042 is -129, .* -128 to 127"),
        (gfx, glyph(66, y=130), r"the top edge \(px\) of U\+0042 is -129"),
        (gfx, glyph(0x10000), r"has U\+10000, Adafruit GFX ends at U\+FFFF"),
        (u8g2, glyph(66, width=128), r"the width \(px\) of U\+0042 is 128, U8g2 holds 0 to 127"),
        (u8g2, glyph(66, height=128), r"the height \(px\) of U\+0042"),
        (u8g2, glyph(66, advance=128 * 16), r"the advance \(px\) of U\+0042 is 128, .* -128 to 127"),
        (u8g2, glyph(0xFFFE), r"has U\+FFFE, U8g2 ends at U\+FFFD"),
        (u8g2, glyph(0x263A, pixels=NOISE), r"glyph U\+263A takes \d+ B, U8g2 holds 255 B"),
    ],
)
def test_what_does_not_fit_is_named(make, bad, message):
    with pytest.raises(BuildError, match=f"IB373: .*{message}"):
        make(glyph(65), bad)


def test_limits_themselves_fit():
    gfx(glyph(65, width=255, height=255, advance=255 * 16, x=127, y=129))
    u8g2(glyph(65, width=127, height=127, advance=127 * 16, x=-128, y=127), glyph(0xFFFD))


def test_a_gfx_bitmap_behind_64_kib_is_refused():
    rng = np.random.default_rng(1)
    glyphs = [glyph(65 + n, y=100, pixels=rng.integers(0, 2, (200, 200), np.uint8)) for n in range(15)]
    with pytest.raises(BuildError, match=r"IB373: .*place of the bitmap of U\+004F is 70000"):
        gfx(*glyphs)
    alike = [glyph(65 + n, y=100, pixels=glyphs[0].coverage) for n in range(15)]
    assert gfx(*alike).definitions[0].count("0x") == 5000, "equal bitmaps are stored once"


def test_lines_too_far_apart_for_gfx_are_refused():
    with pytest.raises(BuildError, match=r"IB373: .*lines are 256 px apart"):
        gfx(glyph(65), ascent=200, descent=-56)


def test_a_threshold_keeps_what_reaches_it_and_trims_the_rest():
    pixels = np.array([[0, 3, 7], [0, 8, 15], [0, 0, 1]], np.uint8)
    font = one_bit(stored(glyph(65, pixels=pixels, x=2, y=9), bpp=4), FontChoices(threshold=50), "it").font
    (cut,) = [one for one in font.glyphs if one.codepoint == 65]
    assert (cut.coverage.tolist(), cut.x, cut.y) == ([[1, 1]], 3, 8)
    assert font.bpp == 1


def test_kerning_that_a_library_lacks_is_told_and_lvgl_has_it():
    glyphs, pairs = (glyph(65), glyph(66)), {(1, 2): -7}
    assert "its 1 kerning pairs are left out" in gfx(*glyphs, pairs=pairs).comment
    assert "its 1 kerning pairs are left out" in u8g2(*glyphs, pairs=pairs).comment
    font = stored(*glyphs, pairs=pairs)
    made = export_lvgl(font, "text", FontChoices(), Diagnostics())
    assert "kerning" not in made.comment
    assert any("lv_font_fmt_txt_kern_pair_t text_kern" in text for text in made.definitions)


def test_u8g2_header_says_how_wide_its_fields_are():
    data = pack_u8g2(stored(glyph(65, width=5, height=9, advance=7 * 16, x=-2, y=7)))
    # glyphs, mode; widths of runs; of width 5, height 9, x -2, y -2, advance 7; box; A, g and ( missing
    assert data[:2] == b"\1\0"
    assert data[4:17] == bytes([3, 4, 2, 2, 4, 5, 9, 0xFE, 0xFE, 7, 0, 7, 0])
    assert data[17:23] == bytes([0, 0, 0, data[24], 0, data[24] + 2]), (
        "A, a, and behind the end of the first part"
    )
    assert data[23] == 65
    assert data[23 + data[24] :] == b"\0\0" + b"\0\4\xff\xff" + b"\0\0"
