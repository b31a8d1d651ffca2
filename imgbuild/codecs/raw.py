"""Codec 0: pixels as they are."""

from __future__ import annotations

from imgbuild.codecs.base import StripCodec, StripShape
from imgbuild.model import Codec


def encode_strip(strip: bytes, _shape: StripShape) -> bytes:
    """The strip itself."""
    return strip


CODEC = StripCodec("raw", Codec.RAW, encode_strip)
