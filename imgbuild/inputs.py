"""Reading files that a person names: a disk dump or an endless device does not fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from functools import cache
from pathlib import Path

from imgbuild.limits import ADDRESSED_FILE_BYTES_MAX


def read_input(path: Path, limit_bytes: int = ADDRESSED_FILE_BYTES_MAX) -> bytes:
    """The bytes of a file, a pipe or a device. Raises OSError: EFBIG for more than ``limit_bytes``."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        return _read_stream(path, limit_bytes)
    if status.st_size > limit_bytes:
        raise _too_large(path)
    return path.read_bytes()


@cache
def _read_stream(path: Path, limit_bytes: int) -> bytes:
    """A pipe gives its bytes once: what looks a second time is given the same."""
    with path.open("rb") as file:
        data = file.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise _too_large(path)
    return data


def _too_large(path: Path) -> OSError:
    return OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
