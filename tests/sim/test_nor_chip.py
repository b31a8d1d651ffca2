"""The strict chip itself: each rule is watched, times are kept, cuts are deterministic."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import pytest
from c.program import RUNTIME, STRICT

from sim import nor_chip as sim
from sim.nor_chip import Chip

SRC = RUNTIME / "src"
MIB = 1 << 20

# --- the chip itself is strict -------------------------------------------------------------------


def enabled(chip: Chip, *command: object, **options) -> None:
    chip.command(0x06)
    chip.command(*command, **options)
    chip.call("advance", 3_000_000)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("not enabled", [(0x02, 0, b"\0")]),
        ("not enabled", [(0x06,), (0x02, 0, b"\0"), "wait", (0x02, 1, b"\0")]),
        ("busy", [(0x06,), (0x02, 0, b"\0"), (0x03, 0, b"", 1)]),
        ("wrap", [(0x06,), (0x02, 0xF0, bytes(20))]),
        ("not erased", [(0x06,), (0x02, 0, b"\x0f"), "wait", (0x06,), (0x02, 0, b"\xf0")]),
        ("unknown", [(0x77,)]),
        ("unknown", [(0xAD, 0, b"\0\0")]),
        ("range", [(0x03, MIB, b"", 1)]),
        ("range", [(0x03, MIB - 1, b"", 2)]),
        ("length", [(0x06,), (0x20, 0, b"\0")]),
        ("length", [(0x06,), (0x02, 0)]),
        ("align", [(0x06,), (0x20, 0x123)]),
        ("asleep", [(0xB9,), (0x9F, None, b"", 3)]),
        ("protected", ["protect", (0x06,), (0x20, 0)]),
    ],
)
def test_each_rule_is_watched(name, steps):
    with Chip("w25q64", MIB) as chip:
        for step in steps:
            if step == "wait":
                chip.call("advance", 3_000_000)
            elif step == "protect":
                chip.call("set_status", 0x1C)
            else:
                chip.command(*step)
        assert chip.violations == [name], chip.log


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("protected", [(0x06,), (0x02, 0, b"\0")]),
        ("length", ["open", (0x06,), (0x02, 0, b"\0\0")]),
        ("align", ["open", (0x06,), (0xAD, 1, b"\0\0")]),
        ("aai", ["open", (0x06,), (0xAD, 0, b"\0\0"), "wait", (0x03, 0, b"", 1)]),
    ],
)
def test_each_rule_of_sst25_is_watched(name, steps):
    with Chip("sst25vf016b") as chip:
        for step in steps:
            if step == "wait":
                chip.call("advance", 100)
            elif step == "open":
                chip.call("set_status", 0)
            else:
                chip.command(*step)
        assert chip.violations == [name], chip.log


def test_busy_times_are_those_of_the_data_sheet():
    for is_slowest, expected in ((0, 45_000), (1, 400_000)):
        with Chip("w25q64", MIB) as chip:
            chip.call("set_speed", 20_000_000, is_slowest)
            chip.command(0x06)
            chip.command(0x20, 0)
            start = chip.now_us
            while chip.command(0x05, receive=1)[0] & 1:
                chip.call("advance", 100)
            assert expected <= chip.now_us - start <= expected + 200


def test_a_page_wraps_and_its_start_is_overwritten():
    with Chip("w25q64", MIB) as chip:
        enabled(chip, 0x02, 0x1F0, bytes(range(32)))
        assert chip.peek(0x1F0, 16) == bytes(range(16))
        assert chip.peek(0x100, 16) == bytes(range(16, 32))
        assert chip.peek(0x200, 16) == b"\xff" * 16


def test_a_cut_is_the_same_every_time_and_another_with_another_seed():
    def torn(seed: int) -> bytes:
        with Chip("w25q64", MIB, seed) as chip:
            chip.poke(0, bytes(4096))
            chip.cut_at(1, "part")
            chip.command(0x06)
            chip.command(0x20, 0)
            chip.call("power_up")
            return chip.peek(0, 4096)

    assert torn(1) == torn(1)
    assert all(a != b for a, b in pairwise(torn(seed) for seed in range(1, 5)))


def test_the_chip_itself_compiles_strictly(tmp_path):
    for source in sorted(sim.HERE.glob("*.c")):
        command = ["gcc", *STRICT, "-O2", "-I", sim.HERE, "-I", SRC, "-c", source, "-o", tmp_path / "x.o"]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
