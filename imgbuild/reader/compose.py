"""Draws on every surface that imgb.h knows, as FORMAT.md section 8 says: the same pixels as imgb_draw.c."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.model import GlyphRuns
from imgbuild.reader.animation import Frame
from imgbuild.reader.bitmap import Bitmap
from imgbuild.reader.font import Font
from imgbuild.reader.pixelformat import native_565, to_rgba
from imgbuild.reader.surface import SURFACES, Pixels, Source, SurfaceKind, pack_rgb565
from imgbuild.reader.textlines import TextLine, TextStyle, lay_out
from imgbuild.reader.textplaces import Pen, Placed, decode_text

__all__ = ["SURFACES", "Screen", "decode_text", "measure_text", "pack_rgb565"]

U8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]


Fonts = Font | Sequence[Font]
"""A font, or the first and those that are asked for the characters that those before lack."""


def _chain(fonts: Fonts) -> tuple[Font, ...]:
    return (fonts,) if isinstance(fonts, Font) else tuple(fonts)


def _place_glyphs(fonts: Fonts, text: str | bytes, at: int) -> tuple[list[Placed], int]:
    """Each glyph with its pen in 1/16 px, and the pen behind the text."""
    pen = Pen(_chain(fonts), at)
    return [pen.place(character) for character in decode_text(text)], pen.at


def measure_text(font: Fonts, text: str | bytes) -> int:
    """Width of a text in px, rounded up, at least 0; measured from pen 0."""
    return (max(_place_glyphs(font, text, 0)[1], 0) + 15) >> 4


def _source_of(bitmap: Bitmap, color565: int) -> Source:
    samples, row = bitmap.samples(), bitmap.pixel_format
    rgba = to_rgba(samples, row)
    if row.family == "coverage":
        return Source(np.full(rgba.shape[:2], color565, np.uint16), None, rgba[..., 3])
    coverage = None if bool((rgba[..., 3] == 255).all()) else rgba[..., 3]
    native = native_565(samples, row)
    if native is not None:
        return Source(native, None, coverage)
    return Source(None, rgba[..., :3], coverage, bitmap.is_premultiplied)


def _stretch(length: int, source: int, before: int, behind: int) -> NDArray[np.int64]:
    """Which of ``source`` columns each of ``length`` columns shows (FORMAT.md 8.2)."""
    first, last = min(before, length), min(behind, length - min(before, length))
    middle = length - first - last
    stretched = before + np.arange(middle) * (source - before - behind) // max(middle, 1)
    return np.concatenate((np.arange(first), stretched, np.arange(source - last, source)))


@dataclass(slots=True)
class Screen:
    """A surface of one of :data:`imgbuild.reader.surface.SURFACES`, black (or clear) at first.

    ``pixels`` ``[height, width]`` holds values of that surface: of rgb565 uint16, of gray8 uint8, of mono
    uint8 0 or 1, of argb8888 uint32. Drawing is clipped. Colours are 5:6:5 on every surface.
    """

    width: int
    height: int
    pixels: Pixels
    kind: SurfaceKind

    def __init__(self, width: int, height: int, surface: str = "rgb565") -> None:
        self.width = width
        self.height = height
        self.kind = SURFACES[surface]
        self.pixels = np.zeros((height, width), self.kind.dtype)

    def draw_fill(self, x: int, y: int, width: int, height: int, color565: int) -> None:
        """Fill a rectangle; nothing for a width or height below 1."""
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, self.width), min(y + height, self.height)
        if left < right and top < bottom:
            self._draw(left, top, Source(np.full((bottom - top, right - left), color565, np.uint16), None))

    def clear(self, x: int, y: int, width: int, height: int) -> None:
        """Set a rectangle to 0: black, and clear on argb8888."""
        self.pixels[max(y, 0) : max(y + height, 0), max(x, 0) : max(x + width, 0)] = 0

    def draw_bitmap(self, x: int, y: int, bitmap: Bitmap, color565: int = 0) -> None:
        """Draw a bitmap with its top left corner at (x, y); coverage takes its tint, else ``color565``.

        A bitmap whose borders were trimmed is drawn where it belongs in the picture at (x, y).

        Raises IB608 for a bitmap that cannot be decoded.
        """
        if bitmap.trim is not None:
            x, y = x + bitmap.trim.x_px, y + bitmap.trim.y_px
        if bitmap.tint is not None:
            color565 = pack_rgb565(*bitmap.tint)
        self._draw(x, y, _source_of(bitmap, color565))

    def draw_frame(
        self, x: int, y: int, frame: Frame, *, background565: int | None = None, color565: int = 0
    ) -> None:
        """Draw an animation's frame in place over the frame before; the picture is at (x, y).

        A frame replaces its rectangle: that is filled with ``background565`` first, or cleared (None).
        Raises IB608 for a bitmap that cannot be decoded.
        """
        if frame.bitmap is None:
            return
        place = x + frame.x, y + frame.y, frame.bitmap.width, frame.bitmap.height
        if background565 is None:
            self.clear(*place)
        else:
            self.draw_fill(*place, background565)
        self.draw_bitmap(place[0], place[1], frame.bitmap, color565)

    def draw_nine_patch(self, place: Box, bitmap: Bitmap, color565: int = 0) -> None:
        """Stretch a 9-patch over ``place`` (x, y, width, height in px); coverage as draw_bitmap has it.

        Raises IB608 for a bitmap that cannot be decoded or that is no 9-patch.
        """
        x, y, width, height = place
        if bitmap.nine_patch is None:
            fail("IB608", f'"{bitmap.name}" is no 9-patch', asset=bitmap.name)
        if min(width, height) <= 0:
            return
        left, top, right, bottom = bitmap.nine_patch.stretch
        if left + right >= bitmap.width or top + bottom >= bitmap.height:
            fail("IB608", f'"{bitmap.name}": its 9-patch leaves nothing to stretch', asset=bitmap.name)
        if bitmap.tint is not None:
            color565 = pack_rgb565(*bitmap.tint)
        rows = _stretch(height, bitmap.height, top, bottom)
        columns = _stretch(width, bitmap.width, left, right)
        self._draw(x, y, _source_of(bitmap, color565).taken(rows, columns))

    def draw_text(self, x: int, baseline: int, font: Fonts, text: str | bytes, color565: int) -> int:
        """Draw a text from pen ``x`` on; returns the pen's place behind it, rounded to px."""
        placed, end = _place_glyphs(font, text, x * 16)
        for one in placed:
            self._draw_glyph((one.pen + 8) >> 4, baseline, one.font, one.index, color565)
        return (end + 8) >> 4

    def draw_block(
        self, x: int, y: int, style: TextStyle, text: str | bytes, color565: int
    ) -> list[TextLine]:
        """Draw a text in lines with the block's top at ``y``; ``x`` as the style's alignment has it."""
        lines = lay_out(style, text)
        for number, line in enumerate(lines):
            left, baseline = x + style.left(line.width_16), y + style.baseline(number)
            for one in line.placed:
                self._draw_glyph(left + ((one.pen + 8) >> 4), baseline, one.font, one.index, color565)
        return lines

    def draw_runs(self, x: int, y: int, style: TextStyle, runs: GlyphRuns, color565: int) -> None:
        """Draw shaped lines where a block's lines would be; their glyphs are those of the first font.

        Raises IB608 for a glyph that the font lacks.
        """
        font = style.fonts[0]
        for number, line in enumerate(runs.lines):
            if not style.has_room(number):
                break
            left, baseline = x + style.left(line.width_16), y + style.baseline(number)
            for index, pen, raised in line.glyphs:
                if index >= font.metrics.glyphs:
                    fail("IB608", f'glyph {index} of font "{font.name}" with {font.metrics.glyphs}')
                place = left + ((pen + 8) >> 4), baseline - ((raised + 8) >> 4)
                self._draw_glyph(*place, font, index, color565)

    def _draw_glyph(self, x: int, baseline: int, font: Font, index: int, color565: int) -> None:
        glyph = font.glyph(index)
        colour = np.full(glyph.coverage.shape, color565, np.uint16)
        self._draw(x + glyph.x, baseline - glyph.y, Source(colour, None, font.levels8[glyph.coverage]))

    def _draw(self, x: int, y: int, source: Source) -> None:
        """Clip at all four sides, then blend."""
        height, width = source.shape
        left, top = max(-x, 0), max(-y, 0)
        right, bottom = min(width, self.width - x), min(height, self.height - y)
        if left >= right or top >= bottom:
            return
        target = self.pixels[y + top : y + bottom, x + left : x + right]
        target[:] = self.kind.blend(source.taken(np.arange(top, bottom), np.arange(left, right)), target)

    def to_rgb888(self) -> U8:
        """R G B, uint8 ``[height, width, 3]``, alpha left out; n bits are value * 255 / (2^n - 1)."""
        return self.kind.to_rgb(self.pixels)

    def to_bytes(self, *, is_swapped: bool = False) -> bytes:
        """The rows as a little-endian device has them in memory; ``is_swapped`` as in imgb.h."""
        return self.kind.spell(self.pixels, is_swapped)
