"""Assets made by hand, and a look-up in a pack written from FORMAT.md alone."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

from imgbuild.errors import Place
from imgbuild.model import (
    Chip,
    Codec,
    EncodedAsset,
    FileOptions,
    FlashImage,
    FlashTarget,
    Kind,
    PlannedAsset,
    PlannedPartition,
    Range,
)

FREE = Range(0x80000, 0x180000, "free")
PLACE = Place("manifest.yaml", 3, 5)


def file_asset(name: str, payload: bytes, align_bytes: int = 4) -> EncodedAsset:
    return EncodedAsset(
        name=name,
        key=zlib.crc32(name.encode()),
        kind=Kind.FILE,
        payload=payload,
        crc32=zlib.crc32(payload),
        width=0,
        height=0,
        pixel_format=0,
        codec=Codec.RAW,
        raw_bytes=len(payload),
        align_bytes=align_bytes,
        anchor_bytes=0,
        max_strip_bytes=0,
        expected=payload,
    )


def bitmap_asset(
    name: str, size: tuple[int, int], pixel_format: int, stride: int, pixels: bytes, align_bytes: int = 4
) -> EncodedAsset:
    """A raw bitmap: 24 bytes of header, then the pixels (alpha plane included)."""
    width, height = size
    colour_bytes = stride * height
    alpha = 24 + colour_bytes if len(pixels) > colour_bytes else 0
    payload = struct.pack("<IBBHHHIII", stride, 0, 0, 0, 0, 0, 24, alpha, 0) + pixels
    return replace(
        file_asset(name, payload, align_bytes),
        kind=Kind.BITMAP,
        width=width,
        height=height,
        pixel_format=pixel_format,
        raw_bytes=len(pixels),
        anchor_bytes=24,
    )


def flash_target(
    region: Range = FREE,
    *,
    base_address: int | None = None,
    erase_bytes: int = 4096,
) -> FlashTarget:
    chip = Chip("w25q16jv", "Winbond W25Q16JV", "EF4015", 0x200000, 256, (4096, 65536), 3, "data sheet")
    return FlashTarget(chip, None, (Range(0, 0x80000, "firmware"),), region, erase_bytes, base_address)


def partition(target: FlashTarget, assets: tuple[PlannedAsset, ...] = ()) -> PlannedPartition:
    return PlannedPartition("main", target, "flat", "files", assets, None, PLACE)


def planned(name: str, options: object = None, kind: Kind = Kind.FILE) -> PlannedAsset:
    key = zlib.crc32(name.encode())
    return PlannedAsset(name, key, kind, name.upper(), Path(name), options or FileOptions(), PLACE)


def flash_image(data: bytes, target: FlashTarget, assets: tuple[PlannedAsset, ...] = ()) -> FlashImage:
    import hashlib

    digest = hashlib.sha256(data).hexdigest()
    return FlashImage(
        partition(target, assets), data, len(data), len(data) - 4, 0x1234, 0x5678, 1024, 7, digest
    )


# --- reading, from FORMAT.md section 3 ---------------------------------------------------------


def mix(key: int, seed: int) -> int:
    h = key ^ ((seed * 0x9E3779B1) % 2**32)
    h = h ^ (h >> 15)
    h = (h * 0x2C1B3C6D) % 2**32
    return h ^ (h >> 13)


def fold(h: int, n: int) -> int:
    return ((h >> 15) * n) >> 17


def slot_of(key: int, displacements: list[int], assets: int) -> int:
    d = displacements[fold(mix(key, 0xFFFF), len(displacements))]
    return d & 0x7FFF if d >= 0x8000 else fold(mix(key, d), assets)


def u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def find(pack: bytes, name: str) -> bytes | None:
    """The 32 bytes of the entry of ``name``, found as a reader finds it; None if the pack lacks it."""
    assets, buckets = u16(pack, 0x1C), u16(pack, 0x1E)
    if not assets:
        return None
    first = u16(pack, 0x06)
    displacements = [u16(pack, first + 2 * bucket) for bucket in range(buckets)]
    slot = slot_of(zlib.crc32(name.encode()), displacements, assets)
    if slot >= assets:
        return None
    entry = pack[u32(pack, 0x18) + 32 * slot :][:32]
    pool = pack[u32(pack, 0x20) :]
    stored = pool[int.from_bytes(entry[0x10:0x13], "little") :][: entry[0x13]]
    return entry if u32(entry, 0) == zlib.crc32(name.encode()) and stored == name.encode() else None


def payload_of(pack: bytes, entry: bytes) -> bytes:
    return pack[u32(entry, 4) :][: u32(entry, 8)]


def bitwise_crc8(data: bytes) -> int:
    """Polynomial division bit by bit: x^8 + x^2 + x + 1."""
    remainder = int.from_bytes(data, "big") << 8
    for bit in range(remainder.bit_length() - 1, 7, -1):
        if remainder >> bit & 1:
            remainder ^= 0x107 << (bit - 8)
    return remainder
