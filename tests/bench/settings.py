"""Settings: code, RAM and stack; what a set costs in bytes, erases and time; how long sectors last; reads."""

from __future__ import annotations

import functools
import itertools
import re
import tempfile
from pathlib import Path

from c import settings_samples as samples
from c.program import RUNTIME, run

from bench import c_size

CALLS = tuple(f"imgb_settings_{call}" for call in ("mount", "get", "set", "next", "reset"))
CODE_BUDGET, STATE_BUDGET = 2048, 128
CYCLES = 100_000
"""Erases that data sheets of NOR flash promise for a sector."""
MINUTES_PER_YEAR = 60 * 24 * 365.25
SETS = 20_000
AREAS = (("4k", "16 KiB, 4 sectors"), ("64k", "128 KiB, 2 sectors"), ("fram", "FRAM, 8 KiB"))
VALUES = ((10, 4), (40, 4), (40, 32))


def measure_code(cpu: str) -> int:
    """Linked code of the settings, without flash driver."""
    sizes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = folder / "settings.o"
        source = RUNTIME / "src" / "imgb_settings.c"
        run(["arm-none-eabi-gcc", *c_size.FLAGS, f"-mcpu={cpu}", "-c", source, "-o", target])
        for calls in ((), CALLS):
            program = c_size._link(folder, cpu, [target], calls)
            listing = run(["arm-none-eabi-size", "-A", program])
            found = re.findall(r"^(?:\.text|\.rodata|\.data|\.bss)\s+(\d+)", listing, re.MULTILINE)
            sizes.append(sum(map(int, found)))
    return sizes[1] - sizes[0]


def measure_state(cpu: str) -> int:
    """Bytes of an imgb_settings_t."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "state.c", Path(name) / "state.o"
        source.write_text('#include "imgb_settings.h"\nchar state[sizeof(imgb_settings_t)];\n')
        flags = ["-mthumb", f"-mcpu={cpu}", "-I", RUNTIME / "src"]
        run(["arm-none-eabi-gcc", *flags, "-c", source, "-o", target])
        return int(run(["arm-none-eabi-nm", "-S", target]).split()[1], 16)


@functools.cache
def measure_stack(cpu: str) -> dict[str, int]:
    """Deepest stack of each call, the callbacks left out."""
    stacks = c_size.measure_stack(cpu)
    return {call: stacks[call] for call in CALLS}


def measure_cost(program: Path, geometry: str, keys: int, value_bytes: int) -> dict[str, float]:
    """Figures of settings_cost.c: after so many sets, each of one value more."""
    output = run([program, geometry, str(keys), str(value_bytes), str(SETS)])
    names = ("sets", "programmed", "erases", "sectors", "reads", "get_reads", "set_us", "slowest_us")
    figures: dict[str, float] = dict(zip(names, map(float, output.split()), strict=True))
    figures["amplification"] = figures["programmed"] / (figures["sets"] * value_bytes)
    per_erase = figures["sets"] / figures["erases"]
    figures["sets_per_erase"] = per_erase
    figures["years"] = per_erase * figures["sectors"] * CYCLES / MINUTES_PER_YEAR
    return figures


def main(folder: Path) -> None:
    """Prints the tables."""
    print(
        f"{'settings (imgb_settings.c), bytes':36}"
        + "".join(f"{cpu:>16}" for cpu in c_size.CPUS)
        + "  budget"
    )
    rows = [("code, linked, -Os", measure_code, CODE_BUDGET), ("state", measure_state, STATE_BUDGET)]
    for title, measure, budget in rows:
        print(f"{title:36}" + "".join(f"{measure(cpu):>16}" for cpu in c_size.CPUS) + f"{budget:>8}")
    stacks = [measure_stack(cpu) for cpu in c_size.CPUS]
    for call in CALLS:
        print(
            f"{'stack of ' + call:36}"
            + "".join(f"{s[call]:>16}" for s in stacks)
            + f"{c_size.STACK_BUDGET:>8}"
        )
    program = samples.compile_program(folder, "settings_cost", *samples.RIG, is_fast=True)
    print(f"\n{'area, values':36} bytes/set  x value  sets/erase  years*  reads/get  typ. ms/set  slowest ms")
    for (geometry, what), (keys, value_bytes) in itertools.product(AREAS, VALUES):
        f = measure_cost(program, geometry, keys, value_bytes)
        title = f"{what}, {keys} of {value_bytes} bytes"
        cells = f"{f['programmed'] / f['sets']:>10.1f}{f['amplification']:>9.1f}{f['sets_per_erase']:>12.0f}"
        cells += f"{f['years']:>8.0f}{f['get_reads']:>11.1f}"
        times = f"{f['set_us'] / 1000:>13.2f}{f['slowest_us'] / 1000:>12.1f}" if f["set_us"] else ""
        print(f"{title:36}{cells}{times}")
    print(f"* at one set a minute, {CYCLES} erases a sector (FRAM has no such limit)")
