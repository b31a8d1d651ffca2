"""Update packages (``.imgu``): the whole image, or the sectors that changed (c_runtime/UPDATE-FORMAT.md)."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from imgbuild.errors import Place, fail
from imgbuild.units import format_bytes

MAGIC = b"IMGU"
MAJOR = 1
SIGNED_BYTES, SIGNATURE_BYTES = 160, 64
HEADER_BYTES = SIGNED_BYTES + SIGNATURE_BYTES
WAYS = ("any", "slots", "in-place")
"""Numbers of the header's ``way``."""
SECTOR_BYTES_MIN, SECTOR_BYTES_MAX = 256, 1 << 24
_HEAD = struct.Struct("<4sBBH12I32s32s32s4x")
_BLOCK = struct.Struct("<II32s")
_IS_LZ4 = 1 << 31
_LZ4_LEVEL = 12
_LAST = bytes(32)


@dataclass(frozen=True, slots=True)
class UpdateImage:
    """An image as an update sees it: the bytes that count, without padding, and what its header tells."""

    data: bytes
    pack_id: int
    content_version: int


@dataclass(frozen=True, slots=True)
class PackageTarget:
    """What a package is for. Names become CRC-32s; None: any. ``slot_bytes`` None: not checked."""

    sector_bytes: int
    way: str = "any"
    board: str | None = None
    partition: str | None = None
    slot_bytes: int | None = None


def id_of(name: str | None) -> int:
    """CRC-32 of a board's, partition's or product's name; 0 (any) for None."""
    return 0 if name is None else zlib.crc32(name.encode("utf-8"))


def make_package(new: UpdateImage, old: UpdateImage | None, target: PackageTarget, place: Place) -> bytes:
    """The unsigned package that turns ``old`` (None: whatever is there) into ``new``.

    Raises :class:`BuildError`: IB764 (another product), IB765 (older version), IB767 (larger than the slot),
    IB771 (equal images).
    """
    _check(new, old, target, place)
    sectors = list(_sectors(new.data, old.data if old else None, target.sector_bytes))
    body, first = _chain([_encode(offset, data) for offset, data in sectors])
    head = _HEAD.pack(
        MAGIC,
        MAJOR,
        MAJOR,
        HEADER_BYTES,
        HEADER_BYTES + len(body),
        len(sectors),
        len(new.data),
        new.content_version,
        new.pack_id,
        id_of(target.board),
        id_of(target.partition),
        target.sector_bytes,
        WAYS.index(target.way),
        len(old.data) if old else 0,
        old.content_version if old else 0,
        0,  # not signed: no key's id
        hashlib.sha256(new.data).digest(),
        first,
        hashlib.sha256(old.data).digest() if old else bytes(32),
    )
    return seal(head) + bytes(SIGNATURE_BYTES) + body


def seal(head: bytes) -> bytes:
    """What is signed: the first 156 bytes of a header and their CRC-32."""
    start = head[: SIGNED_BYTES - 4]
    return start + struct.pack("<I", zlib.crc32(start))


def _check(new: UpdateImage, old: UpdateImage | None, target: PackageTarget, place: Place) -> None:
    if target.slot_bytes is not None and len(new.data) > target.slot_bytes:
        room = format_bytes(target.slot_bytes)
        fail("IB767", f"the image has {format_bytes(len(new.data))}, the slot {room}", place)
    if old is None:
        return
    if old.pack_id != new.pack_id:
        message = f"pack_id is 0x{new.pack_id:08X}, that of the old image 0x{old.pack_id:08X}"
        fail("IB764", message, place, "both images come from manifests of one name")
    if new.content_version < old.content_version:
        fail(
            "IB765",
            f"content_version is {new.content_version}, that of the old image {old.content_version}",
            place,
            "raise content_version in the manifest",
        )
    if old.data == new.data:
        fail("IB771", "the old and the new image are equal: there is nothing to update", place)


def _sectors(new: bytes, old: bytes | None, sector_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of each sector to send, rising; the first one, with the pack's header, comes last.

    That one is always sent: a device erases it before anything else.
    """
    for offset in range(sector_bytes, len(new), sector_bytes):
        data = new[offset : offset + sector_bytes]
        if old is None or old[offset : offset + len(data)] != data:
            yield offset, data
    yield 0, new[:sector_bytes]


def _encode(offset: int, data: bytes) -> tuple[int, int, bytes]:
    """Offset, stored bytes with the flag for LZ4, and the bytes: compressed if that is smaller."""
    import lz4.block

    packed: bytes = lz4.block.compress(
        data, mode="high_compression", compression=_LZ4_LEVEL, store_size=False
    )
    if len(packed) < len(data):
        return offset, len(packed) | _IS_LZ4, packed
    return offset, len(data), data


def _chain(blocks: list[tuple[int, int, bytes]]) -> tuple[bytes, bytes]:
    """The body, in which each block has the SHA-256 of the next one, and the SHA-256 of the first."""
    following, parts = _LAST, []
    for offset, stored, data in reversed(blocks):
        block = _BLOCK.pack(offset, stored, following) + data
        following = hashlib.sha256(block).digest()
        parts.append(block)
    return b"".join(reversed(parts)), following
