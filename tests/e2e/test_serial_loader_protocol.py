"""The serial loader byte by byte, by hand from PROTOCOL.md."""

from __future__ import annotations

import random
import socket
import zlib
from itertools import pairwise

import pytest
from loader import images
from loader.device import CHIP_BYTES, REGION, REGION_BYTES, RUNTIME, SECTOR, Device, Wire
from loader.scenes import cells_with, send, settle

from imgbuild.deliver.link import Link, LinkLostError, SocketLink


def crc16(data: bytes) -> int:
    """CRC-16/XMODEM, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = crc << 1 ^ (0x11021 if crc & 0x8000 else 0)
    return crc


def block(number: int, data: bytes) -> bytes:
    start = {128: 1, 1024: 2}[len(data)]
    return bytes([start, number & 255, ~number & 255]) + data + crc16(data).to_bytes(2, "big")


def ask(link: Link, letter: str, offset: int = 0, length: int = 0) -> bytes:
    """Sends a command, takes the answer apart, by hand."""
    command = (
        b"\x7f" + letter.encode() + b"\x42\x01" + offset.to_bytes(4, "little") + length.to_bytes(4, "little")
    )
    link.write(block(0, command.ljust(128, b"\0")))
    got = bytearray()
    while not got or got[0] not in (1, 2):
        byte = link.read_byte(5)
        assert byte is not None
        got = bytearray([byte]) if byte != 0x43 else bytearray()
    length = 128 if got[0] == 1 else 1024
    while len(got) < length + 5:
        byte = link.read_byte(5)
        assert byte is not None
        got.append(byte)
    assert bytes(got) == block(0x42, bytes(got[3:-2]))
    assert got[3:7] == b"\x7f" + letter.encode() + b"\x42\x01"
    return bytes(got[7:-2])


def status_of(answer: bytes) -> int:
    return int.from_bytes(answer[:4], "little", signed=True)


def test_hello_as_the_protocol_has_it() -> None:
    with Device(cells_with(b""), pack_id=0x12345678) as device, Wire(device.line) as wire:
        answer = ask(wire.link(), "H")
        words = [int.from_bytes(answer[at : at + 4], "little") for at in range(0, 40, 4)]
        assert words == [
            0, 0, 0xEF4017, 0xEF4017, CHIP_BYTES, REGION, REGION_BYTES, SECTOR, 0, 0x12345678,
        ]  # fmt: skip
        assert answer[40:72] == b"test-board".ljust(32, b"\0")
        assert answer[72:] == bytes(len(answer) - 72)  # it takes no packages


def test_the_worked_example_of_the_protocol() -> None:
    text = (RUNTIME / "loader" / "PROTOCOL.md").read_text()
    lines = text.split("Worked example")[1].split("\n\n")[1].splitlines()
    expected = bytes.fromhex("".join(line.split("...")[0] for line in lines))
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        link = wire.link()
        link.write(block(0, b"\x7fH\x42\x01".ljust(128, b"\0")))
        got = bytes(link.read_byte(5) or 0 for _ in range(2 + len(expected))).lstrip(b"C")
        assert got[: len(expected)] == expected
        assert len(expected) > 56


def test_without_a_sink_a_file_called_imgu_goes_to_the_region() -> None:
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        link = wire.link()
        for sent in (block(0, b"a.imgu\x00100".ljust(128, b"\0")), block(1, bytes(range(128))), b"\x04"):
            link.write(sent)
            while link.read_byte(5) != 6:
                pass
        assert settle(device).region[:101] == bytes(range(100)) + b"\xff"


def test_sums_as_the_protocol_has_them() -> None:
    content = random.Random(9).randbytes(REGION_BYTES)
    with Device(cells_with(content)) as device, Wire(device.line) as wire:
        for first, count in ((0, 1), (1, 30), (3, 31), (2, 190)):
            answer = ask(wire.link(), "S", first * SECTOR, count * SECTOR)
            assert status_of(answer) == 0
            sums = [zlib.crc32(content[n * SECTOR : (n + 1) * SECTOR]) for n in range(first, first + count)]
            assert answer[4 : 4 + 4 * count] == b"".join(s.to_bytes(4, "little") for s in sums)
        assert settle(device).operations == 0


@pytest.mark.parametrize(
    ("letter", "offset", "length", "status"),
    [
        ("S", REGION_BYTES, SECTOR, -1101), ("S", 0, REGION_BYTES + SECTOR, -1101),
        ("E", 0xFFFFF000, 2 * SECTOR, -1101), ("E", SECTOR, 0xFFFFF000, -1101), ("E", 5, SECTOR, -1108),
        ("W", 0, 100, -1108), ("W", REGION_BYTES - SECTOR, 2 * SECTOR, -1101), ("X", 0, 0, -1207),
        ("P", 0, SECTOR, -1207), ("F", 0, 0, -1207),
    ],
)  # fmt: skip
def test_requests_outside_the_region_are_refused(letter: str, offset: int, length: int, status: int) -> None:
    with Device(cells_with(images.make_pack())) as device, Wire(device.line) as wire:
        assert status_of(ask(wire.link(), letter, offset, length)) == status
        link = wire.link()
        link.write(block(1, bytes(1024)))  # a block that belongs to no transfer
        assert [link.read_byte(5) for _ in range(4)] == [0x18] * 4
        assert settle(device).operations == 0


def test_repeated_and_misplaced_blocks() -> None:
    data = random.Random(2).randbytes(SECTOR)
    blocks = [block(n + 1, data[n * 1024 : (n + 1) * 1024]) for n in range(4)]
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        link = wire.link()
        assert status_of(ask(link, "W", SECTOR, SECTOR)) == 0
        answers = []
        for sent in (blocks[0], blocks[0], blocks[1], blocks[1], blocks[1], blocks[2], blocks[3], b"\x04"):
            link.write(sent)
            answers.append(link.read_byte(5))
        assert answers == [6] * 8
        assert link.read_byte(5) == 0x43
        assert settle(device).region[SECTOR : 2 * SECTOR] == data
        assert status_of(ask(link, "W", SECTOR, SECTOR)) == 0
        link.write(blocks[0])
        assert link.read_byte(5) == 6
        link.write(blocks[2])
        assert [link.read_byte(5) for _ in range(4)] == [0x18] * 4
        assert settle(device).status == -1203


def test_an_end_that_comes_too_early_is_asked_for_again() -> None:
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        link = wire.link()
        assert status_of(ask(link, "W", 0, SECTOR)) == 0
        link.write(block(1, bytes(1024)))
        assert link.read_byte(5) == 6
        link.write(b"\x04")
        assert link.read_byte(5) == 0x15
        for number in (2, 3, 4):
            link.write(block(number, bytes(1024)))
            assert link.read_byte(5) == 6
        link.write(b"\x04")
        assert link.read_byte(5) == 6
        assert settle(device).region[:SECTOR] == bytes(SECTOR)


def test_links_count_what_they_carry() -> None:
    near, far = socket.socketpair()
    link = SocketLink("pair", near)
    link.write(b"abc")
    assert far.recv(10) == b"abc"
    far.sendall(b"de")
    assert [link.read_byte(1), link.read_byte(1), link.read_byte(0.01)] == [0x64, 0x65, None]
    assert (link.sent_bytes, link.received_bytes) == (3, 2)
    far.close()
    with pytest.raises(LinkLostError):
        link.read_byte(1)
    near.close()


def test_the_steps_of_an_update_end_with_the_end_marker() -> None:
    """Seen on the wire: header sector erased first, end marker's written last."""
    old, new = images.make_pack(), images.make_pack(change=1)
    seen: list[tuple[str, int]] = []
    stream = bytearray()

    def listen(data: bytes) -> bytes:
        stream.extend(data)
        return data

    with Device(cells_with(old)) as device, Wire(device.line, down=listen) as wire:
        send(wire.link(), new)
        settle(device)
    at = stream.find(b"\x01\x00\xff\x7f")
    while at >= 0:
        letter = chr(stream[at + 4])
        if letter in "EW":
            seen.append((letter, int.from_bytes(stream[at + 7 : at + 11], "little")))
        at = stream.find(b"\x01\x00\xff\x7f", at + 1)
    assert seen[0] == ("E", 0)
    assert seen[-2:] == [("W", 0), ("W", 5 * SECTOR)]
    assert all(a != b for a, b in pairwise(seen))
