"""The wheel that people install: complete, and usable from anywhere."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.strip().splitlines()[-1]


def test_the_reader_travels_inside_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in ("src/imgb.h", "src/imgb.c", "FORMAT.md", "imgbuild.mk", "examples/qemu-cortex-m4/main.c"):
        assert f"imgbuild/_c_runtime/{needed}" in names
    assert {"imgbuild/flash/chips.yaml", "imgbuild/flash/boards.yaml"} <= names
    assert not [name for name in names if name.startswith(("tests/", "assets/"))]


def test_the_installed_package_finds_its_reader(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = "from imgbuild.runtime import find_runtime; print(find_runtime())"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    folder = Path(done.stdout.strip())
    assert folder == (tmp_path / "site/imgbuild/_c_runtime").resolve()
    assert (folder / "imgbuild.mk").is_file()
