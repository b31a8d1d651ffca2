"""Bitmap payloads: decoded pictures to the bytes of FORMAT.md, section 4."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild import limits
from imgbuild.codecs import CODECS, StripCodec
from imgbuild.errors import fail
from imgbuild.model import Codec, DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.convert import Converted, TooManyColoursError, convert_image
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.pack import Planes, pack_samples
from imgbuild.pixels.resize import resize_image

U8 = NDArray[np.uint8]

_HEADER = struct.Struct("<IBBHHHIII")
_ORDER_BIG = 1
_ORDER_LSB_FIRST = 2
_STRIP_IS_RAW = 1 << 31


@dataclass(frozen=True, slots=True)
class _Payload:
    """A finished payload; ``anchor_bytes`` is where its pixels begin."""

    data: bytes
    codec: Codec
    anchor_bytes: int
    max_strip_bytes: int


def encode_bitmap(asset: PlannedAsset, decoded: DecodedImage) -> EncodedAsset:
    """The first frame of ``decoded`` as the bitmap that ``asset.options`` (ImageOptions) ask for.

    Raises BuildError with IB205 (``lz4``: one row is larger than ``strip_bytes``), IB206 (a side above
    65535 px, or more pixels than are ever decoded) and IB207 (more colours than the palette holds).
    ``auto`` is the smaller of raw and lz4, raw if equal.
    """
    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    pixel_format = PIXEL_FORMATS[options.pixel_format]
    _check_size(asset, options, decoded.frames[0])
    rgba = resize_image(decoded.frames[0], options.resize)
    height_px, width_px = rgba.shape[:2]
    converted = _convert(asset, rgba, pixel_format, options)
    samples = converted.samples
    planes = pack_samples(
        samples, pixel_format, options.byte_order, options.bit_order, options.row_align_bytes
    )
    palette = b"" if samples.palette is None else samples.palette[:, [2, 1, 0, 3]].tobytes()
    payload = _build_payload(asset, options, _Bitmap(planes, palette, _order_of(pixel_format, options)))
    return EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.BITMAP,
        payload=payload.data,
        crc32=zlib.crc32(payload.data),
        width=width_px,
        height=height_px,
        pixel_format=pixel_format.number,
        codec=payload.codec,
        raw_bytes=height_px * planes.row_bytes + len(palette),
        align_bytes=options.align_bytes,
        anchor_bytes=payload.anchor_bytes,
        max_strip_bytes=payload.max_strip_bytes,
        expected=samples,
        notes=decoded.notes + converted.notes,
    )


@dataclass(frozen=True, slots=True)
class _Bitmap:
    planes: Planes
    palette: bytes
    order: int


def _check_size(asset: PlannedAsset, options: ImageOptions, rgba: U8) -> None:
    height_px, width_px = rgba.shape[:2]
    if options.resize is not None:
        width_px, height_px = options.resize.width_px, options.resize.height_px
    if max(width_px, height_px) > limits.BITMAP_SIDE_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" a side of a bitmap is at most {limits.BITMAP_SIDE_MAX} px",
            asset.place,
            "make it smaller with 'resize'",
            asset.name,
        )
    if width_px * height_px > limits.SOURCE_PIXELS_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" {width_px * height_px} pixels in all; at most {limits.SOURCE_PIXELS_MAX} are accepted",
            asset.place,
            "make it smaller with 'resize'",
            asset.name,
        )


def _convert(asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions) -> Converted:
    try:
        return convert_image(rgba, pixel_format, options.background)
    except TooManyColoursError as problem:
        fits = [row.name for row in PIXEL_FORMATS.values() if row.palette_max >= problem.found]
        fail(
            "IB207",
            f'"{pixel_format.name}" holds {pixel_format.palette_max} colours,'
            f' image "{asset.name}" has {problem.found}',
            asset.place,
            f"use {fits[0]}" if fits else "use rgb565, or rgb565a8 if it has transparency",
            asset.name,
        )


def _order_of(pixel_format: PixelFormat, options: ImageOptions) -> int:
    """The header's ``order``; a bit that means nothing for the format stays 0."""
    order = 0
    if pixel_format.has_byte_order and options.byte_order == "big":
        order |= _ORDER_BIG
    if pixel_format.has_bit_order and options.bit_order == "lsb":
        order |= _ORDER_LSB_FIRST
    return order


def _build_payload(asset: PlannedAsset, options: ImageOptions, bitmap: _Bitmap) -> _Payload:
    if options.codec == "raw":
        return _build_raw(bitmap)
    row_bytes = bitmap.planes.row_bytes
    if options.codec == "auto":
        raw = _build_raw(bitmap)
        if row_bytes > options.strip_bytes:
            return raw
        packed = _build_strips(bitmap, CODECS["lz4"], options.strip_bytes)
        return packed if len(packed.data) < len(raw.data) else raw
    if row_bytes > options.strip_bytes:
        fail(
            "IB205",
            f'one row of image "{asset.name}" takes {row_bytes} B, a strip holds {options.strip_bytes} B',
            asset.place,
            f"set 'strip_bytes' to {row_bytes} or more, or use codec raw",
            asset.name,
        )
    return _build_strips(bitmap, CODECS[options.codec], options.strip_bytes)


def _build_raw(bitmap: _Bitmap) -> _Payload:
    """Colour rows, then alpha rows at once."""
    planes = bitmap.planes
    colour = planes.colour.tobytes()
    alpha = b"" if planes.alpha is None else planes.alpha.tobytes()
    pixels = _HEADER.size + len(bitmap.palette)
    header = _pack_header(bitmap, 0, 0, pixels, pixels + len(colour) if alpha else 0)
    return _Payload(b"".join((header, bitmap.palette, colour, alpha)), Codec.RAW, pixels, 0)


def _build_strips(bitmap: _Bitmap, codec: StripCodec, strip_bytes: int) -> _Payload:
    """As many rows to a strip as ``strip_bytes`` hold; a strip that does not shrink is stored raw."""
    planes = bitmap.planes
    height_px = planes.colour.shape[0]
    strip_rows = min(height_px, strip_bytes // planes.row_bytes)
    ends, stored, end = [], [], 0
    for first in range(0, height_px, strip_rows):
        strip = planes.colour[first : first + strip_rows].tobytes()
        if planes.alpha is not None:
            strip += planes.alpha[first : first + strip_rows].tobytes()
        coded = codec.encode_strip(strip)
        is_raw = len(coded) >= len(strip)
        stored.append(strip if is_raw else coded)
        end += len(stored[-1])
        ends.append(end | _STRIP_IS_RAW if is_raw else end)
    table = struct.pack(f"<{len(ends)}I", *ends)
    pixels = _HEADER.size + len(table) + len(bitmap.palette)
    header = _pack_header(bitmap, strip_rows, len(ends), pixels, 0)
    data = b"".join((header, table, bitmap.palette, *stored))
    return _Payload(data, codec.number, pixels, strip_rows * planes.row_bytes)


def _pack_header(bitmap: _Bitmap, strip_rows: int, strip_count: int, pixels: int, alpha: int) -> bytes:
    """The 24 bytes of the payload's header; the palette lies between strip table and pixels."""
    palette = bitmap.palette
    return _HEADER.pack(
        bitmap.planes.stride_bytes,
        bitmap.order,
        0,
        len(palette) // 4,
        strip_rows,
        strip_count,
        pixels,
        alpha,
        pixels - len(palette) if palette else 0,
    )
