"""Many strips as one row of pixels, and helpers for what runs through each strip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PixelStrip:
    """One strip's values, at least 2 px wide and 1 px high.

    ``colour``: int32 ``[h, w]`` (level, index, 5:6:5 or 0xRRGGBB), None where the strip is coverage alone.
    ``alpha``: int32 ``[h, w]``, or None.
    """

    colour: I32 | None
    alpha: I32 | None

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in px."""
        plane = self.alpha if self.colour is None else self.colour
        if plane is None:
            raise TypeError("a strip without planes")
        return int(plane.shape[0]), int(plane.shape[1])


@dataclass(frozen=True, slots=True)
class Grid:
    """Where each pixel of all strips stands; arrays of one value per pixel, or per strip (``first``...)."""

    width: I32
    x: I32
    is_first_row: Bools
    strip: I32
    first: I64  # first pixel of each strip, and the number of pixels

    @property
    def pixels(self) -> int:
        """Pixels of all strips."""
        return len(self.x)

    @property
    def is_row_start(self) -> Bools:
        """Whether a pixel is the first of its row."""
        starts: Bools = self.x == 0
        return starts


def make_grid(shapes: Sequence[tuple[int, int]]) -> Grid:
    """The grid of strips of these heights and widths, one strip after the other."""
    heights, widths = (np.array(side, np.int64) for side in zip(*shapes, strict=True))
    counts = heights * widths
    first = np.concatenate(([0], np.cumsum(counts)))
    strip = np.repeat(np.arange(len(shapes), dtype=np.int32), counts)
    inside = np.arange(first[-1]) - np.repeat(first[:-1], counts)
    width = widths.astype(np.int32)[strip]
    y, x = np.divmod(inside.astype(np.int32), width)
    return Grid(width, x, y == 0, strip, first)


def run_lengths(values: I32, grid: Grid) -> I32:
    """How many pixels from each on to the right, within its row, have its value; at least 1."""
    is_end = np.concatenate((grid.is_row_start[1:] | (values[1:] != values[:-1]), [True]))
    ends = np.flatnonzero(is_end).astype(np.int32)
    lengths: I32 = ends[np.cumsum(is_end) - is_end] - np.arange(len(values), dtype=np.int32) + 1
    return lengths


def split_skips(succeeds: Bools, length: int) -> tuple[Bools, Bools]:
    """The pixels of a run of successes that skip ``length`` px each, and those skipped behind them.

    A run's first pixel is never inside a skip: FORMAT.md's conditions leave no gap shorter than a skip.
    """
    index = np.arange(len(succeeds), dtype=np.int32)
    before = np.concatenate(([False], succeeds[:-1]))
    start = np.maximum.accumulate(np.where(succeeds & ~before, index, 0))
    skips = succeeds & ((index - start) % length == 0)
    covered = np.zeros(len(succeeds), np.bool_)
    places = np.flatnonzero(skips)
    for step in range(1, length):
        covered[places + step] = True
    return skips, covered


def rows_equal_above(values: I32, above: I32, grid: Grid) -> tuple[I64, Bools]:
    """The first pixel of each row, and whether all of the row's ``values`` equal those ``above``."""
    starts = np.flatnonzero(grid.is_row_start)
    is_equal: Bools = ~np.logical_or.reduceat(values != above, starts)
    return starts, is_equal


def merge_slots(pixels: int, slots: Iterable[tuple[I64, I32]]) -> tuple[I32, I64]:
    """Events in coding order: by pixel, and for one pixel in the order of the slots.

    A slot is pixels (ascending) and the event each has there. Returns the events and, per pixel and at
    the end, where its events begin.
    """
    kept = list(slots)
    count = np.zeros(pixels, np.int32)
    for places, _ in kept:
        count[places] += 1
    begin = np.concatenate(([0], np.cumsum(count, dtype=np.int64)))
    free = begin[:-1].copy()
    events = np.empty(int(begin[-1]), np.int32)
    for places, codes in kept:
        at = free[places]
        events[at] = codes
        free[places] = at + 1
    return events, begin


class Lockstep:
    """Items of all strips regrouped so that item k of every strip lies side by side, longest strip first.

    ``strip`` is the (ascending) strip of each item; ``counts[k]`` strips have an item k.
    """

    def __init__(self, strip: I32, strips: int) -> None:
        lengths = np.bincount(strip, minlength=strips)
        order = np.argsort(-lengths, kind="stable")
        rank = np.empty(strips, np.int64)
        rank[order] = np.arange(strips)
        longest = int(lengths.max(initial=0))
        self.counts: I64 = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
        starts = np.concatenate(([0], np.cumsum(self.counts)))
        number = np.arange(len(strip)) - (np.cumsum(lengths) - lengths)[strip]
        self.place: I64 = starts[number] + rank[strip]
        """Where item i lies in the regrouped order."""
        self.bounds: list[int] = starts.tolist()

    def regroup(self, values: I32) -> I32:
        """``values`` of the items in the order of the steps."""
        grouped = np.empty_like(values)
        grouped[self.place] = values
        return grouped

    def ungroup(self, grouped: I32) -> I32:
        """The inverse of :meth:`regroup`."""
        values: I32 = grouped[self.place]
        return values
