"""The serial loader's source: code, memory and stack, warnings, no library."""

from __future__ import annotations

import pytest
from bench import c_size, serial_loader
from support import need_tool

from c.program import RUNTIME, STRICT, run

SOURCE = RUNTIME / "loader" / "imgb_loader.c"
INCLUDE = ("-I", RUNTIME / "src", "-I", RUNTIME / "loader")


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_code_memory_and_stack_are_within_their_budgets(cpu):
    need_tool("arm-none-eabi-gcc")
    size = serial_loader.measure(cpu)
    print(cpu, size)
    assert size.code <= serial_loader.CODE_BUDGET
    assert size.state <= serial_loader.STATE_BUDGET
    assert size.stack <= serial_loader.STACK_BUDGET
    assert size.globals == 0


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_it_calls_the_driver_and_nothing_else(tmp_path, cpu):
    gcc = need_tool("arm-none-eabi-gcc")
    target = tmp_path / "loader.o"
    run([gcc, *c_size.FLAGS, *STRICT, f"-mcpu={cpu}", *INCLUDE, "-c", SOURCE, "-o", target])
    called = run(["arm-none-eabi-nm", "-u", target]).split()[1::2]
    assert [name for name in called if not name.startswith("imgb_nor_")] == []


def test_the_header_is_good_for_cpp_and_for_16_bit_int(tmp_path):
    source = tmp_path / "main.cpp"
    source.write_text('#include "imgb_loader.h"\nint use(imgb_loader_t *l) { return imgb_loader_run(l); }\n')
    run(["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", *INCLUDE, "-c", source, "-o", tmp_path / "m.o"])
    avr = need_tool("avr-gcc")
    run([avr, "-mmcu=atmega1284p", "-Os", *STRICT, *INCLUDE, "-c", SOURCE, "-o", tmp_path / "avr.o"])


def test_the_updater_behind_it_is_good_for_cpp_and_for_16_bit_int(tmp_path):
    text = """#include "imgb_loader_update.h"
static imgb_update_t update;
static const imgb_update_config_t configs[1];
static imgb_loader_updater_t updater = {&update, configs, 1, 0, 0};
extern const imgb_loader_sink_t sink;
const imgb_loader_sink_t sink = IMGB_LOADER_UPDATER(&updater);
"""
    for name in ("sink.c", "sink.cpp"):
        (tmp_path / name).write_text(
            text.replace("configs[1]", "configs[1] = {}" if name[-1] == "p" else "configs[1]")
        )
    flags = ("-Wall", "-Wextra", "-Werror", *INCLUDE)
    run(["g++", "-std=c++11", *flags, "-c", tmp_path / "sink.cpp", "-o", tmp_path / "sink.o"])
    run([need_tool("avr-gcc"), "-mmcu=atmega1284p", "-Os", *STRICT, *INCLUDE, "-c", tmp_path / "sink.c",
         "-o", tmp_path / "avr.o"])  # fmt: skip


def test_it_compiles_strictly_for_the_host(tmp_path):
    for more in (("-O2",), ("-Os", "-m32"), ("-O3",)):
        if "-m32" not in more:
            run(["gcc", *STRICT, *more, *INCLUDE, "-c", SOURCE, "-o", tmp_path / "host.o"])
