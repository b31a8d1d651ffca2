"""The range coder of codecs 3 and 4: many independent streams in lock-step (FORMAT.md, section 4.5).

A stream is a row of *steps*. With ``unit = range >> shift`` a step does ``low += unit * low_units`` and sets
``range`` to ``unit * size_units``, or to what is left above ``low`` if ``is_top``. Decisions, symbols and raw
bits are all steps:

- decision of probability p, bit 0: shift 8, 0, p; bit 1: shift 8, p, top
- symbol s of a row t: shift 8, t[s], t[s-1] - t[s]; s = 0: top
- value v of n raw bits: shift n, v, 1

One pass over the steps serves all streams at once: numpy works on the column of step k of every stream that
is long enough. The bytes are those of a coder that does one stream after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

_TOP = np.int64(1) << 24
_FULL = (1 << 32) - 1
_BIT = 256
_BITS_ROUNDED_UP = np.ceil(_BIT * (8 - np.log2(np.maximum(np.arange(257), 1)))).astype(np.uint16)
"""Ideal length of a step of so many of 256 units, in 1/256 bit."""
_BLOCK_STEPS = 512
"""Columns widened to 64 bits at a time; all the others take a few bytes a step."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of all streams, one stream after the other; arrays of equal length."""

    shift: U8
    low_units: U8
    size_units: NDArray[np.uint16]
    is_top: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.shift)


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream without its end: the bytes written so far, and what may follow them.

    A decoder finds the same steps if and only if the four bytes behind ``data``, as a big-endian number, are
    in ``low .. low + size - 1``; 2^32 of it carries into ``data``. 2^24 <= ``size`` < 2^32.
    """

    data: bytes
    low: int
    size: int


def encode_streams(steps: Steps, lengths: I64) -> list[bytes]:
    """The bytes of each stream; ``lengths`` are its steps, together as many as ``steps`` has.

    A stream's bytes end where a decoder that takes what lies behind them as 0 has all it needs; the
    least is one byte.
    """
    state, order = _run(steps, lengths)
    state.finish()
    result = [b""] * len(lengths)
    for place, stream in zip(order.tolist(), state.streams(), strict=True):
        result[place] = stream.rstrip(b"\0") or b"\0"
    return result


def encode_open_streams(steps: Steps, lengths: I64) -> list[OpenStream]:
    """Each stream without its end, for a caller that knows what will stand behind it."""
    state, order = _run(steps, lengths)
    state.carry()
    streams = zip(state.streams(), state.low.tolist(), state.range.tolist(), strict=True)
    result = [OpenStream(b"", 0, 0)] * len(lengths)
    for place, stream in zip(order.tolist(), streams, strict=True):
        result[place] = OpenStream(*stream)
    return result


def _run(steps: Steps, lengths: I64) -> tuple[_State, I64]:
    """The state behind the last step of every stream, longest stream first, and their numbers."""
    order = np.argsort(-lengths, kind="stable")
    columns = _Columns(steps, lengths, order)
    state = _State(_room_for(steps, lengths)[order])
    for first in range(0, len(columns.counts), _BLOCK_STEPS):
        _run_block(state, columns, first)
    return state, order


def _room_for(steps: Steps, lengths: I64) -> I64:
    """Bytes that each stream can take: its ideal length (raw bits counted as 8), rounding losses, the end."""
    total = np.concatenate(([0], np.cumsum(_BITS_ROUNDED_UP[steps.size_units], dtype=np.int64)))
    ends = np.cumsum(lengths)
    room: I64 = (total[ends] - total[ends - lengths]) // (8 * _BIT) + lengths // 2**15 + 16
    return room


def _scatter(values: NDArray[Any], place: NDArray[np.int32]) -> NDArray[Any]:
    moved = np.empty_like(values)
    moved[place] = values
    return moved


class _Columns:
    """Steps regrouped: step k of every stream that has one, longest stream first."""

    def __init__(self, steps: Steps, lengths: I64, order: I64) -> None:
        longest = int(lengths.max(initial=0))
        self.counts: I64 = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
        starts = np.concatenate(([0], np.cumsum(self.counts)))
        rank = np.empty(len(lengths), np.int32)
        rank[order] = np.arange(len(lengths), dtype=np.int32)
        # 32 bits are enough, and half the memory: a step is a few bytes, millions of them are an index each
        place = np.arange(len(steps), dtype=np.int32)
        place -= np.repeat((np.cumsum(lengths) - lengths).astype(np.int32), lengths)
        place = starts.astype(np.int32)[place]
        place += np.repeat(rank, lengths)
        self.starts: I64 = starts
        self.steps = Steps(
            _scatter(steps.shift, place),
            _scatter(steps.low_units, place),
            _scatter(steps.size_units, place),
            _scatter(steps.is_top, place),
        )


class _State:
    """Coder state of all streams; ``room`` bytes of output each. A cell holds up to 511: byte and carry."""

    def __init__(self, room: I64) -> None:
        self.low = np.zeros(len(room), np.int64)
        self.range = np.full(len(room), _FULL, np.int64)
        self.first: I64 = np.cumsum(room) - room + 1  # a cell in front takes the carry that cannot come
        self.place = self.first.copy()
        self.cells = np.zeros(int(room.sum()) + 1, np.int16)

    def finish(self) -> None:
        """Write the shortest end of each stream: a value in ``low .. low + range - 1`` with few bytes."""
        is_open = np.ones(len(self.low), np.bool_)
        for count in range(5):
            rest = (1 << (32 - 8 * count)) - 1
            value = (self.low + rest) & ~np.int64(rest)
            done = np.flatnonzero(is_open & (value < self.low + self.range))
            # the first cell may hold 256 and more; settled later, that carries into the byte in front
            for number, mask in enumerate((511, 255, 255, 255)):
                self.cells[self.place[done] + number] = value[done] >> (24 - 8 * number) & mask
            self.place[done] += count
            is_open[done] = False

    def carry(self) -> None:
        """Move what is above the four bytes of ``low`` into the byte in front of them."""
        self.cells[self.place - 1] += (self.low >> 32).astype(np.int16)
        self.low &= _FULL

    def streams(self) -> list[bytes]:
        """Bytes of each stream, carries settled."""
        over = np.flatnonzero(self.cells > 0xFF)
        while over.size:
            self.cells[over] &= 0xFF
            over = over - 1
            self.cells[over] += 1
            over = over[self.cells[over] > 0xFF]
        data = self.cells.astype(np.uint8).tobytes()
        bounds = zip(self.first.tolist(), self.place.tolist(), strict=True)
        return [data[start:end] for start, end in bounds]


def _run_block(state: _State, columns: _Columns, first: int) -> None:
    """Steps ``first`` to ``first + _BLOCK_STEPS`` of every stream."""
    last = min(first + _BLOCK_STEPS, len(columns.counts))
    begin, end = int(columns.starts[first]), int(columns.starts[last])
    shift = columns.steps.shift[begin:end].astype(np.int64)
    low_units = columns.steps.low_units[begin:end].astype(np.int64)
    size_units = columns.steps.size_units[begin:end].astype(np.int64)
    is_top = columns.steps.is_top[begin:end]
    places = (columns.starts[first : last + 1] - begin).tolist()
    all_low, all_range, cells, place = state.low, state.range, state.cells, state.place
    for start, stop in pairwise(places):
        count = stop - start
        low, size = all_low[:count], all_range[:count]
        unit = size >> shift[start:stop]
        added = unit * low_units[start:stop]
        low += added
        unit *= size_units[start:stop]
        size[:] = np.where(is_top[start:stop], size - added, unit)
        small = np.flatnonzero(size < _TOP)
        if small.size:
            value, at = low[small], place[small]
            cells[at] = value >> 24
            place[small] = at + 1
            low[small] = (value & 0xFFFFFF) << 8
            size[small] <<= 8
