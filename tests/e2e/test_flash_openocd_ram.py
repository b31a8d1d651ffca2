"""imgbuild flash through a loader in RAM: the generated script runs in the real OpenOCD.

Its commands for the target go to the real loader on an emulated Cortex-M with a NOR flash, or to a loader
that is only pretended here, which fails as it is told.
"""

import random
import struct

import pytest
from elftools.elf.elffile import ELFFile
from fakes.openocd_bridge import Target, TargetError, bridge
from fakes.tools import save_image
from firmware.gdb_remote import run_machine
from support import imgbuild, need_tool

pytestmark = pytest.mark.xdist_group("firmware")
BASE, REGION, CHIP_BYTES = 0x80000000, 0x80000, 8 << 20
INIT, ERASE, PROGRAM, VERIFY = 1, 2, 3, 4


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """The real loader, for QEMU's board."""
    for tool in ("openocd", "arm-none-eabi-gcc", "qemu-system-arm"):
        need_tool(tool)
    folder = tmp_path_factory.mktemp("loader")
    made = imgbuild("loader", "ram", "--board", "qemu-ast1030", "-o", "ram.elf", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder / "ram.elf"


def symbols_of(elf):
    with elf.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols() if symbol.name}


class QemuTarget(Target):
    """The loader runs on the emulated processor."""

    def __init__(self, machine):
        super().__init__()
        self.machine, self.read, self.write = machine, machine.remote.read, machine.remote.write

    def load(self, elf):
        entry = self.machine.load(elf)["imgb_ram_entry"]
        code = self.machine.remote.read(entry, 32)
        self.stop = entry + 2 * struct.unpack("<16H", code).index(0xBE00)
        self.machine.remote.set_breakpoint(self.stop)

    def reg(self, _folder, name, value):
        assert name == "sp"
        self.machine.remote.set_register(13, int(value, 0))

    def resume(self, _folder, address):
        self.machine.remote.set_register(25, 0x01000000)
        self.machine.remote.set_register(15, int(address, 0))

    def wait_halt(self, _folder, _timeout):
        self.machine.remote.run_until(self.stop)


class PretendedTarget(Target):
    """RAM as bytes, a loader that keeps a chip; ``failing`` maps a command to its result (None: no end)."""

    def __init__(self, chip, failing=()):
        super().__init__()
        self.ram, self.chip, self.failing, self.jobs = {}, bytearray(chip), dict(failing), []

    def load(self, elf):
        self.names = symbols_of(elf)

    def write(self, address, data):
        self.ram.update(enumerate(data, address))

    def read(self, address, length):
        return bytes(self.ram.get(address + n, 0) for n in range(length))

    def reg(self, _folder, name, value):
        assert (name, int(value, 0)) == ("sp", self.names["imgb_ram_stack_top"])

    def resume(self, _folder, address):
        assert int(address, 0) == self.names["imgb_ram_entry"] & ~1

    def wait_halt(self, _folder, timeout_ms):
        mailbox = self.names["imgb_ram_job"]
        command, address, length, buffer, result, _, _ = struct.unpack("<7I", self.read(mailbox, 28))
        assert result == 1, "no loader ends with this result"
        self.jobs.append((command, address, length, int(timeout_ms)))
        answer = self.failing.get(command, 0)
        if answer is None:
            raise TargetError("timed out while waiting for target halted")
        if answer == 0:
            self.run(command, address - BASE, length, buffer)
        self.write(mailbox + 16, struct.pack("<iII", answer, address if answer < 0 else 0, 0xC84017))

    def run(self, command, offset, length, buffer):
        if command == ERASE:
            assert offset % 4096 == 0
            assert length % 4096 == 0
            self.chip[offset : offset + length] = b"\xff" * length
        elif command == PROGRAM:
            new = self.read(buffer, length)
            old = self.chip[offset : offset + length]
            self.chip[offset : offset + length] = bytes(a & b for a, b in zip(old, new, strict=True))
        elif command == VERIFY:
            assert self.chip[offset : offset + length] == self.read(buffer, length)


def flash(folder, loader, target, *arguments):
    with bridge(folder, target) as config:
        given = ("--board", "qemu-ast1030", "--with", "openocd", "--loader", loader, "--config", config)
        return imgbuild("flash", "ext.bin", *given, *arguments, cwd=folder)


