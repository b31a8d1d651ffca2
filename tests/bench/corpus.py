"""The pictures that benchmarks use: real icons from Debian's icon themes, chosen by a fixed rule."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image

OXYGEN = Path("/usr/share/icons/oxygen/base")
ADWAITA = Path("/usr/share/icons/Adwaita")
PACKAGES = ("oxygen-icon-theme", "adwaita-icon-theme")
ICONS = ((OXYGEN / "32x32", 32, 150), (OXYGEN / "48x48", 48, 150), (OXYGEN / "64x64", 64, 100),
         (OXYGEN / "128x128", 128, 50), (ADWAITA / "96x96", 96, 50))  # fmt: skip


def _evenly(files: list[Path], count: int) -> list[Path]:
    """``count`` files spread evenly over the sorted list."""
    return [files[i * len(files) // count] for i in range(count)]


def _is_icon(path: Path, side: int) -> bool:
    if path.is_symlink():
        return False
    with Image.open(path) as image:
        return image.size == (side, side) and image.mode == "RGBA"


def icon_files() -> list[Path]:
    """500 RGBA icons of 32 to 128 px: regular files, sorted by path, spread evenly over each size."""
    if not OXYGEN.is_dir() or not ADWAITA.is_dir():
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], check=True)
    chosen: list[Path] = []
    for folder, side, count in ICONS:
        files = [path for path in sorted(folder.rglob("*.png")) if _is_icon(path, side)]
        chosen += _evenly(files, count)
    return chosen
