"""Stored values of a picture to the bytes of a bitmap's payload (FORMAT.md, section 4): raw, or in strips."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from imgbuild.codecs import CODECS, StripCodec, StripShape
from imgbuild.errors import fail
from imgbuild.model import Codec, ImageOptions, PlannedAsset, Samples
from imgbuild.pixels.extensions import pack_extensions
from imgbuild.pixels.formats import PixelFormat
from imgbuild.pixels.pack import Planes, pack_samples, stride_of
from imgbuild.pixels.range_bitmaps import STRIP_ROWS_MAX, RangeJob, can_code, encode_together

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
    tried: tuple[Payload, ...] = ()  # codec auto: all that was tried


@dataclass(frozen=True, slots=True)
class _Bitmap:
    planes: Planes
    palette: bytes
    order: int
    unit_bytes: int
    extension: bytes = b""


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
        has_two = pixel_format.planes == 2
        order |= _ORDER_INVERTED if options.invert is True or (has_two and options.invert == "black") else 0
        order |= _ORDER_SECOND_INVERTED if has_two and options.invert in (True, "colour") else 0
    return order


AUTO_CODECS = ("rle", "lz4")
"""What ``auto`` tries beside raw, the simplest to decode first: it is taken where both are equal."""


def build_payload(
    asset: PlannedAsset, samples: Samples, pixel_format: PixelFormat, options: ImageOptions
) -> Payload:
    """``samples`` as a bitmap's payload. Raises BuildError with IB205."""
    if options.codec == "range":
        if can_code(pixel_format):
            job = plan_range(asset, samples, pixel_format, options)
            return build_range_payload(job, options, encode_together([job])[0])
        options = replace(options, codec="auto")
    return _build_payload(asset, options, _lay_out(samples, pixel_format, options))


def plan_range(
    asset: PlannedAsset, samples: Samples, pixel_format: PixelFormat, options: ImageOptions
) -> RangeJob:
    """What codec range is to code for this bitmap. Raises BuildError with IB205."""
    height_px, width_px = samples.colour.shape[:2]
    stride_bytes = stride_of(pixel_format, width_px, options.row_align_bytes)
    row_bytes = stride_bytes + pixel_format.second_stride(stride_bytes)
    _check_row(asset, options, row_bytes)
    strip_rows = min(height_px, options.strip_bytes // row_bytes, STRIP_ROWS_MAX)
    is_inverted = pixel_format.can_invert and options.invert is True
    return RangeJob(samples, pixel_format, strip_rows, is_inverted)


def build_range_payload(
    job: RangeJob, options: ImageOptions, strips: Sequence[bytes], extension: bytes | None = None
) -> Payload:
    """The payload of the strips that codec range made of ``job``.

    ``extension``: the extension TLVs, in place of those that the samples tell.
    """
    bitmap = _lay_out(job.samples, job.pixel_format, options)
    if extension is not None:
        bitmap = replace(bitmap, extension=extension)
    coded = [(strip, data or strip) for strip, data in zip(_cut(bitmap, job.strip_rows), strips, strict=True)]
    return _join_strips(bitmap, Codec.RANGE_PIXELS, job.strip_rows, coded)


def _lay_out(samples: Samples, pixel_format: PixelFormat, options: ImageOptions) -> _Bitmap:
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
    return _Bitmap(planes, palette, order, pixel_format.unit_bytes, extension)


def _build_payload(asset: PlannedAsset, options: ImageOptions, bitmap: _Bitmap) -> Payload:
    if options.codec == "raw":
        return _build_raw(bitmap)
    row_bytes = bitmap.planes.row_bytes
    if options.codec == "auto":
        tried = [_build_raw(bitmap)]
        if row_bytes <= options.strip_bytes:
            tried += [_build_strips(bitmap, CODECS[name], options.strip_bytes) for name in AUTO_CODECS]
        best = min(tried, key=lambda payload: len(payload.data))
        return replace(best, tried=tuple(tried))
    _check_row(asset, options, row_bytes)
    return _build_strips(bitmap, CODECS[options.codec], options.strip_bytes)


def _check_row(asset: PlannedAsset, options: ImageOptions, row_bytes: int) -> None:
    if row_bytes > options.strip_bytes:
        fail(
            "IB205",
            f'one row of image "{asset.name}" takes {row_bytes} B, a strip holds {options.strip_bytes} B',
            asset.place,
            f"set 'strip_bytes' to {row_bytes} or more, or use codec raw",
            asset.name,
        )


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
    """As many rows to a strip as ``strip_bytes`` hold."""
    planes = bitmap.planes
    strip_rows = min(planes.row_count, strip_bytes // planes.row_bytes)
    coded = []
    for first, strip in zip(range(0, planes.row_count, strip_rows), _cut(bitmap, strip_rows), strict=True):
        rows = min(strip_rows, planes.row_count - first)
        shape = StripShape(rows * planes.stride_bytes, bitmap.unit_bytes)
        coded.append((strip, codec.encode_strip(strip, shape)))
    return _join_strips(bitmap, codec.number, strip_rows, coded)


def _cut(bitmap: _Bitmap, strip_rows: int) -> Iterator[bytes]:
    """The decoded bytes of each strip."""
    planes = bitmap.planes
    for first in range(0, planes.row_count, strip_rows):
        strip = planes.colour[first : first + strip_rows].tobytes()
        if planes.alpha is not None:
            strip += planes.alpha[first : first + strip_rows].tobytes()
        yield strip


def _join_strips(
    bitmap: _Bitmap, number: Codec, strip_rows: int, coded: Sequence[tuple[bytes, bytes]]
) -> Payload:
    """A payload of strips, each (decoded, coded); one that does not shrink is stored raw."""
    ends, stored, end = [], [], 0
    for strip, data in coded:
        is_raw = len(data) >= len(strip)
        stored.append(strip if is_raw else data)
        end += len(stored[-1])
        ends.append(end | _STRIP_IS_RAW if is_raw else end)
    table = struct.pack(f"<{len(ends)}I", *ends)
    pixels = _HEADER.size + len(bitmap.extension) + len(table) + len(bitmap.palette)
    header = _pack_header(bitmap, strip_rows, len(ends), pixels, 0)
    data = b"".join((header, table, bitmap.palette, *stored))
    return Payload(data, number, pixels, strip_rows * bitmap.planes.row_bytes, _raw_bytes(bitmap))


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
