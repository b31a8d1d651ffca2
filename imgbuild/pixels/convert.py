"""Pictures to the values of a pixel format, each rounded to the nearest, in integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Samples
from imgbuild.pixels.epaper import quantise_inks
from imgbuild.pixels.formats import PixelFormat, SampleKind
from imgbuild.pixels.palette import find_colours, index_colours, pack_colours, palette_of

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Rgb = tuple[int, int, int]

LUMA_WEIGHTS = (13933, 46871, 4732)
"""Weights of R, G, B, out of 65536: ITU-R BT.709-6, section 3.2 (0.2126, 0.7152, 0.0722).

Sources are sRGB, whose primaries are those of BT.709; the BT.601 weights belong to older ones.
"""

COVERAGE_NOTE = "fully opaque: its brightness was taken as coverage (white covers)"


class TooManyColoursError(ValueError):
    """An indexed format was asked to hold more colours than its palette has places."""

    def __init__(self, found: int) -> None:
        super().__init__(f"{found} colours")
        self.found = found


@dataclass(frozen=True, slots=True)
class Converted:
    """Samples and what was lost or decided on the way."""

    samples: Samples
    notes: tuple[str, ...] = ()


def convert_image(rgba: U8, pixel_format: PixelFormat, background: Rgb | None) -> Converted:
    """``rgba`` (uint8 ``[h, w, 4]``, sRGB, straight alpha) as values of ``pixel_format``.

    Formats without alpha show the picture over ``background`` (R G B, None: black). In formats with
    alpha the colour of fully clear pixels becomes 0: nobody sees it, and it compresses better.
    Coverage is the alpha; of a fully opaque picture it is the brightness, which is noted. Raises
    TooManyColoursError for an indexed format that cannot hold every colour.
    """
    return _CONVERTERS[pixel_format.samples](rgba, pixel_format, background or (0, 0, 0))


def quantise_levels(values: U8, levels_max: int) -> U8:
    """Each of ``values`` (0..255) on the scale 0..``levels_max``: ``round(v * levels_max / 255)``."""
    if levels_max == 255:
        return np.ascontiguousarray(values)
    # 255 is odd, so no value lies half way between two levels; 255 * 15 + 127 fits 16 bits.
    scaled = values.astype(np.uint16)
    scaled *= np.uint16(levels_max)
    scaled += np.uint16(127)
    scaled //= np.uint16(255)
    return scaled.astype(np.uint8)


def pack_rgb565(rgb: U8) -> U16:
    """uint8 ``[h, w, 3 or 4]`` to 5:6:5 values, rounded as FORMAT.md section 8 says (alpha is left out)."""
    value = rgb[..., 0].astype(np.uint16)
    _to_5_bits(value)
    value <<= np.uint16(6)
    green = rgb[..., 1].astype(np.uint16)
    green *= np.uint16(253)
    green += np.uint16(505)
    green >>= np.uint16(10)
    value |= green
    value <<= np.uint16(5)
    blue = rgb[..., 2].astype(np.uint16)
    _to_5_bits(blue)
    value |= blue
    return value


def luma(rgb: U8) -> U8:
    """Brightness 0..255 of uint8 ``[h, w, 3 or 4]`` by LUMA_WEIGHTS, rounded; greys keep their value."""
    red, green, blue = LUMA_WEIGHTS
    total = rgb[..., 0] * np.uint32(red)
    total += rgb[..., 1] * np.uint32(green)
    total += rgb[..., 2] * np.uint32(blue)
    total += np.uint32(1 << 15)
    total >>= np.uint32(16)
    return total.astype(np.uint8)


def flatten_image(rgba: U8, background: Rgb) -> U8:
    """``rgba`` laid over ``background``: uint8 ``[h, w, 3]``, rounded to the nearest."""
    alpha = rgba[..., 3:]
    colour = rgba[..., :3]
    if bool((alpha == 255).all()):
        return colour
    wide = alpha.astype(np.uint16)
    mixed = colour * wide
    mixed += (np.uint16(255) - wide) * np.array(background, np.uint16)
    mixed += np.uint16(127)  # at most 255 * 255 + 127
    mixed //= np.uint16(255)
    return mixed.astype(np.uint8)


def clear_hidden_colour(rgba: U8) -> U8:
    """``rgba`` with R G B 0 wherever the alpha is 0; the same array where there is nothing to clear."""
    is_hidden = rgba[..., 3] == 0
    if not bool(is_hidden.any()):
        return rgba
    cleared = rgba.copy()
    cleared[is_hidden] = 0
    return cleared


def premultiply(rgba: U8) -> U8:
    """``rgba`` (straight, uint8 ``[h, w, 4]``) with R, G, B times alpha / 255, rounded to the nearest."""
    alpha = rgba[..., 3:]
    if bool((alpha == 255).all()):
        return rgba
    wide = rgba[..., :3] * alpha.astype(np.uint16)
    wide += np.uint16(127)  # 255 is odd, so nothing lies half way; at most 255 * 255 + 127
    wide //= np.uint16(255)
    return np.concatenate([wide.astype(np.uint8), alpha], -1)


def _to_5_bits(value: U16) -> None:
    value *= np.uint16(249)
    value += np.uint16(1014)
    value >>= np.uint16(11)


def _to_grey(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    levels = quantise_levels(luma(flatten_image(rgba, background)), pixel_format.levels_max)
    return Converted(Samples(levels))


def _to_coverage(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    del background  # coverage has nothing behind it
    alpha = rgba[..., 3]
    if bool((alpha == 255).all()):
        return Converted(Samples(quantise_levels(luma(rgba), pixel_format.levels_max)), (COVERAGE_NOTE,))
    return Converted(Samples(quantise_levels(alpha, pixel_format.levels_max)))


def _to_index(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    del background  # a palette entry has its own alpha
    packed = pack_colours(clear_hidden_colour(rgba))
    colours = find_colours(packed)
    if colours.size > pixel_format.palette_max:
        raise TooManyColoursError(int(colours.size))
    return Converted(Samples(index_colours(packed, colours), palette=palette_of(colours)))


def _to_rgb565(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    if not pixel_format.has_alpha:
        return Converted(Samples(pack_rgb565(flatten_image(rgba, background))))
    alpha = np.ascontiguousarray(rgba[..., 3])
    value = pack_rgb565(rgba)
    value[alpha == 0] = 0
    return Converted(Samples(value, alpha))


def _to_rgb(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    del pixel_format
    return Converted(Samples(np.ascontiguousarray(flatten_image(rgba, background))))


def _to_rgba(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    del pixel_format, background
    return Converted(Samples(np.ascontiguousarray(clear_hidden_colour(rgba))))


def _to_inks(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    return Converted(Samples(quantise_inks(flatten_image(rgba, background), pixel_format.name)))


def _to_grey_alpha(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    del pixel_format, background
    visible = clear_hidden_colour(rgba)
    return Converted(Samples(np.stack([luma(visible), visible[..., 3]], -1)))


def _to_levels(rgba: U8, pixel_format: PixelFormat, background: Rgb) -> Converted:
    source = rgba if pixel_format.has_alpha else flatten_image(rgba, background)
    channels = [n for n, bits in enumerate(pixel_format.fields) if bits]
    levels = np.stack(
        [quantise_levels(source[..., n], (1 << pixel_format.fields[n]) - 1) for n in channels], -1
    )
    return Converted(Samples(clear_hidden_colour(levels) if pixel_format.has_alpha else levels))


_CONVERTERS: dict[SampleKind, Callable[[U8, PixelFormat, Rgb], Converted]] = {
    SampleKind.GREY: _to_grey,
    SampleKind.COVERAGE: _to_coverage,
    SampleKind.INDEX: _to_index,
    SampleKind.INK: _to_inks,
    SampleKind.GREY_ALPHA: _to_grey_alpha,
    SampleKind.LEVELS: _to_levels,
    SampleKind.RGB565: _to_rgb565,
    SampleKind.RGB: _to_rgb,
    SampleKind.RGBA: _to_rgba,
}
