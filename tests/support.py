"""What several tests need: running the command line, a small project, tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
IS_CI = bool(os.environ.get("CI"))


def imgbuild(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m imgbuild`` in ``cwd``; nothing is raised."""
    return subprocess.run(
        [sys.executable, "-m", "imgbuild", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


def need_tool(name: str) -> str:
    """The path of a tool; without it a test fails on CI and is skipped, loudly, elsewhere."""
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed (sh tests/install_tools.sh)"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    return path


def need_file(path: str) -> Path:
    """A file that a package of the system brings, as :func:`need_tool`."""
    file = Path(path)
    if not file.is_file():
        message = f"{path} is not there (sh tests/install_tools.sh)"
        if IS_CI:
            pytest.fail(message)
        pytest.skip(message)
    return file


def save_png(path: Path, width: int = 16, height: int = 16, seed: int = 1) -> np.ndarray:
    """A random RGBA picture; returns its pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


MANIFEST = """version: 1
name: small
flash: {board: spark-core}
assets:
  - image: icons/*.png
    name: icons/{stem}
    pixel_format: rgb565a8
    codec: lz4
  - font: package:font_roboto/files/Roboto-Regular.ttf
    name: text
    size: 16
    characters: {text: "Hello 0123"}
  - file: note.txt
"""


def make_project(folder: Path, manifest: str = MANIFEST) -> Path:
    """A project with three icons, a font and a file; returns the manifest's path."""
    for number, name in enumerate(("bell", "home", "wifi")):
        save_png(folder / "icons" / f"{name}.png", seed=number)
    (folder / "note.txt").write_text("a plain file\n")
    path = folder / "small.yaml"
    path.write_text(manifest)
    return path


def build_image(folder: Path, manifest: str):
    """Build ``manifest`` in ``folder``, in this process; the reader's image and the build's result."""
    from imgbuild.build import BuildRequest, build
    from imgbuild.reader.container import open_image

    path = folder / "manifest.yaml"
    path.write_text(manifest)
    result = build(BuildRequest(path, folder / "ext.bin", folder))
    return open_image(result.image.data), result
