"""Partitions, images and packages to update, and the program that sweeps over the operations of an update."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from support import ROOT

from c.program import RUNTIME, STRICT, run
from c.update_images import PACK_ID, make_body, make_pack
from imgbuild.errors import Place
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package

HERE, SIM = Path(__file__).parent, ROOT / "tests" / "sim"
UPDATE = sorted((RUNTIME / "src").glob("imgb_update*.c"))
READER = [*UPDATE, RUNTIME / "src" / "imgb.c"]
CHIP = [RUNTIME / "src" / "imgb_nor.c", SIM / "nor_chip.c", SIM / "nor_bus.c"]
INCLUDE = ["-I", RUNTIME / "src", "-I", SIM, "-I", HERE]
FAST = ["-O2", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
WAYS = ("slots", "in-place")


@dataclass(frozen=True)
class Geometry:
    """A partition on a model of the chip; the image's size in bytes, some of it edited."""

    model: str
    offset: int
    size: int
    sector: int
    image: int


GEOMETRIES = {
    "4k": Geometry("only-4k", 0x4000, 0x40000, 0x1000, 70_000),
    "64k": Geometry("only-64k", 0x10000, 0xE0000, 0x10000, 160_000),
    "mixed": Geometry("mixed", 0x10000, 0xE0000, 0x10000, 160_000),
}


def compiled(folder: Path, name: str, flags: list[str], sources: list[Path], compiler: str = "gcc") -> Path:
    program = folder / f"{name}-{zlib.crc32(' '.join([compiler, *flags]).encode()):08x}"
    if not program.exists():
        run([compiler, *STRICT, *flags, *INCLUDE, HERE / f"{name}.c", *sources, "-o", program])
    return program


def saved(folder: Path, geometry: Geometry) -> dict[str, Path]:
    """Images old, new and next; packages whole, changed and following (next, whole)."""
    size, sector = geometry.image, geometry.sector
    edits = (9_000, 40_000)
    packs = {
        "old": make_pack(make_body(size), 1),
        "new": make_pack(make_body(size - 3_000, edits), 2),
        "next": make_pack(make_body(size, (*edits, 20_000, 60_000)), 3),
    }
    old, new, following = (UpdateImage(p, PACK_ID, v) for v, p in enumerate(packs.values(), 1))
    target, place = PackageTarget(sector), Place("test")
    files = {f"{name}.bin": data for name, data in packs.items()}
    files["whole.imgu"] = make_package(new, None, target, place)
    files["changed.imgu"] = make_package(new, old, target, place)
    files["following.imgu"] = make_package(following, None, target, place)
    paths = {}
    for name, data in files.items():
        paths[name] = folder / f"{sector}-{size}-{name}"
        paths[name].write_bytes(data)
    return paths


def sweep(program, folder, mode, name, way, package, step, *before) -> dict[str, int]:
    geometry = GEOMETRIES[name]
    files = saved(folder, geometry)
    numbers = [hex(geometry.offset), hex(geometry.size), hex(geometry.sector)]
    last = [files["old.bin"], files[package], files["new.bin"], files["following.imgu"], files["next.bin"]]
    text = run([*before, program, mode, geometry.model, *numbers, way, str(step), *last])
    return {key: int(value) for key, value in re.findall(r"(\w+) (\d+)", text)}
