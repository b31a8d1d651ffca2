"""What a range holds that begins as no flash image: firmware, or an image whose head is damaged."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable

from imgbuild.reader.addressed.containers import UNKNOWN, Container

_BLOCK_BYTES = 0x1000
"""Partitions begin on erase blocks: 4 KiB, or larger ones."""
_CHIP_SHIFT = 28
"""Memory windows of microcontrollers are 256 MiB apart or more; a chip behind one is smaller."""
_PACK_MAGIC, _PACK_HEADER_BYTES = b"IMGB", 64
_SETTINGS_COPY_AT, _SHAPE_AT = 16, 8
_LITTLEFS_MAGIC, _LITTLEFS_MAGIC_AT, _LITTLEFS_SIZE_AT = b"littlefs", 8, 24
_VECTORS_AT = (0, 0x100)
"""At the start, or behind a boot stage of 256 bytes (RP2040 data sheet, 2.8.1)."""
_FLEXSPI_TAG = b"FCFB"
"""i.MX RT1050 reference manual, "FlexSPI NOR configuration block": in front of a program in that flash."""


def may_be_image(one: Container, view: memoryview, images: Iterable[Container]) -> bool:
    """Whether an UNKNOWN range, whose bytes are ``view``, lies where an image may begin, and is no firmware.

    That is on an erase block, on the same chip as one of ``images``.
    """
    windows = {image.address >> _CHIP_SHIFT for image in images if image.kind != UNKNOWN}
    is_place = one.address % _BLOCK_BYTES == 0 and one.address >> _CHIP_SHIFT in windows
    return is_place and not _is_firmware(one.address, view)


def tell_damaged(view: memoryview) -> str | None:
    """The container that bytes once began as, where enough of its head is left: ``a pack`` ...; else None."""
    tellers = (("a pack", _was_pack), ("a littlefs", _was_littlefs), ("a settings area", _was_settings))
    return next((kind for kind, tell in tellers if tell(view)), None)


def _was_pack(view: memoryview) -> bool:
    """The header's CRC-32 (FORMAT.md 2) holds if its magic is put right."""
    head = bytes(view[:_PACK_HEADER_BYTES])
    if len(head) < _PACK_HEADER_BYTES:
        return False
    body = _PACK_MAGIC + head[len(_PACK_MAGIC) : -4]
    return zlib.crc32(body) == int.from_bytes(head[-4:], "little")


def _was_littlefs(view: memoryview) -> bool:
    """SPEC.md of littlefs: the superblock stands in blocks 0 and 1."""
    size = 256
    while size + 32 <= len(view) and size <= 1 << 20:
        block = view[size : size + 32]
        stored = int.from_bytes(block[_LITTLEFS_SIZE_AT : _LITTLEFS_SIZE_AT + 4], "little")
        magic = bytes(block[_LITTLEFS_MAGIC_AT : _LITTLEFS_MAGIC_AT + len(_LITTLEFS_MAGIC)])
        if magic == _LITTLEFS_MAGIC and stored == size:
            return True
        size *= 2
    return False


def _was_settings(view: memoryview) -> bool:
    """SETTINGS-FORMAT.md: each sector has its head twice."""
    from imgbuild.reader.settings import AreaPlace, read_area

    copy = bytes(view[_SETTINGS_COPY_AT : _SETTINGS_COPY_AT + 16])
    if len(copy) < 16:
        return False
    shape = int.from_bytes(copy[_SHAPE_AT : _SHAPE_AT + 4], "little")
    place = AreaPlace(0, shape & ~0x3F, shape & 0x3F)
    if place.sectors < 2 or not 256 <= place.size_bytes <= max(len(view), 256):
        return False
    return read_area(bytes(view[: place.size_bytes]), place).sequences[0] is not None


def _is_firmware(address: int, view: memoryview) -> bool:
    """A vector table of a Cortex-M (ARMv7-M manual, B1.5.3), or what boots an i.MX RT."""
    if bytes(view[:4]) == _FLEXSPI_TAG:
        return True
    return any(_is_vectors(view[at : at + 8], address, len(view)) for at in _VECTORS_AT)


def _is_vectors(words: memoryview, address: int, size_bytes: int) -> bool:
    """A stack pointer outside of the range, on a word, and a Thumb entry inside of it."""
    if len(words) < 8:
        return False
    stack, entry = struct.unpack("<II", words)
    is_inside = address <= stack < address + size_bytes
    return stack % 4 == 0 and not is_inside and entry % 2 == 1 and address <= entry < address + size_bytes
