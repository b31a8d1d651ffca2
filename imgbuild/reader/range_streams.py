"""The range decoder of codecs 3 and 4, many streams side by side, read from FORMAT.md alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]

_TOP = np.int64(1) << 24


class RangeStreams:
    """The state of many decoders that share a table. Every call names the streams that it advances.

    ``table``: probabilities and rows; ``row_symbols``: how many symbols a row at a place has, 0 where none
    begins. Bytes behind a stream's end count as 0, so that no data can be malformed.
    """

    def __init__(
        self, streams: Sequence[bytes | memoryview], table: bytes, row_symbols: Sequence[int]
    ) -> None:
        lengths = np.array([len(stream) for stream in streams], np.int64)
        # a zero byte behind each stream is what a stream at its end goes on reading
        self._data = np.frombuffer(b"".join(part for stream in streams for part in (stream, b"\0")), np.uint8)
        self._ends: I64 = np.cumsum(lengths + 1) - 1
        self._at: I64 = self._ends - lengths
        self._code = np.zeros(len(streams), np.int64)
        self._range = np.full(len(streams), (1 << 32) - 1, np.int64)
        for _ in range(4):
            self._code = self._code << 8 | self._data[self._at]
            self._at = np.minimum(self._at + 1, self._ends)
        self._entry = np.frombuffer(table, np.uint8).astype(np.int64)
        self._symbol = _make_lookup(self._entry, row_symbols)

    def decide(self, streams: I64, place: I64 | int) -> NDArray[np.bool_]:
        """One decision of each stream; ``place``: where its probability stands."""
        code, size = self._code[streams], self._range[streams]
        bound = (size >> 8) * self._entry[place]
        bit: NDArray[np.bool_] = code >= bound
        self._advance(streams, code - np.where(bit, bound, 0), np.where(bit, size - bound, bound))
        return bit

    def symbols(self, streams: I64, row: I64) -> I64:
        """One symbol of each stream; ``row``: where its row begins."""
        code, size = self._code[streams], self._range[streams]
        unit = size >> 8
        # the symbol is the number of entries t with code < unit * t, that is with t > code // unit
        found = self._symbol.take(row * 256 + np.minimum(_quotient(code, unit), 255)).astype(np.int64)
        low = unit * self._entry[row + found]
        high = np.where(found > 0, unit * self._entry[row + found - 1], size)
        self._advance(streams, code - low, high - low)
        return found

    def raw(self, streams: I64, bits: I64 | int) -> I64:
        """A value of ``bits`` raw bits (1..7) of each stream."""
        code, size = self._code[streams], self._range[streams] >> bits
        value = np.minimum(_quotient(code, size), (1 << bits) - 1)
        self._advance(streams, code - value * size, size)
        return value

    def _advance(self, streams: I64, code: I64, size: I64) -> None:
        small = (size < _TOP).nonzero()[0]
        if small.size:
            who = streams[small]
            at = self._at[who]
            code[small] = code[small] << 8 | self._data[at]
            size[small] <<= 8
            self._at[who] = np.minimum(at + 1, self._ends[who])
        self._code[streams] = code
        self._range[streams] = size


def _quotient(code: I64, size: I64) -> I64:
    """``code // size``, both below 2^32: doubles tell quotients apart, and divide several times as fast."""
    quotient: I64 = (code / size).astype(np.int64)
    return quotient


def _make_lookup(entry: I64, row_symbols: Sequence[int]) -> NDArray[np.uint8]:
    """Per place and ``code // unit``, the symbol: how many entries of the row are larger."""
    found = np.zeros((len(entry), 256), np.uint8)
    steps = np.arange(256)
    for place, count in enumerate(row_symbols):
        row = entry[place : place + count, np.newaxis]
        found[place] = (row > steps).sum(axis=0)
    return found
