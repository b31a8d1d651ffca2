"""Codecs of strips: one file and one line of :data:`CODECS` each."""

from __future__ import annotations

from imgbuild.codecs import lz4, raw, rle
from imgbuild.codecs.base import StripCodec, StripShape

CODECS: dict[str, StripCodec] = {
    "raw": raw.CODEC,
    "rle": rle.CODEC,
    "lz4": lz4.CODEC,
}
"""Every strip codec by its name in the manifest."""

__all__ = ["CODECS", "StripCodec", "StripShape"]
