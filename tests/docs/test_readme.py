"""README's blocks are true: the manifest builds, the C snippet compiles, the commands exist."""

import re
import subprocess
from pathlib import Path

import pytest
from support import ROOT, imgbuild, need_tool, save_png

README = (ROOT / "README.md").read_text()


def _block(language: str) -> str:
    match = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert match, language
    return match[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that README's manifest names."""
    folder = tmp_path_factory.mktemp("readme")
    save_png(folder / "icons/wifi.png", 40, 40)
    save_png(folder / "icons/bell.png", 20, 30, 2)
    (folder / "photos").mkdir()
    (folder / "photos/splash.jpg").write_bytes((ROOT / "assets/photos/valley.jpg").read_bytes())
    roboto = _block("yaml").replace("fonts/Roboto", "package:font_roboto/files/Roboto")
    (folder / "certs").mkdir()
    (folder / "certs/root.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    (folder / "manifest.yaml").write_text(roboto)
    done = imgbuild("build", "manifest.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_manifest_builds(project: Path) -> None:
    assert (project / "weather_assets.h").is_file()


def test_the_c_snippet_compiles_without_a_warning(project: Path) -> None:
    (project / "snippet.c").write_text(_block("c"))
    compiler = need_tool("gcc")
    command = [
        compiler,
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-pedantic",
        "-Werror",
        "-c",
        "snippet.c",
    ]
    done = subprocess.run(
        [*command, f"-I{ROOT / 'c_runtime/src'}", "-I."],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_ten_line_promise() -> None:
    assert len(_block("yaml").strip().splitlines()) <= 10
    assert len(_block("make").strip().splitlines()) <= 2


def test_every_command_named_exists(tmp_path: Path) -> None:
    overview = imgbuild("--help", cwd=tmp_path).stdout
    for name in set(re.findall(r"`imgbuild ([a-z]+)", README)):
        assert name in overview


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
