"""Glyph bitmaps: from a rasteriser's rows to trimmed, quantised coverage."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from imgbuild.model import DecodedGlyph

if TYPE_CHECKING:
    from imgbuild.model.decoded import U8


@lru_cache
def quantisation_table(bpp: int) -> U8:
    """``[256]``: 8-bit coverage to ``bpp`` bits, in integers.

    Less than one level (``256 / 2^bpp`` of 256) is blank, and within one level of full is full; between them
    ``round(v * (2^bpp - 1) / 255)``. What would be the faintest trace of a pixel costs glyphs a twentieth of
    their bytes, and hinted stems their sharp edges.
    """
    value = np.arange(256, dtype=np.uint32)
    top = (1 << bpp) - 1
    level = (value * (2 * top) + 255) // 510
    step = 256 >> bpp
    level[:step] = 0
    level[256 - step :] = top
    return _frozen(level.astype(np.uint8))


@lru_cache
def coverage_table(bpp: int, gamma: float) -> U8:
    """``[256]``: 8-bit coverage to ``bpp`` bits, coverage c of 0..1 first becoming ``c ^ (1 / gamma)``.

    Above 1 glyphs get darker edges. In decimal arithmetic: the same numbers on every machine.
    """
    levels = quantisation_table(bpp)
    if gamma == 1.0:
        return levels
    exponent = 1 / Decimal(str(gamma))
    curve = [int(255 * (Decimal(value) / 255) ** exponent + Decimal("0.5")) for value in range(256)]
    return _frozen(levels[curve])


def unpack_bits(data: bytes, rows: int, width: int, pitch: int, bits: int) -> U8:
    """Rows of ``pitch`` bytes, pixels of 1, 2 or 4 bits, leftmost highest, as ``[rows, width]``."""
    packed = np.frombuffer(data, dtype=np.uint8).reshape(rows, pitch)
    if bits == 1:
        return np.unpackbits(packed, axis=1, count=width)
    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    values = (packed[:, :, None] >> shifts) & np.uint8((1 << bits) - 1)
    return values.reshape(rows, -1)[:, :width]


def unpack_gray(data: bytes, rows: int, width: int, pitch: int) -> U8:
    """One-byte pixels in rows of ``pitch`` bytes as ``[rows, width]``."""
    return np.frombuffer(data, dtype=np.uint8).reshape(rows, pitch)[:, :width]


def trim_to_ink(coverage: U8) -> tuple[U8, int, int]:
    """Cut blank rows and columns off; returns (bitmap, columns cut on the left, rows cut on top).

    A bitmap without ink comes back as ``[0, 0]``. The result owns its memory and is read-only.
    """
    rows = np.flatnonzero(coverage.any(axis=1))
    if rows.size == 0:
        return _frozen(np.zeros((0, 0), dtype=np.uint8)), 0, 0
    columns = np.flatnonzero(coverage.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    ink = coverage[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return _frozen(ink.copy()), left, top


def make_glyph(codepoint: int, coverage: U8, left: int, top: int, advance: int) -> DecodedGlyph:
    """A glyph trimmed to its ink; ``left`` and ``top`` are those of the untrimmed bitmap.

    ``advance`` is in 1/16 px. A glyph without ink has a 0 x 0 bitmap at 0, 0.
    """
    ink, cut_left, cut_top = trim_to_ink(coverage)
    if ink.size == 0:
        return DecodedGlyph(codepoint, ink, 0, 0, advance)
    return DecodedGlyph(codepoint, ink, left + cut_left, top - cut_top, advance)


def draw_notdef(size_px: int, bpp: int) -> DecodedGlyph:
    """The box that stands for a missing character: half an em wide, 0.7 em high, an outline.

    Used where a font has no .notdef or a blank one: a missing character must be seen.
    """
    width = max(3, (size_px + 1) // 2)
    height = max(4, (size_px * 7 + 5) // 10)
    stroke = max(1, size_px // 16)
    box = np.full((height, width), (1 << bpp) - 1, dtype=np.uint8)
    if height > 2 * stroke and width > 2 * stroke:
        box[stroke:-stroke, stroke:-stroke] = 0
    return DecodedGlyph(-1, _frozen(box), stroke, height, (width + 2 * stroke) * 16)


def _frozen(bitmap: U8) -> U8:
    bitmap.setflags(write=False)
    return bitmap
