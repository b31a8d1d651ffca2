"""Bitmap payloads: decoded pictures to the bytes of FORMAT.md, section 4."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgbuild import limits
from imgbuild.codecs import CODECS, StripCodec, StripShape
from imgbuild.errors import fail
from imgbuild.model import Codec, DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset, Samples
from imgbuild.pixels.auto import choose_format
from imgbuild.pixels.convert import Converted, TooManyColoursError, convert_image, premultiply
from imgbuild.pixels.extensions import pack_extensions
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.geometry import prepare_image
from imgbuild.pixels.loss import note_losses, refuse_loss
from imgbuild.pixels.optimal import Histogram, count_colours, merge_histograms
from imgbuild.pixels.pack import Planes, pack_samples
from imgbuild.pixels.reduce import is_reduced, reduce_image
from imgbuild.pixels.resize import resolve_resize

U8 = NDArray[np.uint8]

_HEADER = struct.Struct("<IBBHHHIII")
_ORDER_BIG = 1
_ORDER_LSB_FIRST = 2
_ORDER_PREMULTIPLIED = 4
_ORDER_INVERTED = 8
_ORDER_SECOND_INVERTED = 16
_STRIP_IS_RAW = 1 << 31


@dataclass(frozen=True, slots=True)
class Payload:
    """A finished payload; ``anchor_bytes`` is where its pixels begin."""

    data: bytes
    codec: Codec
    anchor_bytes: int
    max_strip_bytes: int
    raw_bytes: int


def encode_bitmap(asset: PlannedAsset, decoded: DecodedImage) -> EncodedAsset:
    """The first frame of ``decoded`` as the bitmap that ``asset.options`` (ImageOptions) ask for.

    Raises BuildError with IB205 (``rle``, ``lz4``: one row is larger than ``strip_bytes``), IB206 (a
    side above 65535 px, or more pixels than are ever decoded), IB207 (more colours than the palette holds), IB230 (a
    crop that leaves the picture) and IB235 (``lossless``, but something would be lost).
    ``auto`` is the smallest of raw, rle and lz4, the first of them if equal.
    """
    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    check_size(asset, options, decoded.frames[0])
    prepared = prepare_image(asset, options, decoded.frames[0], is_drawn=decoded.is_drawn)
    pixel_format, rgba, tint = choose_pixel_format(options, prepared.rgba)
    height_px, width_px = rgba.shape[:2]
    converted = convert_samples(asset, rgba, pixel_format, options)
    samples = replace(converted.samples, tint=tint, trim=prepared.trim)
    payload = build_payload(asset, samples, pixel_format, options)
    encoded = EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.BITMAP,
        payload=payload.data,
        crc32=zlib.crc32(payload.data),
        width=width_px,
        height=height_px,
        pixel_format=pixel_format.number,
        codec=payload.codec,
        raw_bytes=payload.raw_bytes,
        align_bytes=options.align_bytes,
        anchor_bytes=payload.anchor_bytes,
        max_strip_bytes=payload.max_strip_bytes,
        expected=samples,
        notes=decoded.notes + converted.notes,
        loss=note_losses(prepared, samples, pixel_format, options),
    )
    if options.is_lossless:
        refuse_loss(asset, prepared.rgba, encoded, options)
    return encoded


def count_bitmap_colours(asset: PlannedAsset, decoded: DecodedImage) -> Histogram:
    """The colours that ``encode_bitmap`` would find a palette for, and their pixels; all frames'.

    Raises BuildError as encode_bitmap does for sizes and crops.
    """
    options = asset.options
    if not isinstance(options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    check_size(asset, options, decoded.frames[0])
    prepared = (prepare_image(asset, options, rgba, is_drawn=decoded.is_drawn) for rgba in decoded.frames)
    return merge_histograms(count_colours(picture.rgba) for picture in prepared)


@dataclass(frozen=True, slots=True)
class _Bitmap:
    planes: Planes
    palette: bytes
    order: int
    unit_bytes: int
    extension: bytes = b""


def choose_pixel_format(
    options: ImageOptions, rgba: U8
) -> tuple[PixelFormat, U8, tuple[int, int, int] | None]:
    """The format, the picture as it is to be converted, and the colour stored beside coverage."""
    row = PIXEL_FORMATS.get(options.pixel_format)
    if row is not None:
        return row, rgba, options.tint if row.is_coverage else None
    display = None if options.is_lossless else PIXEL_FORMATS.get(options.display_format or "")
    choice = choose_format(rgba, display, options.row_align_bytes)
    return choice.pixel_format, choice.rgba, choice.tint


def check_size(asset: PlannedAsset, options: ImageOptions, rgba: U8) -> None:
    """Raise IB206 if ``rgba`` would become a bitmap that is too large."""
    height_px, width_px = rgba.shape[:2]
    if options.crop is not None:
        width_px, height_px = options.crop[2:]
    if options.resize is not None:
        box = resolve_resize(options.resize, width_px, height_px)
        width_px, height_px = box.width_px, box.height_px
    hint = "make it smaller with 'resize'" if options.resize is None else "ask for less with 'resize'"
    if max(width_px, height_px) > limits.BITMAP_SIDE_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" a side of a bitmap is at most {limits.BITMAP_SIDE_MAX} px",
            asset.place,
            hint,
            asset.name,
        )
    if width_px * height_px > limits.SOURCE_PIXELS_MAX:
        fail(
            "IB206",
            f'image "{asset.name}" would be {width_px}x{height_px} px,'
            f" {width_px * height_px} pixels in all; at most {limits.SOURCE_PIXELS_MAX} are accepted",
            asset.place,
            hint,
            asset.name,
        )


def convert_samples(
    asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions
) -> Converted:
    """``rgba`` (a picture prepared) as stored values. Raises IB207."""
    converted = _convert(asset, rgba, pixel_format, options)
    return replace(converted, samples=_premultiplied(converted.samples, pixel_format, options))


def _convert(asset: PlannedAsset, rgba: U8, pixel_format: PixelFormat, options: ImageOptions) -> Converted:
    if is_reduced(pixel_format, options):
        return reduce_image(rgba, pixel_format, options)
    try:
        return convert_image(rgba, pixel_format, options.background)
    except TooManyColoursError as problem:
        fits = [row.name for row in PIXEL_FORMATS.values() if row.palette_max >= problem.found]
        wide = f"use {fits[0]}" if fits else "use rgb565, or rgb565a8 if it has transparency"
        fail(
            "IB207",
            f'"{pixel_format.name}" holds {pixel_format.palette_max} colours,'
            f' image "{asset.name}" has {problem.found}',
            asset.place,
            f"{wide}, or allow fewer colours with 'palette: optimal' or 'dither: floyd-steinberg'",
            asset.name,
        )


def _premultiplied(samples: Samples, pixel_format: PixelFormat, options: ImageOptions) -> Samples:
    if not (pixel_format.can_premultiply and options.is_premultiplied):
        return samples
    return replace(samples, colour=premultiply(samples.colour.astype(np.uint8, copy=False)))


def _order_of(pixel_format: PixelFormat, options: ImageOptions) -> int:
    """The header's ``order``; a bit that means nothing for the format stays 0."""
    order = 0
    if pixel_format.has_byte_order and options.byte_order == "big":
        order |= _ORDER_BIG
    if pixel_format.has_bit_order and options.bit_order == "lsb":
        order |= _ORDER_LSB_FIRST
    if pixel_format.can_premultiply and options.is_premultiplied:
        order |= _ORDER_PREMULTIPLIED
    if pixel_format.can_invert and options.invert:
        order |= _ORDER_INVERTED if options.invert is True else 0
        order |= _ORDER_SECOND_INVERTED if pixel_format.planes == 2 else 0
    return order


