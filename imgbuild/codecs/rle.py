"""Codec 1 (FORMAT.md, section 4): runs of equal units, and units as they are; a unit is a pixel's bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.base import StripCodec, StripShape
from imgbuild.model import Codec

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

_SHORT = 64
"""Lengths that the control byte alone tells; a second byte tells those above."""
_LONG = 64 + (1 << 14)
"""The longest item that is no run; a run may be one unit longer."""
_RUN, _WITH_MORE = 0x80, 0x40
_RUN_LEAST = 2


def encode_strip(strip: bytes, shape: StripShape) -> bytes:
    """The strip's first plane in units of ``shape.unit_bytes``, then its second plane in bytes.

    The result is never shorter than ``strip`` where a reader could not decode it in place: the caller
    then stores the strip raw.
    """
    data = np.frombuffer(strip, np.uint8)
    first, second = data[: shape.first_bytes], data[shape.first_bytes :]
    whole = len(first) - len(first) % shape.unit_bytes
    parts = [_encode_units(first[:whole].reshape(-1, shape.unit_bytes))]
    parts += [_encode_units(part.reshape(-1, 1)) for part in (first[whole:], second)]
    coded = b"".join(part.data for part in parts)
    ahead = np.concatenate([part.ahead for part in parts])
    is_decodable = _decodes_in_place(ahead, len(strip), len(coded))
    return coded if is_decodable else strip


def _decodes_in_place(ahead: I64, decoded_bytes: int, stored_bytes: int) -> bool:
    """Whether writing never overtakes reading in the buffer that FORMAT.md prescribes.

    ``ahead`` is how many more bytes each item writes than it reads.
    """
    room = decoded_bytes + decoded_bytes // 256 + 32 - stored_bytes
    return not ahead.size or int(np.cumsum(ahead).max()) <= room


class _Part:
    """Coded bytes of a plane, and for each item what it writes less what it reads."""

    __slots__ = ("ahead", "data")

    def __init__(self, data: bytes, ahead: I64) -> None:
        self.data = data
        self.ahead = ahead


def _encode_units(units: U8) -> _Part:
    """Items for ``units``, uint8 ``[n, unit_bytes]``."""
    count, unit_bytes = units.shape
    if not count:
        return _Part(b"", np.zeros(0, np.int64))
    starts, lengths, is_run = _split(units)
    control, more, has_more = _controls(lengths, is_run)
    kept = np.where(is_run, 1, lengths) * unit_bytes  # stored bytes behind the control bytes
    stored = 1 + has_more + kept
    at = np.cumsum(stored) - stored
    out = np.empty(int(stored.sum()), np.uint8)
    out[at] = control
    out[at[has_more] + 1] = more[has_more]
    offsets = np.arange(int(kept.sum())) - np.repeat(np.cumsum(kept) - kept, kept)
    out[np.repeat(at + 1 + has_more, kept) + offsets] = units.reshape(-1)[
        np.repeat(starts * unit_bytes, kept) + offsets
    ]
    return _Part(out.tobytes(), lengths * unit_bytes - stored)


def _split(units: U8) -> tuple[I64, I64, NDArray[np.bool_]]:
    """(first unit, units, whether it is a run) of each item, none longer than a control can tell."""
    count, unit_bytes = units.shape
    is_new = np.ones(count, np.bool_)
    is_new[1:] = (units[1:] != units[:-1]).any(axis=1)
    starts = np.flatnonzero(is_new)
    lengths = np.diff(starts, append=count)
    is_run = lengths >= (_RUN_LEAST if unit_bytes > 1 else _RUN_LEAST + 1)
    # A pair of bytes saves nothing in the middle of other bytes, but it does between two runs.
    before, behind = np.append(True, is_run[:-1]), np.append(is_run[1:], True)
    is_run = is_run | ((lengths == _RUN_LEAST) & before & behind)
    begins = is_run | np.append(True, is_run[:-1])  # what lies between runs is one item
    starts, is_run = starts[begins], is_run[begins]
    return _cut_long(starts, np.diff(starts, append=count), is_run)


def _cut_long(starts: I64, lengths: I64, is_run: NDArray[np.bool_]) -> tuple[I64, I64, NDArray[np.bool_]]:
    longest = _LONG + is_run
    pieces = -(-lengths // longest)
    number = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    longest, is_run = np.repeat(longest, pieces), np.repeat(is_run, pieces)
    begin = number * longest
    lengths = np.minimum(np.repeat(lengths, pieces) - begin, longest)
    # What is left over of a long run may be a single unit: it goes as it is.
    return np.repeat(starts, pieces) + begin, lengths, is_run & (lengths >= _RUN_LEAST)


def _controls(lengths: I64, is_run: NDArray[np.bool_]) -> tuple[U8, U8, NDArray[np.bool_]]:
    """The control bytes, the second bytes, and which items have one."""
    value = lengths - 1 - is_run
    has_more = value >= _SHORT
    rest = np.where(has_more, value - _SHORT, 0)
    low = np.where(has_more, _WITH_MORE | rest >> 8, value)
    return (low | np.where(is_run, _RUN, 0)).astype(np.uint8), (rest & 0xFF).astype(np.uint8), has_more


CODEC = StripCodec("rle", Codec.RLE, encode_strip)
