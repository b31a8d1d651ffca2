"""2,000 files of 500 bytes into littlefs."""

from __future__ import annotations

import random
import sys
from pathlib import Path

from bench.measure import best

MANIFEST = """version: 1
name: many
flash: {chip: w25q256jv}
container: littlefs
assets:
  - file: files/*.dat
    name: "{stem}"
"""


def main(folder: Path) -> None:
    """Print the figure."""
    print("2,000 files of 500 bytes into littlefs")
    (folder / "files").mkdir()
    source = random.Random(1)
    for number in range(2000):
        (folder / "files" / f"file{number:04}.dat").write_bytes(source.randbytes(500))
    (folder / "many.yaml").write_text(MANIFEST)
    image = folder / "many.bin"
    cost = best([sys.executable, "-m", "imgbuild", "build", folder / "many.yaml", "-o", image, "--force"], 2)
    print(f"  {cost.wall_s:.2f} s wall, {cost.cpu_s:.2f} s CPU, {cost.peak_mb:.0f} MB (aim 3 s)")
