"""The way from a decoded picture to its asset: our own bitmap, or a file of another flavour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imgbuild.errors import Diagnostic
from imgbuild.flavours.lvgl9 import add_lvgl_header, encode_lvgl9
from imgbuild.flavours.pictures import encode_picture
from imgbuild.model import NATIVE, DecodedImage, EncodedAsset, ImageOptions, PlannedAsset
from imgbuild.pixels.animation import encode_animation
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.nine_patch import add_nine_patch

Encoder = Callable[[PlannedAsset, ImageOptions, EncodedAsset], tuple[EncodedAsset, list[Diagnostic]]]

_ENCODERS: dict[str, Encoder] = {
    "lvgl9": encode_lvgl9,
    "jpeg": encode_picture,
    "png": encode_picture,
    "qoi": encode_picture,
}


def encode_picture_asset(
    asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage
) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``decoded`` as the bitmap or file that ``options`` ask for, and warnings.

    The pixels of another flavour's file go the way of our own raw bitmaps, whatever is asked of them, and
    are then laid out anew. Raises BuildError as encode_bitmap does, and with IB262 and IB267.
    """
    if options.flavour != NATIVE:
        plain = replace(options, flavour=NATIVE, codec="raw", lvgl_header=False)
        bitmap = encode_bitmap(replace(asset, options=plain), decoded)
        return _ENCODERS[options.flavour](asset, options, bitmap)
    if options.is_animated:
        return encode_animation(asset, decoded)
    bitmap = encode_bitmap(asset, decoded)
    patch = options.nine_patch or decoded.nine_patch
    if patch is not None:
        bitmap = add_nine_patch(asset, bitmap, patch)
    if options.lvgl_header:  # last: pixels follow the header at once
        bitmap = add_lvgl_header(asset, bitmap)
    return bitmap, []
