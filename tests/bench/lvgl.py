"""The same picture files through LVGL's converter and through imgbuild: bytes, CPU seconds, peak memory.

``LVGL_DIR`` names a checkout of LVGL v9; its ``scripts/LVGLImage.py`` runs in an environment of its own,
made for the occasion (pypng, lz4). Both write what firmware stores: LVGL a ``.bin`` per picture, whole
files only; imgbuild one image, in strips that a reader can pick. Bytes are those of all payloads, with
headers, strip tables and whatever else belongs to them; imgbuild's names and index are told beside them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.images import FLOOR
from bench.measure import Cost, best
from bench.picture_sets import measured_sets

U8 = NDArray[np.uint8]

SETS = (("icons", "rgb565a8"), ("photos", "rgb565"))
"""Set of pictures, and the pixel format that both converters are asked for."""
OURS: tuple[tuple[str, str, str | None], ...] = (
    ("raw", "raw", None),
    ("rle 8K", "rle", None),
    ("lz4 2K", "lz4", "2K"),
    ("lz4 4K", "lz4", "4K"),
    ("lz4 8K", "lz4", None),
    ("range 8K", "range", None),
)
"""Label, codec, ``strip_bytes`` if not the default of 8 KiB."""
THEIRS = ("NONE", "RLE", "LZ4")
PEER_OF = {"raw": "NONE", "rle 8K": "RLE"}
"""What of LVGL's a row is compared with, where it is not its LZ4."""
CPU_AIM, LZ4_AIM = 5.0, 0.90
"""LVGL's CPU for raw pictures at least so many times ours; LZ4 strips of 8 KiB at most so much of its LZ4."""

MANIFEST = """version: 1
name: bench
flash: {{chip: w25q256jv, mapped_at: 0x90000000}}
defaults: {{image: {{pixel_format: {pixel_format}, codec: {codec}{strips}}}}}
assets:
  - image: "{folder}/*.png"
    name: "{{stem}}"
"""


@dataclass(frozen=True)
class Result:
    """Bytes of all payloads, and what making them cost."""

    stored_bytes: int
    cost: Cost


def write_set(folder: Path, pictures: Sequence[U8]) -> None:
    """The pictures as PNG files; opaque ones without alpha."""
    folder.mkdir(parents=True)
    for number, rgba in enumerate(pictures):
        image = Image.fromarray(rgba)
        is_opaque = bool((rgba[..., 3] == 255).all())
        (image.convert("RGB") if is_opaque else image).save(folder / f"{number:03}.png")


def make_environment(folder: Path) -> Path:
    """The interpreter of a new environment with what LVGL's script imports."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "pypng", "lz4"]
    subprocess.run(pip, check=True, capture_output=True)
    return python


def run_lvgl(python: Path, script: Path, pictures: Path, pixel_format: str, method: str, to: Path) -> Result:
    """LVGL's converter over a folder."""
    options = ["--ofmt", "BIN", "--cf", pixel_format.upper(), "--compress", method, "-o", str(to)]
    cost = best([python, script, *options, pictures])
    return Result(sum(path.stat().st_size for path in to.rglob("*.bin")), cost)


def run_ours(folder: Path, pictures: str, pixel_format: str, codec: str, strip_bytes: str | None) -> Result:
    """A whole build, verification included, without the cache."""
    strips = f", strip_bytes: {strip_bytes}" if strip_bytes else ""
    manifest, image = folder / "manifest.yaml", folder / "image.bin"
    manifest.write_text(
        MANIFEST.format(pixel_format=pixel_format, codec=codec, strips=strips, folder=pictures)
    )
    imgbuild = [sys.executable, "-m", "imgbuild"]
    cost = best([*imgbuild, "build", manifest, "-o", image, "--force"])
    listed = subprocess.run([*imgbuild, "ls", image, "--json"], check=True, capture_output=True)
    return Result(sum(row["stored_bytes"] for row in json.loads(listed.stdout)["assets"]), cost)


def _print(label: str, result: Result, note: str = "") -> None:
    cost = result.cost
    size = f"{result.stored_bytes:12,} B" if result.stored_bytes else " " * 14
    print(f"  {label:28}{size}{cost.cpu_s:7.2f} s CPU{cost.peak_mb:6.0f} MB  {note}".rstrip())


def _note(label: str, ours: Result, theirs: dict[str, Result]) -> str:
    peer = theirs[PEER_OF.get(label, "LZ4")]
    note = f"{ours.stored_bytes / peer.stored_bytes:.3f} of LVGL's bytes"
    if label == "raw":
        return f"{note}, its CPU is {peer.cost.cpu_s / ours.cost.cpu_s:.1f} x ours (aim {CPU_AIM:g})"
    return f"{note} (aim {LZ4_AIM:.2f})" if label == "lz4 8K" else note


def compare(folder: Path, script: Path) -> None:
    """Print the table of each set."""
    python = make_environment(folder / "environment")
    pictures = measured_sets()
    for name, pixel_format in SETS:
        place = folder / name
        write_set(place, pictures[name])
        print(f"  {len(pictures[name])} {name}, {pixel_format}")
        floor = best([sys.executable, "-c", FLOOR, place])
        _print("Pillow decodes only (floor)", Result(0, floor))
        theirs = {}
        for method in THEIRS:
            theirs[method] = run_lvgl(
                python, script, place, pixel_format, method, folder / f"{name}-{method}"
            )
            _print(f"LVGLImage.py {method}", theirs[method])
        for label, codec, strip_bytes in OURS:
            ours = run_ours(folder, name, pixel_format, codec, strip_bytes)
            _print(f"imgbuild {label}", ours, _note(label, ours, theirs))


def main(folder: Path) -> None:
    """Print the comparison, or say why there is none."""
    print("the same files through LVGL's LVGLImage.py and imgbuild (CPU of the whole process, best of 3)")
    checkout = os.environ.get("LVGL_DIR")
    if not checkout:
        print("  skipped: LVGL_DIR does not name a checkout of LVGL v9")
        return
    script = Path(checkout) / "scripts" / "LVGLImage.py"
    if not script.is_file():
        print(f"  skipped: LVGL_DIR holds no scripts/LVGLImage.py ({checkout})")
        return
    compare(folder, script)
