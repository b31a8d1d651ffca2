"""500 icons to rgb565a8 by codec, beside Pillow only decoding the same files; an unchanged rebuild."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench.corpus import icon_files
from bench.measure import best

MANIFEST = """version: 1
name: bench
flash: {{chip: w25q256jv, mapped_at: 0x90000000}}
defaults: {{image: {{pixel_format: rgb565a8, codec: {codec}}}}}
assets:
  - image: icons/*.png
    name: "{{stem}}"
"""

_AIMS = {"raw": " (aim 1.5)", "lz4": "", "range": " (aim 4 s)", "auto": " (aim 4 s)"}

FLOOR = """
import sys
from pathlib import Path
from PIL import Image
for path in sorted(Path(sys.argv[1]).glob("*.png")):
    with Image.open(path) as image:
        image.convert("RGBA").tobytes()
"""


def _prepare(folder: Path) -> None:
    (folder / "icons").mkdir()
    for number, path in enumerate(icon_files()):
        shutil.copyfile(path, folder / "icons" / f"{number:03}-{path.stem[:40]}.png")


def _row(label: str, cost: object, extra: str = "") -> None:
    print(f"  {label:34} {cost.cpu_s:6.2f} s CPU  {cost.wall_s:6.2f} s wall  {cost.peak_mb:6.0f} MB  {extra}")  # type: ignore[attr-defined]


def main(folder: Path) -> None:
    """Print the figures."""
    print("500 icons to rgb565a8 (CPU, verification included)")
    _prepare(folder)
    floor = best([sys.executable, "-c", FLOOR, folder / "icons"])
    _row("Pillow decodes only (floor)", floor)
    for codec, aim in _AIMS.items():
        manifest = folder / f"{codec}.yaml"
        manifest.write_text(MANIFEST.format(codec=codec))
        image = folder / f"{codec}.bin"
        build = [sys.executable, "-m", "imgbuild", "build", manifest, "-o", image]
        cost = best([*build, "--force"])
        info = subprocess.run(
            [sys.executable, "-m", "imgbuild", "info", image, "--json"], check=True, capture_output=True
        )
        facts = json.loads(info.stdout)
        names = sum(len(path.stem) for path in (folder / "icons").iterdir())
        overhead = (facts["total_bytes"] - facts["payload_bytes"] - names) / facts["assets"]
        _row(f"imgbuild {codec}", cost, f"{cost.cpu_s / floor.cpu_s:.2f} x floor{aim}")
        print(f"    {facts['total_bytes']} B, container overhead {overhead:.1f} B per asset + name (aim 34)")
    rebuild = [sys.executable, "-m", "imgbuild", "build", folder / "raw.yaml", "-o", folder / "raw.bin"]
    subprocess.run([str(c) for c in rebuild], check=True, capture_output=True)
    click = best([sys.executable, "-c", "import click"], 5)
    again = best(rebuild, 5)
    _row("python -c 'import click'", click)
    _row("imgbuild, nothing changed", again, f"{again.cpu_s / click.cpu_s:.2f} x click (aim 3)")
