"""Update packages, read from c_runtime/UPDATE-FORMAT.md alone: checked, and applied to an old image."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import NoReturn

from imgbuild.errors import Place, fail
from imgbuild.limits import ADDRESSED_BYTES_MAX

MAGIC = b"IMGU"
READER_MAJOR = 1
SIGNED_BYTES = 160
HEADER_BYTES = 224
BLOCK_BYTES = 40
_IS_LZ4 = 0x80000000
_SECTOR_BYTES_MAX = 1 << 24


@dataclass(frozen=True, slots=True)
class UpdateBlock:
    """One sector of the new image, decoded; ``offset`` in the image."""

    offset: int
    stored_bytes: int
    is_lz4: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """A package whose digests all fit. Ids are CRC-32s of names, 0 for any; bytes of both images."""

    pack_id: int
    board_id: int
    partition_id: int
    content_version: int
    base_version: int
    image_bytes: int
    base_bytes: int
    sector_bytes: int
    way: int
    key_id: int
    image_sha256: bytes
    base_sha256: bytes
    blocks: tuple[UpdateBlock, ...]
    signed: bytes
    signature: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it needs no old image."""
        return self.base_bytes == 0


def read_update(data: bytes, place: Place) -> Update:
    """Parse and check a package; its signature is returned, not judged.

    Raises IB770 (not a package, or a newer one) and IB763 (damaged). Bytes behind its end are ignored, as a
    device ignores them.
    """
    head = data[:HEADER_BYTES]
    if head[:4] != MAGIC:
        fail("IB770", f"starts with {head[:4].hex(' ')}, a package with {MAGIC.hex(' ')} (IMGU)", place)
    if len(head) < HEADER_BYTES:
        _damaged(f"{len(head)} bytes, but the header alone has {HEADER_BYTES}", place)
    if head[5] > READER_MAJOR:
        message = f"the package asks for a reader of format {head[5]}, this one reads {READER_MAJOR}"
        fail("IB770", message, place, "use a newer imgbuild")
    if zlib.crc32(head[:156]) != struct.unpack_from("<I", head, 156)[0]:
        _damaged("the header's CRC-32 does not fit", place)
    package_bytes, block_count, image_bytes, version = struct.unpack_from("<4I", head, 0x08)
    pack_id, board_id, partition_id, sector_bytes = struct.unpack_from("<4I", head, 0x18)
    way, base_bytes, base_version, key_id = struct.unpack_from("<4I", head, 0x28)
    if package_bytes > len(data):
        _damaged(f"{len(data)} bytes, but the header says {package_bytes}", place)
    shape = _Shape(image_bytes, sector_bytes, block_count)
    blocks = _read_blocks(data[HEADER_BYTES:package_bytes], shape, head[0x58:0x78], place)
    return Update(
        pack_id, board_id, partition_id, version, base_version, image_bytes, base_bytes, sector_bytes, way,
        key_id, head[0x38:0x58], head[0x78:0x98], blocks, head[:SIGNED_BYTES], head[SIGNED_BYTES:],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    image_bytes: int
    sector_bytes: int
    block_count: int


def _read_blocks(body: bytes, shape: _Shape, digest: bytes, place: Place) -> tuple[UpdateBlock, ...]:
    size = shape.sector_bytes
    if size & (size - 1) or not 256 <= size <= _SECTOR_BYTES_MAX:
        _damaged(f"sectors of {size} bytes", place)
    if not 0 < shape.image_bytes <= ADDRESSED_BYTES_MAX or not shape.block_count:
        _damaged(f"an image of {shape.image_bytes} bytes in {shape.block_count} blocks", place)
    blocks: list[UpdateBlock] = []
    at = 0
    for number in range(shape.block_count):
        if len(body) - at < BLOCK_BYTES:
            _damaged(f"block {number} of {shape.block_count} is cut short", place)
        offset, stored, following = struct.unpack_from("<II32s", body, at)
        end = at + BLOCK_BYTES + (stored & ~_IS_LZ4)
        if end > len(body) or hashlib.sha256(body[at:end]).digest() != digest:
            _damaged(f"block {number} of {shape.block_count} does not have the SHA-256 announced", place)
        is_last = number + 1 == shape.block_count
        lowest = blocks[-1].offset + 1 if blocks else 1
        if (offset != 0 if is_last else offset < lowest) or offset % size or offset >= shape.image_bytes:
            _damaged(f"block {number} is the sector at 0x{offset:X}, which cannot come here", place)
        decoded = min(size, shape.image_bytes - offset)
        blocks.append(_read_block(offset, stored, body[at + BLOCK_BYTES : end], decoded, place))
        digest, at = following, end
    if at != len(body):
        _damaged(f"{len(body) - at} bytes behind the last block", place)
    return tuple(blocks)


def _read_block(offset: int, stored: int, data: bytes, decoded_bytes: int, place: Place) -> UpdateBlock:
    is_lz4 = bool(stored & _IS_LZ4)
    decoded = _decode_lz4(data, decoded_bytes) if is_lz4 else data
    if not data or len(decoded) != decoded_bytes:
        _damaged(f"the sector at 0x{offset:X} does not decode to its {decoded_bytes} bytes", place)
    return UpdateBlock(offset, len(data), is_lz4, decoded)


def _decode_lz4(data: bytes, size: int) -> bytes:
    """The block decoded; nothing where it is malformed."""
    from lz4 import block

    try:
        decoded: bytes = block.decompress(data, uncompressed_size=size)
    except block.LZ4BlockError:
        return b""
    return decoded


def apply_update(update: Update, old: bytes | None, place: Place) -> bytes:
    """The new image, checked by its SHA-256. ``old``: the image that a package of changed sectors needs.

    Raises IB766 (``old`` is another image, or none was given), IB763 (the result is not the image promised).
    """
    base = b""
    if not update.is_whole:
        base = (old or b"")[: update.base_bytes]
        if hashlib.sha256(base).digest() != update.base_sha256:
            which = "another image than the one given" if old is not None else "an image that was not given"
            message = f"the package has only the sectors that changed since {which}"
            fail("IB766", message, place, "give the image that the device has as --from")
    image = bytearray(base[: update.image_bytes].ljust(update.image_bytes, b"\xff"))
    for block in update.blocks:
        image[block.offset : block.offset + len(block.data)] = block.data
    if hashlib.sha256(image).digest() != update.image_sha256:
        _damaged("the image that comes out does not have the SHA-256 announced", place)
    return bytes(image)


def _damaged(message: str, place: Place) -> NoReturn:
    fail("IB763", message, place, "make it again, or fetch it again")
