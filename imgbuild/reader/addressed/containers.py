"""Which flash images follow each other in the bytes of a file: partitions that touch are one range there."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from imgbuild.addressed import Piece
from imgbuild.units import align_up

STEP_BYTES = 256
"""Partitions begin on erase blocks, which are multiples of this."""
SETTINGS, UNKNOWN = "settings", "unknown"
_PACK_MAGIC, _PACK_HEADER_BYTES, _PACK_TOTAL_AT = b"IMGB", 64, 8
_LITTLEFS_MAGIC, _LITTLEFS_MAGIC_AT, _LITTLEFS_SIZE_AT = b"littlefs", 8, 24


@dataclass(frozen=True, slots=True)
class Container:
    """``kind``: ``flat``, ``littlefs``, ``settings``, or UNKNOWN; ``size_bytes`` as its own head tells."""

    kind: str
    address: int
    size_bytes: int


def find_containers(piece: Piece) -> list[Container]:
    """The containers in a range, by address; erased bytes may lie between them.

    What begins as none of them is UNKNOWN up to the range's end: a firmware may hold anything. So far goes a
    pack with a damaged header, too.
    """
    return list(_find(memoryview(piece.data), piece.address))


def _find(view: memoryview, address: int) -> Iterator[Container]:
    areas: list[tuple[int, int]] | None = None
    at = end = 0
    while at < len(view):
        if not bytes(view[at : at + STEP_BYTES]).strip(b"\xff"):
            at = _step(address, at, STEP_BYTES)
            continue
        kind, size = _look(view[at:])
        start = at
        if kind == UNKNOWN:
            areas = _settings_areas(view) if areas is None else areas
            around = [area for area in areas if end <= area[0] <= at < sum(area)]
            kind, (start, size) = (SETTINGS, around[0]) if around else (UNKNOWN, (at, len(view) - at))
        yield Container(kind, address + start, size)
        at = end = _step(address, start, size)


def _step(address: int, at: int, size_bytes: int) -> int:
    """Where the next image may begin, counted like ``at``."""
    return align_up(address + at + size_bytes, STEP_BYTES) - address


def _look(view: memoryview) -> tuple[str, int]:
    """Kind and size of the container that begins here."""
    sizes = ((kind, tell(view)) for kind, tell in _TELLERS)
    return next((found for found in sizes if found[1]), (UNKNOWN, 0))


def _pack_bytes(view: memoryview) -> int:
    """FORMAT.md 2: the header's CRC-32 stands behind its first 60 bytes."""
    head = bytes(view[:_PACK_HEADER_BYTES])
    if len(head) < _PACK_HEADER_BYTES or not head.startswith(_PACK_MAGIC):
        return 0
    is_sound = zlib.crc32(head[:-4]) == int.from_bytes(head[-4:], "little")
    return int.from_bytes(head[_PACK_TOTAL_AT : _PACK_TOTAL_AT + 4], "little") if is_sound else len(view)


def _littlefs_bytes(view: memoryview) -> int:
    """SPEC.md of littlefs, superblock: block size and count stand behind the version."""
    if view[_LITTLEFS_MAGIC_AT : _LITTLEFS_MAGIC_AT + 8] != _LITTLEFS_MAGIC:
        return 0
    at = _LITTLEFS_SIZE_AT
    block_bytes, count = (int.from_bytes(view[at + 4 * n : at + 4 * n + 4], "little") for n in range(2))
    return block_bytes * count


def _settings_areas(view: memoryview) -> list[tuple[int, int]]:
    """Start and size of each area: any head tells them, the first sectors may be erased."""
    from imgbuild.reader.settings import find_areas

    return [(area.offset_bytes, area.size_bytes) for area in find_areas(bytes(view))]


_TELLERS = (("flat", _pack_bytes), ("littlefs", _littlefs_bytes))
