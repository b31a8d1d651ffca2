"""Files that a person names are read whole, within a limit."""

import errno
import os
import threading
from pathlib import Path

import pytest

from imgbuild.inputs import read_input


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dump.bin"
    path.write_bytes(bytes(range(100)))
    assert read_input(path, 100) == bytes(range(100))


def test_a_file_behind_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dump.bin"
    path.write_bytes(bytes(101))
    with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        read_input(path, 100)


def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        read_input(Path("/dev/zero"), 100)


def test_a_pipe_can_be_looked_at_twice(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"IMGB and more",))
    writer.start()
    first, second = read_input(path), read_input(path)
    writer.join()
    assert first == second == b"IMGB and more"
