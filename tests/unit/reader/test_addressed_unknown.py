"""What a range is that begins as no image: heads made by hand, from the formats' own documents."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from imgbuild.addressed import Piece
from imgbuild.reader.addressed.containers import Container, find_containers
from imgbuild.reader.addressed.unknown import may_be_image, tell_damaged

IMAGE = Container("flat", 0x90100000, 0x1000)


def pack_head(magic: bytes = b"IMGB") -> bytes:
    """FORMAT.md 2: 60 bytes, then their CRC-32, which speaks of the right magic."""
    head = struct.pack("<4sBBHI", b"IMGB", 1, 1, 64, 4096).ljust(60, b"\0")
    return magic + (head + struct.pack("<I", zlib.crc32(head)))[4:]


def area_head(sector: int, at: int, sequence: int = 1, shape: int = 0x1000 | 2) -> bytes:
    """SETTINGS-FORMAT.md: a record of kind 53h whose CRC starts with the sector's number and its place."""
    head = struct.pack("<BBHII", 4, 0x53, 0, sequence, shape)
    return head + struct.pack("<I", zlib.crc32(head, sector ^ at << 8))


@pytest.mark.parametrize(
    ("data", "was"),
    [
        (pack_head(b"IMGC").ljust(4096, b"\0"), "a pack"),
        (pack_head(b"\0\0\0\0"), "a pack"),
        (bytes(512 + 8) + b"littlefs" + bytes(4) + struct.pack("<III", 0x20001, 512, 8), "a littlefs"),
        (bytes(16) + area_head(0, 16) + b"\xff" * 0x1FE0, "a settings area"),
        (bytes(4096), None),
        (pack_head(b"IMGC")[:63], None),
        (bytes(512 + 8) + b"littlefs" + bytes(4) + struct.pack("<III", 0x20001, 256, 8), None),
        (bytes(16) + area_head(1, 16) + b"\xff" * 0x1FE0, None),
        (bytes(16) + area_head(0, 16, shape=0xFFFFFFC0 | 63) + b"\xff" * 0x1FE0, None),
        (b"", None),
    ],
)
def test_what_is_left_of_a_head_tells_what_it_was(data: bytes, was: str | None) -> None:
    assert tell_damaged(memoryview(data)) == was


@pytest.mark.parametrize(
    ("address", "data", "expected"),
    [
        (0x90200000, bytes(64), True),
        (0x90200800, bytes(64), False),  # no erase block begins here
        (0x08000000, bytes(64), False),  # another memory
        (0x90200000, struct.pack("<II", 0x20020000, 0x90200021) + bytes(56), False),  # a Cortex-M's vectors
        (0x90200000, struct.pack("<II", 0x20020000, 0x90200020) + bytes(56), True),  # not Thumb
        (0x90200000, struct.pack("<II", 0x20020000, 0x08000021) + bytes(56), True),  # starts elsewhere
        (0x90200000, struct.pack("<II", 0x90200008, 0x90200021) + bytes(56), True),  # its stack in the flash
        (0x90200000, bytes(256) + struct.pack("<II", 0x20020000, 0x90200101) + bytes(56), False),  # RP2040
        (0x90200000, b"FCFB" + bytes(60), False),  # i.MX RT
        (0x90200000, b"\x01", True),
    ],
)
def test_an_image_may_begin_on_a_block_of_its_chip_unless_firmware_does(
    address: int, data: bytes, *, expected: bool
) -> None:
    one = Container("unknown", address, len(data))
    assert may_be_image(one, memoryview(data), [IMAGE, one]) is expected
    assert not may_be_image(one, memoryview(data), [one])  # nothing tells that this chip has images


@pytest.mark.parametrize("sector", [0, 1, 2])
def test_a_settings_area_begins_in_front_of_the_first_sector_in_use(sector: int) -> None:
    shape = 0x1000 | 3
    head = area_head(sector, 0, shape=shape) + area_head(sector, 16, shape=shape)
    data = b"\xff" * 0x1000 + (b"\xff" * 0x1000 * sector + head).ljust(0x3000, b"\xff")
    found = find_containers(Piece(0x90000000, data))
    assert found == [Container("settings", 0x90001000, 0x3000)]


def test_a_settings_area_begins_behind_the_image_in_front_of_it() -> None:
    """A head that speaks of sectors inside that image is none."""
    head = area_head(1, 0) + area_head(1, 16)
    data = pack_head().ljust(0x1000, b"\0") + head.ljust(0x1000, b"\xff")
    assert [one.kind for one in find_containers(Piece(0, data))] == ["flat", "unknown"]


def test_hostile_bytes_are_survived() -> None:
    source = random.Random(5)
    for _ in range(300):
        data = bytearray(source.randbytes(source.randrange(400)) + pack_head() + area_head(1, 0))
        for _ in range(4):
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        view = memoryview(bytes(data))
        tell_damaged(view)
        for one in find_containers(Piece(0, data)):
            assert 0 <= one.address < len(data)
            may_be_image(one, view[one.address :], [IMAGE])
