"""Alpha planes and coverage of codec 3, many strips side by side, read from FORMAT.md alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.range_streams import RangeStreams

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

_ROW, _SKIP, _WHAT, _REST = 0, 3, 5, 455
_LOW = 647
_SKIP_PX = 4

_CLASS = np.array([4, 1, 2, 0, 3, 1, 2, 0, 9, 6, 7, 5, 8, 6, 7, 5], np.int64)
"""E by W = N, NW = W, NW = N, N = NE as bits 0 to 3."""


@dataclass(frozen=True, slots=True)
class Strips:
    """The pixels of all strips in one row, strip after strip, row after row."""

    width: I64  # per strip
    height: I64
    first: I64
    strip: I32  # per pixel
    x: I32
    y: I32

    @property
    def pixels(self) -> int:
        """Pixels of all strips."""
        return len(self.x)

    @classmethod
    def of(cls, shapes: Sequence[tuple[int, int]]) -> Strips:
        """Strips of these heights and widths."""
        height, width = (np.array(side, np.int64) for side in zip(*shapes, strict=True))
        first = np.cumsum(height * width) - height * width
        strip = np.repeat(np.arange(len(shapes), dtype=np.int32), height * width)
        inside = np.arange(len(strip)) - first[strip]
        y, x = np.divmod(inside, width[strip])
        return cls(width, height, first, strip, x.astype(np.int32), y.astype(np.int32))

    def split(self, values: I32) -> list[I32]:
        """The plane ``[h, w]`` of each strip."""
        sizes = zip(self.first.tolist(), self.height.tolist(), self.width.tolist(), strict=True)
        return [values[start : start + h * w].reshape(h, w) for start, h, w in sizes]


def class_of(west: I64, north: I64, north_west: I64, north_east: I64) -> I64:
    """E of FORMAT.md."""
    bits = (west == north) + 2 * (north_west == west) + 4 * (north_west == north) + 8 * (north == north_east)
    found: I64 = _CLASS[bits]
    return found


def median(west: I64, north: I64, north_west: I64) -> I64:
    """MED: the middle one of W, N and W + N - NW."""
    low, high = np.minimum(west, north), np.maximum(west, north)
    middle: I64 = np.maximum(low, np.minimum(high, west + north - north_west))
    return middle


def unfold(folded: I64) -> I64:
    """0, 1, 2, 3 ... as 0, -1, 1, -2 ..."""
    straight: I64 = (folded >> 1) ^ -(folded & 1)
    return straight


NONE: I64 = np.zeros(1, np.int64)


def pick(what: I64, values: tuple[I64, ...]) -> I64:
    """Of each position's values the one that ``what`` numbers."""
    picked: I64 = np.choose(what, values)
    return picked


def spans(starts: I64, lengths: I64) -> I64:
    """All places of the spans, one span after the other."""
    ends = np.cumsum(lengths)
    places: I64 = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
    return places


def decode_alpha(streams: RangeStreams, strips: Strips, who: I64, bits: int) -> I32:
    """The planes of the strips ``who``, one value per pixel; 0 elsewhere."""
    plane = _Plane(strips, bits)
    plane.decode(streams, who)
    return plane.tight()


