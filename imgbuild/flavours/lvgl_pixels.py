"""Pixels of a glyph as LVGL has them: plain, or rows XORed with the row above and run-length coded.

A run of 2 to 11 equal pixels is the pixel twice, a 1 for each further one, and a 0; a longer one is the
pixel twice, eleven 1 and how many more than 12 there are in 6 bits (lv_font_fmt_txt.c: rle_next).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from imgbuild.flavours.bits import Codes, Ints, make_codes

if TYPE_CHECKING:
    from imgbuild.model.decoded import U8

_ONES = 11
_COUNTER_BITS = 6
_COUNTED_FROM = _ONES + 1
_RUN_MAX = _COUNTED_FROM + (1 << _COUNTER_BITS) - 1

PLAIN_BPP = (1, 2, 4, 8)
CODED_BPP = (2, 3, 4)
"""What lv_font_get_bitmap_fmt_txt draws of either; anything else shows nothing."""


def code_plain(bitmaps: Sequence[U8], bpp: int) -> list[Codes]:
    """Each bitmap (``[h, w]`` of values below 2^bpp), its rows one behind the other."""
    return [make_codes(bitmap.reshape(-1).astype(np.int64), bpp) for bitmap in bitmaps]


def code_runs(bitmaps: Sequence[U8], bpp: int) -> list[Codes]:
    """Each bitmap as above, compressed (``bitmap_format`` 1)."""
    flat = [_xor_rows(bitmap).reshape(-1) for bitmap in bitmaps]
    sizes = np.array([pixels.size for pixels in flat], np.int64)
    ends = np.cumsum(sizes)
    pixels = np.concatenate([*flat, np.zeros(0, np.uint8)]).astype(np.int64)
    is_start = np.ones(pixels.size, np.bool_)
    is_start[1:] = pixels[1:] != pixels[:-1]
    is_start[(ends - sizes)[sizes > 0]] = True
    starts = np.flatnonzero(is_start)
    runs = np.diff(starts, append=pixels.size)
    pieces = -(-runs // _RUN_MAX)
    counts = np.full(int(pieces.sum()), _RUN_MAX, np.int64)
    counts[np.cumsum(pieces) - 1] = runs - (pieces - 1) * _RUN_MAX
    values, lengths = _run_codes(np.repeat(pixels[starts], pieces), counts, bpp)
    where = np.searchsorted(np.cumsum(counts), ends)  # the last piece of each bitmap
    edges = [0, *(np.where(sizes > 0, where + 1, 0)).tolist()]
    edges = np.maximum.accumulate(edges).tolist()
    return [Codes(values[a:b], lengths[a:b]) for a, b in pairwise(edges)]


def _xor_rows(bitmap: U8) -> U8:
    filtered = bitmap.copy()
    filtered[1:] ^= bitmap[:-1]
    return filtered


def _run_codes(pixels: Ints, counts: Ints, bpp: int) -> tuple[Ints, Ints]:
    """One code for each run of ``counts`` equal pixels, 1 to 75."""
    twice = pixels << bpp | pixels
    more = (counts - 2).clip(0, _ONES - 2)
    short = (twice << more | (1 << more) - 1) << 1
    long = (twice << _ONES | (1 << _ONES) - 1) << _COUNTER_BITS | (counts - _COUNTED_FROM).clip(0)
    is_long = counts >= _COUNTED_FROM
    values = np.where(counts == 1, pixels, np.where(is_long, long, short))
    lengths = np.where(is_long, 2 * bpp + _ONES + _COUNTER_BITS, 2 * bpp + counts - 1)
    return values, np.where(counts == 1, bpp, lengths)
