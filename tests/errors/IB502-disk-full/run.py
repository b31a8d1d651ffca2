"""The disk takes half of a file, then it is full; tests/faults does the same with a real small disk."""

import errno
import os
import shutil
from types import SimpleNamespace

from imgbuild.cli.main import main

really_write = os.write
room = [2048]


def write_until_full(descriptor, data):
    taken = really_write(descriptor, data[: room[0]]) if room[0] else 0
    if not taken:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    room[0] -= taken
    return taken


os.write = write_until_full
shutil.disk_usage = lambda _path: SimpleNamespace(free=0)
main()
