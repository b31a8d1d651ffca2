"""The depfile: make rebuilds when an input changes, and goes on when one is gone."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from support import need_tool
from unit.layout.handmade import flash_image, flash_target

from imgbuild.emit import EMITTERS, EmitJob
from imgbuild.emit.depfile import depfile_bytes

ARCHIVES = ["photo(1)", "x(1 2)", "$(HOME)"]
MAKEFILE = "out:\n\t@echo rebuilt\n-include out.d\n"

PLAIN = ["icons/wifi.png", "a b.png", " a", "a  b", "a#b", "a$b", "${HOME}", "a\\b", "a\\ b", "a\\#b", "a:b",
         "über.png", "a'b\"c", "logo (1).png", "a(b c).png", "a) (b", "((", "a)", "a,b", "a+b", "a&b", "a!b",
         "a@b"]  # fmt: skip
RARE = ["50%.png", "a=b", "a;b", "a|b", "a\tb", "a\nb", "a\\", "a&", "~x"]
"""Characters that make cannot escape everywhere: the build sees a change, but not that the file is gone."""


def test_a_rule_and_an_empty_rule_for_each_input() -> None:
    assert depfile_bytes(["build/ext.bin"], ["b.png", "a b.png", "b.png"]) == (
        b"build/ext.bin: \\\n  a\\ b.png \\\n  b.png\n\na\\ b.png:\n\nb.png:\n"
    )


def test_a_rule_without_inputs_and_one_with_several_targets() -> None:
    assert depfile_bytes(["out"], []) == b"out:\n"
    assert depfile_bytes(["a b", "c"], []) == b"a\\ b c:\n"


def test_a_target_is_not_its_own_input() -> None:
    assert depfile_bytes(["out"], ["out", "in"]) == b"out: \\\n  in\n\nin:\n"


def test_names_that_are_not_utf8_survive() -> None:
    assert b"\xff.png" in depfile_bytes(["out"], [os.fsdecode(b"\xff.png")])


def test_the_colon_of_a_drive_stays() -> None:
    assert b"  C:/icons/a\\:b \\\n" in depfile_bytes(["out"], ["C:/icons/a:b", "d"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    need_tool("make")
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return tmp_path


def make(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-C", str(project), "--no-print-directory"], capture_output=True, text=True, check=False
    )


def prepare(project: Path, names: list[str], time_s: int = 1000) -> None:
    for name in names:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        os.utime(path, (time_s, time_s))
    (project / "out").write_bytes(b"")
    os.utime(project / "out", (2000, 2000))
    (project / "out.d").write_bytes(depfile_bytes(["out"], names))


@pytest.mark.parametrize("name", [*PLAIN, *RARE])
def test_make_rebuilds_when_the_input_is_newer_and_only_then(project: Path, name: str) -> None:
    prepare(project, ["manifest.yaml", name])
    before = make(project)
    assert (before.returncode, before.stderr) == (0, "")
    assert "rebuilt" not in before.stdout
    os.utime(project / name, (3000, 3000))
    assert make(project).stdout == "rebuilt\n"


@pytest.mark.parametrize("name", PLAIN)
def test_a_deleted_input_rebuilds_and_stops_nobody(project: Path, name: str) -> None:
    prepare(project, ["manifest.yaml", name])
    (project / name).unlink()
    result = make(project)
    assert (result.returncode, result.stdout) == (0, "rebuilt\n")


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_name_that_make_takes_for_a_member_of_an_archive_builds_each_time(project: Path, name: str) -> None:
    prepare(project, ["manifest.yaml", name])
    result = make(project)
    assert (result.returncode, result.stdout, result.stderr) == (0, "rebuilt\n", "")


def test_rare_names_spoil_nothing_for_the_others(project: Path) -> None:
    prepare(project, ["manifest.yaml", *PLAIN, *RARE])
    assert (make(project).returncode, make(project).stderr) == (0, "")
    os.utime(project / "icons/wifi.png", (3000, 3000))
    assert make(project).stdout == "rebuilt\n"
    prepare(project, ["manifest.yaml", *PLAIN, *RARE, *ARCHIVES])
    assert (make(project).returncode, make(project).stderr) == (0, "")


def test_a_new_file_in_a_folder_is_noticed(project: Path) -> None:
    prepare(project, ["icons/a.png"])
    os.utime(project / "icons", (1000, 1000))
    (project / "out.d").write_bytes(depfile_bytes(["out"], ["icons", "icons/a.png"]))
    assert "rebuilt" not in make(project).stdout
    (project / "icons/b.png").write_bytes(b"")
    assert make(project).stdout == "rebuilt\n"


def test_no_depfile_unless_asked_for() -> None:
    job = EmitJob("w", flash_image(b"", flash_target()), (), Path("ext.bin"), Path())
    assert EMITTERS["depfile"](job) == []
    asked = replace(job, depfile_path=Path("ext.d"), depfile_targets=("ext.bin",), depfile_inputs=("m.yaml",))
    (artifact,) = EMITTERS["depfile"](asked)
    assert artifact.path == Path("ext.d")
    assert artifact.data == depfile_bytes(["ext.bin"], ["m.yaml"])