def test_openocd_and_the_real_loader_write_the_emulated_flash(loader, tmp_path):
    image = save_image(tmp_path / "ext.bin", 150_000)
    old = random.Random(3).randbytes(CHIP_BYTES)

    with run_machine(tmp_path, old) as machine:
        result = flash(tmp_path, loader, QemuTarget(machine))
        assert result.returncode == 0, result.stderr
        chip = machine.stop()

    end = REGION + len(image)
    assert chip == old[:REGION] + image + old[end:]
    assert "written and compared with OpenOCD" in result.stdout


def test_the_real_loader_tells_another_chip(loader, tmp_path):
    save_image(tmp_path / "ext.bin")

    with run_machine(tmp_path, bytes(CHIP_BYTES), "gd25q64") as machine:
        result = flash(tmp_path, loader, QemuTarget(machine))
        chip = machine.stop()

    assert result.returncode == 4
    assert "error[IB711]: another chip answers (init at 0x00000000, 0 bytes, result -1103" in result.stderr
    assert "JEDEC id C84017" in result.stderr
    assert chip == bytes(CHIP_BYTES)


def test_a_loader_made_for_another_region_refuses(loader, tmp_path):
    save_image(tmp_path / "ext.bin")
    for_end = tmp_path / "end.elf"
    made = imgbuild(
        "loader",
        "ram",
        "--board",
        "qemu-ast1030",
        "--region",
        "0x700000:0x10000",
        "-o",
        for_end,
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr

    with run_machine(tmp_path, bytes(CHIP_BYTES)) as machine:
        result = flash(tmp_path, for_end, QemuTarget(machine))
        chip = machine.stop()

    assert result.returncode == 1
    assert "error[IB702]: the loader's guard refused the address" in result.stderr
    assert chip == bytes(CHIP_BYTES)


def test_jobs_come_in_order_and_blank_parts_are_not_sent(loader, tmp_path):
    image = save_image(tmp_path / "ext.bin", 200_000)
    old = random.Random(4).randbytes(1 << 20)
    target = PretendedTarget(old)

    result = flash(tmp_path, loader, target, "--leave")

    assert result.returncode == 0, result.stderr
    assert target.chip == old[:REGION] + image + old[REGION + len(image) :]
    commands = [job[0] for job in target.jobs]
    assert commands == sorted(commands)
    assert commands[0] == INIT
    erased = [job[1:3] for job in target.jobs if job[0] == ERASE]
    assert erased[0] == (BASE + REGION, 0x10000)
    assert sum(size for _, size in erased) == len(image)
    assert target.calls == ["init", "reset halt", "reset run"]


FAULTS = {
    "protected": ({ERASE: -1105}, 1, "error[IB707]: the chip's blocks stay protected (erase at 0x80080000"),
    "differs": ({VERIFY: -1107}, 1, "error[IB707]: the chip holds other bytes (verify at 0x80080000"),
    "no chip": ({INIT: -1102}, 4, "error[IB711]: no chip answers: check the wiring"),
    "bus": ({PROGRAM: -1234}, 1, "error[IB707]: the loader's bus failed (program at 0x80080000"),
    "hangs": ({ERASE: None}, 1, "error[IB707]: the loader in RAM did not end within"),
    "never ran": ({PROGRAM: 1}, 1, "error[IB707]: the loader in RAM stopped without a result (program at"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_job_that_fails_ends_the_script(loader, tmp_path, fault):
    failing, status, text = FAULTS[fault]
    save_image(tmp_path / "ext.bin")
    target = PretendedTarget(bytes(1 << 20), failing)

    result = flash(tmp_path, loader, target)

    assert result.returncode == status
    assert text in result.stderr
    assert target.jobs[-1][0] in failing, "nothing is run after a job that failed"


def test_a_firmware_is_no_loader(loader, tmp_path):
    save_image(tmp_path / "ext.bin")
    made = imgbuild("convert", "ext.bin", "-o", "other.elf", "--board", "qemu-ast1030", cwd=tmp_path)
    assert made.returncode == 0, made.stderr

    result = flash(tmp_path, "other.elf", PretendedTarget(b""))

    assert result.returncode == 1
    assert "other.elf: error[IB713]: no loader for RAM: it has no symbol imgb_ram_entry" in result.stderr
