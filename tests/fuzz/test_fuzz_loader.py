"""A short, fixed replay of the loader's fuzzer: whatever arrives, nothing outside the region changes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from c.program import HERE, RUNTIME, SANITIZE, run

SIM = HERE.parent / "sim"
SOURCES = (
    SIM / "nor_chip.c",
    SIM / "nor_bus.c",
    RUNTIME / "src" / "imgb_nor.c",
    RUNTIME / "loader" / "imgb_loader.c",
)


def compile_to(folder: Path, *more: str) -> Path:
    program = folder / "fuzz_loader"
    source = HERE.parent / "fuzz" / "fuzz_loader.c"
    include = ["-I", RUNTIME / "src", "-I", RUNTIME / "loader", "-I", SIM]
    run(["gcc", "-std=c99", "-DFUZZ_REPLAY", *more, *SANITIZE, *include, source, *SOURCES, "-o", program])
    return program


def replay(program: Path, count: int, seed: int) -> int:
    words = run([program, str(count), str(seed)]).split()
    assert (words[1], words[3]) == ("operations", "pieces")
    assert int(words[2]) > 50  # of packages
    return int(words[0])


def test_three_hundred_inputs(tmp_path):
    assert replay(compile_to(tmp_path), 300, 1) > 1000


def test_a_byte_outside_would_be_noticed(tmp_path):
    """The same with a loader that is told a larger region than the one that is watched."""
    program = compile_to(tmp_path, "-DREGION_TOLD=0x1A000u")
    done = subprocess.run([str(program), "300", "1"], capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.soak
def test_many_inputs(tmp_path):
    program = compile_to(tmp_path)
    for seed in range(100, 110):
        assert replay(program, 1000, seed) > 1000
