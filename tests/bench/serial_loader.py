"""The serial loader: its code and memory, and what delivering 1.5 MB and one changed icon takes.

Bytes are counted on the wire between ``imgbuild flash``'s code and the loader's C code on the strict chip,
whose time is simulated (typical times, SPI of 20 MHz). What the link takes is an estimate: ten bits a byte,
and the turn-round of a USB serial converter for each answer.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from loader.device import Device, Wire

from bench import c_size, updates
from imgbuild.deliver.link_protocol import Loader
from imgbuild.deliver.link_update import Outcome, Update

CODE_BUDGET, STATE_BUDGET = 4096, 1536
"""Bytes asked for: code with the flash driver, and the caller's imgb_loader_t."""
STACK_BUDGET = 320
"""What imgb_loader.h promises, the driver included, callbacks left out."""
RUNTIME = c_size.RUNTIME
INCLUDE = ("-I", RUNTIME / "src", "-I", RUNTIME / "loader")
SOURCES = (RUNTIME / "loader" / "imgb_loader.c", RUNTIME / "src" / "imgb_nor.c")

LINKS = (("115200 baud", 11_520, 0.016), ("921600 baud", 92_160, 0.016), ("TCP, 1 MB/s", 1_000_000, 0.002))
"""Bytes per second, and seconds per answer: 16 ms of latency timer, 2 ms of a wireless network."""
CHIPS = {"w25q64": (0x800000, 0x80000, 0x190000), "sst25vf016b": (0x200000, 0x70000, 0x190000)}
"""Chip, region offset and region in bytes: the 1.5 MB of icons and a font need 385 sectors."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes on one core: ``code`` linked with the driver, ``own`` of it the loader's."""

    code: int
    own: int
    state: int
    driver_state: int
    stack: int
    globals: int


def measure(cpu: str) -> Size:
    """Compile and link for a core."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        objects = []
        for source in SOURCES:
            target = folder / f"{source.stem}.o"
            options = ("-fstack-usage", "-fcallgraph-info=su", *INCLUDE)
            c_size._run(
                "arm-none-eabi-gcc", *c_size.FLAGS, *options, f"-mcpu={cpu}", "-c", source, "-o", target
            )
            objects.append(target)
        linked = _sections(c_size._link(folder, cpu, objects, ("imgb_loader_run",)))
        empty = _sections(c_size._link(folder, cpu, [], ()))
        own = _sections(objects[0])
        states = [_size_of(folder, cpu, kind) for kind in ("imgb_loader_t", "imgb_nor_t")]
        stack = _stack(folder)
    code = sum(linked.get(s, 0) - empty.get(s, 0) for s in (".text", ".rodata"))
    own_code = sum(size for section, size in own.items() if section.startswith((".text", ".rodata")))
    return Size(code, own_code, *states, stack, linked.get(".data", 0) + linked.get(".bss", 0))


def _sections(path: Path) -> dict[str, int]:
    listing = c_size._run("arm-none-eabi-size", "-A", path)
    return {section: int(size) for section, size in re.findall(r"^(\.\S+)\s+(\d+)", listing, re.MULTILINE)}


def _size_of(folder: Path, cpu: str, kind: str) -> int:
    source, target = folder / "size.c", folder / "size.o"
    source.write_text(f'#include "imgb_loader.h"\nchar size[sizeof({kind})];\n')
    c_size._run("arm-none-eabi-gcc", *c_size.FLAGS, f"-mcpu={cpu}", *INCLUDE, "-c", source, "-o", target)
    return int(c_size._run("arm-none-eabi-nm", "-S", target).split()[1], 16)


def _stack(folder: Path) -> int:
    """Deepest path from imgb_loader_run; fails on recursion."""
    own: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for graph in sorted(folder.glob("imgb_*.ci")):
        text = graph.read_text()
        for title, label in re.findall(r'node: \{ title: "([^"]+)" label: "([^"]+)"', text):
            used = re.search(r"(\d+) bytes \(static", label)
            if used:
                own[title] = int(used[1])
        for source, target in re.findall(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', text):
            calls.setdefault(source, set()).add(target)

    def deepest(function: str, path: tuple[str, ...] = ()) -> int:
        if function in path:
            raise RuntimeError(f"recursion: {' -> '.join((*path, function))}")
        below = [deepest(c, (*path, function)) for c in calls.get(function, ()) if c in own]
        return own[function] + max(below, default=0)

    return deepest("imgb_loader_run")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One update: bytes on the wire both ways, answers waited for, seconds of the chip (simulated)."""

    outcome: Outcome
    answers: int
    chip_s: float

    def seconds(self, bytes_s: float, turn_s: float) -> float:
        """With an estimate of the link: stop and wait, so that everything adds up."""
        wire = self.outcome.sent_bytes + self.outcome.received_bytes
        return wire / bytes_s + self.answers * turn_s + self.chip_s


