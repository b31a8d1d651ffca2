"""Bit streams of codes of any length, for the font formats of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_CHUNK_BITS = 1 << 20
"""Bits that are spread out at a time: each takes some 30 bytes while it is packed."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Codes in the order of the stream: ``values[n]`` in ``lengths[n]`` bits, 0 to 32 of them."""

    values: Ints
    lengths: Ints

    @property
    def bits(self) -> int:
        """How many bits the stream has."""
        return int(self.lengths.sum())


def make_codes(values: Sequence[int] | Ints, lengths: Sequence[int] | Ints | int) -> Codes:
    """Codes from numbers; ``lengths`` may be one for all."""
    numbers = np.asarray(values, np.int64)
    return Codes(numbers, np.broadcast_to(np.asarray(lengths, np.int64), numbers.shape))


def pack_streams(streams: Sequence[Sequence[Codes]], order: str) -> list[bytes]:
    """Each stream's codes one behind the other, filled with 0 to whole bytes.

    ``order`` ``big``: the first bit is a byte's highest and a code's highest comes first; ``little``: the
    first bit is a byte's lowest and a code's lowest comes first.
    """
    packed: list[bytes] = []
    waiting: list[Sequence[Codes]] = []
    bits = 0
    for stream in streams:
        waiting.append(stream)
        bits += sum(codes.bits for codes in stream)
        if bits >= _CHUNK_BITS:
            packed += _pack(waiting, order)
            waiting, bits = [], 0
    return packed + _pack(waiting, order)


def _pack(streams: Sequence[Sequence[Codes]], order: str) -> list[bytes]:
    values: list[Ints] = []
    lengths: list[Ints] = []
    sizes = []
    for stream in streams:
        bits = sum(codes.bits for codes in stream)
        sizes.append(-(-bits // 8))
        values += [*(codes.values for codes in stream), np.zeros(1, np.int64)]
        lengths += [*(codes.lengths for codes in stream), np.array([-bits % 8])]
    if not sizes:
        return []
    data = _spread(np.concatenate(values), np.concatenate(lengths), order)
    ends = np.cumsum(sizes).tolist()
    return [data[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _spread(values: Ints, lengths: Ints, order: str) -> bytes:
    ends = np.cumsum(lengths)
    within = np.arange(int(ends[-1])) - np.repeat(ends - lengths, lengths)
    shifts = within if order == "little" else np.repeat(lengths, lengths) - 1 - within
    bits = (np.repeat(values, lengths) >> shifts & 1).astype(np.uint8)
    return np.packbits(bits, bitorder="little" if order == "little" else "big").tobytes()
