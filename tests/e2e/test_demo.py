"""`make demo`'s screen, drawn by the host build of the C reader, is the picture that the README shows."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from e2e.demo_screen import draw_screen
from PIL import Image
from support import ROOT, imgbuild, need_tool


def test_the_readme_shows_what_the_c_reader_draws(tmp_path: Path) -> None:
    need_tool("cc")
    done = imgbuild("build", "manifests/demo.yaml", "-o", tmp_path / "ext.bin", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    viewer = ROOT / "c_runtime/examples/host-viewer"
    command = ["make", "-s", "-C", str(viewer), f"OUT={tmp_path}", f"PYTHON={sys.executable}"]
    subprocess.run(command, check=True, capture_output=True)
    screen = np.asarray(Image.open(tmp_path / "screen.png").convert("RGB"))
    shown = np.asarray(Image.open(ROOT / "assets/demo-screen.png").convert("RGB"))
    assert np.array_equal(np.repeat(np.repeat(screen, 2, 0), 2, 1), shown), (
        "draw assets/demo-screen.png again"
    )
    by_python = draw_screen((tmp_path / "ext.bin").read_bytes(), "demo_items.def")
    red, green, blue = (screen[..., channel].astype(int) for channel in range(3))
    assert np.array_equal((red >> 3 << 11) | (green >> 2 << 5) | (blue >> 3), by_python)
