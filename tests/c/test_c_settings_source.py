"""The source of the settings: code, state and stack, no calls, placement in RAM, the manual's example."""

from __future__ import annotations

import re

import pytest
from bench import settings as figures
from support import need_tool

from c.program import RUNTIME, STRICT, run

SRC = RUNTIME / "src"
SOURCE = SRC / "imgb_settings.c"
CPUS = figures.c_size.CPUS


@pytest.mark.parametrize("cpu", CPUS)
def test_code_state_and_stack_keep_their_budgets(cpu):
    need_tool("arm-none-eabi-gcc")
    code, state, stacks = (
        figures.measure_code(cpu),
        figures.measure_state(cpu),
        figures.measure_stack(cpu),
    )
    print(cpu, code, state, stacks)
    assert 1000 < code <= figures.CODE_BUDGET == 2048
    assert state <= figures.STATE_BUDGET == 128
    assert max(stacks.values()) <= figures.c_size.STACK_BUDGET == 256


def test_the_header_tells_the_stack_and_the_state():
    need_tool("arm-none-eabi-gcc")
    text = (SRC / "imgb_settings.h").read_text()
    told = re.findall(r"Stack: (\d+)\.(?:(?!Stack:).)*?int (imgb_settings_\w+)\(", text, re.DOTALL)
    measured = [figures.measure_stack(cpu) for cpu in CPUS]
    assert {name: int(stack) for stack, name in told} == {
        call: max(stacks[call] for stacks in measured) for call in figures.CALLS
    }
    state = int(re.search(r"imgb_settings_t takes (\d+) bytes", text)[1])
    assert state == max(figures.measure_state(cpu) for cpu in CPUS)


@pytest.mark.parametrize("cpu", CPUS)
@pytest.mark.parametrize("level", ["-Os", "-O2", "-O3"])
def test_it_calls_nothing_and_keeps_nothing_in_memory(tmp_path, cpu, level):
    gcc = need_tool("arm-none-eabi-gcc")
    target = tmp_path / "settings.o"
    run([gcc, *figures.c_size.FLAGS, level, *STRICT, f"-mcpu={cpu}", "-c", SOURCE, "-o", target])
    assert run(["arm-none-eabi-nm", "-u", target]) == ""
    listing = run(["arm-none-eabi-size", "-A", target])
    sections = re.findall(r"^(\.(?:rodata|data|bss)\S*)\s+(\d+)", listing, re.MULTILINE)
    assert sum(int(size) for _, size in sections) == 0


def test_ramfunc_places_every_function(tmp_path):
    gcc = need_tool("arm-none-eabi-gcc")
    target = tmp_path / "settings.o"
    ram = '-DIMGB_RAMFUNC=__attribute__((section(".ramfunc")))'
    flags = ["-std=c99", "-Os", "-mthumb", "-mcpu=cortex-m4", "-ffreestanding", ram]
    run([gcc, *flags, "-c", SOURCE, "-o", target])
    sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", run(["arm-none-eabi-size", "-A", target]), re.MULTILINE))
    assert int(sections[".text"]) == 0
    assert int(sections[".ramfunc"]) > 1500
    assert not any(name.startswith(".rodata") for name in sections)


STUB = """
#define WEATHER_SETTINGS_OFFSET 0x10000u
#define WEATHER_SETTINGS_SECTOR_BYTES 4096u
#define WEATHER_SETTINGS_SECTORS 4
#define WEATHER_SETTINGS_COUNT 1
#define WEATHER_SETTINGS_KEY_BRIGHTNESS 5u
#define WEATHER_SETTINGS_TABLE {{5u, 0, 100, (const uint8_t *)"P\\0\\0\\0", 4, IMGB_SETTING_U32, 4}}
"""


def test_the_example_of_the_manual_compiles(tmp_path):
    header = (SRC / "imgb_settings.h").read_text().split("What is promised")[0].splitlines()
    manual = "\n".join(line[7:] for line in header if line.startswith(" *     "))
    assert manual.count("\n") >= 15
    (tmp_path / "weather_settings.h").write_text(STUB)
    source = tmp_path / "example.c"
    manual = manual.replace(
        "static const imgb_setting_t", "static imgb_nor_t nor;\nstatic const imgb_setting_t"
    )
    source.write_text(manual + "\n")
    flags = [
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-pedantic",
        "-Werror",
        "-I",
        SRC,
        "-I",
        tmp_path,
    ]
    run(["gcc", *flags, "-c", source, "-o", tmp_path / "example.o"])


def test_the_header_is_good_for_cpp(tmp_path):
    source = tmp_path / "user.cpp"
    source.write_text('#include "imgb_settings.h"\nint main() { return IMGB_OK; }\n')
    flags = ["-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I", SRC]
    run(["g++", *flags, "-c", source, "-o", tmp_path / "user.o"])
