"""Resizing a picture to a box: contain, cover or stretch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.model import Resize

U8 = NDArray[np.uint8]
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
    """Lanczos on premultiplied alpha: else the hidden colour of clear pixels shines at the edges."""
    height_px, width_px = rgba.shape[:2]
    if box is None and size == (width_px, height_px):
        return rgba
    if bool((rgba[..., 3] == 255).all()):
        opaque = Image.fromarray(rgba).convert("RGB").resize(size, Image.Resampling.LANCZOS, box)
        return np.asarray(opaque.convert("RGBA"))
    premultiplied = Image.fromarray(rgba).convert("RGBa").resize(size, Image.Resampling.LANCZOS, box)
    return _unpremultiply(np.frombuffer(premultiplied.tobytes(), np.uint8).reshape(size[1], size[0], 4))


def _unpremultiply(premultiplied: U8) -> U8:
    """Straight alpha from premultiplied, rounded to the nearest; clear pixels become 0 0 0 0."""
    alpha = premultiplied[..., 3:].astype(np.uint16)
    divisor = np.maximum(alpha, np.uint16(1))
    colour = premultiplied[..., :3].astype(np.uint16)
    # Lanczos overshoots: a colour above its alpha would be more than full.
    np.minimum(colour, alpha, out=colour)
    colour *= np.uint16(255)  # at most 65025, plus 127 still 16 bits
    colour += divisor // np.uint16(2)
    colour //= divisor
    straight = np.empty_like(premultiplied)
    straight[..., :3] = colour
    straight[..., 3] = premultiplied[..., 3]
    return straight


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
