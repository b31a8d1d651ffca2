"""The loaders' C files on this machine and a chip that forgives nothing: every kind, every failing call."""

from __future__ import annotations

import random

import pytest
from unit.loader.host_loader import HostLoader

from imgbuild.loader.board import BoardChoice

MIB = 1 << 20
IMAGE = random.Random(5).randbytes(9000)
BOARDS = {
    "sst25vf016b": (BoardChoice("spark-core", region="0x80000:0x20000"), 0, 0x80000),
    "w25q64": (BoardChoice("daisy-seed", chip="w25q64jv", region="0xC0000:0x20000"), 0x90000000, 0xC0000),
    "w25q256": (
        BoardChoice("daisy-seed", chip="w25q256jv", region="0x1000000:0x20000"), 0x90000000, 0x1000000,
    ),
}  # fmt: skip
"""Of each model: the board, the address of its first byte, where the region begins."""


@pytest.fixture(params=list(BOARDS))
def model(request: pytest.FixtureRequest) -> str:
    return request.param


def load(kind: str, model: str) -> tuple[HostLoader, int, int]:
    choice, base, region = BOARDS[model]
    return HostLoader(kind, choice, "sim", model), base, base + region


def test_a_stldr_keeps_the_rules_of_the_chip(model: str) -> None:
    stldr, base, start = load("stldr", model)
    content = random.Random(1).randbytes(0x20000)
    stldr.chip.poke(start - base, content)
    assert stldr("Init") == 1
    data = stldr.put(IMAGE)
    assert stldr("SectorErase", start, start + len(IMAGE) - 1) == 1
    assert stldr("Write", start, len(IMAGE), data) == 1
    assert stldr("Verify", start, data, len(IMAGE) // 4, 0) == sum(IMAGE) << 32
    assert stldr("CheckSum", start, len(IMAGE), 7) == sum(IMAGE) + 7
    block = 0x1000 if model == "sst25vf016b" else 0x10000
    erased = -(-len(IMAGE) // block) * block
    assert stldr.chip.peek(start - base, 0x20000) == IMAGE.ljust(erased, b"\xff") + content[erased:]
    assert stldr("MassErase", 0) == 1
    assert stldr.chip.peek(start - base, 0x20000) == b"\xff" * 0x20000
    assert stldr.complaints == ""


def test_an_flm_keeps_the_rules_of_the_chip(model: str) -> None:
    flm, base, start = load("flm", model)
    flm.chip.poke(start - base, bytes(0x20000))
    assert flm("Init", base, 0, 1) == 0
    assert flm("EraseSector", start) == 0
    for at in range(0, 4096, 256):
        assert flm("ProgramPage", start + at, 256, flm.put(IMAGE[at : at + 256])) == 0
    assert flm("Verify", start, 4096, flm.put(IMAGE[:4096])) == start + 4096
    assert flm("Verify", start, 4096, flm.put(IMAGE[:4095] + b"\0")) == start + 4095
    assert flm.chip.peek(start - base, 4096) == IMAGE[:4096]
    assert flm("EraseChip") == 0
    assert flm("BlankCheck", start, 0x20000, 0xFF) == 0
    assert flm("BlankCheck", start, 0x20000, 0x00) == 1
    assert flm("UnInit", 1) == 0
    assert flm.complaints == ""


FAULTS = {
    "busy for ever": ("stick_busy", 1),
    "write enable refused": ("refuse_enable", 1),
    "erase fails": ("fail_erase", 0, 2 * MIB),
    "wrong chip": ("set_id", 0xC84017),
    "nothing answers": ("set_wire", 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_chip_fails_the_call(fault: str) -> None:
    stldr, _, start = load("stldr", "w25q64")
    assert stldr("Init") == 1
    stldr.chip.poke(0xC0000, bytes(0x10000))
    stldr.chip.call(*FAULTS[fault])
    assert stldr("SectorErase", start, start) == 0
    assert stldr("Write", start, 256, stldr.put(IMAGE[:256])) == 0
    is_heard = fault in ("wrong chip", "nothing answers")
    assert stldr("Init") == (0 if is_heard or fault == "busy for ever" else 1)
    assert stldr.chip.peek(0xC0000, 256) == bytes(256)


def test_a_flash_that_does_not_program_is_seen_at_once() -> None:
    flm, _, start = load("flm", "w25q64")
    assert flm("Init", 0, 0, 2) == 0
    flm.chip.call("fail_program", 0xC0000 + 100, 1)
    assert flm("ProgramPage", start, 256, flm.put(bytes(256))) == 1


def test_bus_functions_that_fail_fail_init() -> None:
    flm, base, _ = load("flm", "w25q64")
    flm.lib.fake_break(1)
    assert flm("Init", base, 0, 1) == 1
    assert flm.chip.clocked_bytes == 0


@pytest.mark.parametrize(
    "offset", [0, 0x3F000, 0x40000, 0xB0000, 0xE0000, 0x7F0000, 0x800000, 0x10000000, -4096]
)
def test_nothing_outside_the_region_is_changed(offset: int) -> None:
    flm, base, _ = load("flm", "w25q64")
    flm.chip.poke(0, bytes(flm.chip.size))
    assert flm("Init", base, 0, 1) == 0
    before = flm.chip.operations
    assert flm("EraseSector", base + offset & 0xFFFFFFFF) == 1
    assert flm("ProgramPage", base + offset & 0xFFFFFFFF, 256, flm.put(IMAGE[:256])) == 1
    assert flm.chip.operations == before
    assert flm.chip.peek() == bytes(flm.chip.size)


def test_sectors_are_those_of_the_board() -> None:
    """The Daisy Seed erases 4 KiB below 256 KiB, 64 KiB above: half a sector is no sector."""
    flm, _, start = load("flm", "w25q64")
    assert flm("Init", 0, 0, 1) == 0
    assert flm("EraseSector", start + 0x1000) == 1
    assert flm("EraseSector", start + 0x10000) == 0
    assert flm.chip.wear(0xD0000) == 1
    assert flm.chip.wear(0xC0000) == flm.chip.wear(0xE0000) == 0


def test_a_ram_loader_does_its_jobs() -> None:
    import ctypes

    class Job(ctypes.Structure):
        _fields_ = (
            *((name, ctypes.c_uint32) for name in ("command", "address", "length", "buffer")),
            ("result", ctypes.c_int32),
            ("failed_at", ctypes.c_uint32),
            ("jedec_id", ctypes.c_uint32),
        )

    ram, _, start = load("ram", "w25q64")
    mailbox = Job.in_dll(ram.lib, "imgb_ram_job")

    def job(command: int, address: int, length: int, data: bytes = b"") -> int:
        for name, value in zip(Job._fields_, (command, address, length, ram.put(data), 1), strict=False):
            setattr(mailbox, name[0], value)
        ram.lib.imgb_ram_run()
        return int(mailbox.result)

    assert job(1, 0, 0) == 0
    assert mailbox.jedec_id == 0xEF4017
    assert job(2, start, 0x3000) == 0
    assert job(3, start, len(IMAGE), IMAGE) == 0
    assert job(4, start, len(IMAGE), IMAGE) == 0
    assert job(4, start, len(IMAGE), IMAGE[:-1] + b"\0") == -1107
    assert mailbox.failed_at == start + len(IMAGE) - 1
    assert job(3, start - 1, 2, b"ab") == -1101
    assert ram.complaints == ""
