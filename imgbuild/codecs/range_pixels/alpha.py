"""Events of alpha planes and of coverage of 8 and 4 bits (FORMAT.md, codec 3, "alpha plane")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_pixels import events as ev
from imgbuild.codecs.range_pixels.batch import Grid, merge_slots, rows_equal_above, run_lengths, split_skips

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Slot = tuple[I64, I32]

ROW, SKIP, WHAT = 0, 3, 5
LEVEL4, HIGH8, LOW8 = 455, 455, 647
WHAT_SYMBOLS = 5
SKIP_PX = 4


@dataclass(frozen=True, slots=True)
class _Around:
    """The neighbours of each pixel, 0 outside the strip."""

    west: I32
    north: I32
    north_west: I32
    north_east: I32


def code_alpha(values: I32, grid: Grid, bits: int, table_bytes: int) -> tuple[I32, I64]:
    """Events of the planes of all strips; ``values`` 0..2^bits-1 per pixel, ``bits`` 4 or 8.

    ``table_bytes`` is the size of the table that the events are for. Returns the events and, per pixel
    and at the end, where its events begin.
    """
    top = (1 << bits) - 1
    around = _look_around(values, grid)
    row_slot, is_open = _code_rows(values, around, grid, table_bytes)
    skip_slot, is_open = _code_skips(values, around, grid, is_open, bits, table_bytes=table_bytes)
    places = np.flatnonzero(is_open)
    value = values[places]
    here = _Around(*(side[places] for side in _sides(around)))
    what = np.select([value == here.north, value == here.west, value == 0, value == top], [0, 1, 2, 3], 4)
    row = 9 * compare_neighbours(*_sides(here)) + 3 * _rank(here.west, top) + _rank(here.north, top)
    slots = [row_slot, skip_slot, (places, ev.symbol(table_bytes, WHAT + WHAT_SYMBOLS * row, what))]
    others = np.flatnonzero(what == 4)
    here = _Around(*(side[others] for side in _sides(here)))
    code_other = _code_level4 if bits == 4 else _code_other8
    slots += [(places[others], codes) for codes in code_other(value[others], here, table_bytes)]
    return merge_slots(grid.pixels, slots)


def compare_neighbours(west: I32, north: I32, north_west: I32, north_east: I32) -> I32:
    """Class E, 0..9: which of W, N, NW are equal, + 5 if N is NE."""
    is_corner = np.where(west == north, 1 - (north_west == west), 0)
    differ = np.select([north_west == west, north_west == north], [2, 3], 4)
    kind: I32 = np.where(west == north, is_corner, differ) + 5 * (north == north_east)
    return kind


def predict_median(west: I32, north: I32, north_west: I32) -> I32:
    """MED: W + N - NW, NW first limited to lie between W and N."""
    low, high = np.minimum(west, north), np.maximum(west, north)
    prediction: I32 = west + north - np.clip(north_west, low, high)
    return prediction


def zigzag(difference: I32) -> I32:
    """0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ..."""
    folded: I32 = np.where(difference >= 0, 2 * difference, -2 * difference - 1)
    return folded


def _sides(around: _Around) -> tuple[I32, I32, I32, I32]:
    return around.west, around.north, around.north_west, around.north_east


def _rank(values: I32, top: int) -> I32:
    """q: 0 for 0, 2 for the highest value, else 1."""
    rank: I32 = 1 + (values == top).astype(np.int32) - (values == 0)
    return rank


def _look_around(values: I32, grid: Grid) -> _Around:
    index = np.arange(grid.pixels, dtype=np.int32)
    above = index - grid.width
    is_inside = ~grid.is_first_row
    is_left, is_right = grid.x == 0, grid.x == grid.width - 1
    # negative places of the first rows wrap round and are masked
    west = np.where(is_left, 0, values[index - 1])
    north = np.where(is_inside, values[above], 0)
    north_west = np.where(is_inside & ~is_left, values[np.maximum(above - 1, 0)], 0)
    north_east = np.where(is_inside & ~is_right, values[above + 1], 0)
    return _Around(west, north, north_west, north_east)


def _code_rows(values: I32, around: _Around, grid: Grid, table_bytes: int) -> tuple[Slot, Bools]:
    """The decision of each row, and which pixels are not copied from above."""
    starts, is_copy = rows_equal_above(values, around.north, grid)
    before = np.concatenate(([False], is_copy[:-1]))
    place = ROW + np.where(grid.is_first_row[starts], 0, 1 + before)
    is_open = ~is_copy[np.cumsum(grid.is_row_start) - 1]
    return (starts, ev.decision(table_bytes, place, ~is_copy)), is_open


def _code_skips(
    values: I32, around: _Around, grid: Grid, is_open: Bools, bits: int, *, table_bytes: int
) -> tuple[Slot, Bools]:
    """Decisions "these four are W", and which pixels are still to be coded."""
    west, top = around.west, (1 << bits) - 1
    runs = run_lengths(values, grid)
    room = grid.width - grid.x
    above = np.arange(grid.pixels, dtype=np.int32) - grid.width
    needed = np.minimum(SKIP_PX + 1, room)
    is_even_above = (around.north == west) & (grid.is_first_row | (runs[above] >= needed))
    is_edge = (west == 0) | (west == top)
    may = is_open & is_edge & (around.north_west == west) & (room >= SKIP_PX) & is_even_above
    skips, covered = split_skips(may & (values == west) & (runs >= SKIP_PX), SKIP_PX)
    asked = np.flatnonzero(may & ~covered)
    is_skip = skips[asked]
    events = ev.decision(table_bytes, SKIP + (west[asked] != 0), ~is_skip)
    return (asked, events), is_open & ~covered & ~skips


def _code_level4(value: I32, here: _Around, table_bytes: int) -> list[I32]:
    row = 3 * _rank(here.west, 15) + _rank(here.north, 15)
    return [ev.symbol(table_bytes, LEVEL4 + 16 * row, value)]


def _code_other8(value: I32, here: _Around, table_bytes: int) -> list[I32]:
    """The residual in two nibbles."""
    west, north, north_west = here.west, here.north, here.north_west
    difference = (value - predict_median(west, north, north_west) + 128 & 255) - 128
    folded = zigzag(difference)
    activity = abs(north - west) + abs(north - north_west) + abs(west - north_west)
    level = np.searchsorted(np.array([8, 32, 96]), activity, side="right").astype(np.int32)
    ends = (_rank(west, 255) == 1).astype(np.int32) + (_rank(north, 255) == 1)
    high, low = folded >> 4, folded & 15
    low_row = np.select([high == 0, high == 1], [level, 5], 4)
    return [
        ev.symbol(table_bytes, HIGH8 + 16 * (3 * level + ends), high),
        ev.symbol(table_bytes, LOW8 + 16 * low_row, low),
    ]
