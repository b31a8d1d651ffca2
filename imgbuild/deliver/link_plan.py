"""Which sectors go over the wire, and in which order.

The order makes a cut harmless: the sectors by which a reader knows the image are erased first and written
last but one, the one with a pack's end marker last (if it is the right one already, it is erased first, too).
Until then the reader refuses what is there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from imgbuild.units import align_up

ERASE_AT_ONCE = 0x10000
"""An erase command's answer takes as long as the erase: 2 s for 64 KiB on slow chips."""
_MAGIC = b"IMGB"


@dataclass(frozen=True, slots=True)
class Step:
    """Sectors that are neighbours: ``is_erase`` makes them blank, otherwise they are written."""

    offset: int
    length: int
    is_erase: bool


@dataclass(frozen=True, slots=True)
class Target:
    """An image cut into a device's sectors, the last one filled with FF.

    ``head``: sectors by which a reader knows the image, in the order to be written; ``tail``: the one with
    the end marker, or None.
    """

    data: bytes
    sector_bytes: int
    head: tuple[int, ...]
    tail: int | None

    @property
    def sums(self) -> list[int]:
        """The CRC-32 of each sector."""
        return self.sums_of(0, self.count)

    def sums_of(self, first: int, count: int) -> list[int]:
        """The CRC-32 of each of ``count`` sectors."""
        return [zlib.crc32(self.sector(number)) for number in range(first, first + count)]

    @property
    def count(self) -> int:
        """Number of sectors."""
        return len(self.data) // self.sector_bytes

    def sector(self, number: int) -> bytes:
        """The bytes of one sector."""
        return self.data[number * self.sector_bytes : (number + 1) * self.sector_bytes]


def cut_image(data: bytes, sector_bytes: int, littlefs_block_bytes: int | None) -> Target:
    """``data`` in sectors; ``littlefs_block_bytes``: of a littlefs, whose superblocks are its first two."""
    padded = data.ljust(align_up(len(data), sector_bytes), b"\xff")
    count = len(padded) // sector_bytes
    if littlefs_block_bytes is not None:
        return Target(padded, sector_bytes, _superblocks(padded, sector_bytes, littlefs_block_bytes), None)
    if not data.startswith(_MAGIC):
        return Target(padded, sector_bytes, (), None)
    total = int.from_bytes(data[8:12], "little")
    tail = (total - 1) // sector_bytes if 0 < total <= len(data) else count - 1
    return Target(padded, sector_bytes, (0,), tail or None)


def _superblocks(data: bytes, sector_bytes: int, block_bytes: int) -> tuple[int, ...]:
    """Sectors of a littlefs' first two blocks, the one that counts first.

    That is the one whose revision, its first word, is the later one (littlefs SPEC.md, metadata pairs): with
    it the filesystem is complete, with the other alone it would be an earlier state of it.
    """
    first, second = (int.from_bytes(data[at : at + 4], "little") for at in (0, block_bytes))
    blocks = (1, 0) if 0 < (second - first) % (1 << 32) < 1 << 31 else (0, 1)
    sectors = [
        at // sector_bytes
        for block in blocks
        for at in range(block * block_bytes, (block + 1) * block_bytes, sector_bytes)
        if at < len(data)
    ]
    return tuple(dict.fromkeys(sectors))


def plan_steps(target: Target, device_sums: Sequence[int] | None) -> list[Step]:
    """What has to be done where the device holds sectors with ``device_sums``; None: everything."""
    wanted = target.sums
    blank = zlib.crc32(b"\xff" * target.sector_bytes)
    changed = [n for n in range(target.count) if device_sums is None or device_sums[n] != wanted[n]]
    if not changed:
        return []
    last = [n for n in (*target.head, target.tail) if n is not None]
    invalid = [n for n in target.head if device_sums is None or device_sums[n] != blank]
    if target.tail is not None and (device_sums is None or target.tail not in changed):
        invalid.append(target.tail)  # the right marker behind a header that is being written
    steps = list(_erase(sorted(invalid), target.sector_bytes))
    for group in ([n for n in changed if n not in last], list(target.head), [target.tail]):
        todo = [n for n in group if n is not None and (n in changed or n in invalid)]
        for is_blank, run in groupby(todo, lambda n: wanted[n] == blank):
            steps += (_erase if is_blank else _write)(list(run), target.sector_bytes)
    return steps


def _runs(sectors: Sequence[int], sector_bytes: int) -> Iterator[tuple[int, int]]:
    """Offset and length of neighbours."""
    for _, run in groupby(enumerate(sectors), lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0] * sector_bytes, len(numbers) * sector_bytes


def _write(sectors: Sequence[int], sector_bytes: int) -> Iterator[Step]:
    for offset, length in _runs(sectors, sector_bytes):
        yield Step(offset, length, is_erase=False)


def _erase(sectors: Sequence[int], sector_bytes: int) -> Iterator[Step]:
    """Pieces that end at multiples of ERASE_AT_ONCE, so that chips use their large erase units."""
    piece_bytes = max(ERASE_AT_ONCE, sector_bytes)
    for offset, length in _runs(sectors, sector_bytes):
        at = offset
        while at < offset + length:
            end = min(offset + length, at // piece_bytes * piece_bytes + piece_bytes)
            yield Step(at, end - at, is_erase=True)
            at = end
