"""9-patch bitmaps: extension TLV 3 (FORMAT.md, section 4.2)."""

from __future__ import annotations

import struct
from dataclasses import replace

from imgbuild.errors import fail
from imgbuild.model import EncodedAsset, NinePatch, PlannedAsset, Samples
from imgbuild.pixels.payload import add_extension

EXTENSION = 3


def add_nine_patch(asset: PlannedAsset, bitmap: EncodedAsset, patch: NinePatch) -> EncodedAsset:
    """``bitmap`` with ``patch``. Raises BuildError with IB267 if nothing of it could be stretched."""
    left, top, right, bottom = patch.stretch
    if left + right >= bitmap.width or top + bottom >= bitmap.height:
        fail(
            "IB267",
            f'9-patch "{asset.name}" keeps {left} + {right} px of its width and {top} + {bottom} px of its'
            f" height; it is {bitmap.width}x{bitmap.height} px, and nothing is left to stretch",
            asset.place,
            asset=asset.name,
        )
    if not isinstance(bitmap.expected, Samples):
        raise TypeError(bitmap.expected)
    data = struct.pack("<8H", *patch.stretch, *patch.content)
    extended = add_extension(bitmap, EXTENSION, data)
    return replace(extended, expected=replace(bitmap.expected, nine_patch=patch))
