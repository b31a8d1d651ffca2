"""Flash images for the loader's tests, written without imgbuild: packs with an end marker, a littlefs."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from functools import cache

from c import handmade
from littlefs import LittleFS, LittleFSError

from imgbuild.errors import BuildError, Place
from imgbuild.reader.pack import open_pack

SECTOR = 0x1000


def _files(change: int, count: int) -> dict[str, bytes]:
    seeds = [change if number == count // 2 else 100 + number for number in range(count)]
    return {f"{number:03}.dat": random.Random(seed).randbytes(3000) for number, seed in enumerate(seeds)}


@cache
def make_pack(change: int = 0, name: str = "loader", count: int = 8) -> bytes:
    """A pack of ``count`` files of 3000 bytes, padded to the sector; ``change`` seeds the middle one."""
    assets = [handmade.file(path, data) for path, data in _files(change, count).items()]
    pack = handmade.pack(assets, name)
    return pack.ljust(-(-len(pack) // SECTOR) * SECTOR, b"\xff")


@cache
def make_littlefs(change: int = 0, count: int = 8, blocks: int = 64) -> bytes:
    """A littlefs of 64 blocks of 4 KiB, most of them free."""
    disk = LittleFS(block_size=SECTOR, block_count=blocks)
    for path, data in _files(change, count).items():
        with disk.open(path, "wb") as file:
            file.write(data)
    return bytes(disk.context.buffer)


def is_refused(region: bytes) -> bool:
    """Whether the reader refuses to open what stands at the start of the region."""
    try:
        open_pack(region, Place("region"))
    except BuildError:
        return True
    return False


def is_no_littlefs_or_part_of(new: bytes) -> Callable[[bytes], bool]:
    """Whether littlefs refuses to mount a region, or finds there files of ``new`` and no others."""
    wanted = _read_littlefs(new)

    def check(region: bytes) -> bool:
        found = _read_littlefs(region[: len(new)])
        return not found or found.items() <= wanted.items()

    return check


def _read_littlefs(data: bytes) -> dict[str, bytes]:
    """Every file, by littlefs itself; nothing if it does not mount."""
    disk = LittleFS(block_size=SECTOR, block_count=len(data) // SECTOR, mount=False)
    disk.context.buffer[:] = data
    try:
        disk.mount()
    except LittleFSError:
        return {}
    files = {}
    for name in disk.listdir("/"):
        with disk.open(name, "rb") as file:
            files[name] = file.read()
    return files


def pack_id(image: bytes) -> int:
    return int(struct.unpack_from("<I", image, 0x10)[0])
