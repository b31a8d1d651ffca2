"""Firmware for the tests: assembled or compiled, linked with code in RAM and code in a flash."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support import need_tool

from imgbuild.ramcheck.check import RamCheckRequest, RamCheckResult, check_ram

FLASH = 0x90000000
SCRIPT = """
MEMORY {
  FLASH (rx) : ORIGIN = 0x90000000, LENGTH = 8M
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 512K
}
ENTRY(save)
SECTIONS {
  .ram : { *(.ram) . = ALIGN(4); *(.data .data.*) } > RAM AT> FLASH
  .text : { *(.text .text.*) *(.rodata .rodata.*) } > FLASH
  .bss : { *(.bss .bss.*) *(COMMON) } > RAM
  /DISCARD/ : { *(.ARM.exidx* .ARM.attributes .comment) }
}
"""
MACRO = """.syntax unified
.thumb
.macro F name
.global \\name
.type \\name, %function
.thumb_func
\\name:
.endm
"""
CPUS = ("cortex-m0plus", "cortex-m4")


def run(*command: object) -> None:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def assemble(folder: Path, cpu: str, text: str) -> Path:
    """``text`` (GNU as, .section .ram or .text) linked; functions are those that it declares with F name."""
    need_tool("arm-none-eabi-as")
    source = folder / "test.s"
    source.write_text(f"{MACRO}{text}\n")
    (folder / "test.ld").write_text(SCRIPT)
    run("arm-none-eabi-as", f"-mcpu={cpu}", source, "-o", folder / "test.o")
    elf = folder / "test.elf"
    run("arm-none-eabi-ld", "--no-warn-rwx-segments", "-T", folder / "test.ld", folder / "test.o", "-o", elf)
    return elf


def build(folder: Path, cpu: str, text: str, *flags: str, linker: str = "bfd") -> Path:
    """``text`` (C) compiled with ``flags`` and linked with libgcc."""
    gcc = need_tool("arm-none-eabi-gcc")
    source = folder / "test.c"
    source.write_text(text)
    (folder / "test.ld").write_text(SCRIPT)
    common = [f"-mcpu={cpu}", "-mthumb", "-ffreestanding", "-fno-tree-loop-distribute-patterns"]
    if linker == "bfd":
        link = ["-nostdlib", "-Wl,--no-warn-rwx-segments", "-T", folder / "test.ld", source, "-lgcc"]
        run(gcc, *common, *flags, *link, "-o", folder / "test.elf")
    else:
        run(gcc, *common, *flags, "-c", source, "-o", folder / "test.o")
        run(need_tool(linker), "-T", folder / "test.ld", folder / "test.o", "-o", folder / "test.elf")
    return folder / "test.elf"


def check(elf: Path, *entries: str, **more: tuple[str, ...]) -> RamCheckResult:
    return check_ram(RamCheckRequest(elf, ((FLASH, 8 << 20),), entries or ("save",), **more))


def found(result: RamCheckResult) -> list[tuple[str, str, str]]:
    """Kind, name and chain of each finding, sorted."""
    return sorted((f.what.value, f.name, " > ".join(f.chain)) for f in result.findings)
