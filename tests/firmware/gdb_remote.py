"""A processor under QEMU, driven over gdb's remote protocol as a debug probe drives a real one."""

from __future__ import annotations

import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elftools.elf.elffile import ELFFile

SP, LR, PC, XPSR = 13, 14, 15, 25
THUMB = 0x01000000
SAVED = (4, 5, 6, 7, 8, 10, 11)
"""Registers that a function gives back as they were (AAPCS, 6.1.1)."""
PAINT = 0xA5A5A5A5
_PIECE = 1024
_TIMEOUT_S = 60


class Remote:
    """One connection to QEMU's gdb stub."""

    def __init__(self, path: Path) -> None:
        self._socket = _connect(path)
        self._buffer = b""
        self.command(b"qSupported")
        self.command(b"qXfer:features:read:target.xml:0,ffb")  # before it QEMU refuses single registers

    def command(self, text: bytes) -> bytes:
        """The answer to one packet."""
        self._socket.sendall(b"$%s#%02x" % (text, sum(text) & 0xFF))
        while True:
            begin = self._buffer.find(b"$")
            end = self._buffer.find(b"#", begin)
            if 0 <= begin < end and len(self._buffer) >= end + 3:
                break
            received = self._socket.recv(1 << 16)
            if not received:
                raise ConnectionError("QEMU is gone")
            self._buffer += received
        answer, self._buffer = self._buffer[begin + 1 : end], self._buffer[end + 3 :]
        self._socket.sendall(b"+")
        return answer

    def _order(self, text: bytes) -> None:
        answer = self.command(text)
        if answer != b"OK":
            raise RuntimeError(f"{text[:40]!r}: {answer!r}")

    def write(self, address: int, data: bytes) -> None:
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            self._order(b"M%x,%x:%s" % (address + at, len(piece), piece.hex().encode()))

    def read(self, address: int, length: int) -> bytes:
        pieces = [(at, min(_PIECE, length - at)) for at in range(0, length, _PIECE)]
        return b"".join(bytes.fromhex(self.command(b"m%x,%x" % (address + a, n)).decode()) for a, n in pieces)

    def word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 4), "little")

    def set_register(self, number: int, value: int) -> None:
        self._order(b"P%x=%s" % (number, struct.pack("<I", value & 0xFFFFFFFF).hex().encode()))

    def register(self, number: int) -> int:
        return struct.unpack("<I", bytes.fromhex(self.command(b"p%x" % number).decode()))[0]

    def set_breakpoint(self, address: int) -> None:
        self._order(b"Z0,%x,2" % address)

    def run_until(self, address: int) -> None:
        """Go on; the processor must stop at ``address`` and nowhere else."""
        answer = self.command(b"c")
        stopped = self.register(PC)
        if answer[:3] not in (b"T05", b"S05") or stopped != address:
            raise RuntimeError(f"stopped with {answer!r} at 0x{stopped:08X}, not at 0x{address:08X}")

    def close(self) -> None:
        """Ends QEMU in order: every byte of its flash reaches the file."""
        self._socket.sendall(b"$k#6b")
        self._socket.close()


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_TIMEOUT_S)
    for _ in range(200):
        try:
            connection.connect(str(path))
        except OSError:
            time.sleep(0.05)
        else:
            return connection
    raise TimeoutError(path)


class Machine:
    """QEMU's ast1030-evb (Cortex-M4) before its first instruction: RAM at 0, NOR flash behind its FMC."""

    RETURN, STACK, STACK_BYTES, DATA = 0x8000, 0x40000, 0x2000, 0x50000
    """Where functions return to, the top of the stack, and room for a tool's data."""

    def __init__(self, remote: Remote, flash: Path, process: subprocess.Popen[bytes]) -> None:
        self.remote, self.flash, self._process = remote, flash, process
        remote.write(self.RETURN, b"\x00\xbe\xfd\xe7")  # bkpt; b .-2, as tools have it
        remote.set_breakpoint(self.RETURN)
        self.deepest_stack = 0

    def stop(self) -> bytes:
        """Switch off; all that the flash holds then."""
        self.remote.close()
        self._process.wait(timeout=30)
        return self.flash.read_bytes()

    def load(self, elf: Path, base: int | None = None) -> dict[str, int]:
        """Load the program; addresses of its symbols.

        ``base``: where a program that is linked for address 0 goes; None: where it is linked for (what is
        linked for the first 64 KiB is a description, not loaded).
        """
        with elf.open("rb") as file:
            read = ELFFile(file)
            for segment in read.iter_segments("PT_LOAD"):
                if base is not None or segment["p_vaddr"] >= 0x10000:
                    self.remote.write((base or 0) + segment["p_vaddr"], segment.data())
            table = read.get_section_by_name(".symtab")
            return {s.name: (s["st_value"] & ~1) + (base or 0) for s in table.iter_symbols() if s.name}

    def call(
        self, function: int, *arguments: int, static_base: int = 0, stack: int = STACK
    ) -> tuple[int, int]:
        """Call a function: R0 and R1 of its answer. Its manners are looked at: stack and saved registers."""
        remote = self.remote
        floor = stack - self.STACK_BYTES
        remote.write(floor, struct.pack("<I", PAINT) * (self.STACK_BYTES // 4))
        for number, value in enumerate(arguments):
            remote.set_register(number, value)
        for number in SAVED:
            remote.set_register(number, 0x5A000000 + number)
        remote.set_register(9, static_base)
        for number, value in ((SP, stack), (LR, self.RETURN | 1), (XPSR, THUMB), (PC, function & ~1)):
            remote.set_register(number, value)
        remote.run_until(self.RETURN)
        assert [remote.register(number) for number in SAVED] == [0x5A000000 + number for number in SAVED]
        assert (remote.register(9), remote.register(SP)) == (static_base, stack)
        painted = remote.read(floor, self.STACK_BYTES)
        untouched = next((i for i in range(0, len(painted), 4) if painted[i : i + 4] != b"\xa5" * 4), None)
        self.deepest_stack = max(self.deepest_stack, 0 if untouched is None else len(painted) - untouched)
        return remote.register(0), remote.register(1)


@contextmanager
def run_machine(folder: Path, content: bytes, model: str = "w25q64") -> Iterator[Machine]:
    """The machine with a flash that holds ``content``, as many bytes as the model has."""
    flash, path = folder / "nor.bin", folder / "gdb.sock"
    flash.write_bytes(content)
    command = [
        "qemu-system-arm", "-M", f"ast1030-evb,fmc-model={model}", "-S", "-display", "none",
        "-serial", "null", "-monitor", "none", "-gdb", f"unix:{path},server=on,wait=off",
        "-drive", f"if=mtd,format=raw,file={flash}",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield Machine(Remote(path), flash, process)
        finally:
            process.terminate()
