"""The only module that writes files: all of them or none, and only those whose bytes differ.

Every changed file is first written whole and flushed to the disk under a temporary name in its own
folder. Only then are the files put into place by renaming, so that a full disk leaves every old file
as it was. Should a renaming fail or be interrupted, the files replaced before it get their old content back
(on a file system without hard links they stay new, and whole).
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgbuild.errors import BuildError, Diagnostic, Place, fail
from imgbuild.model import Artifact
from imgbuild.units import format_bytes

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_HARD_LINKS = frozenset(
    {errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}
)
_NEW_FILE_MODE = 0o666
"""As open() does it: the umask takes its bits away."""
_counter = itertools.count()


@dataclass(slots=True)
class _Swap:
    """One file on its way. ``path`` is behind all symbolic links."""

    artifact: Artifact
    path: Path
    staged: Path | None = None
    backup: Path | None = None
    had_old: bool = False
    is_begun: bool = False


def compare_artifacts(artifacts: Sequence[Artifact]) -> list[Path]:
    """Paths of the artifacts whose files are missing or hold other bytes, in the order given."""
    return [artifact.path for artifact in artifacts if not _is_same(artifact)]


def write_artifacts(artifacts: Sequence[Artifact]) -> list[Path]:
    """Write what differs, all or nothing; the paths of the files replaced, in the order given.

    Missing parent folders are made. A symbolic link stays one: its target is replaced. Raises BuildError with
    IB502 (disk or quota full) or IB501 (anything else that the system refuses); then, and
    after an interrupt, every old file is whole and no temporary file is left.
    """
    _refuse_twins(artifacts)
    swaps = [_Swap(a, Path(os.path.realpath(a.path))) for a in artifacts if not _is_same(a)]
    current = artifacts[0] if artifacts else None
    try:
        for swap in swaps:
            current = swap.artifact
            _stage(swap)
        for swap in swaps:
            current = swap.artifact
            _replace(swap)
    except OSError as error:
        _roll_back(swaps)
        raise BuildError(_explain(error, current)) from error
    except BaseException:
        _roll_back(swaps)
        raise
    finally:
        for swap in swaps:
            _remove_temporary(swap)
    for folder in sorted({swap.path.parent for swap in swaps}):
        _flush_folder(folder)
    return [swap.artifact.path for swap in swaps]


def _refuse_twins(artifacts: Sequence[Artifact]) -> None:
    seen: set[str] = set()
    for artifact in artifacts:
        real = os.path.realpath(artifact.path)
        if real in seen:
            fail("IB501", f"two outputs have the path {artifact.path}", Place(str(artifact.path)))
        seen.add(real)


def _is_same(artifact: Artifact) -> bool:
    try:
        status = artifact.path.stat()
        is_regular = stat.S_ISREG(status.st_mode) and status.st_size == len(artifact.data)
        return is_regular and artifact.path.read_bytes() == artifact.data
    except OSError:
        return False


def _stage(swap: _Swap) -> None:
    """Write the new bytes beside the old file and flush them to the disk."""
    mode = _mode_of(swap.path)
    swap.had_old = mode is not None
    swap.path.parent.mkdir(parents=True, exist_ok=True)
    staged, descriptor = _open_new(swap)
    try:
        view = memoryview(swap.artifact.data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if mode is not None:
        with contextlib.suppress(PermissionError):  # a file system that keeps no permissions
            staged.chmod(mode)


def _mode_of(path: Path) -> int | None:
    """Permissions of the old file, None if there is none; anything but a file is refused."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return stat.S_IMODE(mode)


def _open_new(swap: _Swap) -> tuple[Path, int]:
    """Create the temporary file; its name is noted first, so that an interrupt finds it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        swap.staged = _temporary(swap.path)
        try:
            return swap.staged, os.open(swap.staged, flags, _NEW_FILE_MODE)
        except FileExistsError:
            swap.staged = None  # of a process that was killed: not ours to remove


def _temporary(path: Path) -> Path:
    return path.with_name(f".imgbuild-{os.getpid()}-{next(_counter)}.tmp")


def _replace(swap: _Swap) -> None:
    """Put the new file into place; a hard link keeps the old one until all are in place."""
    if swap.staged is None:
        raise RuntimeError(f"{swap.path} was not staged")
    if swap.had_old:
        swap.backup = _temporary(swap.path)
        try:
            swap.backup.hardlink_to(swap.path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
    swap.is_begun = True
    swap.staged.replace(swap.path)


def _roll_back(swaps: Sequence[_Swap]) -> None:
    """Every renaming that was begun is undone; where it never took place this changes nothing."""
    for swap in swaps:
        with contextlib.suppress(OSError):
            if swap.is_begun and swap.backup is not None:
                swap.backup.replace(swap.path)
            elif swap.is_begun:
                swap.path.unlink()


def _remove_temporary(swap: _Swap) -> None:
    for path in (swap.staged, swap.backup):
        if path is not None:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make the renaming itself last; where folders cannot be flushed it lasts soon enough."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, artifact: Artifact | None) -> Diagnostic:
    if artifact is None:
        raise error
    name, place = artifact.path.name, Place(str(artifact.path))
    reason = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        message = f"cannot write {name} ({format_bytes(len(artifact.data))}): {reason}{_room(artifact.path)}"
        hint = "make room and run the same command again; the old outputs are untouched"
        return Diagnostic("IB502", message, place, hint)
    culprit = "" if error.filename in (None, str(artifact.path)) else f" ({error.filename})"
    return Diagnostic("IB501", f"cannot write {name}: {reason}{culprit}", place)


def _room(path: Path) -> str:
    try:
        return f"; {format_bytes(shutil.disk_usage(path.parent).free)} are free"
    except OSError:
        return ""
