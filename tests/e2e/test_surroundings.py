"""Odd surroundings: names that are no text, closed and full streams, pipes, signals."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import imgbuild

MANIFEST = """\
version: 1
name: demo
flash: {board: spark-core}
assets:
  - {file: note.txt, name: note}
"""
LOADER = ("loader", "stldr", "--board", "stm32f407-w25q64jv")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "note.txt").write_text("hello")
    done = imgbuild("build", "manifest.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def shell(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``imgbuild`` in ``line`` is the program."""
    text = line.replace("imgbuild", f"{shlex.quote(sys.executable)} -m imgbuild")
    command, env = ["bash", "-c", text], {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=60,
    )


def test_a_link_to_itself_is_told(project: Path) -> None:
    (project / "loop").symlink_to("loop")
    done = imgbuild("build", "loop", "-o", "x.bin", cwd=project)
    assert (done.returncode, "error[IB101]: loop cannot be read" in done.stderr) == (1, True)
    done = imgbuild(*LOADER, "--bus", "loop", "-o", "x.stldr", cwd=project)
    assert done.stderr == "loop: error[IB743]: --bus: there is no such file\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "manifest.yaml", "-o", "x" * 300 + ".bin"),
        ("build", "manifest.yaml", "-o", "ext.bin", "--base", "x" * 300),
        (*LOADER, "--bus", "x" * 300, "-o", "x.stldr"),
        ("flash", "ext.bin", "--board", "daisy-seed", "--with", "openocd", "--loader", "x" * 300),
    ],
)
def test_a_name_too_long_for_any_file_is_told(project: Path, arguments: tuple[str, ...]) -> None:
    done = imgbuild(*arguments, cwd=project)
    assert done.returncode in (1, 2)
    assert "file name too long" in done.stderr
    assert "IB901" not in done.stderr


def test_a_name_that_is_no_text_is_shown(project: Path) -> None:
    name = os.fsdecode(b"\xff.hex")
    done = imgbuild("convert", "ext.bin", "--address", "0", "-o", name, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["image"].endswith(name)
    assert (project / name).exists()


def test_json_is_json_where_only_ascii_can_be_printed(project: Path) -> None:
    done = imgbuild(
        "convert",
        "ext.bin",
        "--address",
        "0",
        "-o",
        "größe.hex",
        "--json",
        cwd=project,
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["image"].endswith("größe.hex")
    done = imgbuild("loader", "c-array", "--help", cwd=project, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_line_end_in_a_name_starts_no_line_of_its_own(project: Path) -> None:
    (project / "a\nb.bin").write_bytes((project / "ext.bin").read_bytes())
    done = imgbuild("flash", "a\nb.bin", "--board", "spark-core", "--print", cwd=project)
    assert done.stdout.startswith("# a\\x0ab.bin: ")
    assert "\ncp 'a\nb.bin' image.bin\n" in done.stdout


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("imgbuild ls ext.bin >&-", 0),
        ("imgbuild ls none.bin 2>&-", 1),
        ("imgbuild ls ext.bin >/dev/full", 4),
        ("imgbuild ls ext.bin --json >/dev/full", 4),
        ("imgbuild verify none.bin 2>/dev/null >/dev/full", 1),
    ],
)
def test_streams_that_are_closed_or_full(project: Path, line: str, status: int) -> None:
    done = shell(line, project)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert ("IB502" in done.stderr) == (status == 4)
    assert "none.bin" not in done.stdout


@pytest.mark.parametrize("command", ["verify", "ls", "info", "convert -o y.hex --address 0"])
def test_an_image_from_a_pipe(project: Path, command: str) -> None:
    done = shell(f"imgbuild {command} <(cat ext.bin)", project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_a_pipe_is_looked_at_once_where_commands_are_printed(project: Path) -> None:
    done = shell("imgbuild flash <(cat ext.bin) --board spark-core --print", project)
    assert done.returncode == 0, done.stderr
    assert "dfu-util -d ,1d50:607f -a 1 -s 0x00080000 -D image.bin" in done.stdout


def _wait_for(is_there: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_there():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file_and_the_old_output(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "old.stldr").write_text("old")
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\ntouch started\nexec sleep 30\n")
    compiler.chmod(0o755)
    command = [sys.executable, "-m", "imgbuild", *LOADER, "--cc", str(compiler), "-o", "old.stldr"]
    env = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as child:
        _wait_for(lambda: list((tmp_path / "tmp").glob("*/started")))
        child.send_signal(number)
        _, said = child.communicate(timeout=20)
    assert (child.returncode, said.lstrip()) == (130, "interrupted; no output was changed\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert (tmp_path / "old.stldr").read_text() == "old"


def test_a_hangup_that_is_ignored_stays_ignored(project: Path) -> None:
    line = (
        "trap '' HUP; imgbuild flash ext.bin --tcp 127.0.0.1:1 & sleep 0.5; kill -HUP $! 2>/dev/null; wait $!"
    )
    assert shell(line, project).returncode != 130


def test_an_endless_key_or_package_is_refused(project: Path) -> None:
    done = imgbuild("ota", "verify", "/dev/zero", cwd=project)
    assert (done.returncode, "error[IB612]: cannot read zero: file too large" in done.stderr) == (1, True)
    done = imgbuild("ota", "make", "ext.bin", "--key", "/dev/zero", "-o", "u.imgu", cwd=project)
    assert (done.returncode, "error[IB760]: cannot read the key: file too large" in done.stderr) == (1, True)


def test_an_erase_block_of_no_bytes_is_refused(project: Path) -> None:
    done = imgbuild("ota", "make", "ext.bin", "--sector", "0", "-o", "u.imgu", cwd=project)
    assert (done.returncode, (project / "u.imgu").exists()) == (2, False)
