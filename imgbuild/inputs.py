"""Reading a file that the command line names: a dump of a disk or an endless device does not fill the memory."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from imgbuild.limits import ADDRESSED_FILE_BYTES_MAX


def read_input(path: Path, limit_bytes: int = ADDRESSED_FILE_BYTES_MAX) -> bytes:
    """The bytes of a file, a pipe or a device. Raises OSError: EFBIG for more than ``limit_bytes``."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        is_regular = stat.S_ISREG(status.st_mode)
        is_too_large = is_regular and status.st_size > limit_bytes
        data = b"" if is_too_large else file.read(-1 if is_regular else limit_bytes + 1)
    if is_too_large or len(data) > limit_bytes:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return data