AUTO_CODECS = ("rle", "lz4")
"""What ``auto`` tries beside raw, the simplest to decode first: it is taken where both are equal."""


def build_payload(
    asset: PlannedAsset, samples: Samples, pixel_format: PixelFormat, options: ImageOptions
) -> Payload:
    """``samples`` as a bitmap's payload. Raises BuildError with IB205."""
    planes = pack_samples(
        samples,
        pixel_format,
        options.byte_order,
        options.bit_order,
        options.row_align_bytes,
        invert=options.invert,
    )
    palette = b"" if samples.palette is None else samples.palette[:, [2, 1, 0, 3]].tobytes()
    order, extension = _order_of(pixel_format, options), pack_extensions(samples)
    return _build_payload(
        asset, options, _Bitmap(planes, palette, order, pixel_format.unit_bytes, extension)
    )


def _build_payload(asset: PlannedAsset, options: ImageOptions, bitmap: _Bitmap) -> Payload:
    if options.codec == "raw":
        return _build_raw(bitmap)
    row_bytes = bitmap.planes.row_bytes
    if options.codec == "auto":
        tried = [_build_raw(bitmap)]
        if row_bytes <= options.strip_bytes:
            tried += [_build_strips(bitmap, CODECS[name], options.strip_bytes) for name in AUTO_CODECS]
        return min(tried, key=lambda payload: len(payload.data))
    if row_bytes > options.strip_bytes:
        fail(
            "IB205",
            f'one row of image "{asset.name}" takes {row_bytes} B, a strip holds {options.strip_bytes} B',
            asset.place,
            f"set 'strip_bytes' to {row_bytes} or more, or use codec raw",
            asset.name,
        )
    return _build_strips(bitmap, CODECS[options.codec], options.strip_bytes)


