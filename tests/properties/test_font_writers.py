"""Fonts for LVGL, Adafruit GFX, U8g2: any small font comes back through a reader of the library's format."""

import re

import numpy as np
from e2e.test_export_fonts import U8g2
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.export.test_fonts_for_others import stored
from unit.flavours.lvgl_font_file import read_font_file
from unit.flavours.test_lvgl9_font import encode, font

from imgbuild.errors import Diagnostics
from imgbuild.export.fonts import FontChoices
from imgbuild.export.gfx_font import export_font as export_gfx
from imgbuild.export.u8g2_font import pack_u8g2
from imgbuild.model import DecodedGlyph

POINTS = st.one_of(st.integers(0x20, 0x7E), st.integers(0xA0, 0x600), st.sampled_from([0x4E00, 0xFFFD]))


@st.composite
def glyph_lists(draw: st.DrawFn, bpp: int, points=POINTS, most_px: int = 12) -> list[DecodedGlyph]:
    """Glyphs sorted by code point; pixels between one level and noise, boxes without a pixel among them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    glyphs = []
    for point in sorted(draw(st.sets(points, min_size=1, max_size=24))):
        height, width = draw(st.integers(0, most_px)), draw(st.integers(0, most_px))
        if not height or not width:
            height = width = 0
        noise, level = rng.integers(0, 1 << bpp, (height, width)), rng.integers(0, 1 << bpp)
        pixels = np.where(rng.random((height, width)) < draw(st.floats(0, 1)), noise, level)
        x, y = draw(st.integers(-8, 8)), draw(st.integers(-9, 15))
        glyphs.append(DecodedGlyph(point, pixels.astype(np.uint8), x, y, draw(st.integers(0, 400))))
    return glyphs


def same_place(got: tuple[int, int], glyph: DecodedGlyph) -> bool:
    """Left edge, and bottom row above the baseline; of no meaning for a glyph without pixels."""
    return not glyph.coverage.size or got == (glyph.x, glyph.y - glyph.coverage.shape[0])


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_lvgl_font_files_come_back(data) -> None:
    bpp, codec = data.draw(
        st.sampled_from([(1, "raw"), (2, "raw"), (4, "raw"), (8, "raw"), (2, "rle"), (3, "rle"), (4, "rle")])
    )
    glyphs = data.draw(glyph_lists(bpp))
    numbers = st.integers(1, len(glyphs))
    pairs = data.draw(
        st.dictionaries(st.tuples(numbers, numbers), st.integers(-100, 100).filter(bool), max_size=30)
    )
    file = read_font_file(encode(font(glyphs, bpp, pairs), codec)[0].payload)
    assert sorted(file.characters) == [glyph.codepoint for glyph in glyphs]
    for glyph in glyphs:
        got = file.glyphs[file.characters[glyph.codepoint]]
        assert got.advance == glyph.advance
        assert got.pixels.tolist() == glyph.coverage.tolist()
        assert same_place((got.x, got.y), glyph)
    number_of = [0, *(file.characters[glyph.codepoint] for glyph in glyphs)]
    for left in range(1, len(glyphs) + 1):
        for right in range(1, len(glyphs) + 1):
            found = file.kerning.get((number_of[left], number_of[right]), 0)
            assert found == pairs.get((left, right), 0)


@settings(deadline=None, max_examples=120)
@given(glyph_lists(1))
def test_u8g2_fonts_come_back(glyphs) -> None:
    read = U8g2(pack_u8g2(stored(*glyphs)))
    there = {glyph.codepoint: glyph for glyph in glyphs}
    for code in {*there, *(code + 1 for code in there), 0x20, 0x41, 0x61, 0x100}:
        got, glyph = read.glyph(code), there.get(code)
        assert (got is None) == (glyph is None), hex(code)
        if got is not None and glyph is not None:
            advance, x, y, pixels = got
            assert advance == (glyph.advance + 8) // 16
            assert pixels.tolist() == glyph.coverage.tolist()
            assert same_place((x, y), glyph)


class Gfx:
    """A font in the C of gfxfont.h: arrays of numbers, read without a compiler."""

    def __init__(self, text: str) -> None:
        arrays = re.findall(r"(\w+)\[\] PROGMEM = \{(.*?)\};", text, re.DOTALL)
        body = {name.rpartition("_")[2]: re.sub(r"/\*.*?\*/|//[^\n]*", "", inner) for name, inner in arrays}
        self.bitmaps = bytes(int(word, 0) for word in re.findall(r"\w+", body["bitmaps"]))
        rows = re.findall(r"\{([^{}]*)\}", body["glyphs"])
        self.glyphs = [[int(word) for word in row.split(",")] for row in rows]
        ends = re.search(r"GFXfont \w+ PROGMEM = \{.*?,\s*(0x\w+), (0x\w+), (\d+)\};", text, re.DOTALL)
        assert ends
        self.first, self.last, self.line_px = (int(word, 0) for word in ends.groups())
        assert len(self.glyphs) == self.last - self.first + 1

    def glyph(self, code: int):
        """Advance, x, y of the bottom row above the baseline, pixels."""
        offset, width, height, advance, x, y = self.glyphs[code - self.first]
        size = (width * height + 7) // 8
        assert offset + size <= len(self.bitmaps)
        bits = np.unpackbits(np.frombuffer(self.bitmaps[offset : offset + size], np.uint8))
        # the library draws down from the cursor's row + y; that row is the first above the baseline
        return advance, x, 1 - y - height, bits[: width * height].reshape(height, width)


@settings(deadline=None, max_examples=120)
@given(glyph_lists(1, st.integers(0x20, 0x1FF)))
def test_gfx_fonts_come_back(glyphs) -> None:
    made = export_gfx(stored(*glyphs), "text", FontChoices(), Diagnostics())
    read = Gfx("\n".join(made.definitions))
    there = {glyph.codepoint: glyph for glyph in glyphs}
    assert (read.first, read.last, read.line_px) == (min(there), max(there), 13)
    for code in range(read.first, read.last + 1):
        advance, x, bottom, pixels = read.glyph(code)
        glyph = there.get(code)
        if glyph is None:
            assert (advance, pixels.size) == (0, 0)
            continue
        assert advance == (glyph.advance + 8) // 16
        assert pixels.tolist() == glyph.coverage.tolist()
        assert same_place((x, bottom), glyph)
