"""A short, fixed replay of the settings' fuzzer: any bytes in the area, also with good CRCs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from c.program import HERE, RUNTIME, SANITIZE, run

FUZZER = HERE.parent / "fuzz" / "fuzz_settings.c"


def compile_to(folder: Path, source: Path = RUNTIME / "src" / "imgb_settings.c") -> Path:
    program = folder / "fuzz_settings"
    include = ["-I", RUNTIME / "src"]
    run(["gcc", "-std=c99", "-DFUZZ_REPLAY", *SANITIZE, *include, FUZZER, source, "-o", program])
    return program


def replay(program: Path, count: int, seed: int) -> int:
    words = run([program, str(count), str(seed)]).split()
    assert words[1:] == ["reads"]
    return int(words[0])


def test_two_thousand_areas(tmp_path):
    assert replay(compile_to(tmp_path), 2000, 1) > 100_000


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("left > v->limit - at", "left > 1000u"),  # a record that leaves its sector
        ("return crc == RESIDUE;", "return crc != 0;"),  # records that are not whole
        ("v->length + CRC_BYTES > v->s->sector_bytes - at", "v->length > 1000u"),  # more than a sector takes
    ],
)
def test_a_missing_check_would_be_noticed(tmp_path, rule, broken):
    text = (RUNTIME / "src" / "imgb_settings.c").read_text()
    assert text.count(rule) == 1
    source = tmp_path / "imgb_settings.c"
    source.write_text(text.replace(rule, broken))
    program = compile_to(tmp_path, source)
    done = subprocess.run([str(program), "2000", "1"], capture_output=True, check=False, timeout=120)
    assert done.returncode != 0


@pytest.mark.soak
def test_many_areas(tmp_path):
    program = compile_to(tmp_path)
    for seed in range(100, 110):
        assert replay(program, 20_000, seed) > 1_000_000
