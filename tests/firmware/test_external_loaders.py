"""The loaders for programming tools, called as those tools do, on an emulated Cortex-M with its flash."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from firmware.example import require_tools
from firmware.gdb_remote import Machine, run_machine

from imgbuild.loader.board import BoardChoice
from imgbuild.loader.build import LoaderRequest, build_loader
from imgbuild.loader.kinds import KINDS

pytestmark = pytest.mark.xdist_group("firmware")

BASE, CHIP_BYTES = 0x80000000, 8 << 20
REGION, REGION_BYTES = 0x80000, 0x10000
START = BASE + REGION
NOT_INSIDE = {
    "reserved": BASE,
    "before the region": START - 4096,
    "behind the region": START + REGION_BYTES,
    "behind the chip": BASE + CHIP_BYTES,
    "elsewhere": 0x20000000,
}
CONTENT = random.Random(7).randbytes(1 << 20).ljust(CHIP_BYTES, b"\x5a")
IMAGE = random.Random(8).randbytes(10_000)
CLANG = "clang --target=thumbv6m-none-eabi"
STACK_BYTES_MAX = 400
"""Tools give 512 at the least (pyOCD: of two buffers; else 64)."""


@cache
def built(kind: str, cpu: str = "cortex-m0plus", compiler: str = "arm-none-eabi-gcc") -> bytes:
    require_tools(compiler.split(maxsplit=1)[0])
    choice = BoardChoice("qemu-ast1030", region=f"0x{REGION:X}:0x{REGION_BYTES:X}")
    loader = build_loader(LoaderRequest(KINDS[kind], choice, cpu=cpu, compiler=compiler))
    assert loader.notes == []
    return loader.data


class Loader:
    """A loader in the RAM of the machine: its functions by name, data put where a tool would put it."""

    def __init__(self, machine: Machine, kind: str, base: int | None = None, *variant: str) -> None:
        path = machine.flash.with_name(f"loader.{kind}")
        path.write_bytes(built(kind, *variant))
        self.machine, self.names = machine, machine.load(path, base)

    def __call__(self, name: str, *arguments: int) -> int:
        return self.machine.call(self.names[name], *arguments)[0]

    def put(self, data: bytes) -> int:
        self.machine.remote.write(self.machine.DATA, data)
        return self.machine.DATA


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    require_tools("qemu-system-arm")
    with run_machine(tmp_path, CONTENT) as running:
        yield running


@pytest.fixture
def other_chip(tmp_path: Path) -> Iterator[Machine]:
    """GD25Q64: as the chip of the board, but its id (C8 40 17)."""
    require_tools("qemu-system-arm")
    with run_machine(tmp_path, CONTENT, "gd25q64") as running:
        yield running


def window(machine: Machine, offset: int, length: int) -> bytes:
    """Flash as the mapped window shows it: every call of a loader leaves it mapped."""
    return machine.remote.read(BASE + offset, length)


def pages(data: bytes, size: int) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + size]) for at in range(0, len(data), size)]


# --- .FLM ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "variant"),
    [(0x20000, ()), (0x1357C, ()), (0x1357C, ("cortex-m4",)), (0x1357C, ("cortex-m0plus", CLANG))],
    ids=["here", "there", "m4", "clang"],
)
def test_an_flm_programs_and_verifies_wherever_it_is_loaded(
    machine: Machine, base: int, variant: tuple[str, ...]
) -> None:
    if CLANG in variant:
        require_tools("ld.lld")
    flm = Loader(machine, "flm", base, *variant)
    assert flm("Init", BASE, 0, 1) == 0
    for at in range(0, len(IMAGE), 4096):
        assert flm("BlankCheck", START + at, 4096, 0xFF) == 1
        assert flm("EraseSector", START + at) == 0
        assert flm("BlankCheck", START + at, 4096, 0xFF) == 0
    assert (flm("UnInit", 1), flm("Init", BASE, 0, 2)) == (0, 0)
    for at, page in pages(IMAGE, 256):
        assert flm("ProgramPage", START + at, len(page), flm.put(page)) == 0
    assert (flm("UnInit", 2), flm("Init", BASE, 0, 3)) == (0, 0)
    assert flm("Verify", START, len(IMAGE), flm.put(IMAGE)) == START + len(IMAGE)
    different = bytearray(IMAGE)
    different[1234] ^= 0x10
    assert flm("Verify", START, len(IMAGE), flm.put(different)) == START + 1234
    assert flm("UnInit", 3) == 0
    assert machine.deepest_stack <= STACK_BYTES_MAX
    assert window(machine, REGION - 64, 64) == CONTENT[REGION - 64 : REGION]
    assert window(machine, REGION, len(IMAGE)) == IMAGE
    assert window(machine, REGION + 12288, 64) == CONTENT[REGION + 12288 :][:64]


def test_an_flm_erases_the_region_when_it_is_told_to_erase_the_chip(machine: Machine) -> None:
    flm = Loader(machine, "flm", 0x20000)
    assert flm("Init", BASE, 0, 1) == 0
    assert flm("EraseChip") == 0
    blank = b"\xff" * REGION_BYTES
    assert machine.stop() == CONTENT[:REGION] + blank + CONTENT[REGION + REGION_BYTES :]


def refuses(loader: Loader, calls: dict[str, Callable[[int], tuple[int, ...]]], failed: int) -> None:
    """Each call, at each address that is not the loader's to change, fails and changes nothing."""
    for name, arguments in calls.items():
        for what, address in NOT_INSIDE.items():
            assert loader(name, *arguments(address)) == failed, (name, what)


