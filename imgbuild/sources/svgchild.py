"""What runs in the child of :mod:`imgbuild.sources.svgworker`; it imports as little as can be."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys

_DPI = 96.0
"""Pixels per inch for cm, mm, in, pt and pc: CSS Values and Units 3, section 5.2."""


def main() -> None:
    """Draw what comes in on stdin until it ends. Argument: the bytes of memory that it may have."""
    _limit_memory(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; its end closes our stdin
    import resvg_py

    # The pipe keeps a descriptor of its own: nothing that a library prints may get in between.
    with os.fdopen(os.dup(1), "wb") as replies, sys.stdin.buffer as orders:
        os.dup2(2, 1)
        while len(head := orders.read(4)) == 4:
            text = orders.read(struct.unpack("<I", head)[0]).decode()
            status, reply = 0, b""
            try:
                reply = bytes(resvg_py.svg_to_bytes(svg_string=text, dpi=_DPI, skip_system_fonts=True))
            except ValueError as problem:
                status, reply = 1, str(problem).encode()
            except BaseException as problem:  # noqa: BLE001 - a panic arrives outside of Exception, its type not exported
                status, reply = 1, f"the renderer gave up ({problem})".encode()
            replies.write(struct.pack("<BI", status, len(reply)) + reply)
            replies.flush()


def _limit_memory(memory_bytes: int) -> None:
    """A ceiling for the address space, and no core dumps, where the system knows of either."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, limit in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):  # macOS refuses; a lower limit may be set already
            resource.setrlimit(kind, (limit, limit))
