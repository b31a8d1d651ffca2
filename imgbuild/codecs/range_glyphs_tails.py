"""Where coded glyphs stand among each other: each one's last bytes are the first of those behind it.

A coder's end leaves an interval for the bytes to come, a fifth of all there are on average. So glyphs are
put in an order where most of them need no end at all, and many not even their last byte or two (FORMAT.md 5.4
gives a decoder whatever follows). That saves one to two bytes per glyph and costs the decoder nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from imgbuild.codecs.range_coder import OpenStream

_GROUP = 4096
"""Glyphs looked through for one that fits: more would take long and gain nothing."""
_DROPS = (2, 1)
"""Bytes written already that may stand in the next glyph instead."""
_HEAD_BYTES = 6
_CARRY = 1 << 32


def join_streams(streams: Sequence[OpenStream], behind: bytes) -> tuple[bytes, list[int]]:
    """All streams as one run of bytes that stands before ``behind``, and where each one begins in it.

    What stands behind ``behind`` counts as zeros.
    """
    pieces: list[bytes] = []
    after: list[int] = [0] * len(streams)  # bytes from the stream's first to the end
    head, size = (behind + bytes(_HEAD_BYTES))[:_HEAD_BYTES], 0
    for number, piece in _chain(streams, head):
        pieces.append(piece)
        size += len(piece)
        after[number] = size
    return b"".join(reversed(pieces)), [size - place for place in after]


def _chain(streams: Sequence[OpenStream], head: bytes) -> Iterator[tuple[int, bytes]]:
    """Streams from the last to the first, each with the bytes that it adds in front."""
    for first in range(0, len(streams), _GROUP):
        group = _Group(streams[first : first + _GROUP])
        for _ in range(len(group.streams)):
            number, piece = group.take(head)
            head = (piece + head)[:_HEAD_BYTES]
            yield first + number, piece


class _Group:
    """Streams that wait for their place."""

    def __init__(self, streams: Sequence[OpenStream]) -> None:
        self.streams = streams
        self._is_waiting = [True] * len(streams)
        # those that leave the least room come first: the others find a place among the few that are left
        self._order = np.array(sorted(range(len(streams)), key=lambda n: (streams[n].size, n)), np.int64)
        self._low = np.array([streams[n].low for n in self._order], np.int64)
        self._end = self._low + np.array([streams[n].size for n in self._order], np.int64)
        self._longer = {drop: self._sorted_tails(drop) for drop in _DROPS}

    def _sorted_tails(self, drop: int) -> list[tuple[int, int]]:
        """Last bytes and ``low`` as one number, with the stream's, sorted."""
        tails = [
            (int.from_bytes(stream.data[-drop:], "big") << 32 | stream.low, number)
            for number, stream in enumerate(self.streams)
            if len(stream.data) >= drop
        ]
        return sorted(tails)

    def take(self, head: bytes) -> tuple[int, bytes]:
        """A stream that fits before ``head`` for the fewest bytes, and these bytes."""
        for drop in _DROPS:
            found = self._find_longer(head, drop)
            if found is not None:
                return self._leave(found), self.streams[found].data[:-drop]
        value = int.from_bytes(head[:4], "big")
        for carried in (value, value + _CARRY):
            fitting = np.flatnonzero((self._low <= carried) & (carried < self._end))
            if fitting.size:
                number = int(self._order[fitting[0]])
                return self._leave(number), _with_carry(self.streams[number].data, carried)
        return self._take_with_end(int.from_bytes(head[:3], "big"))

    def _find_longer(self, head: bytes, drop: int) -> int | None:
        tails = self._longer[drop]
        value = int.from_bytes(head[: 4 + drop], "big")
        place = bisect_left(tails, (value + 1, -1)) - 1
        while place >= 0 and tails[place][0] > value - _CARRY:
            low, number = tails[place]
            if self._is_waiting[number] and value < low + self.streams[number].size:
                return number
            place -= 1
        return None

    def _take_with_end(self, following: int) -> tuple[int, bytes]:
        """The stream that leaves the least room, with one byte to fit the three that follow."""
        number = int(self._order[0])
        stream = self.streams[number]
        value = stream.low & ~0xFFFFFF | following
        if value < stream.low:
            value += 1 << 24
        end = bytes([value >> 24 & 0xFF])
        return self._leave(number), _with_carry(stream.data, value) + end

    def _leave(self, number: int) -> int:
        self._is_waiting[number] = False
        keep = self._order != number
        self._order, self._low, self._end = self._order[keep], self._low[keep], self._end[keep]
        return number


def _with_carry(data: bytes, value: int) -> bytes:
    if value < _CARRY:
        return data
    return (int.from_bytes(data, "big") + 1).to_bytes(len(data), "big")
