"""Fonts: bytes of the complete asset, seconds and memory of the whole process, beside LVGL's lv_font_conv.

``LV_FONT_CONV`` names its ``lv_font_conv.js`` or a folder where ``npm install lv_font_conv`` was run;
otherwise it is looked for on the PATH. Without it, its figures of an earlier run (version 1.5.3) are printed.
The same font files, characters, sizes and depths for both, without kerning. The fonts: DejaVu Sans (Debian's
fonts-dejavu-core), Roboto (of the demo), Noto Sans CJK SC (fonts-noto-cjk); what is missing is left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

from fontTools.ttLib import TTCollection

from bench.measure import Cost, best
from imgbuild.manifest.asset_spec import FontOptionsSpec

_CJK_FACE = "Noto Sans CJK SC"
_CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")

ASCII, LATIN_1, DIGITS = range(0x20, 0x7F), range(0xA0, 0x100), range(0x30, 0x3A)
GB2312_1 = sorted(
    ord(bytes((row, cell)).decode("gb2312"))
    for row in range(0xB0, 0xD8)
    for cell in range(0xA1, 0xFF if row < 0xD7 else 0xFA)
)
"""GB2312's first level: the 3,755 most frequent characters."""

MANIFEST = """version: 1
name: bench
flash: {{chip: w25q256jv}}
assets:
  - font: {font}
    name: font
    size: {size}
    bpp: {bpp}{kerning}
    characters: {{files: [characters.txt]}}
"""


_WITHOUT_KERNING = "\n    kerning: false" if "kerning" in FontOptionsSpec.model_fields else ""


@dataclass(frozen=True)
class Case:
    """What is measured; bytes: lv_font_conv's and the best peer's of an earlier run, and our aim."""

    title: str
    font: str
    size_px: int
    bpp: int
    characters: Sequence[int]
    lvgl_bytes: int
    peer_bytes: int
    aim_bytes: int
    aim_s: float


_LATIN_S, _CJK_S = 0.5, 2.5
_MEMORY_AIM_MB = 200
_BIG = range(0x4E00, 0x5BAC)
CASES = (
    Case("ASCII", "dejavu", 16, 1, ASCII, 1_632, 1_539, 1_350, _LATIN_S),
    Case("ASCII", "roboto", 16, 1, ASCII, 1_484, 1_445, 1_350, _LATIN_S),
    Case("ASCII + Latin-1", "dejavu", 24, 4, (*ASCII, *LATIN_1), 15_184, 11_400, 9_500, _LATIN_S),
    Case("ASCII + Latin-1", "roboto", 24, 4, (*ASCII, *LATIN_1), 13_744, 10_845, 8_900, _LATIN_S),
    Case("digits", "dejavu", 64, 4, DIGITS, 3_520, 3_254, 1_650, _LATIN_S),
    Case("digits", "roboto", 64, 4, DIGITS, 3_424, 3_091, 1_650, _LATIN_S),
    Case("U+4E00..U+5BAB", "cjk", 24, 4, _BIG, 631_840, 631_840, 386_000, _CJK_S),
    Case("U+4E00..U+5BAB", "cjk", 16, 1, _BIG, 112_548, 112_103, 80_000, _CJK_S),
    Case("GB2312 level 1", "cjk", 24, 4, GB2312_1, 698_744, 698_744, 430_000, _CJK_S),
)


def find_fonts(folder: Path) -> dict[str, Path]:
    """The font files that are there, by the name that a case has for them, copied into ``folder``."""
    found: dict[str, Path] = {}
    roboto = find_spec("font_roboto")
    if _DEJAVU.exists():
        found["dejavu"] = _DEJAVU
    if roboto is not None and roboto.origin:
        found["roboto"] = Path(roboto.origin).parent / "files" / "Roboto-Regular.ttf"
    copies = {name: Path(shutil.copy(path, folder / f"{name}{path.suffix}")) for name, path in found.items()}
    if _CJK.exists():
        faces = TTCollection(_CJK).fonts
        face = next(face for face in faces if face["name"].getDebugName(4).startswith(_CJK_FACE))
        copies["cjk"] = folder / "cjk.otf"  # lv_font_conv reads no collections
        face.save(copies["cjk"])
    return copies


