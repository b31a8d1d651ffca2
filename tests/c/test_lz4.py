"""LZ4 blocks in the C reader: the bytes that a plain decoder gives, or an error; never a byte outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from c.program import HERE, RUNTIME, SANITIZE, STRICT, run


@pytest.mark.parametrize("option", [[], ["-D__ARM_FEATURE_UNALIGNED=1"]], ids=["bytes", "words"])
def test_random_blocks_decode_as_a_plain_decoder_does(tmp_path: Path, option: list[str]) -> None:
    include = ["-I", RUNTIME / "src", "-I", HERE]
    compiler = ["gcc", *SANITIZE, *option, *include]
    run([*compiler, *STRICT, "-c", RUNTIME / "src" / "imgb_lz4.c", "-o", tmp_path / "lz4.o"])
    program = tmp_path / "lz4_random"
    run([*compiler, "-std=c99", "-Wall", "-Wextra", HERE / "lz4_random.c", tmp_path / "lz4.o", "-o", program])
    good, refused = map(int, run([program, "60000", "3"]).split())
    assert good + refused == 60_000
    assert good > 20_000
    assert refused > 10_000
