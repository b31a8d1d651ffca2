"""OpenOCD's commands for a target, answered by Python: the script runs in the real OpenOCD.

OpenOCD cannot speak to QEMU's debugger port. A configuration replaces ``load_image``, ``reg``, ``resume`` and
the others by procedures that send their words over a socket; a thread hands each to a method of a target.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COMMANDS = (
    "init",
    "reset",
    "halt",
    "load_image",
    "write_memory",
    "read_memory",
    "reg",
    "resume",
    "wait_halt",
)
_CONFIG = """\
set imgb_link [socket stream 127.0.0.1:{port}]
proc imgb_ask {{args}} {{
    global imgb_link
    $imgb_link puts [string map {{"\\n" " "}} $args]
    $imgb_link flush
    set answer [$imgb_link gets]
    if {{[string match "error *" $answer]}} {{
        return -code error $answer
    }}
    return $answer
}}
"""


class TargetError(Exception):
    """What a command of the target answers when it fails."""


@contextmanager
def bridge(folder: Path, target: Any) -> Iterator[Path]:
    """The configuration file to give to OpenOCD while the block runs; commands are methods of ``target``."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        thread = threading.Thread(target=_serve, args=(server, target), daemon=True)
        thread.start()
        lines = [f"proc {name} {{args}} {{ return [imgb_ask {name} [pwd] {{*}}$args] }}" for name in COMMANDS]
        path = folder / "target.cfg"
        path.write_text(_CONFIG.format(port=server.getsockname()[1]) + "\n".join(lines) + "\n")
        yield path
        socket.create_connection(server.getsockname()).close()  # wakes a thread that nobody called
    thread.join(timeout=60)


def _serve(server: socket.socket, target: Any) -> None:
    try:
        connection, _ = server.accept()
    except OSError:
        return
    with connection, connection.makefile("rw") as stream:
        for line in stream:
            name, folder, *words = re.sub(r"[{}]", " ", line).split()
            try:
                answer = getattr(target, name)(Path(folder), *words)
            except TargetError as error:
                answer = f"error {error}"
            stream.write(f"{answer or ''}\n")
            stream.flush()


class Target:
    """What every target does: words of RAM, the words that a script writes and reads; ``calls`` counts."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def init(self, _folder: Path) -> None:
        self.calls.append("init")

    def reset(self, _folder: Path, *words: str) -> None:
        self.calls.append(" ".join(("reset", *words)))

    def halt(self, _folder: Path) -> None:
        self.calls.append("halt")

    def load_image(self, folder: Path, name: str, address: str = "", kind: str = "elf") -> None:
        if kind == "elf":
            self.load(folder / name)
        else:
            self.write(int(address, 0), (folder / name).read_bytes())

    def write_memory(self, _folder: Path, address: str, width: str, *words: str) -> None:
        assert width == "32"
        self.write(int(address, 0), struct.pack(f"<{len(words)}I", *(int(word, 0) for word in words)))

    def read_memory(self, _folder: Path, address: str, width: str, count: str) -> str:
        assert width == "32"
        data = self.read(int(address, 0), 4 * int(count))
        return " ".join(f"0x{word:x}" for word in struct.unpack(f"<{count}I", data))

    def load(self, elf: Path) -> None:
        raise NotImplementedError

    def write(self, address: int, data: bytes) -> None:
        raise NotImplementedError

    def read(self, address: int, length: int) -> bytes:
        raise NotImplementedError
