"""The guard around writes of the flash that code runs from: its order of steps, and what it needs."""

from __future__ import annotations

import re

import pytest
from bench import c_size
from support import need_tool

from c.program import HERE, RUNTIME, SANITIZE, STRICT, run

SRC = RUNTIME / "src"
EXPECTED = """\
in order: mljeu 0
written: mljei(1000,120)u 0
past the end: mljeu 0
no caches: mljeu 0
nested: mljjei(40,10)u 0
job fails: mljei(40,10)u -1107
nested job fails: mljjeu -1107
leave fails: mleu -1500
enter fails three times: mljeeeeu 0
lost tries again: mljeLeLeLeu -1107
lost gives up: mljeL -1600
after that:  -1302
called by a callback: ml!jeu 0
callback missing:  -1301
written outside:  0
"""
"""m mask, l leave mapped mode, j job, e enter it, i(…) invalidate, u unmask, L lost, ! refused."""


def test_the_order_of_steps(tmp_path):
    program = tmp_path / "xip"
    sources = [HERE / "xip.c", SRC / "imgb_xip.c", SRC / "imgb_nor.c"]
    run(["gcc", *STRICT, *SANITIZE, "-I", SRC, *sources, "-o", program])
    lines = run([program]).splitlines()
    assert lines[-1].startswith("written outside:")
    assert lines[:-1] == EXPECTED.splitlines()[:-1]


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_it_is_small_and_needs_no_helper(tmp_path, cpu):
    need_tool("arm-none-eabi-gcc")
    target = tmp_path / "xip.o"
    run(["arm-none-eabi-gcc", *c_size.FLAGS, *STRICT, f"-mcpu={cpu}", "-c", SRC / "imgb_xip.c", "-o", target])
    missing = run(["arm-none-eabi-nm", "-u", target]).split()
    assert {name for name in missing if name != "U"} == {
        "imgb_nor_erase", "imgb_nor_program", "imgb_nor_read", "imgb_nor_start",
    }  # fmt: skip
    listing = run(["arm-none-eabi-size", "-A", target])
    sizes = re.findall(r"^\.(text|rodata|data|bss)\S*\s+(\d+)", listing, re.MULTILINE)
    assert sum(int(size) for name, size in sizes if name != "text") == 0
    code = sum(int(size) for name, size in sizes if name == "text")
    print(f"{cpu}: {code} bytes")
    assert code <= 512


def test_the_example_of_the_manual_compiles(tmp_path):
    header = (SRC / "imgb_xip.h").read_text().split("#ifndef IMGB_XIP_H")[0].splitlines()
    manual = "\n".join(line[7:] for line in header if line.startswith(" *     ") and "imgbuild" not in line)
    manual = "\n".join(line for line in manual.splitlines() if "mask interrupts >" not in line)
    assert manual.count("IMGB_RAMFUNC") == 5
    stubs = """#include "imgb_xip.h"
#include "imgb_settings.h"
uint32_t read_primask(void);
void disable_interrupts(void);
void write_primask(uint32_t state);
int qspi_abort_mapped(void);
int qspi_start_mapped(void);
void clean_caches(uint32_t address, uint32_t length);
imgb_nor_t nor;
"""
    source = tmp_path / "manual.c"
    source.write_text(stubs + manual)
    flags = [
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Wno-missing-field-initializers",
        "-pedantic",
        "-Werror",
        "-I",
        SRC,
    ]
    run(
        [
            need_tool("arm-none-eabi-gcc"),
            "-mthumb",
            *flags,
            "-ffreestanding",
            "-c",
            source,
            "-o",
            tmp_path / "m.o",
        ]
    )
