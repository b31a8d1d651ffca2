"""JPEG, PNG and QOI files in a pack, for decoders in hardware or in other libraries.

A source that is such a file already, and of a kind that small decoders read, goes in byte for byte if no
option changes its pixels. Anything else is encoded.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.errors import Diagnostic, fail
from imgbuild.flavours import FLAVOURS
from imgbuild.model import EncodedAsset, ImageOptions, PlannedAsset, Samples
from imgbuild.pixels.formats import PIXEL_FORMATS

U8 = NDArray[np.uint8]

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_BIT_DEPTH = 24  # of the file: signature, then the header chunk (PNG specification, 11.2.2)
_PNG_INTERLACE = 28
_FRAME_HEADER = re.compile(rb"\xff([\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf])..(.)....(.)", re.DOTALL)
"""A JPEG frame header: marker, length, bits of a sample, height, width, components (ITU-T T.81, B.2.2)."""
_BASELINE = 0xC0
_EXIF_ORIENTATION = 0x0112
_PLAIN_MODES = ("L", "LA", "P", "RGB", "RGBA")


def encode_picture(
    asset: PlannedAsset, options: ImageOptions, bitmap: EncodedAsset
) -> tuple[EncodedAsset, list[Diagnostic]]:
    """The picture of ``bitmap`` (rgb888 or argb8888) as the file that ``options.flavour`` names.

    Raises BuildError with IB235 where the picture is to be lossless and must be encoded as JPEG.
    """
    pixels = _pixels_of(bitmap)
    data = _take_source(asset, options.flavour, pixels)
    if data is None:
        if options.is_lossless and options.flavour == "jpeg":
            message = f'image "{asset.name}" is to be lossless, but a new JPEG file would lose details'
            hint = "use flavour: png or qoi, or name a baseline JPEG and change nothing of it"
            fail("IB235", message, asset.place, hint, asset.name)
        data = _WRITERS[options.flavour](pixels, options)
    name = "rgb888" if pixels.shape[2] == 3 else "argb8888"
    picture = replace(
        bitmap,
        payload=data,
        crc32=zlib.crc32(data),
        codec=FLAVOURS[options.flavour].codec,
        pixel_format=PIXEL_FORMATS[name].number,
        anchor_bytes=0,
        expected=data,
    )
    return picture, []


def _pixels_of(bitmap: EncodedAsset) -> U8:
    """uint8 ``[h, w, 3]``, or ``[h, w, 4]`` if any pixel is not opaque."""
    if not isinstance(bitmap.expected, Samples):
        raise TypeError(bitmap.expected)
    pixels: U8 = bitmap.expected.colour.astype(np.uint8, copy=False)
    if pixels.shape[2] == 4 and bool((pixels[..., 3] == 255).all()):
        return np.ascontiguousarray(pixels[..., :3])
    return np.ascontiguousarray(pixels)


def _take_source(asset: PlannedAsset, flavour: str, pixels: U8) -> bytes | None:
    """The source's bytes if they are a file of the flavour and decode to just ``pixels``."""
    data = asset.source.read_bytes()
    accepts = _ACCEPTS.get(flavour)
    if accepts is None or not accepts(data):
        return None
    with Image.open(io.BytesIO(data)) as picture:
        is_animated = getattr(picture, "is_animated", False)
        is_upright = picture.getexif().get(_EXIF_ORIENTATION, 1) == 1  # nobody downstream turns it
        if picture.mode not in _PLAIN_MODES or is_animated or not is_upright:
            return None
        decoded = np.asarray(picture.convert("RGBA" if pixels.shape[2] == 4 else "RGB"))
    if decoded.shape != pixels.shape:
        return None
    is_hidden = pixels[..., 3:] == 0 if pixels.shape[2] == 4 else np.zeros((1, 1, 1), np.bool_)
    return data if bool((is_hidden | (decoded == pixels)).all()) else None


def _is_small_jpeg(data: bytes) -> bool:
    """Baseline, 8 bits, grey or three components: what decoders in hardware read."""
    match = _FRAME_HEADER.search(data) if data.startswith(b"\xff\xd8\xff") else None
    return match is not None and match[1][0] == _BASELINE and match[2][0] == 8 and match[3][0] in (1, 3)


def _is_small_png(data: bytes) -> bool:
    """At most 8 bits a sample, not interlaced."""
    return data.startswith(_PNG_START) and data[_PNG_BIT_DEPTH] <= 8 and not data[_PNG_INTERLACE]


_ACCEPTS: dict[str, Callable[[bytes], bool]] = {"jpeg": _is_small_jpeg, "png": _is_small_png}


def _save(pixels: U8, picture_format: str, **settings: int | bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, picture_format, **settings)
    return buffer.getvalue()


def _write_jpeg(pixels: U8, options: ImageOptions) -> bytes:
    return _save(pixels, "JPEG", quality=options.quality, optimize=True)


def _write_png(pixels: U8, options: ImageOptions) -> bytes:
    del options
    return _save(pixels, "PNG", optimize=True)


def _write_qoi(pixels: U8, options: ImageOptions) -> bytes:
    del options
    return _save(pixels, "QOI")


_WRITERS: dict[str, Callable[[U8, ImageOptions], bytes]] = {
    "jpeg": _write_jpeg,
    "png": _write_png,
    "qoi": _write_qoi,
}
