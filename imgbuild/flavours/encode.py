"""The way from a decoded picture to its asset: our own bitmap, or a file of another flavour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imgbuild.errors import Diagnostic
from imgbuild.model import NATIVE, DecodedImage, EncodedAsset, ImageOptions, PlannedAsset
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.nine_patch import add_nine_patch

Encoder = Callable[[PlannedAsset, ImageOptions, EncodedAsset], tuple[EncodedAsset, list[Diagnostic]]]


def _encode_lvgl9(
    asset: PlannedAsset, options: ImageOptions, bitmap: EncodedAsset
) -> tuple[EncodedAsset, list[Diagnostic]]:
    from imgbuild.flavours.lvgl9 import encode_lvgl9

    return encode_lvgl9(asset, options, bitmap)


def _encode_picture(
    asset: PlannedAsset, options: ImageOptions, bitmap: EncodedAsset
) -> tuple[EncodedAsset, list[Diagnostic]]:
    from imgbuild.flavours.pictures import encode_picture

    return encode_picture(asset, options, bitmap)


_ENCODERS: dict[str, Encoder] = {
    "lvgl9": _encode_lvgl9,
    "jpeg": _encode_picture,
    "png": _encode_picture,
    "qoi": _encode_picture,
}
"""Loaded when they are asked for: most builds have our own bitmaps only."""


def encode_picture_asset(
    asset: PlannedAsset, options: ImageOptions, decoded: DecodedImage
) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``decoded`` as the bitmap or file that ``options`` ask for, and warnings.

    The pixels of another flavour's file go the way of our own raw bitmaps, whatever is asked of them, and
    are then laid out anew. Raises BuildError as encode_bitmap does, and with IB262 and IB267.
    """
    if options.flavour == "lvgl9" or options.lvgl_header:
        from imgbuild.flavours.lvgl9 import auto_formats

        options = replace(options, lvgl_formats=auto_formats(options))
        asset = replace(asset, options=options)
    if options.flavour != NATIVE:
        plain = replace(options, flavour=NATIVE, codec="raw", lvgl_header=False)
        bitmap = encode_bitmap(replace(asset, options=plain), decoded)
        return _ENCODERS[options.flavour](asset, options, bitmap)
    if options.is_animated:
        from imgbuild.pixels.animation import encode_animation

        return encode_animation(asset, decoded)
    bitmap = encode_bitmap(asset, decoded)
    patch = options.nine_patch or decoded.nine_patch
    if patch is not None:
        rivals = tuple(add_nine_patch(asset, rival, patch) for rival in bitmap.rivals)
        bitmap = replace(add_nine_patch(asset, bitmap, patch), rivals=rivals)
    if options.lvgl_header:  # last: pixels follow the header at once
        from imgbuild.flavours.lvgl9 import add_lvgl_header

        return add_lvgl_header(asset, bitmap)
    return bitmap, []
