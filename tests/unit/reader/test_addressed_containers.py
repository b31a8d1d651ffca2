"""Which images follow each other in a range of bytes: heads made by hand, from the formats' own documents."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from imgbuild.addressed import Piece
from imgbuild.reader.addressed.containers import Container, find_containers


def pack(total_bytes: int) -> bytes:
    """A header of FORMAT.md 2 and nothing but zeros behind it."""
    head = struct.pack("<4sBBHI", b"IMGB", 1, 1, 64, total_bytes).ljust(60, b"\0")
    return (head + struct.pack("<I", zlib.crc32(head))).ljust(total_bytes, b"\0")


def littlefs(block_bytes: int, count: int) -> bytes:
    """A superblock of littlefs's SPEC.md: magic, then version, block size and block count."""
    head = bytes(8) + b"littlefs" + bytes(4) + struct.pack("<III", 0x20001, block_bytes, count)
    return head.ljust(min(block_bytes * count, 1 << 14), b"\0")


def find(data: bytes, address: int = 0x90000000) -> list[tuple[str, int, int]]:
    return [
        (one.kind, one.address - address, one.size_bytes) for one in find_containers(Piece(address, data))
    ]


def test_images_that_touch_are_told_apart() -> None:
    data = pack(1000).ljust(4096, b"\xff") + littlefs(4096, 2) + pack(300)
    assert find(data) == [("flat", 0, 1000), ("littlefs", 4096, 8192), ("flat", 12288, 300)]


def test_erased_bytes_may_come_first_and_an_image_may_begin_anywhere() -> None:
    assert find(b"\xff" * 8192 + littlefs(4096, 2)) == [("littlefs", 8192, 8192)]
    assert find(pack(1000), 0x90000004) == [("flat", 0, 1000)]
    assert find(b"\xff" * 1000) == []
    assert find(b"") == []


def test_an_image_inside_of_another_one_is_not_found() -> None:
    outer = bytearray(pack(8192))
    outer[1024:2048] = pack(1024)
    assert find(bytes(outer)) == [("flat", 0, 8192)]


def test_what_is_not_known_goes_to_the_end() -> None:
    firmware = b"\x00\x20\x00\x20" * 100
    assert find(firmware + pack(300)) == [("unknown", 0, 700)]
    assert find(pack(300).ljust(512, b"\xff") + firmware) == [("flat", 0, 300), ("unknown", 512, 400)]


def test_a_damaged_header_is_an_image_still() -> None:
    data = bytearray(pack(300).ljust(512, b"\xff") + pack(300))
    data[9] ^= 1
    assert find(bytes(data)) == [("flat", 0, 812)]


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_come_to_an_end(seed: int) -> None:
    source = random.Random(seed)
    parts = [
        pack(300),
        littlefs(256, source.randrange(1 << 31)),
        littlefs(0, 0),
        source.randbytes(500),
        b"\xff" * 700,
    ]
    data = b"".join(source.choices(parts, k=8))
    found = find_containers(Piece(0, data[: source.randrange(len(data))]))
    starts = [one.address for one in found]
    assert starts == sorted(set(starts))
    assert all(isinstance(one, Container) and one.size_bytes > 0 for one in found)
