"""Draws on a RGB565 screen: the arithmetic of FORMAT.md section 8, the same pixels as imgb_draw.c."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.reader.bitmap import Bitmap
from imgbuild.reader.font import Font, Glyph
from imgbuild.reader.pixelformat import native_565, split_565, to_rgba

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Box = tuple[int, int, int, int]


def pack_rgb565(red: int, green: int, blue: int) -> int:
    """The 5:6:5 value next to 8-bit R, G, B (0..255)."""
    return (red * 249 + 1014) >> 11 << 11 | (green * 253 + 505) >> 10 << 5 | (blue * 249 + 1014) >> 11


def decode_text(text: str | bytes) -> str:
    """The characters that a text draws: up to the first zero byte, invalid bytes as U+FFFD.

    Each maximal part of an ill-formed UTF-8 sequence gives one U+FFFD (Unicode 15, section 3.9,
    "Substitution of Maximal Subparts", as WHATWG's decoder does). A lone surrogate in a str counts
    as its three bytes, so it gives three.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")


def _place_glyphs(font: Font, text: str | bytes, pen: int) -> tuple[list[tuple[int, Glyph]], int]:
    """Each glyph with its pen in 1/16 px, and the pen behind the text."""
    placed = []
    for character in decode_text(text):
        glyph = font.glyph(font.glyph_index(ord(character)) or 0)
        placed.append((pen, glyph))
        pen += glyph.advance16
    return placed, pen


def measure_text(font: Font, text: str | bytes) -> int:
    """Width of a text in px, rounded up, at least 0; measured from pen 0."""
    return (max(_place_glyphs(font, text, 0)[1], 0) + 15) >> 4


def _split_565(colour: U16) -> NDArray[np.int32]:
    """The three fields, int32 ``[..., 3]``."""
    wide = colour.astype(np.int32)
    return np.stack([wide >> 11, wide >> 5 & 0x3F, wide & 0x1F], axis=-1)


def _blend(source: U16, target: U16, coverage: U8) -> U16:
    """``source`` over ``target``, all ``[h, w]``; ``coverage`` 0..255."""
    wide = coverage.astype(np.int32)
    k = (wide + (wide >> 7))[..., None]
    fields = (_split_565(source) * k + _split_565(target) * (256 - k) + 128) >> 8
    blended: U16 = (fields[..., 0] << 11 | fields[..., 1] << 5 | fields[..., 2]).astype(np.uint16)
    return blended


def _pack_rows(rgb: U8) -> U16:
    """uint8 ``[..., 3]`` R G B to 5:6:5."""
    wide = rgb.astype(np.int32)
    red, green, blue = wide[..., 0], wide[..., 1], wide[..., 2]
    packed = (red * 249 + 1014) >> 11 << 11 | (green * 253 + 505) >> 10 << 5 | (blue * 249 + 1014) >> 11
    return packed.astype(np.uint16)


def _blend_premultiplied(source: U8, target: U16, coverage: U8) -> U16:
    """Premultiplied R G B ``[h, w, 3]`` over ``target`` ``[h, w]``."""
    wide = coverage.astype(np.int32)
    rest = (256 - wide - (wide >> 7))[..., None]
    shares = (source.astype(np.int32) * (7967, 16191, 7967) + 128) >> 8
    fields = (shares + _split_565(target) * rest + 128) >> 8
    fields = np.minimum(fields, (31, 63, 31))
    blended = (fields[..., 0] << 11 | fields[..., 1] << 5 | fields[..., 2]).astype(np.uint16)
    return np.where(coverage > 0, blended, target)


@dataclass(frozen=True, slots=True)
class _Source:
    """What is drawn: 5:6:5 values ``[h, w]``, or premultiplied R G B ``[h, w, 3]``; coverage None: opaque."""

    colour: U16
    coverage: U8 | None
    premultiplied: U8 | None = None


def _source_of(bitmap: Bitmap, colour565: int) -> _Source:
    samples = bitmap.samples()
    row = bitmap.pixel_format
    rgba = to_rgba(samples, row)
    if row.family == "coverage":
        return _Source(np.full(rgba.shape[:2], colour565, np.uint16), rgba[..., 3])
    native = native_565(samples, row)
    colour = _pack_rows(rgba) if native is None else native
    return _Source(
        colour,
        None if bool((rgba[..., 3] == 255).all()) else rgba[..., 3],
        rgba[..., :3] if bitmap.is_premultiplied else None,
    )


def _stretch(length: int, source: int, before: int, behind: int) -> NDArray[np.int64]:
    """Which of ``source`` columns each of ``length`` columns shows (FORMAT.md 8.2)."""
    first, last = min(before, length), min(behind, length - min(before, length))
    middle = length - first - last
    stretched = before + np.arange(middle) * (source - before - behind) // max(middle, 1)
    return np.concatenate((np.arange(first), stretched, np.arange(source - last, source)))


@dataclass(slots=True)
class Screen:
    """A screen of 5:6:5 values, uint16 ``[height, width]``, black at first. Drawing is clipped."""

    width: int
    height: int
    pixels: U16

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.pixels = np.zeros((height, width), np.uint16)

    def draw_fill(self, x: int, y: int, width: int, height: int, color565: int) -> None:
        """Fill a rectangle; nothing for a width or height below 1."""
        left, top = max(x, 0), max(y, 0)
        self.pixels[top : max(y + height, top), left : max(x + width, left)] = color565

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
        source = _source_of(bitmap, color565)
        rows = _stretch(height, bitmap.height, top, bottom)
        columns = _stretch(width, bitmap.width, left, right)
        shown = np.ix_(rows, columns)
        coverage, premultiplied = source.coverage, source.premultiplied
        stretched = _Source(
            source.colour[shown],
            None if coverage is None else coverage[shown],
            None if premultiplied is None else premultiplied[shown],
        )
        self._draw(x, y, stretched)

    def draw_text(self, x: int, baseline: int, font: Font, text: str | bytes, color565: int) -> int:
        """Draw a text from pen ``x`` on; returns the pen's place behind it, rounded to px."""
        placed, end = _place_glyphs(font, text, x * 16)
        factor = np.uint8(255 // ((1 << font.metrics.bpp) - 1))
        for pen, glyph in placed:
            colour = np.full(glyph.coverage.shape, color565, np.uint16)
            left = ((pen + 8) >> 4) + glyph.x
            self._draw(left, baseline - glyph.y, _Source(colour, glyph.coverage * factor))
        return (end + 8) >> 4

    def _draw(self, x: int, y: int, source: _Source) -> None:
        """Clip at all four sides, then copy or blend."""
        height, width = source.colour.shape
        left, top = max(-x, 0), max(-y, 0)
        right, bottom = min(width, self.width - x), min(height, self.height - y)
        if left >= right or top >= bottom:
            return
        inside = (slice(top, bottom), slice(left, right))
        target = self.pixels[y + top : y + bottom, x + left : x + right]
        if source.coverage is None:
            target[:] = source.colour[inside]
        elif source.premultiplied is not None:
            coverage = source.coverage[inside]
            target[:] = _blend_premultiplied(source.premultiplied[inside], target, coverage)
        else:
            target[:] = _blend(source.colour[inside], target, source.coverage[inside])

    def to_rgb888(self) -> U8:
        """R G B, uint8 ``[height, width, 3]``; a field of n bits is value * 255 / (2^n - 1), rounded."""
        return split_565(self.pixels)
