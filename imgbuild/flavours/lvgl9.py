"""LVGL 9: its ``.bin`` files, and its header in front of our own pixels.

The layout is that of lv_image_dsc.h and lv_bin_decoder.c of LVGL 9: a header of 12 bytes; then the
palette (always full, B G R A), the rows, and for rgb565a8 the alpha rows. In a compressed file 12 bytes
(method, compressed bytes, plain bytes) stand behind the header, then palette and rows as one coded block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

from imgbuild.errors import Diagnostic, Severity, fail
from imgbuild.flavours.lvgl_rle import encode_rle
from imgbuild.model import Codec, EncodedAsset, ImageOptions, Kind, PlannedAsset, Samples
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.pixels.payload import (
    HEADER,
    ORDER_BIG,
    ORDER_INVERTED,
    ORDER_LSB_FIRST,
    ORDER_PREMULTIPLIED,
    RawPlanes,
    add_extension,
    replace_payload,
    take_apart,
)

MAGIC = 0x19
HEADER_BYTES = 12
EXTENSION = 4
"""Number of the extension TLV that holds the header (FORMAT.md 4.2)."""

_HEADER = struct.Struct("<BBHHHHH")
_COMPRESSION = struct.Struct("<III")
_FLAG_PREMULTIPLIED = 0x01
_FLAG_COMPRESSED = 0x08
_STRIDE_MAX = 0xFFFF

FORMAT_NAMES: dict[int, str] = {
    0x06: "L8", 0x07: "I1", 0x08: "I2", 0x09: "I4", 0x0A: "I8", 0x0B: "A1", 0x0C: "A2", 0x0D: "A4",
    0x0E: "A8", 0x0F: "RGB888", 0x10: "ARGB8888", 0x11: "XRGB8888", 0x12: "RGB565", 0x13: "ARGB8565",
    0x14: "RGB565A8", 0x15: "AL88", 0x16: "ARGB1555", 0x17: "ARGB4444", 0x18: "ARGB2222",
    0x1B: "RGB565_SWAPPED",
}  # fmt: skip
"""Colour formats that imgbuild writes, by number (lv_color.h); all but the last have it in our index, too."""
_RGB565 = 0x12
_RGB565_SWAPPED = 0x1B
_NOT_FROM_FILES = frozenset((0x06, 0x15, 0x16, 0x17, 0x18))
"""Formats that lv_bin_decoder_open decodes from a file only if it is compressed."""

_WITH_COLOUR = tuple(
    row.name for row in PIXEL_FORMATS.values() if row.number in FORMAT_NAMES and not row.is_coverage
)


def auto_formats(options: ImageOptions) -> tuple[str, ...]:
    """What ``pixel_format: auto`` may choose for LVGL: what it has, and what holds the colour.

    The formats of coverage would leave the colour to a style, and a file that may end up plain must not
    be of a format that LVGL reads from compressed files only.
    """
    if options.lvgl_header or options.codec in ("rle", "lz4"):
        return _WITH_COLOUR
    return tuple(name for name in _WITH_COLOUR if PIXEL_FORMATS[name].number not in _NOT_FROM_FILES)


_METHOD_RLE = 1
_METHOD_LZ4 = 2
_LZ4_LEVEL = 12


def _block_bytes(pixel_format: PixelFormat) -> int:
    """What the decoder's RLE repeats: a pixel, rounded up to bytes; of rgb565a8 its colour."""
    return (pixel_format.bits + 7) // 8


def _code_rle(data: bytes, pixel_format: PixelFormat) -> bytes:
    return encode_rle(data, _block_bytes(pixel_format))


def _code_lz4(data: bytes, pixel_format: PixelFormat) -> bytes:
    import lz4.block

    del pixel_format
    block: bytes = lz4.block.compress(data, mode="high_compression", compression=_LZ4_LEVEL, store_size=False)
    return block


_Coder = Callable[[bytes, PixelFormat], bytes]
_METHODS: dict[str, tuple[tuple[int, _Coder], ...]] = {
    "raw": (),
    "rle": ((_METHOD_RLE, _code_rle),),
    "lz4": ((_METHOD_LZ4, _code_lz4),),
    "auto": ((_METHOD_LZ4, _code_lz4),),
}
"""What each codec tries; ``auto`` keeps the plain file where that is not larger."""


def encode_lvgl9(
    asset: PlannedAsset, options: ImageOptions, bitmap: EncodedAsset
) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``bitmap`` (codec raw) as an LVGL 9 ``.bin`` file, an asset of kind file.

    Raises BuildError with IB262 where LVGL has no such picture. Warns with IB263 where LVGL reads the
    pixel format from compressed files only.
    """
    pixel_format = _format_of(bitmap)
    planes = take_apart(bitmap)
    found = _check(asset, bitmap, planes, pixel_format)
    palette = _full_palette(planes, pixel_format)
    plain = palette + planes.pixels
    data, anchor = _pack_header(bitmap, planes, 0) + plain, HEADER_BYTES + len(palette)
    for method, code in _METHODS[options.codec]:
        coded = code(plain, pixel_format)
        sizes = _COMPRESSION.pack(method, len(coded), len(plain))
        packed = _pack_header(bitmap, planes, _FLAG_COMPRESSED) + sizes + coded
        if options.codec != "auto" or len(packed) < len(data):
            data, anchor, found = packed, HEADER_BYTES, []
    file = replace(
        bitmap,
        kind=Kind.FILE,
        payload=data,
        crc32=zlib.crc32(data),
        width=0,
        height=0,
        pixel_format=0,
        codec=Codec.RAW,
        anchor_bytes=anchor,
        expected=data,
    )
    return file, found


def add_lvgl_header(asset: PlannedAsset, bitmap: EncodedAsset) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``bitmap`` (codec raw) with LVGL's header right in front of palette and pixels, as extension TLV 4.

    From the extension's data to the payload's end the bytes are then a plain LVGL 9 ``.bin`` file. Raises
    BuildError with IB262 where LVGL has no such picture. Warns with IB271 of what LVGL will not see.
    """
    return _put_header(asset, bitmap), _tell_unseen(asset, bitmap)


