"""What codec 4 decides about glyphs, as FORMAT.md 5.4 has it: all decisions of all glyphs by numpy.

A decision is an *event*: ``2 * place + bit``, where ``place`` is that of its probability in the model's
table; the place behind the table stands for the fixed probability 128. Every context follows from the
finished bitmaps, so that the events of a font come out of some passes over all of its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Mask = NDArray[np.bool_]

ROW, SKIP, SAME_N, SAME_W, ZERO, FULL, TREE, GRAY_BYTES = 0, 3, 5, 329, 410, 491, 572, 716
"""Where the parts of a table for 2 bpp and more begin, and its length."""
MONO7_BYTES, MONO10_BYTES = 128, 1024
_SKIP_PX = 4
_TREE_BITS = 4  # of a value of 8 bits, the lower ones follow with the fixed probability


@dataclass(frozen=True, slots=True)
class Events:
    """Events of all glyphs, glyph after glyph; ``lengths``: how many of them each glyph has."""

    events: U16
    lengths: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Cells:
    """All bitmaps in one row of cells with a margin of zeros, which is what lies outside of a box.

    ``starts``, ``strides``, ``widths``: of each row of pixels, its first cell, the cells from it down to the
    next row, its pixels. ``glyphs``: the first row of each glyph, and behind the last.
    """

    values: U8
    starts: I32
    strides: I32
    widths: I32
    glyphs: NDArray[np.int64]

    def pixels(self) -> tuple[I32, I32, I32]:
        """Of every pixel, row after row, its row, its cell and the one above."""
        row_of = np.repeat(np.arange(len(self.starts), dtype=np.int32), self.widths)
        at = np.arange(len(row_of), dtype=np.int32)
        at += (self.starts - _begins(self.widths))[row_of]
        return row_of, at, at - self.strides[row_of]


def _begins(counts: I32) -> I32:
    """Where each of some runs of so many begins."""
    return np.cumsum(counts, dtype=np.int32) - counts


def model_gray(bitmaps: Sequence[U8], bpp: int) -> Events:
    """The events of ``bitmaps``: ``[h, w]`` of values below 2^bpp with a pixel at least, 2 bpp and more."""
    cells = _lay_out(bitmaps, margin_px=1, margin_rows=1)
    top = (1 << bpp) - 1
    values = cells.values
    row_of, at, above = cells.pixels()
    same_rows = np.logical_and.reduceat(values[at] == values[above], _begins(cells.widths))
    pieces = [_row_piece(cells, same_rows)]
    chosen = np.flatnonzero(~same_rows[row_of])
    row_of, at, above = row_of[chosen], at[chosen], above[chosen]
    asked, is_run = _find_runs(cells, row_of, at, above, top)
    pieces.append((asked, 2 * (SKIP + (values[asked - 1] == top)) + is_run))
    is_open = np.ones(len(values), np.bool_)
    for step in range(_SKIP_PX):
        is_open[asked[is_run] + step] = False
    chosen = np.flatnonzero(is_open[at])
    pieces += _pixel_pieces(values, at[chosen], above[chosen], bpp)
    return _join(pieces, cells)


def model_mono(bitmaps: Sequence[U8], pixels: int) -> Events:
    """The events of ``bitmaps`` of 0 and 1 by a context of 7 or 10 pixels."""
    cells = _lay_out(bitmaps, margin_px=3, margin_rows=2)
    row_of, at, north = cells.pixels()
    north2 = north - cells.strides[row_of]
    w, n, nn = (at, -1), (north, 0), (north2, 0)
    near = [w, (at, -2), *([(at, -3)] if pixels == 10 else []), n, (north, -1), (north, 1), (north, 2), nn]
    far = [(north2, -1), (north2, 1)] if pixels == 10 else []
    events = np.zeros(len(at), np.uint16)
    for cell, shift in (*near, *far, (at, 0)):
        events <<= 1
        events |= cells.values[cell + shift]
    counts = np.add.reduceat(cells.widths.astype(np.int64), cells.glyphs[:-1])
    return Events(events, counts)


def _lay_out(bitmaps: Sequence[U8], margin_px: int, margin_rows: int) -> _Cells:
    heights = np.array([bitmap.shape[0] for bitmap in bitmaps], np.int64)
    widths = np.array([bitmap.shape[1] for bitmap in bitmaps], np.int64)
    strides = widths + margin_px
    sizes = (heights + margin_rows) * strides
    begins = np.cumsum(sizes) - sizes + margin_rows * strides + margin_px
    values = np.zeros(int(sizes.sum()) + 2 * margin_px + _SKIP_PX, np.uint8)
    for bitmap, begin, stride in zip(bitmaps, begins.tolist(), strides.tolist(), strict=True):
        height, width = bitmap.shape
        values[begin : begin + height * stride].reshape(height, stride)[:, :width] = bitmap
    glyphs = np.concatenate(([0], np.cumsum(heights)))
    number = np.arange(glyphs[-1]) - np.repeat(glyphs[:-1], heights)
    starts = np.repeat(begins, heights) + number * np.repeat(strides, heights)
    return _Cells(
        values,
        starts.astype(np.int32),
        np.repeat(strides, heights).astype(np.int32),
        np.repeat(widths, heights).astype(np.int32),
        glyphs,
    )


Piece = tuple[I32, NDArray[np.integer]]
"""Cells, rising, and the event that each has next."""


def _row_piece(cells: _Cells, same_rows: Mask) -> Piece:
    before = np.concatenate(([False], same_rows[:-1]))
    place = 1 + before.astype(np.uint16)
    place[cells.glyphs[:-1]] = 0
    return cells.starts, 2 * (ROW + place) + same_rows


def _find_runs(cells: _Cells, row_of: I32, at: I32, above: I32, top: int) -> tuple[I32, Mask]:
    """Cells where a run of four is asked for, and whether it is one; the others are all the pixels coded."""
    values = cells.values
    left = values[at - 1]
    can = np.flatnonzero((left == 0) | (left == top))
    at, above, left, row_of = at[can], above[can], left[can], row_of[can]
    fits = at + _SKIP_PX <= (cells.starts + cells.widths)[row_of]
    for step in range(_SKIP_PX):
        fits &= values[above + step] == left
    at, left = at[fits], left[fits]
    chosen = _spread(at, row_of[fits])
    at, left = at[chosen], left[chosen]
    is_run = np.ones(len(at), np.bool_)
    for step in range(_SKIP_PX):
        is_run &= values[at + step] == left
    return at, is_run


def _spread(at: I32, row_of: I32) -> NDArray[np.int64]:
    """Which of the candidates ``at`` are taken: the first of each row, then always the first 4 px on."""
    if not len(at):
        return np.zeros(0, np.int64)
    # Cells of two rows may lie closer than 4 px, so rows are moved apart before looking for the next.
    place = at.astype(np.int64) + _SKIP_PX * row_of.astype(np.int64)
    following = np.searchsorted(place, place + _SKIP_PX)
    current = np.flatnonzero(np.diff(row_of, prepend=-1))
    taken = []
    row_of = np.append(row_of, -1)
    while current.size:
        taken.append(current)
        after = following[current]
        current = after[row_of[after] == row_of[current]]
    return np.sort(np.concatenate(taken))


def _pixel_pieces(values: U8, at: I32, above: I32, bpp: int) -> list[Piece]:
    """Step 3 of FORMAT.md for the pixels ``at``."""
    top = (1 << bpp) - 1
    level = np.ones(256, np.uint16)
    level[0], level[top] = 0, 2
    pixel, w, n, nw, ne = (values[cell] for cell in (at, at - 1, above, above - 1, above + 1))
    side = level[w] * 3 + level[n]
    context = side * 9 + level[nw] * 3 + level[ne]
    is_hit = pixel == n
    place = SAME_N + 4 * context + (w == nw) + 2 * (n == ne)
    pieces: list[Piece] = [(at, 2 * place + is_hit)]
    # each question is put to those that said no so far, where its answer is not known already
    rest = np.flatnonzero(~is_hit)
    for part, target, is_open in (
        (SAME_W, w, w != n),
        (ZERO, np.uint8(0), (n != 0) & (w != 0)),
        (FULL, np.uint8(top), (n != top) & (w != top)),
    ):
        asked = rest[is_open[rest]]
        hit = pixel[asked] == (target[asked] if isinstance(target, np.ndarray) else target)
        pieces.append((at[asked], 2 * (part + context[asked]) + hit))
        is_hit[asked] = hit
        rest = rest[~is_hit[rest]]
    return [*pieces, *_tree_pieces(at[rest], pixel[rest], TREE + 16 * side[rest], bpp)]


def _tree_pieces(at: I32, pixel: U8, place: U16, bpp: int) -> list[Piece]:
    node = np.ones(len(at), np.uint16)
    pieces: list[Piece] = []
    for shift in range(bpp - 1, -1, -1):
        bit = pixel >> shift & 1
        is_tree = bpp - shift <= _TREE_BITS
        pieces.append((at, 2 * (place + node if is_tree else np.uint16(GRAY_BYTES)) + bit))
        node = 2 * node + bit
    return pieces


def _join(pieces: list[Piece], cells: _Cells) -> Events:
    """All pieces in the order of cells, at one cell in the order of pieces."""
    counts = np.zeros(len(cells.values), np.int32)
    for at, _ in pieces:
        counts[at] += 1
    end = np.cumsum(counts, dtype=np.int32)
    place = end - counts
    events = np.empty(int(end[-1]), np.uint16)
    for at, numbers in pieces:
        events[place[at]] = numbers
        place[at] += 1
    first = np.append(cells.starts[cells.glyphs[:-1]], len(end) - 1)
    until = end[first - 1].astype(np.int64)
    until[-1] = end[-1]
    return Events(events, np.diff(until))
