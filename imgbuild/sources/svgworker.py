"""The process that draws SVGs: a hostile drawing may end it, but not the build.

The renderer checks no sizes of its own: a ``<pattern>`` with odd tiles asks for terabytes, and a failed
allocation ends its process. So one child draws for the whole build, started with the first SVG, with a
ceiling of memory and of time. It speaks over pipes: u32 length and the drawing as UTF-8 in; u8 status,
u32 length and a PNG (status 0) or the reason (status 1) out.
"""

from __future__ import annotations

import atexit
import contextlib
import struct
import subprocess
import sys
import threading
from typing import IO

from imgbuild.limits import SVG_MEMORY_MAX, SVG_SECONDS_MAX

_START = "import sys; sys.path[:] = sys.argv[2:]; from imgbuild.sources.svgchild import main; main()"
_REPLY = struct.Struct("<BI")


class NotDrawnError(ValueError):
    """The renderer refused the drawing, died over it, or took too long: the text says which."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class SvgWorker:
    """One child that draws, started when it is needed and again after it died. Safe for several threads."""

    def __init__(self, memory_bytes: int = SVG_MEMORY_MAX, seconds: float = SVG_SECONDS_MAX) -> None:
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._is_late = False

    def draw(self, text: str) -> bytes:
        """The drawing as a PNG. Raises NotDrawnError."""
        with self._lock:
            child = self._child or self._start()
            self._is_late = False
            timer = threading.Timer(self._seconds, self._give_up, [child])
            timer.daemon = True
            timer.start()
            try:
                return _ask(child, text.encode())
            except (EOFError, OSError):
                hint = "simplify its patterns, masks and filters, or export it as PNG"
                raise NotDrawnError(self._explain(child), hint) from None
            finally:
                timer.cancel()
                timer.join()
                if self._is_late and self._child is child:  # it came in the last moment
                    self._end(child)

    def close(self) -> None:
        """End the child, if there is one."""
        with self._lock:
            if self._child is not None:
                self._end(self._child)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _START, str(self._memory_bytes), *sys.path]
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        return self._child

    def _give_up(self, child: subprocess.Popen[bytes]) -> None:
        self._is_late = True
        child.kill()

    def _explain(self, child: subprocess.Popen[bytes]) -> str:
        """Why the child is gone; the next drawing gets a new one."""
        self._end(child)
        if self._is_late:
            return f"the renderer did not finish within {self._seconds:g} s"
        most = f"{self._memory_bytes >> 20} MiB"
        return f"the renderer crashed, as it does on a drawing that needs more than {most} of memory"

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        self._child = None
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:
            child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _ask(child: subprocess.Popen[bytes], drawing: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise EOFError
    child.stdin.write(struct.pack("<I", len(drawing)) + drawing)
    child.stdin.flush()
    status, length = _REPLY.unpack(_read(child.stdout, _REPLY.size))
    data = _read(child.stdout, length)
    if status:
        raise NotDrawnError(data.decode("utf-8", "replace"))
    return data


def _read(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data


WORKER = SvgWorker()
"""The worker of this process; ended with it."""
atexit.register(WORKER.close)
