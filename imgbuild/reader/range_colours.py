"""Colour planes of codec 3, many strips side by side, read from FORMAT.md alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.range_planes import NONE, Strips, class_of, median, pick, spans, unfold
from imgbuild.reader.range_streams import RangeStreams

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

_LIST = 16
_SKIP_PX = 8
_CLASS_FIRST = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 20, 36, 68, 132])
_CLASS_BITS = np.array([0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 4, 5, 6, 7])


@dataclass(frozen=True, slots=True)
class ColourTable:
    """``bits`` of R, G, B or of the one level; ``start``: the colour table's place in the kind's."""

    bits: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Modes:
    """Per strip: whether it is flat, and whether it coded an alpha plane."""

    is_flat: Bools
    has_alpha: Bools


def decode_colours(
    streams: RangeStreams, strips: Strips, table: ColourTable, modes: Modes, is_visible: Bools
) -> I32:
    """The colours of all strips, one value per pixel; 0 where ``is_visible`` (per pixel) is not set."""
    decoder = _Colours(streams, strips, table, modes)
    decoder.run(_next_visible(strips, is_visible))
    return decoder.values.astype(np.int32)


def _next_visible(strips: Strips, is_visible: Bools) -> I64:
    """Per pixel, and one behind, the first visible pixel from there on (of whatever strip)."""
    places = np.append(np.where(is_visible, np.arange(strips.pixels), strips.pixels), strips.pixels)
    following: I64 = np.minimum.accumulate(places[::-1])[::-1]
    return following


class _Colours:
    """State of all strips: ``at`` the next pixel, ``rec``, the list of colours, ``hist`` and its row."""

    def __init__(self, streams: RangeStreams, strips: Strips, table: ColourTable, modes: Modes) -> None:
        count = len(strips.width)
        bits, is_flat = table.bits, modes.is_flat
        self.streams, self.strips, self.bits, self.is_flat = streams, strips, bits, is_flat
        self.may_copy = is_flat & ~modes.has_alpha
        is_three = len(bits) == 3
        self.flat_what = table.start + (200 if is_three else 0)
        self.smooth_what = table.start
        self.skip = self.flat_what + 200
        self.row, self.listed, self.residual = self.skip + 1, self.skip + 3, self.skip + 19
        self.values = np.zeros(strips.pixels, np.int64)
        self.at = strips.first.copy()
        self.end = strips.first + strips.width * strips.height
        self.rec = np.zeros(count, np.int64)
        self.history = np.zeros(count, np.int64)
        self.history_row = np.full(count, -1)
        self.copied = np.zeros(count, np.int64)  # the row before was a copy
        self.colours = np.zeros((count, _LIST), np.int64)

    def run(self, following: I64) -> None:
        who = np.arange(len(self.at))
        while True:
            at = following[self.at[who]]
            is_left = at < self.end[who]
            if not is_left.all():
                who, at = who[is_left], at[is_left]
                if not who.size:
                    return
            is_copy = self._copy_rows(who, at)
            going = (~is_copy).nonzero()[0]
            if going.size:
                self._decode_pixel(who[going], at[going])

    def _copy_rows(self, who: I64, at: I64) -> Bools:
        """Rows that equal the one above."""
        is_copy = np.zeros(len(who), np.bool_)
        asked = ((self.strips.x[at] == 0) & (self.strips.y[at] > 0) & self.may_copy[who]).nonzero()[0]
        # a row that is not copied stays at its first pixel until that is decoded in the same step
        if asked.size:
            owner = who[asked]
            copies = ~self.streams.decide(owner, self.row + self.copied[owner])
            self.copied[owner] = copies
            is_copy[asked] = copies
            start, width = at[asked[copies]], self.strips.width[owner[copies]]
            if start.size:
                places = spans(start, width)
                self.values[places] = self.values[places - np.repeat(width, width)]
                self.at[owner[copies]] = start + width
        return is_copy

    def _look(self, who: I64, at: I64) -> tuple[I64, I64, I64, I64]:
        """W, N, NW, NE."""
        values, width = self.values, self.strips.width[who]
        is_left, is_first = self.strips.x[at] == 0, self.strips.y[at] == 0
        above = np.where(is_first, at, at - width)
        west = np.where(is_left, 0, values[at - 1])
        north = np.where(is_first, west, values[above])
        west = np.where(is_left, north, west)
        north_west = np.where(is_left | is_first, west, values[above - 1])
        # right of the last column lies the first pixel of this row
        north_east = np.where(is_first, west, values[np.minimum(above + 1, len(values) - 1)])
        return west, north, north_west, north_east

    def _decode_pixel(self, who: I64, at: I64) -> None:
        row = self.strips.y[at]
        self.history[who] = np.where(self.history_row[who] == row, self.history[who], 0)
        self.history_row[who] = row
        west, north, north_west, north_east = self._look(who, at)
        kind = class_of(west, north, north_west, north_east)
        self.at[who] = at + 1
        rest = (~self._skip(who, at, kind, west)).nonzero()[0]
        if not rest.size:
            return
        who, at, kind = who[rest], at[rest], kind[rest]
        west, north, north_west, north_east = west[rest], north[rest], north_west[rest], north_east[rest]
        is_flat = self.is_flat[who]
        what = np.full(len(who), 2)
        asked = (is_flat | (kind != 4)).nonzero()[0]
        base = np.where(is_flat[asked], self.flat_what, self.smooth_what)
        rows = base + 5 * (4 * kind[asked] + self.history[who[asked]])
        what[asked] = self.streams.symbols(who[asked], rows)
        self.values[at] = pick(what, (north, west, NONE, NONE, north_east))
        hits = who[(what < 2) | (what == 4)]
        self.rec[hits] -= self.rec[hits] >> 1
        self.history[hits] = np.where((self.history[hits] == 1) | (self.history[hits] == 2), 2, 1)
        listed, left = (what == 3).nonzero()[0], (what == 2).nonzero()[0]
        if listed.size:
            self._take_listed(who[listed], at[listed])
        if left.size:
            self._decode_residual(who[left], at[left], (west[left], north[left], north_west[left]))

    def _skip(self, who: I64, at: I64, kind: I64, west: I64) -> Bools:
        """Decisions "these eight are W"."""
        is_skip = np.zeros(len(who), np.bool_)
        width = self.strips.width[who]
        room = width - self.strips.x[at]
        may = ((kind == 5) & self.may_copy[who] & (self.strips.y[at] > 0) & (room >= _SKIP_PX)).nonzero()[0]
        for step in range(2, _SKIP_PX):
            may = may[self.values[at[may] - width[may] + step] == west[may]]
        if may.size:
            chosen = may[~self.streams.decide(who[may], self.skip)]
            is_skip[chosen] = True
            owner = who[chosen]
            for step in range(_SKIP_PX):
                self.values[at[chosen] + step] = west[chosen]
            self.at[owner] = at[chosen] + _SKIP_PX
            self.history[owner] = 0
            self.rec[owner] -= self.rec[owner] >> 1
        return is_skip

    def _take_listed(self, who: I64, at: I64) -> None:
        place = self.streams.symbols(who, np.full(len(who), self.listed))
        value = self.colours[who, place]
        self._to_front(who, value, place)
        self.values[at] = value
        self.history[who] = 3

    def _to_front(self, who: I64, value: I64, place: I64) -> None:
        """Put ``value`` before the colours that stood before ``place``, whose colour goes."""
        colours = self.colours[who]
        shifted = np.concatenate((value[:, np.newaxis], colours[:, :-1]), axis=1)
        self.colours[who] = np.where(np.arange(_LIST) <= place[:, np.newaxis], shifted, colours)

    def _decode_residual(self, who: I64, at: I64, around: tuple[I64, I64, I64]) -> None:
        self.history[who] = 0
        decode = self._residual_of_one if len(self.bits) == 1 else self._residual_of_three
        value, gain = decode(who, around)
        self.values[at] = value
        self.rec[who] += gain - (self.rec[who] >> 2)
        flat = self.is_flat[who].nonzero()[0]
        self._to_front(who[flat], value[flat], np.full(flat.size, _LIST - 1))

    def _residual_of_one(self, who: I64, around: tuple[I64, I64, I64]) -> tuple[I64, I64]:
        spread = np.maximum.reduce(around) - np.minimum.reduce(around)
        rec, bits = self.rec[who], self.bits[0]
        if bits == 8:
            level = _bit_length((spread >> 1) + (rec >> 3))
            folded = self._classes(who, self.residual + 14 * level)
        else:
            level = _bit_length(2 * spread + (rec >> 1))
            folded = self.streams.symbols(who, self.residual + 16 * level)
        return median(*around) + unfold(folded) & ((1 << bits) - 1), folded

    def _residual_of_three(self, who: I64, around: tuple[I64, I64, I64]) -> tuple[I64, I64]:
        is_565 = self.bits[1] == 6
        classes = 12 if is_565 else 14
        shifts = (self.bits[1] + self.bits[2], self.bits[2], 0)
        masks = [(1 << bits) - 1 for bits in self.bits]
        channels = [
            tuple(s >> shift & mask for s in around) for shift, mask in zip(shifts, masks, strict=True)
        ]
        spread = sum(np.maximum.reduce(c) - np.minimum.reduce(c) for c in channels)
        level = _bit_length((spread if is_565 else spread >> 2) + (self.rec[who] >> 1))
        green = self._classes(who, self.residual + classes * level)
        sign = green & 1
        if is_565:
            group = np.where(green < 3, green, 3 + sign)
        else:
            group = np.where(green < 3, 0, np.where(green < 11, 1 + sign, 3 + sign))
        row = self.residual + 6 * classes + 2 * classes * (5 * level + group)
        red, blue = self._classes(who, row), self._classes(who, row + classes)
        step = unfold(green)
        shared = (step + 1) >> 1 if is_565 else step
        moves = (unfold(red) + shared, step, unfold(blue) + shared)
        value = np.zeros(len(who), np.int64)
        for channel, move, shift, mask in zip(channels, moves, shifts, masks, strict=True):
            value |= (median(*channel) + move & mask) << shift
        return value, (green + red + blue) >> 1

    def _classes(self, who: I64, row: I64) -> I64:
        """A class and the raw bits that follow it."""
        kind = self.streams.symbols(who, row)
        value: I64 = _CLASS_FIRST[kind]
        more = (kind >= 8).nonzero()[0]
        if more.size:
            value[more] += self.streams.raw(who[more], _CLASS_BITS[kind[more]])
        return value


def _bit_length(amount: I64) -> I64:
    """0 for 0, 1 for 1, 2 for 2 and 3 ... at most 5."""
    level: I64 = np.searchsorted(np.array([1, 2, 4, 8, 16]), amount, side="right")
    return level
