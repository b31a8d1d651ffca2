"""Draws on a RGB565 screen: the arithmetic of FORMAT.md section 8, the same pixels as imgb_draw.c."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.reader.bitmap import EXPAND_5, EXPAND_6, ORDER_PREMULTIPLIED, Bitmap
from imgbuild.reader.font import Font, Glyph

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]


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


def _to_565(bitmap: Bitmap, colour565: int) -> tuple[U16, U8 | None]:
    """A bitmap's 5:6:5 values and its coverage 0..255 (None: opaque), both ``[h, w]``."""
    samples = bitmap.samples()
    family, bits = bitmap.pixel_format.family, bitmap.pixel_format.bits
    shape = (bitmap.height, bitmap.width)
    if family == "rgb565":
        return samples.colour.astype(np.uint16, copy=False), samples.alpha
    if family == "index" and samples.palette is not None:
        packed = _pack_rows(samples.palette[:, :3])
        return packed[samples.colour], samples.palette[:, 3][samples.colour]
    if family in ("gray", "coverage"):
        levels = samples.colour.astype(np.uint8) * np.uint8(255 // ((1 << bits) - 1))
        if family == "coverage":
            return np.full(shape, colour565, np.uint16), levels
        return _pack_rows(np.repeat(levels[..., None], 3, axis=-1)), None
    rgba = samples.colour.astype(np.uint8, copy=False)
    if family == "argb":
        if bitmap.order & ORDER_PREMULTIPLIED:
            fail("IB608", f'"{bitmap.name}": premultiplied colours cannot be drawn', asset=bitmap.name)
        return _pack_rows(rgba), rgba[..., 3]
    return _pack_rows(rgba), None


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
        """Draw a bitmap with its top left corner at (x, y); coverage takes ``color565``.

        Raises IB608 for a bitmap that cannot be decoded, or that is premultiplied.
        """
        colour, coverage = _to_565(bitmap, color565)
        self._draw(x, y, colour, coverage)

    def draw_text(self, x: int, baseline: int, font: Font, text: str | bytes, color565: int) -> int:
        """Draw a text from pen ``x`` on; returns the pen's place behind it, rounded to px."""
        placed, end = _place_glyphs(font, text, x * 16)
        factor = np.uint8(255 // ((1 << font.metrics.bpp) - 1))
        for pen, glyph in placed:
            colour = np.full(glyph.coverage.shape, color565, np.uint16)
            left = ((pen + 8) >> 4) + glyph.x
            self._draw(left, baseline - glyph.y, colour, glyph.coverage * factor)
        return (end + 8) >> 4

    def _draw(self, x: int, y: int, colour: U16, coverage: U8 | None) -> None:
        """Clip at all four sides, then copy or blend."""
        height, width = colour.shape
        left, top = max(-x, 0), max(-y, 0)
        right, bottom = min(width, self.width - x), min(height, self.height - y)
        if left >= right or top >= bottom:
            return
        inside = (slice(top, bottom), slice(left, right))
        target = self.pixels[y + top : y + bottom, x + left : x + right]
        if coverage is None:
            target[:] = colour[inside]
        else:
            target[:] = _blend(colour[inside], target, coverage[inside])

    def to_rgb888(self) -> U8:
        """R G B, uint8 ``[height, width, 3]``; a field of n bits is value * 255 / (2^n - 1), rounded."""
        channels = (
            EXPAND_5[self.pixels >> 11],
            EXPAND_6[self.pixels >> 5 & 0x3F],
            EXPAND_5[self.pixels & 0x1F],
        )
        return np.stack(channels, axis=-1)