def _build_raw(bitmap: _Bitmap) -> Payload:
    """Colour rows, then alpha rows at once."""
    planes = bitmap.planes
    colour = planes.colour.tobytes()
    alpha = b"" if planes.alpha is None else planes.alpha.tobytes()
    pixels = _HEADER.size + len(bitmap.extension) + len(bitmap.palette)
    header = _pack_header(bitmap, 0, 0, pixels, pixels + len(colour) if alpha else 0)
    data = b"".join((header, bitmap.palette, colour, alpha))
    return Payload(data, Codec.RAW, pixels, 0, _raw_bytes(bitmap))


def _raw_bytes(bitmap: _Bitmap) -> int:
    return bitmap.planes.row_count * bitmap.planes.row_bytes + len(bitmap.palette)


def _build_strips(bitmap: _Bitmap, codec: StripCodec, strip_bytes: int) -> Payload:
    """As many rows to a strip as ``strip_bytes`` hold; a strip that does not shrink is stored raw."""
    planes = bitmap.planes
    height_px = planes.colour.shape[0]
    strip_rows = min(height_px, strip_bytes // planes.row_bytes)
    ends, stored, end = [], [], 0
    for first in range(0, height_px, strip_rows):
        strip = planes.colour[first : first + strip_rows].tobytes()
        shape = StripShape(len(strip), bitmap.unit_bytes)
        if planes.alpha is not None:
            strip += planes.alpha[first : first + strip_rows].tobytes()
        coded = codec.encode_strip(strip, shape)
        is_raw = len(coded) >= len(strip)
        stored.append(strip if is_raw else coded)
        end += len(stored[-1])
        ends.append(end | _STRIP_IS_RAW if is_raw else end)
    table = struct.pack(f"<{len(ends)}I", *ends)
    pixels = _HEADER.size + len(bitmap.extension) + len(table) + len(bitmap.palette)
    header = _pack_header(bitmap, strip_rows, len(ends), pixels, 0)
    data = b"".join((header, table, bitmap.palette, *stored))
    return Payload(data, codec.number, pixels, strip_rows * planes.row_bytes, _raw_bytes(bitmap))


def _pack_header(bitmap: _Bitmap, strip_rows: int, strip_count: int, pixels: int, alpha: int) -> bytes:
    """The payload's header and its extensions; the palette lies between strip table and pixels."""
    palette = bitmap.palette
    header = _HEADER.pack(
        bitmap.planes.stride_bytes,
        bitmap.order,
        len(bitmap.extension) // 4,
        len(palette) // 4,
        strip_rows,
        strip_count,
        pixels,
        alpha,
        pixels - len(palette) if palette else 0,
    )
    return header + bitmap.extension
