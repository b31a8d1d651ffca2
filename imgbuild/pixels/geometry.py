"""What is done to a picture before it takes its pixel format, and in which order.

The one place that decides the order of all steps from a file to stored pixels:

1. decode: 16-bit samples rounded to 8, colours converted to sRGB (``icc``), turned upright (EXIF); a sprite
   is cut out of its sheet;
2. ``crop``, in pixels of that upright picture;
3. ``resize``, on premultiplied alpha, in linear light if asked (an SVG is drawn at that size at once, but at
   its natural size if it is cropped);
4. ``rotate`` clockwise, then ``mirror``;
5. ``gamma``, then ``tint``, then ``alpha_threshold``;
6. ``trim``, so that its offset counts pixels of the picture as it will be shown;
7. ``pixel_format: auto`` chooses, ``background`` comes behind formats without alpha, then dithering or
   rounding to the format's values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.model import ImageOptions, PlannedAsset, Resize, Trim
from imgbuild.pixels.convert import luma
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.resize import resize_image, resolve_resize

U8 = NDArray[np.uint8]
Rgb = tuple[int, int, int]

TRIM_OFFSET_MAX = 0x7FFF
"""A trim's offset is an i16 (FORMAT.md, section 4.2)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for its pixel format: ``rgba`` uint8 ``[h, w, 4]``, sRGB, straight alpha.

    ``source`` is the picture after cropping; ``trim`` is None where nothing was cut off; ``is_upscaled``:
    it was scaled up.
    """

    rgba: U8
    source: U8
    trim: Trim | None
    is_upscaled: bool


def prepare_image(asset: PlannedAsset, options: ImageOptions, rgba: U8, *, is_drawn: bool) -> Prepared:
    """Steps 2 to 6 of the list above. ``is_drawn``: the picture is a drawing, sharp at any size.

    Raises BuildError with IB230 for a crop that leaves the picture.
    """
    source = rgba = _crop(asset, options.crop, rgba)
    is_upscaled = not is_drawn and _is_upscaled(options.resize, rgba)
    rgba = resize_image(rgba, options.resize)
    rgba = turn_image(rgba, options.rotate_degrees, options.mirror)
    if options.gamma is not None:
        rgba = apply_gamma(rgba, options.gamma)
    row = PIXEL_FORMATS.get(options.pixel_format)
    if options.tint is not None and not (row and row.is_coverage):  # coverage keeps it beside the pixels
        rgba = apply_tint(rgba, options.tint)
    if options.alpha_threshold is not None:
        rgba = apply_threshold(rgba, options.alpha_threshold)
    trim = None
    if options.is_trimmed:
        rgba, trim = trim_image(rgba)
    return Prepared(rgba, source, trim, is_upscaled)


def _crop(asset: PlannedAsset, crop: tuple[int, int, int, int] | None, rgba: U8) -> U8:
    if crop is None:
        return rgba
    x, y, width_px, height_px = crop
    if x + width_px > rgba.shape[1] or y + height_px > rgba.shape[0]:
        fail(
            "IB230",
            f"'crop' of image \"{asset.name}\" reaches to {x + width_px}, {y + height_px} px;"
            f" the picture is {rgba.shape[1]}x{rgba.shape[0]} px",
            asset.place,
            "the rectangle counts from the top left corner of the upright source",
            asset=asset.name,
        )
    return rgba[y : y + height_px, x : x + width_px]


def _is_upscaled(resize: Resize | None, rgba: U8) -> bool:
    if resize is None or resize.fit == "none":
        return False
    height_px, width_px = rgba.shape[:2]
    box = resolve_resize(resize, width_px, height_px)
    sides = (box.width_px > width_px, box.height_px > height_px)
    return all(sides) if resize.fit == "contain" else any(sides)


def turn_image(rgba: U8, rotate_degrees: int, mirror: str) -> U8:
    """``rgba`` turned clockwise by 0, 90, 180 or 270 degrees, then mirrored (``x``, ``y``, ``xy`` or ``""``).

    ``x`` lets left and right change places, ``y`` top and bottom.
    """
    if rotate_degrees:
        rgba = np.rot90(rgba, -rotate_degrees // 90)
    if "x" in mirror:
        rgba = rgba[:, ::-1]
    return rgba[::-1] if "y" in mirror else rgba


def apply_gamma(rgba: U8, gamma: float) -> U8:
    """Every colour value v of 0..1 becomes ``v ^ (1 / gamma)``, rounded; above 1 brightens. Alpha stays."""
    table = np.rint(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)
    out = rgba.copy()
    out[..., :3] = table[rgba[..., :3]]
    return out


def apply_tint(rgba: U8, tint: Rgb) -> U8:
    """Every pixel in one colour, alpha kept; a fully opaque picture becomes shades of it by brightness."""
    out = np.empty_like(rgba)
    out[..., 3] = rgba[..., 3]
    colour = np.array(tint, np.uint16)
    if bool((rgba[..., 3] == 255).all()):
        shades = luma(rgba).astype(np.uint16)[..., np.newaxis] * colour
        out[..., :3] = (shades + np.uint16(127)) // np.uint16(255)
    else:
        out[..., :3] = colour
    return out


def apply_threshold(rgba: U8, threshold: int) -> U8:
    """Alpha of ``threshold`` and above becomes 255, below it 0."""
    out = rgba.copy()
    out[..., 3] = np.where(rgba[..., 3] >= threshold, 255, 0)
    return out


def trim_image(rgba: U8) -> tuple[U8, Trim | None]:
    """``rgba`` without its fully clear borders, and where it belongs; None where there are none.

    Of a picture that is clear all over one pixel is left. The offset is at most 32767 px: a border beyond
    is not cut off.
    """
    height_px, width_px = rgba.shape[:2]
    is_seen = rgba[..., 3] != 0
    left, right = _ends(is_seen.any(axis=0))
    top, bottom = _ends(is_seen.any(axis=1))
    if (left, top, right, bottom) == (0, 0, width_px, height_px):
        return rgba, None
    return rgba[top:bottom, left:right], Trim(left, top, width_px, height_px)


def _ends(is_seen: NDArray[np.bool_]) -> tuple[int, int]:
    """The first column (or row) that is seen and the one behind the last."""
    places = np.flatnonzero(is_seen)
    if not places.size:
        return 0, 1
    return min(int(places[0]), TRIM_OFFSET_MAX), int(places[-1]) + 1
