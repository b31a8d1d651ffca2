"""A sheet of paper in numpy: glyphs, lines and small labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import DecodedFont, DecodedGlyph

U8 = NDArray[np.uint8]
Colour = tuple[int, int, int]

_PAPER = 255


@dataclass(frozen=True, slots=True)
class Canvas:
    """``pixels``: uint8 ``[height, width, 3]``, R G B. What leaves it is cut off."""

    pixels: U8

    def blend(self, coverage: U8, x: int, y: int, colour: Colour) -> None:
        """Lay ``colour`` over the paper as ``coverage`` (``[h, w]``, 0..255) says; x, y: its top left."""
        height, width = coverage.shape
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, self.pixels.shape[1]), min(y + height, self.pixels.shape[0])
        if left >= right or top >= bottom:
            return
        alpha = coverage[top - y : bottom - y, left - x : right - x, None].astype(np.int32)
        under = self.pixels[top:bottom, left:right].astype(np.int32)
        mixed = under + ((np.array(colour, np.int32) - under) * alpha + 127) // 255
        self.pixels[top:bottom, left:right] = mixed.astype(np.uint8)

    def fill(self, x: int, y: int, width: int, height: int, colour: Colour) -> None:
        """A filled rectangle."""
        self.pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = colour

    def label(self, text: str, x: int, y: int, colour: Colour, *, size_px: int = 12) -> int:
        """A small label of printable ASCII, its top left corner at x, y; returns its width in px."""
        mask = _label_mask(text, size_px)
        self.blend(mask, x, y, colour)
        return int(mask.shape[1])


def make_canvas(width: int, height: int) -> Canvas:
    """White paper."""
    return Canvas(np.full((height, width, 3), _PAPER, np.uint8))


def label_width(text: str, size_px: int = 12) -> int:
    """How wide a label is, px."""
    return int(_label_mask(text, size_px).shape[1])


@lru_cache(maxsize=8)
def _label_font(size_px: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size_px)


@lru_cache(maxsize=4096)
def _label_mask(text: str, size_px: int) -> U8:
    from PIL import Image, ImageDraw

    font = _label_font(size_px)
    width = max(1, int(font.getlength(text) + 0.999))
    image = Image.new("L", (width, size_px * 5 // 4), 0)
    ImageDraw.Draw(image).text((0, 0), text, fill=255, font=font)
    return np.asarray(image)


# --- text in the font that is shown --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font ready to be drawn: glyphs by code point, kerning by pairs of code points (1/16 px)."""

    font: DecodedFont
    glyphs: Mapping[int, DecodedGlyph]
    kerning: Mapping[tuple[int, int], int]

    def advance(self, point: int, following: int | None) -> int:
        """From one pen to the next, 1/16 px."""
        kern = 0 if following is None else self.kerning.get((point, following), 0)
        return self.glyphs[point].advance + kern

    def width(self, text: str) -> int:
        """Px that ``text`` takes, rounded up."""
        points = [ord(letter) for letter in text]
        pairs = zip(points, [*points[1:], None], strict=True)
        return -(-sum(self.advance(point, following) for point, following in pairs) // 16)

    def draw(
        self, canvas: Canvas, text: str, x: int, baseline: int, colour: Colour, *, zoom: int = 1
    ) -> None:
        """``text`` from left to right, its first pen at x; ``zoom`` repeats every pixel."""
        points = [ord(letter) for letter in text]
        pen = 0
        for point, following in zip(points, [*points[1:], None], strict=True):
            glyph = self.glyphs[point]
            place = (pen + 8 >> 4) + glyph.x
            self.draw_glyph(canvas, glyph, x + place * zoom, baseline - glyph.y * zoom, colour, zoom=zoom)
            pen += self.advance(point, following)

    def draw_glyph(
        self, canvas: Canvas, glyph: DecodedGlyph, x: int, y: int, colour: Colour, *, zoom: int = 1
    ) -> None:
        """One glyph's bitmap, its top left corner at x, y."""
        top = (1 << self.font.bpp) - 1
        coverage = (glyph.coverage.astype(np.uint16) * 255 // top).astype(np.uint8)
        if zoom > 1:
            coverage = coverage.repeat(zoom, axis=0).repeat(zoom, axis=1)
        canvas.blend(coverage, x, y, colour)


def make_typeface(font: DecodedFont) -> Typeface:
    """``font`` by its characters."""
    glyphs = {glyph.codepoint: glyph for glyph in font.glyphs if glyph.codepoint >= 0}
    points = [glyph.codepoint for glyph in font.glyphs]
    kerning = {
        (points[left], points[right]): value
        for (left, right), value in font.kern_pairs.items()
        if points[left] >= 0 and points[right] >= 0
    }
    return Typeface(font, glyphs, kerning)
