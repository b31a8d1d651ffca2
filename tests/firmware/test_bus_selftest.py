"""The bus self-test: each verdict provoked on the strict chip, and the firmware on QEMU's flash models."""

from __future__ import annotations

import os
import random
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from firmware.example import require_tools
from sim.nor_chip import RUNTIME, Chip, Driver, describe, op, sfdp_table

EXAMPLE = RUNTIME / "examples" / "bus_selftest"
MIB = 1 << 20
REGION, REGION_BYTES = 0x80000, 0x40000
VERDICTS = (
    "good", "bus fails", "line low", "line high", "inverted", "shifted", "reversed", "dummy bytes",
    "wrong chip", "busy", "protected", "description", "no room", "not written", "not erased",
)  # fmt: skip
"""enum selftest_verdict."""


def run_on(chip: Chip, flash: Driver | None = None) -> tuple[str, str]:
    flash = flash or Driver(chip)
    flash.limit(1000, 5000)
    verdict, text = flash.selftest(REGION, REGION_BYTES)
    last = text.splitlines()[-1]
    assert last.startswith("PASS: " if verdict == 0 else "FAIL: ")
    return VERDICTS[verdict], text


@pytest.mark.parametrize("model", ["w25q64", "sst25vf016b", "sst26vf016b", "w25q256", "only-32k", "only-64k"])
def test_a_good_chip_passes_and_is_as_it_was(model: str) -> None:
    with Chip(model, 2 * MIB) as chip:
        content = random.Random(1).randbytes(REGION + REGION_BYTES - 0x20000)
        chip.poke(0, content)
        before = chip.peek()
        verdict, text = run_on(chip)
        assert verdict == "good", text
        assert f"JEDEC id {describe(chip).jedec_id:06X}" in text
        assert chip.peek() == before
        assert chip.violations == [], chip.log


def test_the_table_of_the_chip_is_printed() -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        chip.set_sfdp(sfdp_table(2 * MIB, erase_times=1 | (2 | 1 << 5) << 4))
        verdict, text = run_on(chip)
        assert verdict == "good"
        for line in (
            "SFDP: size 2097152 bytes",
            "SFDP: page 256 bytes",
            "SFDP: erase command 20, 4096 bytes",
        ):
            assert line in text.splitlines()
        assert "takes 48000 us" in text


def test_a_missing_table_is_said_and_is_no_fault() -> None:
    with Chip("sst25vf016b") as chip:
        verdict, text = run_on(chip)
        assert verdict == "good"
        assert "SFDP: none" in text


@pytest.mark.parametrize(
    ("wire", "verdict"),
    [
        ("low", "line low"),
        ("high", "line high"),
        ("inverted", "inverted"),
        ("late", "shifted"),
        ("reversed", "reversed"),
        ("late data", "shifted"),
    ],
)
def test_wiring_and_mode_are_told_apart(wire: str, verdict: str) -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        chip.set_wire(wire)
        assert run_on(chip)[0] == verdict


@pytest.mark.parametrize("read", [op(0x0B, 3, 0), op(0x0B, 3, 2)])
def test_a_wrong_number_of_dummy_bytes_is_named(read: int) -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        assert run_on(chip, Driver(chip, replace(describe(chip), read=read)))[0] == "dummy bytes"


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (("set_id", 0xC84017), "wrong chip"),
        (("stick_busy", 1), "busy"),
        (("refuse_enable", 1), "protected"),
        (("fail_erase", 0, 2 * MIB), "not erased"),
        (("fail_program", 0, 2 * MIB), "not written"),
    ],
)
def test_faults_of_the_chip_are_told_apart(fault: tuple[str, int], verdict: str) -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        chip.call(*fault)
        found, text = run_on(chip)
        assert found == verdict, text


def test_write_protection_of_an_sst25_is_named() -> None:
    with Chip("sst25vf016b") as chip:
        chip.call("hold_protection", 1)
        assert run_on(chip)[0] == "protected"


def test_a_bus_that_fails_is_named() -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        flash = Driver(chip)
        flash.fail_at(1, -1500)
        assert run_on(chip, flash)[0] == "bus fails"


def test_another_size_than_described_is_named() -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        chip.set_sfdp(sfdp_table(MIB))
        assert run_on(chip)[0] == "description"
        assert VERDICTS[Driver(chip).selftest(MIB, 2 * MIB)[0]] == "description"


def test_a_full_region_is_left_alone() -> None:
    with Chip("w25q64", 2 * MIB) as chip:
        chip.poke(0, bytes(2 * MIB))
        assert run_on(chip)[0] == "no room"
        assert chip.operations == 0


# --- the firmware under QEMU ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    log: str
    status: int
    chip: Path
    complaints: list[str]


def run_firmware(folder: Path, model: str, expect: str = "", content: bytes = b"") -> Result:
    """``make run`` as a person would, on a chip whose first bytes are ``content``."""
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm")
    nor = folder / "nor.bin"
    if content:
        size = {"w25q64": 8 * MIB, "sst25vf016b": 2 * MIB}[model]
        nor.write_bytes(content.ljust(size, b"\xff"))
    names = [f"BUILD={folder}", f"MODEL={model}", f"EXPECT={expect or model}"]
    command = ["make", "-s", "-C", str(EXAMPLE), "run", *names]
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    log = (folder / "uart.log").read_text() if (folder / "uart.log").exists() else done.stderr
    errors = (folder / "guest_errors.log").read_text(errors="replace").splitlines()
    return Result(
        log,
        done.returncode,
        nor,
        [line for line in errors if re.search("m25p80|smc|spi|flash", line, re.IGNORECASE)],
    )


@pytest.mark.xdist_group("firmware")
@pytest.mark.parametrize("model", ["sst25vf016b", "w25q64", "w25q256", "mx66u1g45g"])
def test_the_firmware_passes_on_a_real_model(tmp_path: Path, model: str) -> None:
    ids = {"sst25vf016b": "BF2541", "w25q64": "EF4017", "w25q256": "EF4019", "mx66u1g45g": "C2253B"}
    result = run_firmware(tmp_path, model)
    assert result.status == 0, result.log
    assert f"JEDEC id {ids[model]}" in result.log
    assert "PASS: " in result.log
    # of the four only w25q256's model knows the SFDP command, and nothing else is to be complained of
    assert result.complaints == ([] if model == "w25q256" else ["M25P80: Unknown cmd 5a"])
    if model == "w25q256":
        assert "SFDP: size 33554432 bytes" in result.log
        assert "SFDP: erase command 20, 4096 bytes" in result.log
    with result.chip.open("rb") as file:  # the scratch sector is blank again
        assert file.read(2 * MIB).count(b"\xff") == 2 * MIB


@pytest.mark.xdist_group("firmware")
def test_the_firmware_leaves_what_is_there_alone(tmp_path: Path) -> None:
    content = random.Random(2).randbytes(REGION + 0x30000)
    result = run_firmware(tmp_path, "w25q64", content=content)
    assert result.status == 0, result.log
    assert result.chip.read_bytes() == content.ljust(8 * MIB, b"\xff")


@pytest.mark.xdist_group("firmware")
def test_the_firmware_names_another_chip(tmp_path: Path) -> None:
    content = random.Random(3).randbytes(MIB)
    result = run_firmware(tmp_path, "w25q64", expect="sst25vf016b", content=content)
    assert result.status != 0
    assert "FAIL: another chip than expected" in result.log
    assert result.chip.read_bytes() == content.ljust(8 * MIB, b"\xff")
