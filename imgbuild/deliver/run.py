"""Running other people's tools: in a private folder, ended with us, all that they print kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from imgbuild.deliver.job import Outcome
from imgbuild.errors import fail

OUTPUT_BYTES_MAX = 8 << 20
"""A tool prints some kilobytes; of one that never stops the end counts."""
_END_SECONDS = 5
Show = Callable[[bytes], None]
"""Takes what a tool prints, as it prints it."""


@contextmanager
def private_folder(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A new folder that only this user can enter, with ``files`` in it; gone afterwards, also on Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="imgbuild-") as name:
        folder = Path(name)
        for file, data in files.items():
            (folder / file).write_bytes(data)
        yield folder


def find_tool(names: Sequence[str], places: Sequence[str] = ()) -> str | None:
    """The path of a tool: the first of ``names`` on the PATH, else in one of the folders ``places``."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    folders = [os.path.expanduser(place) for place in places]  # noqa: PTH111 - as a search path
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
        if found is not None:
            return found
    return None


def run_tool(command: Sequence[str], folder: Path, show: Show | None = None) -> Outcome:
    """Run ``command`` in ``folder`` to its end; what it prints (both streams) goes to ``show``, too.

    The child is ended before a KeyboardInterrupt leaves this function. Raises BuildError: IB706 if it cannot
    be started.
    """
    try:
        child = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        fail("IB706", f"{Path(command[0]).name} cannot be started: {(error.strerror or str(error)).lower()}")
    try:
        output = _read_all(child, show)
        status = child.wait()
    except BaseException:
        _end(child)
        raise
    return Outcome(status, output.decode("utf-8", "replace"), folder)


def _read_all(child: subprocess.Popen[bytes], show: Show | None) -> bytes:
    stream: IO[bytes] | None = child.stdout
    kept = bytearray()
    while stream is not None:
        part = os.read(stream.fileno(), 1 << 16)
        if not part:
            break
        kept += part
        del kept[:-OUTPUT_BYTES_MAX]
        if show is not None:
            show(part)
    return bytes(kept)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to stop as Ctrl-C does, then less kindly: its device should be left in order."""
    for number in (signal.SIGINT, signal.SIGTERM, None):
        with suppress(OSError):
            child.kill() if number is None else child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_END_SECONDS)
            return
