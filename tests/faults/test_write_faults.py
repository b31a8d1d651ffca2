"""Whatever fails while outputs are written: every old file stays whole and nothing is left behind."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from imgbuild import output
from imgbuild.codes import exit_code_of
from imgbuild.errors import BuildError, ExitCode
from imgbuild.model import Artifact
from imgbuild.output import write_artifacts

CALLS = ["open", "write", "fsync", "close", "link", "replace", "mkdir", "chmod"]
"""Every system call on the way; ``close`` fails as network file systems do."""


class Fault:
    """Makes the n-th call of any of ``CALLS`` fail (0: none), after half of the bytes where it writes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Callable[[], BaseException]) -> None:
        self.calls: list[str] = []
        self.fails_at = 0
        self.is_late = False  # fail when the call has done its work
        self.error = error
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if self.fails_at and len(self.calls) == self.fails_at:
                if name == "write" and not self.is_late:
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                if name == "close" or self.is_late:
                    real(*args)
                raise self.error()
            return real(*args, **kwargs)

        return call


OLD = {"ext.bin": b"old image", "w_assets.h": b"old header", "same.h": b"same"}
NEW = {"ext.bin": b"new image" * 99, "w_assets.h": b"new header", "same.h": b"same", "gen/new.h": b"first"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    reset(tmp_path)
    return tmp_path


def reset(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for name, data in OLD.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)


def artifacts(folder: Path) -> list[Artifact]:
    return [Artifact(folder / name, data) for name, data in NEW.items()]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def count_calls(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    reset(folder)
    with monkeypatch.context() as patch:
        fault = Fault(patch, lambda: OSError(errno.EIO, "unused"))
        write_artifacts(artifacts(folder))
    assert set(fault.calls) == set(CALLS)
    assert contents(folder) == NEW
    return len(fault.calls)


FAULTS = {
    "disk full": (lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "IB502"),
    "quota": (lambda: OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "IB502"),
    "broken disk": (lambda: OSError(errno.EIO, os.strerror(errno.EIO)), "IB501"),
    "read-only": (lambda: OSError(errno.EROFS, os.strerror(errno.EROFS)), "IB501"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_call_that_fails_anywhere_leaves_all_old_or_all_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    make_error, code = FAULTS[name]
    steps = count_calls(folder, monkeypatch)
    harmless = []
    for step in range(1, steps + 1):
        reset(folder)
        with monkeypatch.context() as patch:
            fault = Fault(patch, make_error)
            fault.fails_at = step
            try:
                write_artifacts(artifacts(folder))
            except BuildError as error:
                (diagnostic,) = error.diagnostics
                assert diagnostic.code == code
                assert exit_code_of([diagnostic]) == ExitCode.ENVIRONMENT
                expected = OLD
            else:
                expected = NEW
                harmless.append(fault.calls[step - 1])
        assert contents(folder) == expected, (step, name)
    # Making a folder that is there already, and flushing the two folders once all files are in place.
    assert sorted(harmless) == sorted(["mkdir"] * 2 + ["open", "fsync", "close"] * 2)


@pytest.mark.parametrize("is_late", [False, True])
def test_an_interrupt_anywhere_leaves_all_old_or_all_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    steps = count_calls(folder, monkeypatch)
    for step in range(1, steps + 1):
        reset(folder)
        with monkeypatch.context() as patch:
            fault = Fault(patch, KeyboardInterrupt)
            fault.fails_at, fault.is_late = step, is_late
            with contextlib.suppress(KeyboardInterrupt):  # a call that fails by itself comes first
                write_artifacts(artifacts(folder))
        assert contents(folder) in (OLD, NEW), step


def test_without_hard_links_each_file_is_still_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_args: Any, **_kwargs: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", no_links)
        write_artifacts(artifacts(folder))
        assert contents(folder) == NEW
    real_replace = os.replace
    reset(folder)

    def second_fails(source: Any, target: Any) -> None:
        if Path(target).name == "w_assets.h":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real_replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", no_links)
        patch.setattr(os, "replace", second_fails)
        with pytest.raises(BuildError):
            write_artifacts(artifacts(folder))
    found = contents(folder)
    assert found["ext.bin"] in (OLD["ext.bin"], NEW["ext.bin"])
    assert found["w_assets.h"] == OLD["w_assets.h"]
    assert set(found) <= set(NEW)


def test_a_leftover_of_a_killed_process_is_neither_used_nor_removed(folder: Path) -> None:
    number = next(output._counter)
    leftover = folder / f".imgbuild-{os.getpid()}-{number + 1}.tmp"
    leftover.write_bytes(b"not ours")
    write_artifacts(artifacts(folder))
    assert contents(folder) == NEW | {leftover.name: b"not ours"}


def test_a_write_that_takes_only_a_part_is_continued(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    write_artifacts(artifacts(folder))
    assert contents(folder) == NEW


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a real full disk needs the right to mount a tmpfs")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_disk_that_is_really_full_keeps_the_old_outputs(tiny_disk: Path) -> None:
    image, header = Artifact(tiny_disk / "ext.bin", b"i" * 20_000), Artifact(tiny_disk / "w.h", b"h" * 5000)
    write_artifacts([image, header])
    with pytest.raises(BuildError) as caught:
        write_artifacts([Artifact(header.path, b"H" * 5000), Artifact(image.path, b"I" * 60_000)])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB502"
    assert diagnostic.message.startswith(
        "cannot write ext.bin (60000 B (58.6 KiB)): no space left on device; "
    )
    assert diagnostic.message.endswith(" are free")
    assert contents(tiny_disk) == {"ext.bin": image.data, "w.h": header.data}
    write_artifacts([Artifact(image.path, b"I" * 30_000)])
    assert image.path.read_bytes() == b"I" * 30_000
