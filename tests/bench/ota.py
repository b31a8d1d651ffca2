"""Updates over the air: code, RAM and stack on the device, package sizes, seconds to apply, cuts survived."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from c.program import run
from c.update_sweeps import CHIP, FAST, GEOMETRIES, READER, WAYS, compiled, sweep

from bench import c_size
from bench.updates import EDITS, _build, _make
from imgbuild.errors import Place
from imgbuild.flash.delivery_times import LINKS
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package
from imgbuild.reader.pack import open_pack

SLOTS = ("imgb_slots_open", "imgb_slots_unchanged")
UPDATE = ("imgb_update_begin", "imgb_update_feed", "imgb_update_finish")
CODE_BUDGET, RAM_BUDGET = 3072, 1024
SECTOR = 0x1000
PARTITION = 0x600000
"""Of the 8 MiB chip, for two slots of the 500 icons."""


def measure_code(cpu: str) -> tuple[int, int]:
    """Linked bytes that choosing a slot adds to the reader's core, and that updating adds to both."""
    sizes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        objects = c_size._compile(folder, cpu, *c_size.NO_RLE)
        calls = c_size.CORE
        for more in ((), SLOTS, UPDATE):
            calls += more
            listing = c_size._run("arm-none-eabi-size", "-A", c_size._link(folder, cpu, objects, calls))
            found = re.findall(r"^(?:\.text|\.rodata|\.data|\.bss)\s+(\d+)", listing, re.MULTILINE)
            sizes.append(sum(map(int, found)))
    return sizes[1] - sizes[0], sizes[2] - sizes[1]


def measure_ram(cpu: str) -> int:
    """``sizeof(imgb_update_t)``, which is everything: the page that is collected stands in it."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "size.c", Path(name) / "size.o"
        source.write_text('#include "imgb_update.h"\nimgb_update_t update;\n')
        c_size._run(
            "arm-none-eabi-gcc", *c_size.FLAGS, f"-mcpu={cpu}", "-I", c_size.RUNTIME / "src", "-c", source,
            "-o", target,
        )  # fmt: skip
        sizes = re.findall(
            r"^\.bss\S*\s+(\d+)", c_size._run("arm-none-eabi-size", "-A", target), re.MULTILINE
        )
        return max(map(int, sizes))


def main(folder: Path) -> None:
    """Print the figures."""
    _print_device()
    _print_packages(folder)
    _print_cuts(folder)


def _print_device() -> None:
    print(
        f"{'update on the device, bytes':44}"
        + "".join(f"{cpu:>15}" for cpu in c_size.CPUS)
        + f"{'budget':>9}"
    )
    codes = [measure_code(cpu) for cpu in c_size.CPUS]
    stacks = [c_size.measure_stack(cpu) for cpu in c_size.CPUS]
    rows = [
        ("code: slots_open, slots_unchanged", [code[0] for code in codes], ""),
        ("code: update, SHA-256 and LZ4 included", [code[1] for code in codes], CODE_BUDGET),
        ("RAM: imgb_update_t, no sector buffer", [measure_ram(cpu) for cpu in c_size.CPUS], RAM_BUDGET),
        *((f"stack: {call}", [stack[call] for stack in stacks], 256) for call in (*SLOTS, *UPDATE)),
    ]
    for name, values, budget in rows:
        print(f"  {name:42}" + "".join(f"{value:>15}" for value in values) + f"{budget:>9}")


def _update_image(data: bytes) -> UpdateImage:
    header = open_pack(data, Place("image")).header
    return UpdateImage(data[: header.total_bytes], header.pack_id, header.content_version)


def _print_packages(folder: Path) -> None:
    project = folder / "icons"
    _make(project)
    released = _build(project, "released.bin")
    (project / "released.bin").write_bytes(released)
    dict(EDITS)["one icon, same size"](project)
    old, new = _update_image(released), _update_image(_build(project, "kept.bin", "released.bin"))
    place, target = Place("bench"), PackageTarget(SECTOR)
    packages = {
        "whole": make_package(new, None, target, place),
        "changed sectors": make_package(new, old, target, place),
    }
    files = {"old": old.data, "new": new.data, "next": make_package(old, None, target, place)}
    for name, data in (files | packages).items():
        (project / name).write_bytes(data)
    big = [*FAST, "-DCHIP_BYTES=0x800000u"]
    program = compiled(folder, "update_sweep", big, [*READER, *CHIP])
    print(f"one icon of 500 changed, image of {len(new.data)} B on a w25q64, sectors of 4 KiB, SPI at 20 MHz")
    print(f"  {'':18}{'bytes':>9}" + "".join(f"{way + ' s':>12}" for way in WAYS)
          + "".join(f"{link.name:>16}" for link in LINKS))  # fmt: skip
    for name, data in packages.items():
        seconds = []
        for way in WAYS:
            last = [project / "old", project / name, project / "new", project / "next", project / "old"]
            text = run([program, "none", "w25q64", "0x1000", hex(PARTITION), hex(SECTOR), way, "1", *last])
            found = re.search(r"us (\d+)", text)
            assert found
            seconds.append(int(found[1]) / 1e6)
        links = "".join(f"{link.seconds(len(data)):>15.2f}s" for link in LINKS)
        print(f"  {name:18}{len(data):>9}" + "".join(f"{s:>12.2f}" for s in seconds) + links)
    print("  to apply: the chip's own clock (typical times of its data sheet), bytes fed without waiting;")
    print("  links: sending alone, estimates")
    shutil.rmtree(project)


def _print_cuts(folder: Path) -> None:
    program = compiled(folder, "update_sweep", FAST, [*READER, *CHIP])
    total = 0
    print(
        "power cuts before, in and after flash operations of an update: then old, new, or resumed to the new"
    )
    for name in GEOMETRIES:
        for way in WAYS:
            step = 1 if name == "4k" else 25
            found = sweep(program, folder, "cuts", name, way, "changed.imgu", step)
            total += found["cuts"]
            counts = "".join(f" {what} {found[what]:5}" for what in ("cuts", "old", "new", "unfinished"))
            print(f"  {name:6} {way:9} {found['operations']:5} operations{counts}")
    print(f"  {total} cuts tried, {total} survived (the soak tests cut at every operation)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(scratch))
