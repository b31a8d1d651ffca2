"""The driver's source: code size, no calls, placement in RAM, the examples."""

from __future__ import annotations

import re

import pytest
from bench import c_size
from support import need_tool

from c.program import RUNTIME, STRICT, run

SRC = RUNTIME / "src"
SOURCE = SRC / "imgb_nor.c"


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_code_is_within_one_kilobyte(cpu):
    need_tool("arm-none-eabi-gcc")
    driver, table = c_size.measure_driver(cpu)
    print(f"{cpu}: driver {driver} bytes, its SFDP reader {table} more")
    assert driver <= c_size.DRIVER_BUDGET
    assert table <= 240


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_it_calls_nothing_and_keeps_nothing_in_memory(tmp_path, cpu):
    gcc = need_tool("arm-none-eabi-gcc")
    target = tmp_path / "nor.o"
    run([gcc, *c_size.FLAGS, *STRICT, f"-mcpu={cpu}", "-c", SOURCE, "-o", target])
    assert run(["arm-none-eabi-nm", "-u", target]) == ""
    listing = run(["arm-none-eabi-size", "-A", target])
    sections = re.findall(r"^(\.(?:rodata|data|bss)\S*)\s+(\d+)", listing, re.MULTILINE)
    assert sum(int(size) for _, size in sections) == 0


def test_ramfunc_places_every_function(tmp_path):
    gcc = need_tool("arm-none-eabi-gcc")
    target = tmp_path / "nor.o"
    ram = '-DIMGB_RAMFUNC=__attribute__((section(".ramfunc")))'
    flags = ["-std=c99", "-Os", "-mthumb", "-mcpu=cortex-m4", "-ffreestanding", ram]
    run([gcc, *flags, "-c", SOURCE, "-o", target])
    sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", run(["arm-none-eabi-size", "-A", target]), re.MULTILINE))
    assert int(sections[".text"]) == 0
    assert int(sections[".ramfunc"]) > 900
    assert not any(name.startswith(".rodata") for name in sections)


def test_the_example_of_the_manual_and_of_the_readme_compile(tmp_path):
    header = (SRC / "imgb_nor.h").read_text().split("Rules of the house")[0].splitlines()
    manual = "\n".join(line[7:] for line in header if line.startswith(" *     "))
    readme = (RUNTIME / "README.md").read_text().split("## Writing the flash")[1].split("\n## ")[0]
    page = "\n".join(line[4:] for line in readme.splitlines() if line.startswith("    "))
    stubs = "void flash_select(int is_selected);\nuint8_t spi_exchange(uint8_t out);\n#include <stddef.h>\n"
    for number, text in enumerate((manual, page)):
        assert text.count("\n") >= 20
        source = tmp_path / f"example{number}.c"
        source.write_text(f'#include "imgb_nor.h"\n{stubs}{text}\n')
        flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror", "-I", SRC]
        run(["gcc", *flags, "-c", source, "-o", tmp_path / "example.o"])


def test_the_spark_core_sketch_compiles_against_stubs(tmp_path):
    sketch = RUNTIME / "examples" / "spark_core_spi" / "spark_core_spi.ino"
    (tmp_path / "application.h").write_text(STUB)
    source = tmp_path / "sketch.cpp"
    source.write_text(f'#include "application.h"\n#include "{sketch}"\n')
    flags = ["-std=c++11", "-Wall", "-Wextra", "-Werror", "-I", tmp_path, "-I", SRC]
    run(["g++", *flags, "-c", source, "-o", tmp_path / "sketch.o"])
    names = sketch.read_text()
    for pin in ("PB13", "PB14", "PB15", "PB9", "PB12"):
        assert pin in names


STUB = """
#pragma once
#include <stddef.h>
#include <stdint.h>
typedef struct { volatile uint32_t CRL, CRH, IDR, ODR, BSRR, BRR, LCKR; } GPIO_TypeDef;
typedef struct { volatile uint16_t CR1, r0, CR2, r1, SR, r2, DR, r3; } SPI_TypeDef;
extern GPIO_TypeDef *GPIOB;
extern SPI_TypeDef *SPI2;
struct SerialPort {
  void begin(long);
  void print(const char *);
  void println(long, int);
};
extern SerialPort Serial;
#define HEX 16
#define DEC 10
void delay(unsigned long);
unsigned long millis();
void noInterrupts();
void interrupts();
"""
