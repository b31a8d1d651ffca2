"""``imgbuild loader stldr|flm|ram`` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from support import ROOT, imgbuild, need_tool

BOARD = ("--board", "stm32f407-w25q64jv")
EXAMPLE = ROOT / "c_runtime" / "loader" / "external" / "bus" / "bus_stm32f407_spi1.c"
SUFFIXES = {"stldr": "stldr", "flm": "FLM", "ram": "elf"}


@pytest.fixture(autouse=True)
def _compiler() -> None:
    need_tool("arm-none-eabi-gcc")


def symbols_of(path: Path) -> set[str]:
    with path.open("rb") as file:
        return {s.name for s in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_loader_is_made_once(tmp_path: Path, kind: str) -> None:
    name = f"out/f407.{SUFFIXES[kind]}"
    first = imgbuild("loader", kind, *BOARD, "-o", name, cwd=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith(f"{name}: ")
    assert "W25Q64JV_STM32F407-W25Q64JV: 8388608 B (8192.0 KiB) from 0x90000000" in first.stdout
    before = (tmp_path / name).stat().st_mtime_ns
    again = imgbuild("loader", kind, *BOARD, "-o", name, cwd=tmp_path)
    assert "(unchanged)" in again.stdout
    assert (tmp_path / name).stat().st_mtime_ns == before
    wanted = {"stldr": "StorageInfo", "flm": "FlashDevice", "ram": "imgb_ram_job"}[kind]
    assert wanted in symbols_of(tmp_path / name)


def test_json_tells_the_same_as_the_file(tmp_path: Path) -> None:
    options = ("--region", "0x100000:1M", "--ram", "0x20000000:32K", "--json")
    done = imgbuild("loader", "ram", *BOARD, *options, "-o", "r.elf", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["start_address"] == 0x90000000
    assert told["region"] == {"offset": 0x100000, "bytes": 1 << 20}
    assert told["ram"] == {"address": 0x20000000, "bytes": 32 * 1024}
    with (tmp_path / "r.elf").open("rb") as file:
        elf = ELFFile(file)
        assert elf.get_section_by_name(".text")["sh_size"] == told["code_bytes"]
        table = elf.get_section_by_name(".symtab")
        assert table.get_symbol_by_name("imgb_ram_stack_top")[0]["st_value"] == 0x20008000


@pytest.mark.parametrize("kind", SUFFIXES)
def test_the_written_sources_build_the_same_loader(tmp_path: Path, kind: str) -> None:
    need_tool("make")
    done = imgbuild("loader", kind, *BOARD, "--source", "src", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    made = subprocess.run(
        ["make", "-C", tmp_path / "src"], capture_output=True, text=True, env=environment, check=False
    )
    assert (made.returncode, made.stderr) == (0, "")
    imgbuild("loader", kind, *BOARD, "-o", "built", cwd=tmp_path)
    own = tmp_path / "src" / f"loader.{SUFFIXES[kind]}"
    code = {"flm": "PrgCode"}.get(kind, ".text")
    with own.open("rb") as one, (tmp_path / "built").open("rb") as two:
        for name in (code, {"stldr": ".Dev_Inf", "flm": "DevDscr", "ram": ".text"}[kind]):
            sections = [ELFFile(file).get_section_by_name(name).data() for file in (one, two)]
            assert sections[0] == sections[1]


def test_two_files_of_one_name_do_not_go_into_one_folder(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "bus.c").write_text(EXAMPLE.read_text())
    names = ("--bus", "a/bus.c", "--bus", "b/bus.c")
    done = imgbuild("loader", "flm", *BOARD, *names, "--source", "src", cwd=tmp_path)
    assert done.returncode == 1
    assert "b/bus.c: error[IB743]: the folder would hold two files named 'bus.c'" in done.stderr
    assert not (tmp_path / "src").exists()


def test_own_board_chip_and_bus(tmp_path: Path) -> None:
    (tmp_path / "chips.yaml").write_text(
        "my-flash: {title: Mine, jedec_id: EF 40 16, size: 4M, page_bytes: 256, erase_bytes: [4K, 64K],"
        " address_bytes: 3, source: ours}\n"
    )
    (tmp_path / "boards.yaml").write_text(
        "my-board: {title: Mine, chip: my-flash, programmed_at: 0x98000000, source: ours,"
        " reserved: [{name: keys, offset: 0, size: 64K}]}\n"
    )
    (tmp_path / "pins.h").write_text("#define FLASH_CLOCK 1\n")
    (tmp_path / "bus.c").write_text('#include "pins.h"\n' + EXAMPLE.read_text())
    done = imgbuild(
        "loader", "stldr", "--board", "my-board", "--boards", "boards.yaml", "--chips", "chips.yaml", "--bus",
        "bus.c", "-o", "mine.stldr", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "MY-FLASH_MY-BOARD: 4194304 B (4096.0 KiB) from 0x98000000; writes only 0x010000" in done.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("-o", "a", "--source", "b"),
        ("-o", "a", "--ram", "everywhere"),
        ("-o", "a", "--ram", "0x20000004:64K"),
        ("-o", "a", "--ram", "0xFFFFF000:64K"),
        ("-o", "a", "--jedec-id", "EF 40"),
    ],
)
def test_usage(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    done = imgbuild("loader", "flm", *BOARD, *wrong, cwd=tmp_path)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_help_lists_every_loader(tmp_path: Path) -> None:
    text = imgbuild("loader", "--help", cwd=tmp_path).stdout
    for name in ("stldr", "flm", "ram", "c-array"):
        assert f"\n  {name} " in text
    assert imgbuild("loader", "srec", cwd=tmp_path).returncode == 2
