"""The C sources of a loader on this machine: the same files, wired to the strict chip of ``tests/sim``."""

from __future__ import annotations

import ctypes
import mmap
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from sim.nor_chip import FLAGS, TRAPS, Chip

from imgbuild.loader.board import BoardChoice, find_board
from imgbuild.loader.kinds import KINDS
from imgbuild.loader.sources import loader_sources

HERE = Path(__file__).resolve().parent
SIM = HERE.parents[1] / "sim"
EXTERNAL = HERE.parents[2] / "c_runtime" / "loader" / "external"
BUSES = {
    "sim": (HERE / "bus_sim.c",),
    "stm32f407": (EXTERNAL / "bus" / "bus_stm32f407_spi1.c", HERE / "fake_stm32f407.c"),
    "stm32h750": (EXTERNAL / "bus" / "bus_stm32h750_quadspi.c", HERE / "fake_stm32h750.c"),
}
_MAP_32BIT = 0x40


class HostLoader:
    """One loader, its functions by name, and a strict chip of its own."""

    def __init__(self, kind: str, choice: BoardChoice, bus: str, chip: str) -> None:
        self.lib = _compile(kind, choice, bus)
        self.chip = _ChipOf(self.lib, chip)
        self.lib.fake_power_up(self.chip.pointer)
        self._low = mmap.mmap(-1, 1 << 16, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_32BIT)

    def __del__(self) -> None:
        self.chip.close()

    def __call__(self, name: str, *arguments: int) -> int:
        """A function of numbers; addresses of data from :meth:`put`."""
        function = getattr(self.lib, name)
        function.restype = {"Verify": self.verify_type, "CheckSum": ctypes.c_uint32}.get(name, ctypes.c_int)
        return int(function(*(ctypes.c_uint64(value) for value in arguments)))

    @property
    def verify_type(self) -> type:
        return ctypes.c_uint64 if hasattr(self.lib, "StorageInfo") else ctypes.c_uint32

    def put(self, data: bytes) -> int:
        """Where ``data`` lies now, below 4 GiB as on a microcontroller."""
        self._low[: len(data)] = data
        return ctypes.addressof(ctypes.c_char.from_buffer(self._low))

    def take(self, length: int) -> bytes:
        return self._low[:length]

    @property
    def complaints(self) -> str:
        """Of registers and of the chip."""
        return self.lib.fake_log().decode() + "".join(self.chip.violations)


class _ChipOf(Chip):
    """A chip that lives in another library than the shared one."""

    def __init__(self, lib: ctypes.CDLL, model: str) -> None:
        self.lib, self.model = lib, model
        seed = ctypes.c_uint32(1)
        self.pointer = ctypes.c_void_p(lib.nor_chip_new(model.encode(), ctypes.c_uint32(0), seed))


@cache
def _compile(kind: str, choice: BoardChoice, bus: str) -> ctypes.CDLL:
    """Each once per process; ``fake_power_up`` makes its variables new."""
    with tempfile.TemporaryDirectory(prefix="host-loader-") as folder:
        sources = Path(folder)
        files = loader_sources(KINDS[kind], find_board(choice))
        for name, content in files.items():
            (sources / name).write_bytes(content)
        ours = [sources / name for name in files if name.endswith(".c") and name != "imgb_external_memory.c"]
        command = [
            "gcc", *FLAGS, *TRAPS, "-shared", "-fPIC", "-I", sources, "-I", HERE, "-I", SIM,
            '-DIMGB_BUS_REGISTERS="fake_registers.h"', *ours, *BUSES[bus], HERE / "fake_log.c",
            SIM / "nor_chip.c", "-o", sources / "loader.so",
        ]  # fmt: skip
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        lib = ctypes.CDLL(str(sources / "loader.so"))
    lib.nor_chip_new.restype = ctypes.c_void_p
    lib.nor_chip_cells.restype = ctypes.POINTER(ctypes.c_uint8)
    lib.nor_chip_log.restype = lib.fake_log.restype = ctypes.c_char_p
    lib.nor_chip_now_ns.restype = lib.nor_chip_clocked_bytes.restype = ctypes.c_uint64
    for name in ("size", "sector_bytes", "wear", "operations", "snapshot_bytes", "violations"):
        getattr(lib, f"nor_chip_{name}").restype = ctypes.c_uint32
    return lib
