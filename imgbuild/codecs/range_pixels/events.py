"""Events: what the model codes, as numbers that look up a table's steps, costs and training counts.

An event of a table of n bytes is ``row + symbol`` for a symbol above 0, ``n + place`` for a decision's bit 0,
``2 n + place`` for its bit 1 and for symbol 0 of a row (both leave what is above the entry), and
``3 n + 2^bits + value`` for raw bits. So a count of events is all that training needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_coder import Steps

I32 = NDArray[np.int32]

RAW_BITS_MAX = 7
COST_UNIT = 4096
"""Costs are in 1/4096 bit."""


@dataclass(frozen=True, slots=True)
class EventTable:
    """The step of each event, and its ideal cost in 1/4096 bit."""

    steps: Steps
    cost: NDArray[np.int64]
    bytes_: int

    def take(self, events: I32) -> Steps:
        """The steps of ``events``."""
        steps = self.steps
        return Steps(
            steps.shift[events], steps.low_units[events], steps.size_units[events], steps.is_top[events]
        )


def decision(table_bytes: int, place: I32 | int, bits: NDArray[np.bool_]) -> I32:
    """Events of decisions at ``place`` (one or one each), bit 1 where ``bits``."""
    events: I32 = (place + table_bytes * (1 + bits.astype(np.int32))).astype(np.int32)
    return events


def symbol(table_bytes: int, row: I32 | int, symbols: I32) -> I32:
    """Events of ``symbols``, coded by the rows that begin at ``row``."""
    events: I32 = (row + np.where(symbols == 0, 2 * table_bytes, symbols)).astype(np.int32)
    return events


def raw_bits(table_bytes: int, count: I32 | int, values: I32) -> I32:
    """Events of ``count`` (1..7) raw bits that hold ``values``."""
    events: I32 = (3 * table_bytes + (np.int32(1) << count) + values).astype(np.int32)
    return events


def make_event_table(table: bytes) -> EventTable:
    """The steps of every event of ``table``; a place is no row's and decision's at once."""
    size = len(table)
    entry = np.frombuffer(table, np.uint8).astype(np.int64)
    before = np.concatenate(([256], entry[:-1]))
    raw = np.arange(1 << (RAW_BITS_MAX + 1))
    raw_shift = np.repeat(np.arange(RAW_BITS_MAX + 1), 1 << np.arange(RAW_BITS_MAX + 1))
    raw_shift = np.concatenate(([0], raw_shift))
    zeros = np.zeros(size, np.int64)
    shift = np.concatenate((np.full(3 * size, 8), raw_shift))
    low = np.concatenate((entry, zeros, entry, raw - (np.int64(1) << raw_shift)))
    width = np.concatenate((before - entry, entry, 256 - entry, np.ones(len(raw), np.int64)))
    width = np.maximum(width, 1)  # places that no symbol above 0 has
    top = np.arange(len(shift)) // size == 2
    top[3 * size :] = False
    bits = np.where(shift == 8, 8 - np.log2(width), shift)
    steps = Steps(shift.astype(np.uint8), np.maximum(low, 0).astype(np.uint8), width.astype(np.uint16), top)
    return EventTable(steps, np.rint(bits * COST_UNIT).astype(np.int64), size)
