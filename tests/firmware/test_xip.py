"""Code that runs from the flash and writes it: checked, run under QEMU, and the mistake shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from firmware.example import require_tools
from support import ROOT, imgbuild, need_tool

EXAMPLE = ROOT / "c_runtime" / "examples" / "xip_settings"
ENTRY = ("--entry", "imgb_settings_set", "--board", "qemu-ast1030")
AREA = slice(0x100000, 0x100000 + 3 * 4096)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``make`` as a person would; the flash chip is ``folder/nor.bin``."""
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm")
    command = ["make", "-s", "-C", str(EXAMPLE), f"BUILD={folder}", f"IMGBUILD={sys.executable} -m imgbuild"]
    hidden = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, env=environment, timeout=120, check=False
    )


@pytest.mark.xdist_group("firmware")
def test_code_in_the_flash_saves_and_goes_on(tmp_path: Path) -> None:
    for starts in range(3):
        done = make(tmp_path, "run")
        assert done.returncode == 0, done.stdout + done.stderr
        log = (tmp_path / "uart.log").read_text().splitlines()
        main, writer = re.fullmatch("main at (.{8}), writer at (.{8})", log[0]).groups()
        assert 0x80010000 <= int(main, 16) < 0x80080000
        assert int(writer, 16) < 0xC0000
        assert log[1:] == [
            f"starts before: {starts}",
            "saving",
            f"starts now: {starts + 1}",
            "sum after saving: 500500",
            "RC=0",
        ]
        complaints = (tmp_path / "guest_errors.log").read_text(errors="replace")
        assert not re.search("m25p80|smc|spi|flash", complaints, re.IGNORECASE)
    chip = (tmp_path / "nor.bin").read_bytes()
    program = (tmp_path / "flash.bin").read_bytes()
    assert chip[0x10000 : 0x10000 + len(program)] == program
    rest = bytearray(chip)
    rest[AREA] = rest[0x10000 : 0x10000 + len(program)] = b""
    assert rest.count(0xFF) == len(rest)
    assert chip[AREA].count(0xFF) < 3 * 4096


@pytest.mark.xdist_group("firmware")
def test_a_writer_in_the_flash_is_refused(tmp_path: Path) -> None:
    done = make(tmp_path, "WRITER=flash")
    assert done.returncode != 0
    names = re.findall(r"error\[IB483\]: (\S+) \(0x8001", done.stderr)
    assert {"imgb_settings_set", "imgb_xip_program", "imgb_xip_run", "imgb_nor_program", "port_enter"} <= set(
        names
    )
    assert not (tmp_path / "uart.log").exists()


@pytest.mark.xdist_group("firmware")
def test_a_writer_in_the_flash_hangs_when_forced(tmp_path: Path) -> None:
    done = make(tmp_path, "run", "WRITER=flash", "CHECK=0", "TIMEOUT_S=4")
    assert done.returncode != 0
    log = (tmp_path / "uart.log").read_text()
    assert log.startswith("main at 8001")
    assert "starts" not in log
    assert "RC=" not in log


@pytest.mark.parametrize("level", ["-O0", "-Os", "-O2"])
def test_the_whole_writer_is_in_ram_at_each_level(tmp_path: Path, level: str) -> None:
    done = make(tmp_path, f"OPTIMISE={level}")
    assert done.returncode == 0, done.stderr
    checked = imgbuild("check-ram", "firmware.elf", *ENTRY, "--json", cwd=tmp_path)
    document = json.loads(checked.stdout)
    assert document["is_clean"]
    assert document["functions"] >= 20
    assert document["outside"] == []


def test_the_writer_is_in_ram_after_link_time_optimisation(tmp_path: Path) -> None:
    mark = '__attribute__((section(".imgb_ramfunc"), noinline, long_call))'
    done = make(tmp_path, "OPTIMISE=-Os -flto -Wno-attributes", f"RAMFUNC=-DIMGB_RAMFUNC='{mark}'")
    assert done.returncode == 0, done.stderr
    assert "nothing of it needs the flash" in done.stdout


def test_the_writer_is_placed_by_the_names_of_its_files(tmp_path: Path) -> None:
    """Nothing is defined: the snippet's lines for imgb_nor, imgb_xip and imgb_settings place them."""
    gcc = need_tool("arm-none-eabi-gcc")
    source, board = ROOT / "c_runtime" / "src", EXAMPLE.parent / "qemu-cortex-m4"
    folders = [f"-I{folder}" for folder in (source, board, ROOT / "c_runtime" / "ld")]
    flags = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-ffreestanding", "-fno-tree-loop-distribute-patterns"]
    files = [EXAMPLE / "main.c", board / "board.c", board / "memory.c"]
    files += [source / f"{name}.c" for name in ("imgb_nor", "imgb_xip", "imgb_settings")]
    port = '-DIMGB_RAMFUNC=__attribute__((section(".imgb_ramfunc")))'
    commands = [[gcc, *flags, *folders, "-c", file, "-o", tmp_path / f"{file.stem}.o"] for file in files]
    commands.append(
        [gcc, *flags, *folders, port, "-c", EXAMPLE / "port_xip.c", "-o", tmp_path / "port_xip.o"]
    )
    script = [gcc, "-E", "-P", "-x", "c", "-DWRITER_IN_RAM", EXAMPLE / "xip.ld.in", "-o", tmp_path / "xip.ld"]
    link = [
        gcc,
        "-nostdlib",
        "-Wl,--no-warn-rwx-segments",
        f"-L{ROOT / 'c_runtime' / 'ld'}",
        "-T",
        tmp_path / "xip.ld",
    ]
    objects = [tmp_path / f"{name}.o" for name in ("port_xip", *(file.stem for file in files))]
    for command in (*commands, script, [*link, *objects, "-lgcc", "-o", tmp_path / "firmware.elf"]):
        subprocess.run([str(c) for c in command], check=True, timeout=60)
    checked = imgbuild("check-ram", "firmware.elf", *ENTRY, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_a_line_missing_in_the_linker_script_is_noticed(tmp_path: Path) -> None:
    line = "  *(.imgb_ramfunc .imgb_ramfunc.*)"
    snippet = (ROOT / "c_runtime" / "ld" / "imgb_ramfunc.ld").read_text()
    assert line in snippet
    (tmp_path / "imgb_ramfunc.ld").write_text(snippet.replace(line, ""))
    done = make(tmp_path / "out", f"LD={tmp_path}")
    assert done.returncode != 0
    names = set(re.findall(r"error\[IB483\]: (\S+) ", done.stderr))
    assert {"imgb_settings_set", "imgb_xip_run", "imgb_nor_program"} <= names