def find_lv_font_conv() -> list[str] | None:
    """The command that runs it, if it is installed."""
    named = os.environ.get("LV_FONT_CONV")
    node = shutil.which("node")
    if named and node:
        places = (Path(named), Path(named) / "node_modules" / "lv_font_conv" / "lv_font_conv.js")
        script = next((place for place in places if place.is_file()), None)
        return [node, str(script)] if script else None
    command = shutil.which("lv_font_conv")
    return [command] if command else None


def spans(characters: Sequence[int]) -> list[str]:
    """Code points as ranges of lv_font_conv."""
    starts = [n for n, (a, b) in enumerate(pairwise((-2, *characters))) if b != a + 1]
    return [f"0x{characters[a]:x}-0x{characters[b - 1]:x}" for a, b in pairwise((*starts, len(characters)))]


def run_lvgl(command: Sequence[str], case: Case, font: Path, folder: Path) -> tuple[int, Cost]:
    """Bytes of its ``.bin`` file with compressed glyphs, and what making it cost."""
    target = folder / "lvgl.bin"
    options = ["--size", str(case.size_px), "--bpp", str(case.bpp), "--no-kerning", "--format", "bin"]
    ranges = [text for span in spans(case.characters) for text in ("-r", span)]
    cost = best([*command, "--font", font, *options, *ranges, "-o", target], 2)
    return target.stat().st_size, cost


def run_ours(case: Case, font: Path, folder: Path) -> tuple[int, Cost]:
    """Bytes of the font asset, tables included, and what a whole build cost, verification included."""
    text = "".join(map(chr, case.characters))
    (folder / "characters.txt").write_text(text, encoding="utf-8")
    manifest, image = folder / "manifest.yaml", folder / "image.bin"
    manifest.write_text(
        MANIFEST.format(font=font.name, size=case.size_px, bpp=case.bpp, kerning=_WITHOUT_KERNING)
    )
    imgbuild = [sys.executable, "-m", "imgbuild"]
    cost = best([*imgbuild, "build", manifest, "-o", image, "--force"])
    listed = subprocess.run([*imgbuild, "ls", image, "--json"], check=True, capture_output=True)
    return json.loads(listed.stdout)["assets"][0]["stored_bytes"], cost


def main(folder: Path) -> None:
    """Print the figures."""
    command = find_lv_font_conv()
    where = (
        "this run" if command else "from an earlier run: npm install lv_font_conv, LV_FONT_CONV=its folder"
    )
    print(f"fonts without kerning: bytes of the complete asset (lv_font_conv: {where})")
    print(f"  {'':38}{'imgbuild':>10}{'aim':>9}{'lv_font_conv':>14}{'best peer':>11}{'ratio':>7}   seconds")
    fonts = find_fonts(folder)
    for case in CASES:
        label = f"{case.title}, {case.font} {case.size_px} px {case.bpp} bpp"
        if case.font not in fonts:
            print(f"  {label:38}font not installed")
            continue
        size, cost = run_ours(case, fonts[case.font], folder)
        lvgl, theirs = case.lvgl_bytes, ""
        if command:
            lvgl, lvgl_cost = run_lvgl(command, case, fonts[case.font], folder)
            theirs = f"; lv_font_conv {lvgl_cost.wall_s:.2f} s, {lvgl_cost.peak_mb:.0f} MB"
        print(
            f"  {label:38}{size:10,}{case.aim_bytes:9,}{lvgl:14,}{case.peer_bytes:11,}{size / lvgl:7.3f}"
            f"   {cost.wall_s:.2f} s (aim {case.aim_s:g}), CPU {cost.cpu_s:.2f} s,"
            f" {cost.peak_mb:.0f} MB{theirs}"
        )
    print(f"  (memory aim {_MEMORY_AIM_MB} MB)")
