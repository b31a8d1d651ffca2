"""Settings for tests: a manifest, its plan, and the programs that test them."""

from __future__ import annotations

from pathlib import Path

from c.program import HERE, RUNTIME, SANITIZE, run
from imgbuild.errors import Diagnostics
from imgbuild.manifest.load import load_manifest
from imgbuild.settings import PlannedSetting, plan_settings

SIM = HERE.parent / "sim"
MANIFEST = """\
version: 1
name: demo
flash: {board: spark-core}
partitions:
  - name: settings
    size: 16K
    container: settings
    settings:
      brightness: {type: u32, default: 80, min: 0, max: 100}
      offset: {type: i32, default: -5, min: -100, max: 100}
      on: {type: bool, default: true}
      ssid: {type: string, max_bytes: 32, default: "häm"}
      calibration: {type: bytes, max_bytes: 16, default: "00 1f ff"}
"""
OFFSET, REGION_BYTES, ERASE_BYTES = 0x1C000, 0x4000, 0x1000
RIG = ("settings_rig.c", SIM / "nor_chip.c", SIM / "nor_bus.c", RUNTIME / "src" / "imgb_nor.c")


def plan(folder: Path, text: str = MANIFEST) -> tuple[tuple[PlannedSetting, ...], Diagnostics]:
    """The settings of a manifest's first partition, and what was found wrong."""
    path = folder / "manifest.yaml"
    path.write_text(text)
    found = Diagnostics()
    return plan_settings(load_manifest(path), ("partitions", 0, "settings"), found), found


def compile_program(folder: Path, name: str, *more: str | Path, is_fast: bool = False) -> Path:
    """A program of this folder with the settings: under sanitizers, or optimised."""
    program = folder / name
    how = ["-O2", "-g"] if is_fast else SANITIZE
    include = ["-I", RUNTIME / "src", "-I", HERE, "-I", SIM, "-I", folder]
    sources = [HERE / f"{name}.c", RUNTIME / "src" / "imgb_settings.c"]
    sources += [HERE / source if isinstance(source, str) else source for source in more]
    run(["gcc", "-std=c99", "-Wall", "-Wextra", *how, *include, *sources, "-o", program])
    return program
