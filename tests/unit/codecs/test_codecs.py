"""Strip codecs: what they write, any decoder of the format reads."""

from __future__ import annotations

import random

import lz4.block
import pytest

from imgbuild.codecs import CODECS, StripShape
from imgbuild.model import Codec


def decode_lz4(block: bytes) -> bytes:
    """An LZ4 block decoded by the block format's description: token, literals, offset, match."""
    out, at = bytearray(), 0

    def more(length: int) -> int:
        nonlocal at
        while True:
            byte = block[at]
            at += 1
            length += byte
            if byte != 255:
                return length

    while at < len(block):
        token = block[at]
        at += 1
        literals = more(15) if token >> 4 == 15 else token >> 4
        out += block[at : at + literals]
        at += literals
        if at == len(block):
            break
        offset = int.from_bytes(block[at : at + 2], "little")
        at += 2
        length = (more(15) if token & 15 == 15 else token & 15) + 4
        for _ in range(length):
            out.append(out[-offset])
    return bytes(out)


STRIPS = [
    b"\0",
    b"ab",
    bytes(range(256)),
    b"\0" * 8192,
    b"abcd" * 300 + b"x" * 7,
    random.Random(3).randbytes(5000),
    bytes(min(255, n * n // 700) for n in range(3000)),
]


@pytest.mark.parametrize("strip", STRIPS, ids=range(len(STRIPS)))
def test_lz4_is_one_bare_block(strip):
    block = CODECS["lz4"].encode_strip(strip, StripShape(len(strip), 1))
    assert decode_lz4(block) == strip
    assert lz4.block.decompress(block, uncompressed_size=len(strip)) == strip


@pytest.mark.parametrize("strip", STRIPS, ids=range(len(STRIPS)))
def test_raw_is_the_strip(strip):
    assert CODECS["raw"].encode_strip(strip, StripShape(len(strip), 1)) == strip


def test_lz4_shrinks_what_repeats():
    assert len(CODECS["lz4"].encode_strip(b"\0" * 8192, StripShape(8192, 1))) < 50


def test_names_and_numbers_are_those_of_the_index():
    # FORMAT.md 3.2: 0 raw, 1 rle, 2 lz4
    assert {name: int(codec.number) for name, codec in CODECS.items()} == {"raw": 0, "rle": 1, "lz4": 2}
    assert all(codec.name == name for name, codec in CODECS.items())
    assert CODECS["lz4"].number is Codec.LZ4