class _Plane:
    """Values with a column of 0 on the left of each strip and a row of 0 above it."""

    def __init__(self, strips: Strips, bits: int) -> None:
        self.strips = strips
        self.top = (1 << bits) - 1
        self.stride = strips.width + 1
        sizes = self.stride * (strips.height + 1)
        self.first = np.cumsum(sizes) - sizes
        self.values = np.zeros(int(sizes.sum()) + 1, np.int64)

    def tight(self) -> I32:
        strips = self.strips
        places = self.first[strips.strip] + (strips.y + 1) * self.stride[strips.strip] + strips.x + 1
        tight: I32 = self.values[places].astype(np.int32)
        return tight

    def decode(self, streams: RangeStreams, who: I64) -> None:
        x = np.zeros(len(who), np.int64)
        y = np.zeros(len(who), np.int64)
        row_place = np.full(len(who), _ROW, np.int64)
        while who.size:
            begins = (x == 0).nonzero()[0]
            is_copy = np.zeros(len(who), np.bool_)
            if begins.size:
                differs = streams.decide(who[begins], row_place[begins])
                is_copy[begins] = ~differs
                row_place[begins] = _ROW + 2 - differs
                self._copy_rows(who[begins[~differs]], y[begins[~differs]])
                x[is_copy] = self.strips.width[who[is_copy]]
            going = (~is_copy).nonzero()[0]
            if going.size:
                x[going] += self._decode_pixel(streams, who[going], x[going], y[going])
            at_end = x >= self.strips.width[who]
            x[at_end] = 0
            y += at_end
            is_left = y < self.strips.height[who]
            if not is_left.all():
                who, x, y, row_place = who[is_left], x[is_left], y[is_left], row_place[is_left]

    def _copy_rows(self, who: I64, y: I64) -> None:
        if who.size:
            stride = self.stride[who]
            places = spans(self.first[who] + (y + 1) * stride, stride)
            self.values[places] = self.values[places - np.repeat(stride, stride)]

    def _decode_pixel(self, streams: RangeStreams, who: I64, x: I64, y: I64) -> I64:
        """Decode at (x, y) of each strip; the pixels that it gave."""
        stride = self.stride[who]
        at = self.first[who] + (y + 1) * stride + x + 1
        above = at - stride
        values = self.values
        west, north = values[at - 1], values[above]
        north_west, north_east = values[above - 1], values[above + 1]
        kind = class_of(west, north, north_west, north_east)
        done = np.ones(len(who), np.int64)
        is_open = np.ones(len(who), np.bool_)
        room = stride - 1 - x
        may = ((kind % 5 == 0) & ((west == 0) | (west == self.top)) & (room >= _SKIP_PX)).nonzero()[0]
        for step in range(1, 5):
            far = may[: may.size]
            inside = (step < room[far]).astype(np.int64)
            may = far[(inside == 0) | (values[above[far] + step * inside] == west[far])]
        if may.size:
            is_skip = ~streams.decide(who[may], _SKIP + (west[may] != 0))
            skipping = may[is_skip]
            for step in range(_SKIP_PX):
                values[at[skipping] + step] = west[skipping]
            done[skipping] = _SKIP_PX
            is_open[skipping] = False
        rest = is_open.nonzero()[0]
        if rest.size:
            around = (west[rest], north[rest], north_west[rest])
            values[at[rest]] = self._decode_value(streams, who[rest], kind[rest], around)
        return done

    def _rank(self, values: I64) -> I64:
        """q: 0, 1 (between) or 2 (the highest)."""
        rank: I64 = (values > 0).astype(np.int64) + (values == self.top)
        return rank

    def _decode_value(self, streams: RangeStreams, who: I64, kind: I64, around: tuple[I64, I64, I64]) -> I64:
        west, north, north_west = around
        rank_w, rank_n = self._rank(west), self._rank(north)
        what = streams.symbols(who, _WHAT + 5 * (9 * kind + 3 * rank_w + rank_n))
        values = pick(what, (north, west, NONE, NONE + self.top, NONE))
        other = (what == 4).nonzero()[0]
        if not other.size:
            return values
        who, west, north, north_west = who[other], west[other], north[other], north_west[other]
        rank_w, rank_n = rank_w[other], rank_n[other]
        if self.top == 15:
            values[other] = streams.symbols(who, _REST + 16 * (3 * rank_w + rank_n))
            return values
        activity = abs(north - west) + abs(north - north_west) + abs(west - north_west)
        level = (activity >= 8).astype(np.int64) + (activity >= 32) + (activity >= 96)
        high = streams.symbols(who, _REST + 16 * (3 * level + (rank_w == 1) + (rank_n == 1)))
        low = streams.symbols(who, _LOW + 16 * np.where(high == 0, level, np.where(high == 1, 5, 4)))
        values[other] = median(west, north, north_west) + unfold(16 * high + low) & 255
        return values
