"""Residuals: a pixel's difference from its prediction, by kind of colour (FORMAT.md, codec 3, "residual")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_pixels import events as ev
from imgbuild.codecs.range_pixels.alpha import predict_median, zigzag

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Coded = list[tuple[NDArray[np.bool_] | slice, I32]]
Sides = tuple[I32, I32, I32]
"""W, N and NW."""

ACTIVITIES = 6
SPREADS = 5

_CLASS_FIRST = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 20, 36, 68, 132], np.int32)
_CLASS_BITS = np.array([0] * 8 + [2, 3, 4, 5, 6, 7], np.int32)
_CLASS_OF = (np.searchsorted(_CLASS_FIRST, np.arange(256), side="right") - 1).astype(np.int32)
_BIT_LENGTH = np.array([min(number.bit_length(), ACTIVITIES - 1) for number in range(1 << 5)], np.int32)


@dataclass(frozen=True, slots=True)
class Parts:
    """Folded differences ``[channels, n]`` in coding order, and what they add to ``rec``."""

    folded: I32
    recency: I32


class Residuals(Protocol):
    """How one kind of colour codes its residuals."""

    def split(self, value: I32, west: I32, north: I32, north_west: I32) -> Parts:
        """Differences from the prediction."""
        ...

    def code(self, parts: Parts, sides: Sides, recent: I32, table_bytes: int) -> Coded:
        """Slots of events: which of the residuals, and the event of each of them."""
        ...


def spread_of(west: I32, north: I32, north_west: I32) -> I32:
    """The largest of three values less the smallest."""
    high = np.maximum(np.maximum(west, north), north_west)
    low = np.minimum(np.minimum(west, north), north_west)
    spread: I32 = high - low
    return spread


def _wrap(difference: I32, bits: int) -> I32:
    half = 1 << (bits - 1)
    wrapped: I32 = (difference + half & (2 * half - 1)) - half
    return wrapped


def _activity(amount: I32) -> I32:
    """qa: bit length, at most 5."""
    level: I32 = _BIT_LENGTH[np.minimum(amount, len(_BIT_LENGTH) - 1)]
    return level


def _code_classes(folded: I32, row: I32, table_bytes: int) -> Coded:
    """Class symbols, and the raw bits of those that have some."""
    kind = _CLASS_OF[folded]
    bits = _CLASS_BITS[kind]
    has_bits = bits > 0
    rest = folded[has_bits] - _CLASS_FIRST[kind[has_bits]]
    return [
        (slice(None), ev.symbol(table_bytes, row, kind)),
        (has_bits, ev.raw_bits(table_bytes, bits[has_bits], rest)),
    ]


@dataclass(frozen=True, slots=True)
class ThreeChannels:
    """Green first, then red and blue less the part of green's difference that they share.

    ``bits`` of R, G, B; ``halves_green``: 5:6:5, where a step of green is half a step of the others;
    ``classes`` per row; ``green`` and ``red_blue`` are the places of the rows in the kind's table.
    """

    bits: tuple[int, int, int]
    halves_green: bool
    activity_shift: int
    classes: int
    green: int
    red_blue: int

    def _channels(self, colour: I32) -> tuple[I32, I32, I32]:
        red, green, blue = self.bits
        return (
            colour >> (green + blue) & ((1 << red) - 1),
            colour >> blue & ((1 << green) - 1),
            colour & ((1 << blue) - 1),
        )

    def split(self, value: I32, west: I32, north: I32, north_west: I32) -> Parts:
        """See :class:`Residuals`."""
        sides = [self._channels(side) for side in (value, west, north, north_west)]
        red, green, blue = (own - predict_median(*around) for own, *around in zip(*sides, strict=True))
        green = _wrap(green, self.bits[1])
        shared = (green + 1) >> 1 if self.halves_green else green
        red, blue = _wrap(red - shared, self.bits[0]), _wrap(blue - shared, self.bits[2])
        folded = np.stack([zigzag(green), zigzag(red), zigzag(blue)])
        return Parts(folded, folded.sum(axis=0, dtype=np.int32) >> 1)

    def code(self, parts: Parts, sides: Sides, recent: I32, table_bytes: int) -> Coded:
        """See :class:`Residuals`."""
        spread = sum(spread_of(*channel) for channel in zip(*map(self._channels, sides), strict=True))
        level = _activity((spread >> self.activity_shift) + (recent >> 1))
        green = parts.folded[0]
        row = self.red_blue + 2 * self.classes * (SPREADS * level + self._sign_class(green))
        return [
            *_code_classes(green, self.green + self.classes * level, table_bytes),
            *_code_classes(parts.folded[1], row, table_bytes),
            *_code_classes(parts.folded[2], row + self.classes, table_bytes),
        ]

    def _sign_class(self, green: I32) -> I32:
        """s: size and sign of green's difference."""
        sign = green & 1
        if self.halves_green:
            small: I32 = np.where(green < 3, green, 3 + sign)
            return small
        large: I32 = np.select([green < 3, green < 11], [np.int32(0), 1 + sign], 3 + sign)
        return large


@dataclass(frozen=True, slots=True)
class OneChannel:
    """Levels or indices of ``bits`` 8 (classes) or 4 (one symbol of 16); ``row`` is the place of 6 rows."""

    bits: int
    row: int

    def split(self, value: I32, west: I32, north: I32, north_west: I32) -> Parts:
        """See :class:`Residuals`."""
        folded = zigzag(_wrap(value - predict_median(west, north, north_west), self.bits))
        return Parts(folded[np.newaxis], folded)

    def code(self, parts: Parts, sides: Sides, recent: I32, table_bytes: int) -> Coded:
        """See :class:`Residuals`."""
        folded, spread = parts.folded[0], spread_of(*sides)
        if self.bits == 8:
            level = _activity((spread >> 1) + (recent >> 3))
            return _code_classes(folded, self.row + len(_CLASS_FIRST) * level, table_bytes)
        level = _activity(2 * spread + (recent >> 1))
        return [(slice(None), ev.symbol(table_bytes, self.row + 16 * level, folded))]