def test_an_flm_changes_nothing_outside_its_region(machine: Machine) -> None:
    flm = Loader(machine, "flm", 0x20000)
    data = flm.put(IMAGE[:512])
    assert flm("Init", BASE, 0, 1) == 0
    refuses(flm, {"EraseSector": lambda a: (a,), "ProgramPage": lambda a: (a, 256, data)}, 1)
    assert flm("EraseSector", START + 256) == 1  # inside a sector
    assert flm("ProgramPage", START + REGION_BYTES - 256, 512, data) == 1  # across the end
    assert flm("Verify", BASE + CHIP_BYTES - 256, 512, data) == BASE + CHIP_BYTES - 256
    assert flm("BlankCheck", BASE + CHIP_BYTES, 256, 0xFF) == 1
    assert window(machine, 0, 1 << 20) == CONTENT[: 1 << 20]


def test_an_flm_knows_another_chip(other_chip: Machine) -> None:
    flm = Loader(other_chip, "flm", 0x20000)
    assert flm("Init", BASE, 0, 1) == 1
    assert flm("EraseSector", START) == 1
    assert flm("EraseChip") == 1
    assert flm("ProgramPage", START, 256, flm.put(IMAGE[:256])) == 1
    assert window(other_chip, REGION, REGION_BYTES) == CONTENT[REGION:][:REGION_BYTES]


def test_pyocd_reads_the_flm_and_its_layout_runs(machine: Machine, tmp_path: Path) -> None:
    """pyOCD's own parser; then the code as pyOCD would place it, called at the addresses that it computes."""
    from pyocd.core.memory_map import RamRegion
    from pyocd.target.pack.flash_algo import PackFlashAlgo

    path = tmp_path / "loader.FLM"
    path.write_bytes(built("flm"))
    algo = PackFlashAlgo(str(path))
    info = algo.flash_info
    assert (info.version, info.name, info.type) == (0x0101, b"W25Q64JV_QEMU-AST1030", 5)
    assert (algo.flash_start, algo.flash_size, algo.page_size) == (BASE, CHIP_BYTES, 256)
    assert (info.value_empty, algo.sector_sizes) == (0xFF, [(0, 4096)])
    # the part by its SFDP table: a page at most 4.224 ms, 4 KiB at most 896 ms; and 100 ms for a tool
    assert (info.prog_timeout_ms, info.erase_timeout_ms) == (105, 996)
    assert set(algo.symbols) == PackFlashAlgo.REQUIRED_SYMBOLS | PackFlashAlgo.EXTRA_SYMBOLS
    placed = algo.get_pyocd_flash_algo(256, RamRegion(start=0x20000, length=0x1000))
    code = struct.pack(f"<{len(placed['instructions'])}I", *placed["instructions"])
    machine.remote.write(placed["load_address"], code)
    stack, buffer = placed["begin_stack"], placed["page_buffers"][0]
    machine.remote.write(buffer, IMAGE[:256])

    def call(name: str, *arguments: int) -> int:
        address, base = placed[name], placed["static_base"]
        return machine.call(address, *arguments, static_base=base, stack=stack)[0]

    machine.STACK_BYTES = stack - placed["end_stack"]
    assert call("pc_init", BASE, 0, 1) == 0
    assert call("pc_erase_sector", START) == 0
    assert call("pc_program_page", START, 256, buffer) == 0
    assert call("pc_unInit", 2) == 0
    assert window(machine, REGION, 256) == IMAGE[:256]


