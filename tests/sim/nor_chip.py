"""The strict SPI NOR chip (``nor_chip.h``) and the flash driver wired to it (``nor_bus.h``), in Python.

    with Chip("w25q64", size=1 << 20) as chip:
        flash = Driver(chip, spi(chip))
        assert flash.start(0x8000, 0x40000) == OK
        assert flash.erase(0x8000, 0x1000) == OK
        assert chip.violations == []

Cutting the power at each operation: :func:`every_cut`.
"""

from __future__ import annotations

import ctypes
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parents[1] / "c_runtime"
SELFTEST = RUNTIME / "examples" / "bus_selftest"
FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-pedantic",
    "-Wshadow",
    "-Wvla",
    "-Werror",
    "-g",
    "-O1",
)
TRAPS = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
"""Undefined behaviour ends the run with an illegal instruction: no sanitizer library inside Python."""

OK = 0
GUARD, NO_CHIP, WRONG_CHIP, BUSY, PROTECTED, NOT_ERASED, DIFFERS, ALIGN, NO_SFDP = range(-1101, -1110, -1)
OFF, UNMAPPED = -1999, -1998
CUTS = ("before", "part", "after")
WIRES = ("good", "low", "high", "inverted", "late", "reversed", "late data")
VIOLATIONS = (
    "busy", "asleep", "not enabled", "wrap", "not erased", "protected", "unknown", "range", "length", "align",
    "aai", "twice",
)  # fmt: skip
"""Names of the bits of ``enum nor_violation``."""

_U32, _I32, _P = ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p
PUT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char)


@cache
def library() -> ctypes.CDLL:
    """Chip, bus, driver and self-test as one shared library, compiled once per process."""
    folder = Path(tempfile.mkdtemp(prefix="nor-chip-"))
    sources = [
        HERE / "nor_chip.c",
        HERE / "nor_bus.c",
        RUNTIME / "src" / "imgb_nor.c",
        SELFTEST / "selftest.c",
    ]
    include = ["-I", HERE, "-I", RUNTIME / "src", "-I", SELFTEST]
    target = folder / "nor.so"
    command = ["gcc", *FLAGS, *TRAPS, "-shared", "-fPIC", *include, *sources, "-o", target]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    found = ctypes.CDLL(str(target))
    target.unlink()
    folder.rmdir()
    found.nor_chip_new.restype = found.nor_bus_new.restype = _P
    found.nor_chip_cells.restype = ctypes.POINTER(ctypes.c_uint8)
    found.nor_chip_log.restype = ctypes.c_char_p
    found.nor_chip_now_ns.restype = found.nor_chip_clocked_bytes.restype = ctypes.c_uint64
    for name in ("size", "sector_bytes", "wear", "operations", "snapshot_bytes", "violations"):
        getattr(found, f"nor_chip_{name}").restype = _U32
    return found