def _tell_unseen(asset: PlannedAsset, bitmap: EncodedAsset) -> list[Diagnostic]:
    """What our reader knows of the picture and LVGL's header does not tell."""
    samples, unseen = bitmap.expected, []
    if not isinstance(samples, Samples):
        raise TypeError(samples)
    if samples.trim is not None:
        unseen.append(f"the offset of its trim ({samples.trim.x_px}, {samples.trim.y_px} px)")
    if samples.tint is not None:
        unseen.append("its colour #{:02x}{:02x}{:02x}".format(*samples.tint))
    if samples.nine_patch is not None:
        unseen.append("what a 9-patch keeps")
    if not unseen:
        return []
    message = f'image "{asset.name}": LVGL\'s header does not tell {" or ".join(unseen)}'
    hint = "our own reader knows it; for LVGL say it in the firmware, or take it out"
    return [Diagnostic("IB271", message, asset.place, hint, asset.name, Severity.WARNING)]


def _put_header(asset: PlannedAsset, bitmap: EncodedAsset) -> EncodedAsset:
    pixel_format = _format_of(bitmap)
    planes = take_apart(bitmap)
    _check(asset, bitmap, planes, pixel_format)
    fill = len(_full_palette(planes, pixel_format)) - len(planes.palette)
    with_header = add_extension(bitmap, EXTENSION, _pack_header(bitmap, planes, 0))
    if not fill:
        return with_header
    fields = list(HEADER.unpack_from(with_header.payload))
    pixels = fields[6]
    fields[6] += fill
    middle = with_header.payload[HEADER.size : pixels] + bytes(fill)
    payload = HEADER.pack(*fields) + middle + with_header.payload[pixels:]
    return replace_payload(with_header, payload, with_header.anchor_bytes + fill)


def _format_of(bitmap: EncodedAsset) -> PixelFormat:
    return next(row for row in PIXEL_FORMATS.values() if row.number == bitmap.pixel_format)


def _check(
    asset: PlannedAsset, bitmap: EncodedAsset, planes: RawPlanes, pixel_format: PixelFormat
) -> list[Diagnostic]:
    """What LVGL's decoder does not read: raised, or a warning where it depends on the codec."""
    if bitmap.pixel_format not in FORMAT_NAMES:
        known = ", ".join(row.name for row in PIXEL_FORMATS.values() if row.number in FORMAT_NAMES)
        message = f'image "{asset.name}" is {pixel_format.name}, a pixel format that LVGL 9 lacks'
        fail("IB262", message, asset.place, f"LVGL 9 has: {known}", asset.name)
    if planes.order & ORDER_INVERTED:
        message = f'image "{asset.name}" is inverted, and LVGL 9 takes the highest grey for white'
        fail("IB262", message, asset.place, "take 'invert' out", asset.name)
    is_big = planes.order & ORDER_BIG and pixel_format.number != _RGB565
    if is_big or planes.order & ORDER_LSB_FIRST:
        what, key = (
            ("bytes from the high one", "byte_order") if is_big else ("pixels from bit 0", "bit_order")
        )
        message = f'image "{asset.name}" is {pixel_format.name} with {what} on, which LVGL 9 does not know'
        fail("IB262", message, asset.place, f"take '{key}' out, or 'lvgl_header'", asset.name)
    if planes.stride_bytes > _STRIDE_MAX:
        message = f'a row of image "{asset.name}" takes {planes.stride_bytes} B'
        fail("IB262", f"{message}; LVGL 9 has at most {_STRIDE_MAX} B", asset.place, asset=asset.name)
    if bitmap.pixel_format not in _NOT_FROM_FILES:
        return []
    message = f'image "{asset.name}": LVGL 9 reads {pixel_format.name} only from a compressed file'
    hint = "use codec rle or lz4, or another pixel_format"
    return [Diagnostic("IB263", message, asset.place, hint, asset.name, Severity.WARNING)]


def _full_palette(planes: RawPlanes, pixel_format: PixelFormat) -> bytes:
    return planes.palette.ljust(4 * pixel_format.palette_max, b"\0")


def _pack_header(bitmap: EncodedAsset, planes: RawPlanes, flags: int) -> bytes:
    number = bitmap.pixel_format
    if number == _RGB565 and planes.order & ORDER_BIG:
        number = _RGB565_SWAPPED
    if planes.order & ORDER_PREMULTIPLIED:
        flags |= _FLAG_PREMULTIPLIED
    return _HEADER.pack(MAGIC, number, flags, bitmap.width, bitmap.height, planes.stride_bytes, 0)
