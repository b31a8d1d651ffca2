"""The receiver of ``c_runtime/loader`` compiled for the host (``device.c``), on the strict chip, at a wire.

    with Device(cells=old) as device, Wire(device.line) as wire:
        Update(Loader(wire.link(), scale=SCALE), image).run()
        assert device.look().cells[...] == image

Time on the wire runs ``1 / SCALE`` times as fast as on a board.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from sim.nor_chip import VIOLATIONS

from imgbuild.deliver.link import Link, SocketLink

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parents[1] / "c_runtime"
SIM = HERE.parent / "sim"
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Wshadow", "-Wvla", "-Werror")
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
SOURCES = (
    SIM / "nor_chip.c",
    SIM / "nor_bus.c",
    RUNTIME / "src" / "imgb_nor.c",
    RUNTIME / "loader" / "imgb_loader.c",
)
INCLUDE = ("-I", RUNTIME / "src", "-I", RUNTIME / "loader", "-I", SIM)

SCALE = 0.02
MIB = 1 << 20
CHIP_BYTES, REGION, REGION_BYTES, SECTOR = MIB, 0x20000, 0xC0000, 0x1000
BOARD = "test-board"


@cache
def program() -> Path:
    """The device, compiled once per process under sanitizers."""
    target = Path(tempfile.mkdtemp(prefix="loader-device-")) / "device"
    command = ["gcc", *STRICT, *SANITIZE, "-D_POSIX_C_SOURCE=200809L", *INCLUDE, HERE / "device.c", *SOURCES]
    done = subprocess.run(
        [*map(str, command), "-o", str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return target


@dataclass(frozen=True, slots=True)
class State:
    """What the device and its chip say: ``cells`` of the whole chip, ``struct_bytes`` of imgb_loader_t;
    ``chip_us``: simulated time of bus and chip since the start, typical times, 20 MHz."""

    cells: bytes
    status: int
    result: int
    runs: int
    written_bytes: int
    violations: list[str]
    operations: int
    put_bytes: int
    got_bytes: int
    struct_bytes: int
    chip_us: int

    @property
    def region(self) -> bytes:
        return self.cells[REGION : REGION + REGION_BYTES]


class Device:
    """A board with a loader; ``line`` is this end of its wire."""

    def __init__(
        self,
        cells: bytes | None = None,
        *,
        model: str = "w25q64",
        board: str = BOARD,
        pack_id: int = 0,
        region: tuple[int, int] = (REGION, REGION_BYTES),
        chip_bytes: int = CHIP_BYTES,
        faults: tuple[tuple[str, int, int], ...] = (),
        scale: float = SCALE,
    ) -> None:
        self.line, far = socket.socketpair()
        self._folder = tempfile.TemporaryDirectory(prefix="loader-")
        self.path = Path(self._folder.name) / "cells.bin"
        if cells is not None:
            self.path.write_bytes(cells.ljust(chip_bytes, b"\xff"))
        numbers = [far.fileno(), round(1 / scale), model, chip_bytes, *region, board, pack_id]
        command = [program(), *numbers, "-" if cells is None else self.path]
        self._process = subprocess.Popen(
            [str(part) for part in (*command, *(f for fault in faults for f in fault))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[far.fileno()],
        )  # fmt: skip
        far.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self) -> State:
        """What is in the chip now."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        process.stdin.write(f"{self.path}\n".encode())
        process.stdin.flush()
        line = process.stdout.readline().split()
        if len(line) != 10:
            raise RuntimeError(f"the device ended: {process.communicate()[1].decode()}")
        status, result, runs, written, violations, *rest = map(int, line)
        names = [name for bit, name in enumerate(VIOLATIONS) if violations >> bit & 1]
        return State(self.path.read_bytes(), status, result, runs, written, names, *rest)

    def close(self) -> None:
        """End it; a sanitizer's report is an error."""
        self.line.close()
        _, complaint = self._process.communicate(timeout=30)
        self._folder.cleanup()
        if self._process.returncode != 0:
            raise RuntimeError(complaint.decode())


Fault = Callable[[bytes], bytes]
"""What becomes of bytes that go one way; it may keep counts of its own."""


class Wire:
    """Carries bytes between the device and the host, and does to them what ``down`` and ``up`` say.

    ``down``: to the device, ``up``: from it. ``cut_down`` (``cut_up``) bytes after the start the wire goes
    dead in both directions, as a pulled cable does; ``is_closed_by_cut``: the host's end is closed, too.
    """

    def __init__(
        self,
        line: socket.socket,
        down: Fault = bytes,
        up: Fault = bytes,
        cut_down: int | None = None,
        cut_up: int | None = None,
        host: int | socket.socket | None = None,
        is_closed_by_cut: bool = False,
    ) -> None:
        self._line, self._is_closed_by_cut = line, is_closed_by_cut
        self._near: socket.socket | None = None
        self._far: int | socket.socket
        if host is None:
            self._near, self._far = socket.socketpair()
        else:
            self._far = host
        self._faults = {line.fileno(): up, self._number(): down}
        self._left = {line.fileno(): cut_up, self._number(): cut_down}
        self.carried = {"down": 0, "up": 0}
        self.is_cut = False
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def link(self, name: str = "wire") -> Link:
        """The host's end."""
        if self._near is None:
            raise RuntimeError("the wire has another host")
        return SocketLink(name, self._near)

    def close(self) -> None:
        os.close(self._stopped)
        self._thread.join(timeout=10)
        os.close(self._stop)
        for end in (self._near, self._far if self._near else None):
            if isinstance(end, socket.socket):
                end.close()

    def _number(self) -> int:
        return self._far if isinstance(self._far, int) else self._far.fileno()

    def _carry(self) -> None:
        line, far = self._line.fileno(), self._number()
        while True:
            ready, _, _ = select.select([line, far, self._stop], [], [])
            if self._stop in ready:
                return
            for source, sink, way in ((far, line, "down"), (line, far, "up")):
                if source in ready:
                    try:
                        data = os.read(source, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        return
                    with contextlib.suppress(OSError):
                        self._pass(data, source, sink, way)

    def _pass(self, data: bytes, source: int, sink: int, way: str) -> None:
        if self.is_cut:
            return
        left = self._left[source]
        if left is not None:
            data = data[:left]
            self._left[source] = left - len(data)
        self.carried[way] += len(data)
        changed = self._faults[source](data)
        while changed:
            changed = changed[os.write(sink, changed) :]
        if self._left[source] == 0:
            self.is_cut = True
            if self._is_closed_by_cut and isinstance(self._far, socket.socket):
                self._far.shutdown(socket.SHUT_RDWR)
