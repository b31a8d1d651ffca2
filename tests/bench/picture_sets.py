"""Sets of pictures to measure and to train the picture codec with: icons, photographs, screens and so on.

All come from Debian packages (:data:`PACKAGES`) or are drawn here, and are chosen by fixed rules: files
sorted by path, spread evenly. A set to train from shares no file, and no drawing of another size, with the
set of the same name to measure with.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.corpus import ADWAITA, ICONS, OXYGEN, icon_files
from bench.screens import draw_screen

U8 = NDArray[np.uint8]

PACKAGES = ("oxygen-icon-theme", "adwaita-icon-theme", "papirus-icon-theme", "mate-backgrounds",
            "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "ukui-wallpapers")  # fmt: skip
PAPIRUS = Path("/usr/share/icons/Papirus")
MATE = Path("/usr/share/backgrounds/mate")
WALLPAPERS = Path("/usr/share/backgrounds")
DESCRIPTIONS = {
    "icons": "RGBA PNG of 32 to 128 px: oxygen-icon-theme (150 of 32, 150 of 48, 100 of 64, 50 of 128 px) and"
    " adwaita-icon-theme (50 of 96 px), shaded drawings with soft edges",
    "photos": "mate-backgrounds, nature/*.jpg, cut and reduced to 320x240 (Lanczos)",
    "backgrounds": "mate-backgrounds, desktop and abstract (rendered, vector drawings), 320x240",
    "flat icons": "papirus-icon-theme SVG drawn at 24, 32, 48 and 64 px: few flat colours",
    "screens": "user interfaces of 320x240 drawn by bench/screens.py: lists, gauges, charts, tiles, dialogs",
}
"""What each set is; files sorted by path, spread evenly over each folder."""
SCREEN_PX = (320, 240)
FLAT_SIZES = ((24, 100), (32, 80), (48, 80), (64, 40))


def install() -> None:
    """Install the packages that are missing."""
    if all(path.is_dir() for path in (OXYGEN, ADWAITA, PAPIRUS, MATE)) and _lomiri():
        return
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], check=True)


def measured_sets() -> dict[str, list[U8]]:
    """Name to pictures, uint8 ``[h, w, 4]``, R G B A straight: the sets that benchmarks print."""
    install()
    return {
        "icons": [_load(path) for path in icon_files()],
        "photos": [_load_cover(path) for path in sorted((MATE / "nature").glob("*.jpg"))[:12]],
        "backgrounds": [_load_cover(path) for path in _rendered()],
        "flat icons": [_draw_svg(path) for path in _flat_files()],
        "screens": [draw_screen(seed) for seed in range(10)],
    }


def training_sets() -> dict[str, list[U8]]:
    """As :func:`measured_sets`, from other files."""
    install()
    return {
        "icons": [_load(path) for path in _other_icons()],
        "photos": [_load_cover(path) for path in _lomiri()],
        "backgrounds": [_load_cover(path) for path in _ukui()],
        "flat icons": [_draw_svg(path) for path in _flat_files(is_training=True)],
        "screens": [draw_screen(seed) for seed in range(1000, 1016)],
    }


def evenly(files: list[Path], count: int) -> list[Path]:
    """``count`` files (or all) spread evenly over the list."""
    count = min(count, len(files))
    return [files[i * len(files) // count] for i in range(count)]


def _other_icons() -> list[Path]:
    """500 icons of the same folders and sizes whose drawing is not among the measured ones."""
    taken = {path.stem for path in icon_files()}
    chosen: list[Path] = []
    for folder, side, count in ICONS:
        files = [p for p in sorted(folder.rglob("*.png")) if not p.is_symlink() and p.stem not in taken]
        sized = [path for path in files if _size_and_mode(path) == ((side, side), "RGBA")]
        chosen += evenly(sized, count)
    return chosen


def _size_and_mode(path: Path) -> tuple[tuple[int, int], str]:
    with Image.open(path) as image:
        return image.size, image.mode


def _rendered() -> list[Path]:
    """16 rendered and vector backgrounds."""
    files = [*(MATE / "desktop").iterdir(), *(MATE / "abstract").iterdir()]
    return sorted(path for path in files if path.suffix in (".png", ".jpg"))[:16]


def _lomiri() -> list[Path]:
    """The photographs of the Lomiri wallpapers, each named after who took it."""
    return sorted(WALLPAPERS.glob("*_by_*.jpg"))


def _ukui() -> list[Path]:
    files = [path for path in WALLPAPERS.iterdir() if path.suffix in (".png", ".jpg")]
    return sorted(path for path in files if "_by_" not in path.name and not path.is_symlink())


def _flat_files(*, is_training: bool = False) -> list[Path]:
    """300 flat vector icons of 24 to 64 px; those to train from have other names."""
    taken = {path.stem for path in _flat_files()} if is_training else set()
    chosen: list[Path] = []
    for side, count in FLAT_SIZES:
        files = sorted((PAPIRUS / f"{side}x{side}").rglob("*.svg"))
        chosen += evenly([p for p in files if not p.is_symlink() and p.stem not in taken], count)
    return chosen


def _load(path: Path) -> U8:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def _load_cover(path: Path) -> U8:
    """The picture cut to the screen's shape and reduced to its size (Lanczos)."""
    width, height = SCREEN_PX
    with Image.open(path) as image:
        image.draft("RGB", (4 * width, 4 * height))
        rgb = image.convert("RGB")
    scale = max(width / rgb.width, height / rgb.height)
    box_w, box_h = width / scale, height / scale
    left, top = (rgb.width - box_w) / 2, (rgb.height - box_h) / 2
    box = (left, top, left + box_w, top + box_h)
    reduced = rgb.resize(SCREEN_PX, Image.Resampling.LANCZOS, box)
    return np.asarray(reduced.convert("RGBA"))


def _draw_svg(path: Path) -> U8:
    import resvg_py

    drawn = resvg_py.svg_to_bytes(svg_string=path.read_text(encoding="utf-8"))
    with Image.open(io.BytesIO(bytes(drawn))) as image:
        return np.asarray(image.convert("RGBA"))
