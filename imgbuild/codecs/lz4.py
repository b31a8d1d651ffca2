"""Codec 2: each strip is one LZ4 block, without frame or size (lz4_Block_format.md of the LZ4 project)."""

from __future__ import annotations

import lz4.block

from imgbuild.codecs.base import StripCodec, StripShape
from imgbuild.model import Codec

_LEVEL = 12
"""The highest level of LZ4 HC: the build has time, the flash has no room; decoding is as fast."""


def encode_strip(strip: bytes, _shape: StripShape) -> bytes:
    """The strip as one LZ4 block."""
    block: bytes = lz4.block.compress(strip, mode="high_compression", compression=_LEVEL, store_size=False)
    return block


CODEC = StripCodec("lz4", Codec.LZ4, encode_strip)
