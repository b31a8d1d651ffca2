"""Bitmap payloads taken apart and given extensions (FORMAT.md, section 4)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

from imgbuild.errors import fail
from imgbuild.model import Codec, EncodedAsset

HEADER = struct.Struct("<IBBHHHIII")
"""stride_bytes, order, ext_words, palette_count, strip_rows, strip_count, pixels, alpha, palette."""
ORDER_BIG = 1
ORDER_LSB_FIRST = 2
ORDER_PREMULTIPLIED = 4
ORDER_INVERTED = 8 | 16
_EXTENSION = struct.Struct("<HH")
_EXTENSION_WORDS_MAX = 255


@dataclass(frozen=True, slots=True)
class RawPlanes:
    """A raw bitmap's parts. ``palette`` is B G R A, ``pixels`` the colour rows, then the alpha rows."""

    stride_bytes: int
    order: int
    palette: bytes
    pixels: bytes


def take_apart(bitmap: EncodedAsset) -> RawPlanes:
    """The parts of a bitmap of codec raw."""
    if bitmap.codec is not Codec.RAW:
        raise ValueError(f"{bitmap.name!r} is not raw")
    stride_bytes, order, _, colours, _, _, pixels, _, palette = HEADER.unpack_from(bitmap.payload)
    return RawPlanes(
        stride_bytes, order, bitmap.payload[palette : palette + 4 * colours], bitmap.payload[pixels:]
    )


def extension_of(bitmap: EncodedAsset) -> bytes:
    """The extension TLVs behind the header."""
    words = HEADER.unpack_from(bitmap.payload)[2]
    return bitmap.payload[HEADER.size : HEADER.size + 4 * words]


def add_extension(bitmap: EncodedAsset, number: int, data: bytes) -> EncodedAsset:
    """``bitmap`` with an extension TLV behind those that it has; everything behind it moves.

    Raises BuildError with IB901 where the header cannot count so many.
    """
    fields = list(HEADER.unpack_from(bitmap.payload))
    block = _EXTENSION.pack(number, len(data)) + data + bytes(-len(data) % 4)
    end = HEADER.size + 4 * fields[2]
    fields[2] += len(block) // 4
    if fields[2] > _EXTENSION_WORDS_MAX:
        fail("IB901", f"the extensions of a bitmap take {4 * fields[2]} B", asset=bitmap.name)
    fields[6] += len(block)
    for place in (7, 8):  # alpha and palette: 0 means that there is none
        fields[place] += len(block) if fields[place] else 0
    payload = b"".join((HEADER.pack(*fields), bitmap.payload[HEADER.size : end], block, bitmap.payload[end:]))
    return replace_payload(bitmap, payload, bitmap.anchor_bytes + len(block))


def replace_payload(bitmap: EncodedAsset, payload: bytes, anchor_bytes: int) -> EncodedAsset:
    """``bitmap`` with other bytes that mean the same picture."""
    return replace(bitmap, payload=payload, crc32=zlib.crc32(payload), anchor_bytes=anchor_bytes)
