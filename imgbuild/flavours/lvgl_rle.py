"""The run-length code of LVGL 9's ``.bin`` files.

A control byte c: with bit 7 set, ``c & 0x7F`` blocks follow as they are; otherwise one block follows that
stands c times. A block is a pixel, rounded up to bytes (lv_rle.c of LVGL 9, lv_bin_decoder.c for the
block's size).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Places = NDArray[np.int64]

_COUNT_MAX = 127
_LITERAL = 0x80


def encode_rle(data: bytes, block_bytes: int) -> bytes:
    """``data`` coded in blocks of ``block_bytes``.

    A part of a block at the end is stored as a literal, filled with zeros: LVGL's decoder drops the fill
    there, but would lose the part's bytes in a run.
    """
    count = len(data) // block_bytes
    tail = data[count * block_bytes :]
    coded = b""
    if count:
        blocks = np.frombuffer(data, np.uint8, count * block_bytes).reshape(count, block_bytes)
        coded = _encode_blocks(blocks)
    if tail:
        coded += bytes((_LITERAL | 1,)) + tail.ljust(block_bytes, b"\0")
    return coded


def _encode_blocks(blocks: U8) -> bytes:
    begin, count, is_run = _split(*_find_stretches(blocks))
    size = blocks.shape[1]
    copied = np.where(is_run, 1, count)
    ends = np.cumsum(1 + size * copied)
    out = np.zeros(int(ends[-1]), np.uint8)
    starts = ends - (1 + size * copied)
    out[starts] = np.where(is_run, count, _LITERAL | count)
    step = _count_up(copied)
    source = np.repeat(begin, copied) + step
    target = np.repeat(starts + 1, copied) + size * step
    out[target[:, np.newaxis] + np.arange(size)] = blocks[source]
    return out.tobytes()


def _find_stretches(blocks: U8) -> tuple[Places, Places, NDArray[np.bool_]]:
    """First block, number of blocks, and whether all are equal, of stretches that cover ``blocks``."""
    is_new = np.ones(len(blocks), np.bool_)
    is_new[1:] = (blocks[1:] != blocks[:-1]).any(axis=1)
    begin = np.flatnonzero(is_new)
    length = np.diff(np.append(begin, len(blocks)))
    # two equal bytes cost as much as a run as they do in a literal, and would split it
    is_run = length >= (3 if blocks.shape[1] == 1 else 2)
    starts_stretch = is_run.copy()
    starts_stretch[0] = True
    starts_stretch[1:] |= is_run[:-1]
    first = np.flatnonzero(starts_stretch)
    stretch_begin = begin[first]
    return stretch_begin, np.diff(np.append(stretch_begin, len(blocks))), is_run[first]


def _split(
    begin: Places, count: Places, is_run: NDArray[np.bool_]
) -> tuple[Places, Places, NDArray[np.bool_]]:
    """The same stretches in pieces of at most 127 blocks."""
    pieces = -(-count // _COUNT_MAX)
    step = _COUNT_MAX * _count_up(pieces)
    piece_begin = np.repeat(begin, pieces) + step
    piece_count = np.minimum(np.repeat(count, pieces) - step, _COUNT_MAX)
    return piece_begin, piece_count, np.repeat(is_run, pieces)


def _count_up(counts: Places) -> Places:
    """0 1 2 .. for each of ``counts``: ``[3, 1]`` gives ``0 1 2 0``."""
    places: Places = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    return places
