"""Events of colour planes, of indices and of grey levels (FORMAT.md, codec 3, "colour plane")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_pixels import events as ev
from imgbuild.codecs.range_pixels.alpha import compare_neighbours
from imgbuild.codecs.range_pixels.batch import (
    Grid,
    Lockstep,
    merge_slots,
    rows_equal_above,
    run_lengths,
    split_skips,
)
from imgbuild.codecs.range_pixels.residual import Residuals

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]
Slot = tuple[I64, I32]

NORTH, WEST, RESIDUAL, LISTED, NORTH_EAST, SKIPPED = range(6)
"""What a pixel is; the first five are symbols."""
WHAT_SYMBOLS = 5
HISTORIES = 4
SKIP_PX = 8
LIST_COLOURS = 16


@dataclass(frozen=True, slots=True)
class Places:
    """Where a colour table's parts lie in the kind's table; ``smooth_what`` is None where all is flat."""

    flat_what: int
    smooth_what: int | None
    skip: int
    row: int
    listed: int


@dataclass(frozen=True, slots=True)
class ColourPlane:
    """The colours of a batch and what depends on nothing but them. Arrays of one value per pixel."""

    values: I32
    grid: Grid
    is_visible: Bools
    has_alpha: Bools  # per strip
    west: I32
    north: I32
    north_west: I32
    north_east: I32
    kind: I32  # class E

    @property
    def differs(self) -> Bools:
        """Whether a visible pixel is neither N nor W."""
        is_new: Bools = self.is_visible & (self.values != self.west) & (self.values != self.north)
        return is_new


def look_at_colours(values: I32, alpha: I32 | None, has_alpha: Bools, grid: Grid) -> ColourPlane:
    """``values``: colours, 0 where ``alpha`` is 0; ``has_alpha``: whether a strip codes an alpha plane."""
    index = np.arange(grid.pixels, dtype=np.int32)
    above = index - grid.width
    is_first, is_left = grid.is_first_row, grid.x == 0
    west_first = np.where(is_left, 0, values[index - 1])
    north = np.where(is_first, west_first, values[above])
    west = np.where(is_left, north, values[index - 1])
    north_west = np.where(is_left | is_first, west, values[np.maximum(above - 1, 0)])
    # right of the last column lies the first pixel of the current row
    north_east = np.where(is_first, west, values[above + 1])
    is_visible = np.ones(grid.pixels, np.bool_) if alpha is None else alpha != 0
    kind = compare_neighbours(west, north, north_west, north_east).astype(np.int32)
    return ColourPlane(values, grid, is_visible, has_alpha, west, north, north_west, north_east, kind)


def code_colours(
    plane: ColourPlane, places: Places, residuals: Residuals, table_bytes: int, *, is_flat: bool
) -> tuple[I32, I64]:
    """Events of the colour planes of all strips in one mode, and per pixel where its events begin."""
    slots: list[Slot] = []
    is_open, skips = plane.is_visible, np.zeros(plane.grid.pixels, np.bool_)
    if is_flat:
        row_slot, is_open = _code_rows(plane, places, table_bytes)
        skip_slot, is_open, skips = _code_skips(plane, is_open, places, table_bytes)
        slots = [row_slot, skip_slot]
    units = np.flatnonzero(is_open | skips)
    what = _name_units(plane, units, skips, is_flat=is_flat)
    ranks: I32 = np.zeros(0, np.int32)
    candidates = np.flatnonzero(what == RESIDUAL)
    if is_flat:
        ranks = _rank_in_list(plane, units[candidates])
        what[candidates[ranks < LIST_COLOURS]] = LISTED
    slots.append(_code_what(plane, units, what, places, table_bytes, is_flat=is_flat))
    if is_flat:
        listed = ranks < LIST_COLOURS
        slots.append((units[candidates[listed]], ev.symbol(table_bytes, places.listed, ranks[listed])))
    slots += _code_residuals(plane, units, what, residuals, table_bytes)
    return merge_slots(plane.grid.pixels, slots)


def _code_rows(plane: ColourPlane, places: Places, table_bytes: int) -> tuple[Slot, Bools]:
    """The decision "row equals the one above" of strips without alpha, and which pixels are not copied."""
    grid = plane.grid
    starts, is_equal = rows_equal_above(plane.values, plane.north, grid)
    is_asked = ~grid.is_first_row[starts] & ~plane.has_alpha[grid.strip[starts]]
    is_copy = is_equal & is_asked
    before = np.concatenate(([False], is_copy[:-1]))
    is_open = plane.is_visible & ~is_copy[np.cumsum(grid.is_row_start) - 1]
    events = ev.decision(table_bytes, places.row + before[is_asked], ~is_copy[is_asked])
    return (starts[is_asked], events), is_open


def _code_skips(
    plane: ColourPlane, is_open: Bools, places: Places, table_bytes: int
) -> tuple[Slot, Bools, Bools]:
    """Decisions "these eight are W"; which pixels are still to be coded, and which skip."""
    grid = plane.grid
    runs = run_lengths(plane.values, grid)
    above = np.arange(grid.pixels, dtype=np.int32) - grid.width
    may = is_open & (plane.kind == 5) & ~grid.is_first_row & (grid.width - grid.x >= SKIP_PX)
    may &= (runs[above] >= SKIP_PX) & ~plane.has_alpha[grid.strip]
    skips, covered = split_skips(may & (plane.values == plane.west) & (runs >= SKIP_PX), SKIP_PX)
    asked = np.flatnonzero(may & ~covered)
    events = ev.decision(table_bytes, places.skip, ~skips[asked])
    return (asked, events), is_open & ~covered & ~skips, skips


def _name_units(plane: ColourPlane, units: I64, skips: Bools, *, is_flat: bool) -> I32:
    """What each coded pixel is, the list left out."""
    value = plane.values[units]
    is_north, is_west = value == plane.north[units], value == plane.west[units]
    what = np.where(is_north, NORTH, np.where(is_west, WEST, RESIDUAL)).astype(np.int32)
    if is_flat:
        what[(what == RESIDUAL) & (value == plane.north_east[units])] = NORTH_EAST
        what[skips[units]] = SKIPPED
    else:
        what[plane.kind[units] == 4] = RESIDUAL
    return what


def _rank_in_list(plane: ColourPlane, places: I64) -> I32:
    """The place of each pixel's colour in the move-to-front list of its strip, 16 if it is not there.

    Found or not, a colour goes to the front, so one step serves both.
    """
    grid = plane.grid
    lockstep = Lockstep(grid.strip[places], len(grid.first) - 1)
    values = lockstep.regroup(plane.values[places])
    ranks = np.empty(len(values), np.int32)
    width = int(lockstep.counts[0]) if len(lockstep.counts) else 0
    colours = np.zeros((LIST_COLOURS + 1, width), np.int32)
    for start, end in zip(lockstep.bounds, lockstep.bounds[1:], strict=False):
        value = values[start:end]
        active = colours[:, : end - start]
        active[LIST_COLOURS] = value  # so that every colour is found, at 16 if nowhere else
        rank = (active == value).argmax(axis=0)
        ranks[start:end] = rank
        moved = np.arange(1, LIST_COLOURS + 1)[:, np.newaxis] <= rank
        active[1:] = np.where(moved, active[:-1], active[1:])
        active[0] = value
    return lockstep.ungroup(ranks)


def _code_what(
    plane: ColourPlane, units: I64, what: I32, places: Places, table_bytes: int, *, is_flat: bool
) -> Slot:
    """The symbol "what" of every pixel that is asked for it."""
    grid = plane.grid
    row_number = np.cumsum(grid.is_row_start, dtype=np.int32)[units]
    is_same_row = np.concatenate(([False], row_number[1:] == row_number[:-1]))
    is_hit = (what == NORTH) | (what == WEST) | (what == NORTH_EAST)
    hit_before = np.concatenate(([False], is_hit[:-1])) & is_same_row
    hit_twice = np.concatenate(([False], hit_before[:-1])) & hit_before
    listed_before = np.concatenate(([False], what[:-1] == LISTED)) & is_same_row
    history = hit_before.astype(np.int32) + hit_twice + 3 * listed_before
    kind = plane.kind[units]
    base = places.flat_what
    is_asked = what != SKIPPED
    if not is_flat:
        if places.smooth_what is None:
            raise ValueError("a kind that is always flat has no smooth mode")
        base = places.smooth_what
        is_asked = kind != 4
    row = base + WHAT_SYMBOLS * (HISTORIES * kind + history)
    return units[is_asked], ev.symbol(table_bytes, row[is_asked], what[is_asked])


def _code_residuals(
    plane: ColourPlane, units: I64, what: I32, residuals: Residuals, table_bytes: int
) -> list[Slot]:
    is_residual = what == RESIDUAL
    places = units[is_residual]
    sides = (plane.west[places], plane.north[places], plane.north_west[places])
    parts = residuals.split(plane.values[places], *sides)
    recent = _follow_recency(plane, units, what, parts.recency)[is_residual]
    coded = residuals.code(parts, sides, recent, table_bytes)
    return [(places[chosen], events) for chosen, events in coded]


def _follow_recency(plane: ColourPlane, units: I64, what: I32, added: I32) -> I32:
    """``rec`` before each unit; a residual adds ``added`` to three quarters of it, a hit halves it."""
    grid = plane.grid
    lockstep = Lockstep(grid.strip[units], len(grid.first) - 1)
    shift = np.ones(len(units), np.int32)
    shift[what == LISTED] = 31
    gain = np.zeros(len(units), np.int32)
    is_residual = what == RESIDUAL
    shift[is_residual] = 2
    gain[is_residual] = added
    shift, gain = lockstep.regroup(shift), lockstep.regroup(gain)
    before = np.empty(len(units), np.int32)
    state = np.zeros(int(lockstep.counts[0]) if len(units) else 0, np.int32)
    for start, end in zip(lockstep.bounds, lockstep.bounds[1:], strict=False):
        active = state[: end - start]
        before[start:end] = active
        active -= active >> shift[start:end]
        active += gain[start:end]
    return lockstep.ungroup(before)