def deliver(device: Device, image: bytes, region: int) -> Delivery:
    """Update the device to ``image`` with all sectors verified, and look whether it is there."""
    before = device.look()
    answers = 0

    def count(data: bytes) -> bytes:
        nonlocal answers
        answers += 1
        return data

    with Wire(device.line, up=count) as wire:
        outcome = Update(Loader(wire.link()), image, is_verified=True).run()
    after = device.look()
    if after.violations or after.cells[region : region + len(image)] != image:
        raise RuntimeError(f"not delivered: {after.violations}")
    return Delivery(outcome, answers, (after.chip_us - before.chip_us) / 1e6)


def main(folder: Path) -> None:
    """Print the figures."""
    print(f"{'serial loader, bytes (-Os, linked)':38}" + "".join(f"{cpu:>16}" for cpu in c_size.CPUS))
    sizes = [measure(cpu) for cpu in c_size.CPUS]
    for label, name, budget in (
        ("code with imgb_nor", "code", CODE_BUDGET), ("… of it the loader", "own", ""),
        ("imgb_loader_t (caller's)", "state", STATE_BUDGET), ("imgb_nor_t", "driver_state", ""),
        ("stack, driver included", "stack", STACK_BUDGET), (".data + .bss", "globals", 0),
    ):  # fmt: skip
        print(f"  {label:36}" + "".join(f"{getattr(size, name):>16}" for size in sizes) + f"{budget:>8}")
    old, new = _images(folder)
    print(
        f"delivering {len(old)} B (500 icons, a font), then one icon changed (--base); all sectors verified"
    )
    head = "".join(f"{name:>14}" for name, _, _ in LINKS)
    print(f"  {'':22}{'to the board':>13}{'back':>8}{'chip':>9}{head}   (links: estimates)")
    for model, (chip_bytes, region, region_bytes) in CHIPS.items():
        place = {"model": model, "chip_bytes": chip_bytes, "region": (region, region_bytes)}
        with Device(**place, scale=1.0) as device:  # type: ignore[arg-type]
            for label, image in (("whole", old), ("one icon changed", new), ("nothing changed", new)):
                done = deliver(device, image, region)
                times = "".join(f"{done.seconds(speed, turn):12.1f} s" for _, speed, turn in LINKS)
                sent, back = done.outcome.sent_bytes, done.outcome.received_bytes
                print(f"  {model:12}{label:>17}{sent:>8} B{back:>6} B{done.chip_s:7.1f} s{times}")


def _images(folder: Path) -> tuple[bytes, bytes]:
    updates._make(folder / "released")
    old = updates._build(folder / "released", "released.bin")
    shutil.copytree(folder / "released", folder / "edited")
    (folder / "edited" / "released.bin").write_bytes(old)
    updates._replace(folder / "edited", 32)
    return old, updates._build(folder / "edited", "kept.bin", "released.bin")
