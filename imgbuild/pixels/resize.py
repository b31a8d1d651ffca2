"""Resizing a picture to a box: contain, cover or stretch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.model import Resize

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Box = tuple[float, float, float, float]


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
    each side by itself. A picture that needs no scaling keeps its pixels as they are.
    """
    if resize is None:
        return rgba
    return _FITS[resize.fit](rgba, resize)


def _contain(rgba: U8, resize: Resize) -> U8:
    height_px, width_px = rgba.shape[:2]
    inner = contain_size(width_px, height_px, resize)
    return _centre(_scale(rgba, inner, None), resize)


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
    return _scale(rgba, (resize.width_px, resize.height_px), box)


def _stretch(rgba: U8, resize: Resize) -> U8:
    return _scale(rgba, (resize.width_px, resize.height_px), None)


_FITS = {"contain": _contain, "cover": _cover, "stretch": _stretch}


def _scale(rgba: U8, size: tuple[int, int], box: Box | None) -> U8:
    """Lanczos on premultiplied alpha: else the hidden colour of clear pixels shines at the edges.

    Pictures with transparency are scaled in floating point. In 8 bits the filter's overshoot is cut off
    at 255 for the alpha but not for a darker colour, and edges come out up to 28 levels too bright.
    """
    height_px, width_px = rgba.shape[:2]
    if box is None and size == (width_px, height_px):
        return rgba
    if bool((rgba[..., 3] == 255).all()):
        opaque = Image.fromarray(rgba).convert("RGB").resize(size, Image.Resampling.LANCZOS, box)
        return np.asarray(opaque.convert("RGBA"))
    straight = np.zeros((size[1], size[0], 4), np.uint8)
    coverage = rgba[..., 3].astype(np.float32)
    alpha = _scale_plane(coverage, size, box)
    straight[..., 3] = _round(np.clip(alpha, 0, 255))
    is_seen = straight[..., 3] > 0
    divisor = np.where(is_seen, alpha, np.float32(1))
    for channel in range(3):
        colour = _scale_plane(rgba[..., channel] * coverage, size, box) / divisor
        straight[..., channel] = np.where(is_seen, _round(np.clip(colour, 0, 255)), 0)
    return straight


def _scale_plane(plane: F32, size: tuple[int, int], box: Box | None) -> F32:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS, box))


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
