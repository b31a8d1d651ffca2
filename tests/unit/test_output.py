"""Files are written whole, together, and only when their bytes change."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from imgbuild.codes import exit_code_of
from imgbuild.errors import BuildError, Diagnostic, ExitCode
from imgbuild.model import Artifact
from imgbuild.output import compare_artifacts, write_artifacts


def refused(*artifacts: Artifact) -> Diagnostic:
    with pytest.raises(BuildError) as caught:
        write_artifacts(artifacts)
    (diagnostic,) = caught.value.diagnostics
    assert exit_code_of([diagnostic]) == ExitCode.ENVIRONMENT
    return diagnostic


def test_new_files_are_written_and_named(tmp_path: Path) -> None:
    artifacts = [Artifact(tmp_path / "b.bin", b"\0\xff\r\n"), Artifact(tmp_path / "a.h", b"")]
    assert write_artifacts(artifacts) == [tmp_path / "b.bin", tmp_path / "a.h"]
    assert (tmp_path / "b.bin").read_bytes() == b"\0\xff\r\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h", "b.bin"]


def test_a_file_whose_bytes_stay_is_not_touched(tmp_path: Path) -> None:
    same, other = tmp_path / "same", tmp_path / "other"
    same.write_bytes(b"same")
    other.write_bytes(b"old!")
    for path in (same, other):
        os.utime(path, (1000, 1000))
    before = same.stat()
    assert write_artifacts([Artifact(same, b"same"), Artifact(other, b"new!")]) == [other]
    after = same.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert other.stat().st_mtime > 1000
    assert other.read_bytes() == b"new!"


def test_nothing_to_write_is_fine() -> None:
    assert write_artifacts([]) == []
    assert compare_artifacts([]) == []


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "build" / "gen" / "ext.bin"
    write_artifacts([Artifact(path, b"x")])
    assert path.read_bytes() == b"x"


def test_check_names_what_differs_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "same").write_bytes(b"1")
    (tmp_path / "longer").write_bytes(b"12")
    (tmp_path / "other").write_bytes(b"2")
    (tmp_path / "folder").mkdir()
    names = ["same", "longer", "missing", "other", "folder"]
    differing = compare_artifacts([Artifact(tmp_path / name, b"1") for name in names])
    assert [path.name for path in differing] == ["longer", "missing", "other", "folder"]
    assert (tmp_path / "other").read_bytes() == b"2"
    assert not (tmp_path / "missing").exists()


def test_permissions_are_those_of_a_plain_open(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_artifacts([Artifact(tmp_path / "new", b"x")])
        (tmp_path / "plain").write_bytes(b"x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_permissions_of_the_old_file_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "ext.bin"
    path.write_bytes(b"old")
    path.chmod(0o604)
    write_artifacts([Artifact(path, b"new")])
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "real" / "ext.bin"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "ext.bin"
    link.symlink_to(target)
    assert write_artifacts([Artifact(link, b"new")]) == [link]
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "build").write_bytes(b"I am a file")
    diagnostic = refused(Artifact(tmp_path / "build" / "ext.bin", b"x"))
    assert diagnostic.code == "IB501"
    assert "ext.bin" in diagnostic.message
    assert "not a directory" in diagnostic.message
    assert (tmp_path / "build").read_bytes() == b"I am a file"


def test_a_folder_or_a_device_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "ext.bin").mkdir()
    assert "is a directory" in refused(Artifact(tmp_path / "ext.bin", b"x")).message
    assert "no regular file" in refused(Artifact(Path("/dev/null"), b"x")).message
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_one_path_for_two_outputs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gen").mkdir()
    diagnostic = refused(Artifact(tmp_path / "x.h", b"1"), Artifact(tmp_path / "gen" / ".." / "x.h", b"2"))
    assert diagnostic.code == "IB501"
    assert "two outputs" in diagnostic.message
    assert not (tmp_path / "x.h").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "permission denied" in refused(Artifact(tmp_path / "x", b"1")).message
    finally:
        tmp_path.chmod(0o700)
