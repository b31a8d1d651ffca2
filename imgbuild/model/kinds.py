"""Kinds of assets and codecs, by their numbers in the index (FORMAT.md)."""

from __future__ import annotations

from enum import IntEnum

NATIVE = "imgb"
"""The flavour of our own payloads; others are rows of imgbuild.flavours."""


class Kind(IntEnum):
    """Kinds of assets; the numbers stand in the index (FORMAT.md)."""

    BITMAP = 1
    FONT = 2
    FILE = 3
    STRINGS = 4
    GLYPH_RUNS = 5
    ANIMATION = 6


class Codec(IntEnum):
    """How a payload's pixels are stored; the numbers stand in the index (FORMAT.md)."""

    RAW = 0
    RLE = 1
    LZ4 = 2
    RANGE_PIXELS = 3
    RANGE_GLYPHS = 4
    JPEG = 0x40
    PNG = 0x41
    QOI = 0x42

    @property
    def label(self) -> str:
        """The manifest's word: both range codecs are ``range``."""
        return self.name.lower().removesuffix("_pixels").removesuffix("_glyphs")