# --- .stldr ----------------------------------------------------------------------------------------


def verify(stldr: Loader, address: int, data: int, length: int, misalignment: int = 0) -> tuple[int, int]:
    """Lower and upper word of the answer."""
    return stldr.machine.call(stldr.names["Verify"], address, data, length // 4, misalignment)


def test_a_stldr_erases_writes_reads_and_verifies(machine: Machine) -> None:
    stldr = Loader(machine, "stldr")
    assert stldr("Init") == 1
    assert stldr("SectorErase", START + 100, START + len(IMAGE) - 1) == 1  # ST: whole sectors, end included
    for at, piece in pages(IMAGE, 4000):
        assert stldr("Write", START + at, len(piece), stldr.put(piece)) == 1
    assert window(machine, REGION, 12288) == IMAGE.ljust(12288, b"\xff")
    data = stldr.put(IMAGE)
    assert verify(stldr, START, data, len(IMAGE)) == (0, sum(IMAGE))
    assert verify(stldr, START, data, len(IMAGE), 2 << 16 | 3) == (0, sum(IMAGE[3:]) + 0xFF)
    assert stldr("CheckSum", START + 1, 999, 5) == sum(IMAGE[1:1000]) + 5
    stldr.put(bytes([*IMAGE[:4000], IMAGE[4000] ^ 1, *IMAGE[4001:]]))
    assert verify(stldr, START, data, len(IMAGE)) == (START + 4000, sum(IMAGE))
    machine.remote.write(machine.DATA, bytes(600))
    assert stldr("Read", START + 3, 500, machine.DATA) == 1
    assert machine.remote.read(machine.DATA, 502) == IMAGE[3:503] + bytes(2)
    assert machine.deepest_stack <= STACK_BYTES_MAX


def test_a_stldr_erases_the_region_when_it_is_told_to_erase_all(machine: Machine) -> None:
    stldr = Loader(machine, "stldr")
    assert (stldr("Init"), stldr("MassErase", 0)) == (1, 1)
    blank = b"\xff" * REGION_BYTES
    assert machine.stop() == CONTENT[:REGION] + blank + CONTENT[REGION + REGION_BYTES :]


def test_a_stldr_changes_nothing_outside_its_region(machine: Machine) -> None:
    stldr = Loader(machine, "stldr")
    data = stldr.put(IMAGE[:512])
    assert stldr("Init") == 1
    calls = {"SectorErase": lambda a: (a, a + 4095), "Write": lambda a: (a, 256, data)}
    refuses(stldr, calls, 0)
    assert (
        stldr("SectorErase", START, START + REGION_BYTES) == 0
    )  # the last sector is not free: none is erased
    assert stldr("SectorErase", START - 1, START) == 0
    assert stldr("SectorErase", START + 4096, START) == 0
    assert stldr("Write", START + REGION_BYTES - 256, 512, data) == 0
    assert stldr("Read", BASE + CHIP_BYTES - 256, 512, data) == 0
    assert verify(stldr, BASE + CHIP_BYTES, data, 512)[0] == BASE + CHIP_BYTES
    assert window(machine, 0, 1 << 20) == CONTENT[: 1 << 20]


def test_a_stldr_knows_another_chip(other_chip: Machine) -> None:
    stldr = Loader(other_chip, "stldr")
    assert stldr("Init") == 0
    assert stldr("SectorErase", START, START + 4095) == 0
    assert stldr("MassErase", 0) == 0
    assert stldr("Write", START, 256, stldr.put(IMAGE[:256])) == 0
    assert window(other_chip, REGION, REGION_BYTES) == CONTENT[REGION:][:REGION_BYTES]


# --- RAM loader ------------------------------------------------------------------------------------

INIT, ERASE, PROGRAM, VERIFY = 1, 2, 3, 4
GUARD, WRONG_CHIP, DIFFERS, ALIGN, COMMAND = -1101, -1103, -1107, -1108, -1200


class RamLoader(Loader):
    """Jobs as a script of OpenOCD runs them."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, "ram")
        entry = self.names["imgb_ram_entry"]
        code = machine.remote.read(entry, 32)
        self.stop = entry + 2 * struct.unpack("<16H", code).index(0xBE00)  # bkpt #0
        machine.remote.set_breakpoint(self.stop)

    def job(self, command: int, address: int = 0, length: int = 0, data: bytes | None = None) -> int:
        remote, mailbox, buffer = (
            self.machine.remote,
            self.names["imgb_ram_job"],
            self.names["imgb_ram_buffer"],
        )
        if data is not None:
            remote.write(buffer, data)
        remote.write(mailbox, struct.pack("<7I", command, address, length, buffer, 1, 0, 0))
        remote.set_register(13, self.names["imgb_ram_stack_top"])
        remote.set_register(25, 0x01000000)
        remote.set_register(15, self.names["imgb_ram_entry"])
        remote.run_until(self.stop)
        result, self.failed_at, self.jedec_id = struct.unpack("<iII", remote.read(mailbox + 16, 12))
        return result


def test_a_ram_loader_runs_jobs(machine: Machine) -> None:
    ram = RamLoader(machine)
    room = machine.remote.word(ram.names["imgb_ram_buffer_bytes"])
    assert ram.names["imgb_ram_buffer"] % 8 == 0
    assert ram.names["imgb_ram_buffer"] + room + 1024 == ram.names["imgb_ram_stack_top"] == 0x20000
    assert room > 50_000
    assert ram.job(INIT) == 0
    assert ram.jedec_id == 0xEF4017
    assert ram.job(ERASE, START, 12288) == 0
    assert ram.job(PROGRAM, START, len(IMAGE), IMAGE) == 0
    assert ram.job(VERIFY, START, len(IMAGE), IMAGE) == 0
    wrong = bytes([*IMAGE[:77], IMAGE[77] ^ 0x80, *IMAGE[78:]])
    assert ram.job(VERIFY, START, len(IMAGE), wrong) == DIFFERS
    assert ram.failed_at == START + 77
    assert window(machine, REGION, 12288) == IMAGE.ljust(12288, b"\xff")
    assert window(machine, REGION + 12288, 64) == CONTENT[REGION + 12288 :][:64]


def test_the_script_writer_finds_the_parts_of_a_ram_loader(machine: Machine) -> None:
    from imgbuild.deliver.openocd_ram import read_loader
    from imgbuild.errors import Place

    names, found = RamLoader(machine).names, read_loader(built("ram"), Place("loader.elf"))
    parts = (found.entry, found.stack_top, found.job, found.buffer)
    wanted = ("imgb_ram_entry", "imgb_ram_stack_top", "imgb_ram_job", "imgb_ram_buffer")
    assert parts == tuple(names[name] for name in wanted)
    assert found.buffer_bytes <= machine.remote.word(names["imgb_ram_buffer_bytes"])


def test_a_ram_loader_changes_nothing_outside_its_region(machine: Machine) -> None:
    ram = RamLoader(machine)
    assert ram.job(INIT) == 0
    for what, address in NOT_INSIDE.items():
        assert ram.job(ERASE, address, 4096) == GUARD, what
        assert ram.job(PROGRAM, address, 256, IMAGE[:256]) == GUARD, what
    assert ram.job(ERASE, START, REGION_BYTES + 4096) == GUARD
    assert ram.job(ERASE, START + 256, 4096) == ALIGN
    assert ram.job(VERIFY, BASE + CHIP_BYTES, 4) == GUARD
    assert ram.job(0) == ram.job(5) == COMMAND
    assert window(machine, 0, 1 << 20) == CONTENT[: 1 << 20]


def test_a_ram_loader_knows_another_chip(other_chip: Machine) -> None:
    ram = RamLoader(other_chip)
    assert ram.job(INIT) == WRONG_CHIP
    assert ram.jedec_id == 0xC84017
    assert ram.job(ERASE, START, 4096) == WRONG_CHIP
    assert window(other_chip, REGION, 4096) == CONTENT[REGION:][:4096]
