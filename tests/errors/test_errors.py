"""Every diagnostic code has a folder here that provokes it: its text is exact, and nothing is touched.

A folder ``IBnnn-what-is-wrong`` holds ``manifest.yaml`` and its inputs, and

- ``expected.txt``: the whole of stderr;
- ``cmd.txt`` (optional): the arguments of imgbuild, default ``build manifest.yaml -o out/ext.bin``;
- ``exit.txt`` (optional): the exit code, default 1;
- ``tools.txt`` (optional): programs that the command runs;
- ``make.py`` (optional): run in the folder's copy first, makes inputs that cannot be stored
  (``damage.py`` beside the folders helps those of flash images);
- ``run.py`` (optional): run in place of ``python -m imgbuild``, for faults that no input provokes.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import need_tool

from imgbuild.codes import CODES

HERE = Path(__file__).parent
FOLDERS = sorted(path for path in HERE.iterdir() if path.is_dir() and path.name.startswith("IB"))
OLD_OUTPUTS = ("out/ext.bin", "out/demo_assets.h", "out/demo_digest.h", "out/demo_config.h")
"""What an earlier build left: it must survive a build that fails."""


def read_or(path, default):
    return path.read_text(encoding="utf-8") if path.exists() else default


def run_python(folder, arguments):
    path = os.pathsep.join([str(HERE.parents[1]), str(HERE)])  # imgbuild, and damage.py
    env = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=120, check=False)


def snapshot(folder):
    """Every path of the folder with its bytes and time of change."""
    files = {}
    for path in sorted(folder.rglob("*")):
        is_file = path.is_file() and not path.is_symlink()
        files[path.relative_to(folder).as_posix()] = (
            (path.read_bytes(), path.stat().st_mtime_ns) if is_file else None
        )
    return files


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_error(folder, tmp_path):
    for tool in read_or(folder / "tools.txt", "").split():
        need_tool(tool)
    copy = tmp_path / "case"
    shutil.copytree(folder, copy, symlinks=True)
    for name in OLD_OUTPUTS:
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(f"old {name}")
    if (copy / "make.py").exists():
        made = run_python(copy, ["make.py"])
        assert made.returncode == 0, made.stderr.decode()
    before = snapshot(copy)
    arguments = shlex.split(read_or(folder / "cmd.txt", "build manifest.yaml -o out/ext.bin"))
    program = ["run.py"] if (copy / "run.py").exists() else ["-m", "imgbuild"]

    result = run_python(copy, [*program, *arguments])

    stderr = result.stderr.decode()
    assert stderr == (folder / "expected.txt").read_text(encoding="utf-8")
    assert result.returncode == int(read_or(folder / "exit.txt", "1"))
    assert f"[{folder.name[:5]}]" in stderr
    assert "Traceback" not in stderr + result.stdout.decode()
    if result.returncode:
        assert snapshot(copy) == before, "a failed build must leave every file as it was"


def test_debug_tells_where_an_internal_error_was_raised(tmp_path):
    copy = tmp_path / "case"
    shutil.copytree(HERE / "IB901-step-fails", copy)
    result = run_python(copy, ["run.py", "--debug", "build", "manifest.yaml", "-o", "ext.bin"])
    stderr = result.stderr.decode()
    assert result.returncode == 70
    assert "Traceback" in stderr
    assert "in verify_wrongly" in stderr
    assert "[IB901]" in stderr
    assert not (copy / "ext.bin").exists()


def test_every_code_has_a_folder_that_provokes_it():
    missing = sorted(set(CODES) - {folder.name[:5] for folder in FOLDERS})
    assert not missing, f"no folder under tests/errors provokes {', '.join(missing)}"


def test_every_folder_is_of_a_known_code():
    assert {folder.name[:5] for folder in FOLDERS} <= set(CODES)