def _buffer(data: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(data, len(data))


class Chip:
    """One chip of a model of ``nor_chip.c``; ``size`` in bytes may be less than the model's."""

    def __init__(self, model: str, size: int = 0, seed: int = 1) -> None:
        self.lib = library()
        self.model = model
        self.pointer = _P(self.lib.nor_chip_new(model.encode(), _U32(size), _U32(seed)))
        if not self.pointer:
            raise LookupError(model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.lib.nor_chip_free(self.pointer)
        self.pointer = _P()

    def _get(self, name: str, *arguments: int) -> int:
        return int(getattr(self.lib, f"nor_chip_{name}")(self.pointer, *map(_U32, arguments)))

    @property
    def size(self) -> int:
        return self._get("size")

    @property
    def sector_bytes(self) -> int:
        return self._get("sector_bytes")

    @property
    def operations(self) -> int:
        """Programs, AAI words, erases and status writes so far."""
        return self._get("operations")

    @property
    def now_us(self) -> float:
        return self._get("now_ns") / 1000

    @property
    def clocked_bytes(self) -> int:
        return self._get("clocked_bytes")

    @property
    def is_off(self) -> bool:
        return bool(self._get("is_off"))

    @property
    def violations(self) -> list[str]:
        """Names of the rules that were broken; empty is what tests want."""
        bits = self._get("violations")
        return [name for i, name in enumerate(VIOLATIONS) if bits >> i & 1]

    @property
    def log(self) -> str:
        return str(self.lib.nor_chip_log(self.pointer).decode())

    def wear(self, address: int) -> int:
        """Erases of the sector at ``address``."""
        return self._get("wear", address)

    def peek(self, address: int = 0, length: int | None = None) -> bytes:
        """Cells, past the wires."""
        cells = self.lib.nor_chip_cells(self.pointer)
        return ctypes.string_at(
            ctypes.addressof(cells.contents) + address, self.size if length is None else length
        )

    def poke(self, address: int, data: bytes) -> None:
        cells = self.lib.nor_chip_cells(self.pointer)
        ctypes.memmove(ctypes.addressof(cells.contents) + address, data, len(data))

    def command(self, code: int, address: int | None = None, send: bytes = b"", receive: int = 0,
                dummy: int = 0, address_bytes: int = 3) -> bytes:  # fmt: skip
        """One command over the wires."""
        data = _buffer(send or bytes(receive))
        self.lib.nor_chip_transfer(
            self.pointer, ctypes.c_uint8(code), _U32(address or 0),
            ctypes.c_uint8(0 if address is None else address_bytes), ctypes.c_uint8(dummy), data,
            _U32(len(data)), _I32(bool(send)),
        )  # fmt: skip
        return data.raw if receive else b""

    def cut_at(self, operation: int, how: str = "part") -> None:
        """The power goes at this operation (counted from 1; 0: never)."""
        self._get("cut_at", operation, CUTS.index(how))

    def set_wire(self, wire: str) -> None:
        self._get("set_wire", WIRES.index(wire))

    def set_sfdp(self, table: bytes) -> None:
        self.lib.nor_chip_set_sfdp(self.pointer, _buffer(table), _U32(len(table)))

    def call(self, name: str, *arguments: int) -> None:
        """Any other ``nor_chip_<name>(chip, …)`` that takes numbers and answers nothing."""
        self._get(name, *arguments)

    def save(self) -> bytes:
        """What survives without power."""
        buffer = _buffer(bytes(self._get("snapshot_bytes")))
        self.lib.nor_chip_save(self.pointer, buffer)
        return buffer.raw

    def restore(self, snapshot: bytes) -> None:
        """Puts a snapshot back and powers up; operations count from 0 again."""
        self.lib.nor_chip_restore(self.pointer, _buffer(snapshot))


def op(command: int, address_bytes: int = 3, dummy_bytes: int = 0) -> int:
    """IMGB_NOR_OP."""
    return command | address_bytes << 8 | dummy_bytes << 16


@dataclass(frozen=True, slots=True)
class Description:
    """imgb_nor_chip_t, field by field."""

    jedec_id: int
    size: int
    erase: tuple[tuple[int, int], ...] = ((op(0x20), 0x1000), (op(0x52), 0x8000), (op(0xD8), 0x10000))
    read: int = op(0x03)
    program: int = op(0x02)
    page_bytes: int = 256
    mode_command: int = 0
    unlock_command: int = 0
    protect_mask: int = 0

    def numbers(self) -> list[int]:
        pad = [0] * (4 - len(self.erase))
        erase, sizes = [e[0] for e in self.erase], [e[1] for e in self.erase]
        return [
            self.mode_command, self.unlock_command, self.protect_mask, self.page_bytes, self.read,
            self.program, *erase, *pad, *sizes, *pad, self.size, self.jedec_id,
        ]  # fmt: skip

    @classmethod
    def of_numbers(cls, n: list[int]) -> Description:
        erase = tuple((c, b) for c, b in zip(n[6:10], n[10:14], strict=True) if b)
        return cls(n[15], n[14], erase, n[4], n[5], n[3], n[0], n[1], n[2])


IDS = {
    "sst25vf016b": 0xBF2541, "sst26vf016b": 0xBF2641, "w25q64": 0xEF4017, "w25q256": 0xEF4019,
    "mx66u1g45g": 0xC2253B, "only-4k": 0x9D6014, "only-32k": 0x9D6114, "only-64k": 0x202014,
    "mixed": 0x012018,
}  # fmt: skip
_4K, _32K, _64K = (op(0x20), 0x1000), (op(0x52), 0x8000), (op(0xD8), 0x10000)


def describe(chip: Chip) -> Description:
    """How a careful person describes this model to the driver."""
    plain = Description(IDS[chip.model], chip.size)
    four = replace(
        plain, read=op(0x13, 4), program=op(0x12, 4), erase=((op(0x21, 4), 0x1000), (op(0xDC, 4), 0x10000))
    )
    return {
        "sst25vf016b": replace(plain, program=op(0xAD), unlock_command=0x01, protect_mask=0x3C),
        "sst26vf016b": replace(plain, unlock_command=0x98, erase=(_4K, _64K)),
        "w25q256": four,
        "mx66u1g45g": four,
        "only-4k": replace(plain, erase=(_4K,)),
        "only-32k": replace(plain, erase=(_32K,)),
        "only-64k": replace(plain, erase=(_64K,)),
        "mixed": replace(plain, erase=(_4K,)),  # its first 128 KiB; the rest takes a driver of its own
    }.get(chip.model, plain)


class Driver:
    """imgb_nor on a chip; every call answers the driver's code."""

    STATE = (
        "jedec_id", "status", "failed_at", "region_offset", "region_bytes", "transfers", "mappings",
        "erase_times", "program_times",
    )  # fmt: skip

    def __init__(self, chip: Chip, description: Description | None = None, has_window: bool = False) -> None:
        self.chip, self.lib = chip, chip.lib
        numbers = (description or describe(chip)).numbers()
        self.pointer = _P(self.lib.nor_bus_new(chip.pointer, (_U32 * 16)(*numbers), _I32(has_window)))

    def _call(self, name: str, *arguments: object) -> int:
        return int(getattr(self.lib, f"imgb_nor_{name}")(self.pointer, *arguments))

    def start(self, offset: int, length: int) -> int:
        return self._call("start", _U32(offset), _U32(length))

    def erase(self, address: int, length: int) -> int:
        return self._call("erase", _U32(address), _U32(length))

    def program(self, address: int, data: bytes, length: int | None = None) -> int:
        return self._call(
            "program", _U32(address), _buffer(data), _U32(len(data) if length is None else length)
        )

    def verify(self, address: int, data: bytes | None, length: int | None = None) -> int:
        wanted = None if data is None else _buffer(data)
        return self._call(
            "verify", _U32(address), wanted, _U32(length if length is not None else len(data or b""))
        )

    def read(self, address: int, length: int, room: int | None = None) -> tuple[int, bytes]:
        buffer = _buffer(b"\x55" * (length if room is None else room))
        return self._call("read", _U32(address), buffer, _U32(length)), buffer.raw

    def look(self) -> int:
        return self._call("look")

    def sfdp(self) -> int:
        return self._call("sfdp")

    def state(self, name: str) -> int:
        values = (_U32 * 9)()
        self.lib.nor_bus_state(self.pointer, values)
        return int(values[self.STATE.index(name)])

    def description(self) -> Description:
        """As the driver has it now."""
        numbers = (_U32 * 16)()
        self.lib.nor_bus_description(self.pointer, numbers)
        return Description.of_numbers(list(numbers))

    def fail_at(self, transfer: int, code: int) -> None:
        """The bus callback itself fails: transfer 1 is the next; 0: never."""
        self.lib.nor_bus_fail_at(self.pointer, _U32(transfer), _I32(code))

    def limit(self, poll_us: int, polls_max: int) -> None:
        self.lib.nor_bus_limit(self.pointer, _U32(poll_us), _U32(polls_max))

    def selftest(self, offset: int, length: int) -> tuple[int, str]:
        """The example's bus self-test on this bus: its verdict and its text."""
        said: list[bytes] = []
        put = PUT(lambda _, character: said.append(character))
        verdict = self.lib.selftest_run(self.pointer, _U32(offset), _U32(length), put, None)
        return int(verdict), b"".join(said).decode("ascii")


def every_cut(
    chip: Chip, scenario: Callable[[], object], cuts: tuple[str, ...] = CUTS
) -> Iterator[tuple[int, str]]:
    """Runs ``scenario`` once whole to count its operations, then with the power cut at each of them.

    Yields the operation and the kind of cut after the chip has power again; each time the scenario starts
    from the cells that the chip has now.
    """
    before = chip.save()
    chip.restore(before)
    scenario()
    total = chip.operations
    for operation in range(1, total + 1):
        for how in cuts:
            chip.restore(before)
            chip.cut_at(operation, how)
            scenario()
            if not chip.is_off:
                raise RuntimeError(f"operation {operation} of {total} did not come")
            chip.call("power_up")
            yield operation, how
    chip.restore(before)


def sfdp_table(
    size: int,
    erase: tuple[tuple[int, int], ...] = ((12, 0x20), (15, 0x52), (16, 0xD8), (0, 0xFF)),
    dwords: int = 16,
    erase_times: int = 0,
    program_times: int = 0x80,
) -> bytes:
    """A table by JESD216: two headers, basic parameters at 0x30. ``erase``: exponents and commands."""
    header = struct.pack("<4sBBBB", b"SFDP", 6, 1, 0, 0xFF) + struct.pack(
        "<BBBBI", 0, 6, 1, dwords, 0xFF000030
    )
    first = 0xFFF120E5 if size > 1 << 24 else 0xFFF920E5 & ~(3 << 17)
    numbers = [first | (1 << 17 if size > 1 << 24 else 0), size * 8 - 1, 0, 0, 0, 0, 0]
    types = b"".join(struct.pack("<BB", *e) for e in erase)
    table = struct.pack("<7I", *numbers) + types + struct.pack("<II", erase_times, program_times)
    table = table.ljust(64, b"\0")[: 4 * dwords]
    return header.ljust(0x30, b"\xff") + table
