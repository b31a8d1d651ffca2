"""Pictures to formats with few values: by dithering, or by a palette that does not hold every colour.

For levels of channels the picture is turned into one that the format shows exactly, and then converted
as any other: ``convert`` need not know of dithering.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import ImageOptions, Samples
from imgbuild.pixels.convert import Converted, clear_hidden_colour, convert_image, flatten_image, luma
from imgbuild.pixels.dither import (
    BAYER_SIDES,
    KERNELS,
    Colours,
    Levels,
    bayer_matrix,
    diffuse,
    light_of,
    order_colours,
    order_levels,
)
from imgbuild.pixels.epaper import EPAPER_PALETTES
from imgbuild.pixels.formats import PixelFormat, SampleKind
from imgbuild.pixels.gamut import move_into_reach
from imgbuild.pixels.oklab import LINEAR_OF_SRGB, Nearest, alpha_of, axes_of
from imgbuild.pixels.optimal import count_colours, find_palette
from imgbuild.pixels.palette import find_colours, pack_colours, palette_of
from imgbuild.pixels.reduced import palette_size

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
Rgb = tuple[int, int, int]


def linear_light(rgb: U8) -> F64:
    """Light as it is: ``[h, w, 3]`` whole, 0..65535."""
    return LINEAR_OF_SRGB[rgb].astype(np.float64)


def _round_to_levels(most: int) -> U8:
    """Each value 0..255 as the nearest of ``most + 1`` levels shows it; 0 and 255 stay."""
    levels = (np.arange(256) * most + 127) // 255
    return ((levels * 510 + most) // (2 * most)).astype(np.uint8)


LightOf = Callable[[U8], F64]
"""Linear light (whole, 0..65535) ``[h, w, 3]`` of colours uint8 ``[h, w, 3]``."""

_PATTERNS_MAX = 4096
"""Distinct colours that get a pattern each; a picture of more is rounded first."""
_COARSE_COLOURS = _round_to_levels(31)
_COARSE_ALPHA = _round_to_levels(15)

FLATTENED_NOTE = "laid over its background, since its palette has no transparency"


def reduce_image(rgba: U8, pixel_format: PixelFormat, options: ImageOptions) -> Converted:
    """``rgba`` (uint8 ``[h, w, 4]``, sRGB, straight) as values of ``pixel_format``, dithered as asked.

    With ``dither: none`` each pixel takes the nearest value, of palettes and inks the nearest in OKLab.
    """
    background = options.background or (0, 0, 0)
    return _REDUCERS[pixel_format.samples](rgba, pixel_format, options, background)


# --- levels ----------------------------------------------------------------------------------------


def _reduce_grey(rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb) -> Converted:
    grey = luma(flatten_image(rgba, background))[..., np.newaxis]
    shown = _dither_channels(grey, None, Levels((pixel_format.levels_max,)), options.dither)
    return convert_image(_opaque(np.repeat(shown, 3, axis=2)), pixel_format, background)


def _reduce_coverage(
    rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb
) -> Converted:
    target = Levels((pixel_format.levels_max,), is_linear=True)
    if bool((rgba[..., 3] == 255).all()):  # its brightness is the coverage
        shown = _dither_channels(luma(rgba)[..., np.newaxis], None, target, options.dither)
        return convert_image(_opaque(np.repeat(shown, 3, axis=2)), pixel_format, background)
    dithered = rgba.copy()
    dithered[..., 3:] = _dither_channels(rgba[..., 3:], rgba[..., 3], target, options.dither)
    if bool((dithered[..., 3] == 255).all()):
        dithered[..., :3] = 255  # full coverage, not brightness
    return convert_image(dithered, pixel_format, background)


def _reduce_channels(
    rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb
) -> Converted:
    """R, G and B by the bits that the format gives them; the alpha is rounded, not dithered."""
    if not pixel_format.has_alpha:
        rgba = _opaque(flatten_image(rgba, background))
    bits = pixel_format.fields[:3]
    if min(bits) < 8:
        dithered = rgba.copy()
        target = Levels([(1 << count) - 1 for count in bits])
        dithered[..., :3] = _dither_channels(rgba[..., :3], rgba[..., 3], target, options.dither)
        rgba = dithered
    return convert_image(rgba, pixel_format, background)


def _leave_channels(rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb) -> Converted:
    """8 bits of everything: nothing to dither."""
    del options
    return convert_image(rgba, pixel_format, background)


def _dither_channels(values: U8, alpha: U8 | None, target: Levels, dither: str) -> U8:
    """``values`` ``[h, w, c]`` as what the levels chosen for them show; clear pixels stay as they are."""
    if dither == "none":
        return values  # the conversion rounds
    if dither in BAYER_SIDES:
        levels = order_levels(values[np.newaxis], target, BAYER_SIDES[dither])[0]
    else:
        light = light_of(values, is_linear=target.is_linear).astype(np.float64)[np.newaxis]
        gives = None if alpha is None or bool((alpha == 255).all()) else _scale_alpha(alpha)[np.newaxis]
        levels = diffuse(light, gives, target, KERNELS[dither])[0]
    shown = np.empty_like(values)
    for channel, table in enumerate(target.values):
        shown[..., channel] = table.astype(np.uint8)[levels[..., channel]]
    if alpha is not None:
        is_clear = alpha == 0
        shown[is_clear] = values[is_clear]
    return shown


# --- palettes --------------------------------------------------------------------------------------


def _reduce_inks(rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb) -> Converted:
    """``palette``: how the inks really look, in the order of EPAPER_PALETTES; only the choice sees it."""
    inks = np.array([(*ink.rgb, 255) for ink in EPAPER_PALETTES[pixel_format.name]], np.uint8)
    looks = inks if options.palette is None else np.array(options.palette, np.uint8)
    rgba = _opaque(flatten_image(rgba, background))
    indices = dither_palette(rgba, looks, options.dither, lambda rgb: move_into_reach(rgb, looks[:, :3]))
    return convert_image(inks[indices], pixel_format, background)


def _reduce_index(rgba: U8, pixel_format: PixelFormat, options: ImageOptions, background: Rgb) -> Converted:
    rgba = clear_hidden_colour(rgba)
    if options.palette is None:
        palette = find_palette(count_colours(rgba), palette_size(pixel_format, options))
    else:
        palette = np.array(options.palette, np.uint8)
    notes: tuple[str, ...] = ()
    if bool((palette[:, 3] == 255).all()) and not bool((rgba[..., 3] == 255).all()):
        rgba, notes = _opaque(flatten_image(rgba, background)), (FLATTENED_NOTE,)
    return Converted(Samples(dither_palette(rgba, palette, options.dither), palette=palette), notes)


def dither_palette(rgba: U8, palette: U8, dither: str, aim_of: LightOf = linear_light) -> U8:
    """The index into ``palette`` (uint8 ``[n, 4]``) for each pixel of ``rgba`` ``[h, w, 4]``.

    ``aim_of`` gives the light that dithering aims at, of colours ``[h, w, 3]``.
    """
    if dither in KERNELS:
        alpha = None if bool((rgba[..., 3] == 255).all()) else _scale_alpha(rgba[..., 3])
        light = aim_of(rgba[..., :3])
        gives = None if alpha is None else alpha[np.newaxis]
        indices = diffuse(light[np.newaxis], gives, Colours(palette), KERNELS[dither])[0]
        return _restore_clear(rgba, palette, indices)
    distinct, places = _find_distinct(rgba)
    if dither == "none":
        return Nearest(axes_of(palette)).find(axes_of(distinct)).astype(np.uint8)[places]
    side = BAYER_SIDES[dither]
    if len(distinct) > _PATTERNS_MAX:
        distinct, places = _find_distinct(_coarsen(rgba))
    light = aim_of(distinct[np.newaxis, :, :3])[0]
    patterns = order_colours(light, alpha_of(distinct), Colours(palette), side)
    height_px, width_px = rgba.shape[:2]
    cells = bayer_matrix(side)[np.arange(height_px)[:, np.newaxis] % side, np.arange(width_px) % side]
    return _restore_clear(rgba, palette, patterns[places, cells])


def _find_distinct(rgba: U8) -> tuple[U8, NDArray[np.intp]]:
    """Each colour once ``[n, 4]``, and which one each pixel of ``[h, w, 4]`` has."""
    packed = pack_colours(rgba)
    colours = find_colours(packed)
    return palette_of(colours), np.searchsorted(colours, packed)


def _coarsen(rgba: U8) -> U8:
    """R, G, B rounded to 32 levels, alpha to 16: patterns of at most 32 colours tell no more apart."""
    coarse = np.empty_like(rgba)
    coarse[..., :3] = _COARSE_COLOURS[rgba[..., :3]]
    coarse[..., 3] = _COARSE_ALPHA[rgba[..., 3]]
    return coarse


def _restore_clear(rgba: U8, palette: U8, indices: NDArray[np.intp]) -> U8:
    """Fully clear pixels take the palette's clearest entry, whatever its hidden colour."""
    chosen: U8 = indices.astype(np.uint8)
    chosen[rgba[..., 3] == 0] = palette[:, 3].argmin()
    return chosen


def _opaque(rgb: U8) -> U8:
    return np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, np.uint8)], axis=2)


def _scale_alpha(alpha: U8) -> NDArray[np.float64]:
    return alpha_of(alpha[..., np.newaxis].repeat(4, axis=-1))


_REDUCERS: dict[SampleKind, Callable[[U8, PixelFormat, ImageOptions, Rgb], Converted]] = {
    SampleKind.GREY: _reduce_grey,
    SampleKind.COVERAGE: _reduce_coverage,
    SampleKind.INDEX: _reduce_index,
    SampleKind.INK: _reduce_inks,
    SampleKind.GREY_ALPHA: _leave_channels,
    SampleKind.RGB565: _reduce_channels,
    SampleKind.LEVELS: _reduce_channels,
    SampleKind.RGB: _leave_channels,
    SampleKind.RGBA: _leave_channels,
}
