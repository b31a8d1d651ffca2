"""Resizing a picture to a box: contain, cover, stretch or none; in sRGB values or in linear light."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.model import Resize

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Box = tuple[float, float, float, float]

_FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


def resolve_resize(resize: Resize, width_px: int, height_px: int) -> Resize:
    """``resize`` with both sides of its box, for a picture of this size (any unit): see Resize.

    With ``none`` the side that is not given is the picture's own.
    """
    if resize.width_px and resize.height_px:
        return resize
    if resize.fit == "none":
        return replace(resize, width_px=resize.width_px or width_px, height_px=resize.height_px or height_px)
    if resize.width_px:
        return replace(resize, height_px=max(1, _round_ratio(height_px * resize.width_px, width_px)))
    return replace(resize, width_px=max(1, _round_ratio(width_px * resize.height_px, height_px)))


def contain_size(width_px: int, height_px: int, resize: Resize) -> tuple[int, int]:
    """Width and height (px, at least 1) of a picture scaled to fit inside the box."""
    if width_px * resize.height_px >= height_px * resize.width_px:  # the width touches the box
        return resize.width_px, max(1, _round_ratio(height_px * resize.width_px, width_px))
    return max(1, _round_ratio(width_px * resize.height_px, height_px)), resize.height_px


def cover_size(width_px: int, height_px: int, resize: Resize) -> tuple[int, int]:
    """Width and height (px) of a picture scaled to fill the box; one of them may stand out of it."""
    if width_px * resize.height_px >= height_px * resize.width_px:  # the height touches the box
        return max(resize.width_px, _round_ratio(width_px * resize.height_px, height_px)), resize.height_px
    return resize.width_px, max(resize.height_px, _round_ratio(height_px * resize.width_px, width_px))


def resize_image(rgba: U8, resize: Resize | None) -> U8:
    """``rgba`` (uint8 ``[h, w, 4]``, straight alpha) at the size of the box of ``resize``.

    ``contain`` scales the picture to fit, centred, with transparent margins, so that icons of one
    preset all get one size; ``cover`` scales it to fill and cuts the middle out; ``stretch`` scales
    each side by itself; ``none`` scales nothing and centres the picture in the box, cutting off what
    stands out. A picture that needs no scaling keeps its pixels as they are.
    """
    if resize is None:
        return rgba
    return _FITS[resize.fit](rgba, resolve_resize(resize, rgba.shape[1], rgba.shape[0]))


def _contain(rgba: U8, resize: Resize) -> U8:
    height_px, width_px = rgba.shape[:2]
    inner = contain_size(width_px, height_px, resize)
    return _centre(_scale(rgba, inner, None, resize), resize)


def _cover(rgba: U8, resize: Resize) -> U8:
    height_px, width_px = rgba.shape[:2]
    # The part of the source with the box's proportions, from its middle; its edges may be fractions.
    scale = max(resize.width_px / width_px, resize.height_px / height_px)
    cut_x = max(0.0, (width_px - resize.width_px / scale) / 2)
    cut_y = max(0.0, (height_px - resize.height_px / scale) / 2)
    if scale == 1:
        x, y = int(cut_x), int(cut_y)
        return np.ascontiguousarray(rgba[y : y + resize.height_px, x : x + resize.width_px])
    box = (cut_x, cut_y, width_px - cut_x, height_px - cut_y)
    return _scale(rgba, (resize.width_px, resize.height_px), box, resize)


def _stretch(rgba: U8, resize: Resize) -> U8:
    return _scale(rgba, (resize.width_px, resize.height_px), None, resize)


def _none(rgba: U8, resize: Resize) -> U8:
    height_px, width_px = rgba.shape[:2]
    x, y = max(0, (width_px - resize.width_px) // 2), max(0, (height_px - resize.height_px) // 2)
    return _centre(rgba[y : y + resize.height_px, x : x + resize.width_px], resize)


_FITS = {"contain": _contain, "cover": _cover, "stretch": _stretch, "none": _none}


def _scale(rgba: U8, size: tuple[int, int], box: Box | None, resize: Resize) -> U8:
    """Filter on premultiplied alpha: else the hidden colour of clear pixels shines at the edges.

    Pictures with transparency are scaled in floating point. In 8 bits the filter's overshoot is cut off
    at 255 for the alpha but not for a darker colour, and edges come out up to 28 levels too bright.
    """
    height_px, width_px = rgba.shape[:2]
    if box is None and size == (width_px, height_px):
        return rgba
    resample = _FILTERS[resize.filter]
    if resample is Image.Resampling.NEAREST:  # mixes nothing
        return np.asarray(Image.fromarray(np.ascontiguousarray(rgba)).resize(size, resample, box))
    is_opaque = bool((rgba[..., 3] == 255).all())
    if is_opaque and not resize.is_linear:
        opaque = Image.fromarray(np.ascontiguousarray(rgba)).convert("RGB").resize(size, resample, box)
        return np.asarray(opaque.convert("RGBA"))

    def scale_plane(plane: F32) -> F32:
        return np.asarray(Image.fromarray(plane).resize(size, resample, box))

    straight = np.zeros((size[1], size[0], 4), np.uint8)
    coverage = rgba[..., 3].astype(np.float32)
    alpha = np.full(size[::-1], 255, np.float32) if is_opaque else scale_plane(coverage)
    straight[..., 3] = _round(np.clip(alpha, 0, 255))
    is_seen = straight[..., 3] > 0
    divisor = np.where(is_seen, alpha, np.float32(1))
    for channel in range(3):
        values = _light_of_srgb()[rgba[..., channel]] if resize.is_linear else rgba[..., channel]
        colour = np.asarray(scale_plane(values * coverage) / divisor, np.float32)
        straight[..., channel] = np.where(is_seen, _to_srgb(colour, resize), 0)
    return straight


def _to_srgb(colour: F32, resize: Resize) -> U8:
    if not resize.is_linear:
        return _round(np.clip(colour, 0, 255))
    light = (np.clip(colour, 0, 65535) + np.float32(0.501)).astype(np.uint16)
    return _srgb_of_light()[light]


def _srgb_to_linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The transfer function of sRGB, 0..1 to 0..1: IEC 61966-2-1, section 5.2."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=1)
def _light_of_srgb() -> F32:
    """Linear light 0..65535 of each sRGB value 0..255, rounded: whole numbers, held as float32 ``[256]``."""
    return np.rint(65535 * _srgb_to_linear(np.arange(256) / 255)).astype(np.float32)


@lru_cache(maxsize=1)
def _srgb_of_light() -> U8:
    """The sRGB value next to each linear light 0..65535, uint8 ``[65536]``."""
    half_ways = np.rint(65535 * _srgb_to_linear((np.arange(255) + 0.5) / 255)).astype(np.int64)
    return np.searchsorted(half_ways, np.arange(65536), side="right").astype(np.uint8)


def _round(values: F32) -> U8:
    """To the nearest; what is half way within float's reach goes up, so that every machine agrees."""
    return (values + np.float32(0.501)).astype(np.uint8)


def _centre(rgba: U8, resize: Resize) -> U8:
    height_px, width_px = rgba.shape[:2]
    if (width_px, height_px) == (resize.width_px, resize.height_px):
        return rgba
    x, y = (resize.width_px - width_px) // 2, (resize.height_px - height_px) // 2
    canvas = np.zeros((resize.height_px, resize.width_px, 4), np.uint8)
    canvas[y : y + height_px, x : x + width_px] = rgba
    return canvas


def _round_ratio(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
