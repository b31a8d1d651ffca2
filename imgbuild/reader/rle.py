"""Codec 1 decoded from FORMAT.md section 4 alone: all items of a strip at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]


class MalformedRunsError(ValueError):
    """Stored bytes that are no strip of codec 1; the text says why."""


def decode_runs(stored: bytes | memoryview, first_bytes: int, decoded_bytes: int, unit_bytes: int) -> bytes:
    """The strip's decoded bytes: ``first_bytes`` in units of ``unit_bytes``, the rest in single bytes.

    Raises MalformedRunsError unless ``stored`` gives just ``decoded_bytes``.
    """
    data = np.frombuffer(stored, np.uint8)
    whole = first_bytes - first_bytes % unit_bytes
    at, parts = 0, []
    for size, unit in ((whole, unit_bytes), (first_bytes - whole, 1), (decoded_bytes - first_bytes, 1)):
        part, used = _decode_plane(data[at:], size, unit)
        parts.append(part)
        at += used
    if at != len(data):
        raise MalformedRunsError(f"{len(data) - at} bytes are left over behind the last item")
    return b"".join(part.tobytes() for part in parts)


def _decode_plane(data: U8, size: int, unit: int) -> tuple[U8, int]:
    """``size`` bytes decoded from the start of ``data``, and how many bytes were used."""
    if not size:
        return np.zeros(0, np.uint8), 0
    control = data.astype(np.int64)
    has_more = (control & 0x40) != 0
    is_run = control >= 0x80
    second = np.append(control[1:], 0)
    length = np.where(has_more, ((control & 0x3F) << 8 | second) + 64, control & 0x3F) + 1 + is_run
    pixels_at = np.arange(len(data)) + 1 + has_more
    following = pixels_at + np.where(is_run, unit, length * unit)
    items = _follow(following)
    ends = np.cumsum(length[items]) * unit
    last = int(np.searchsorted(ends, size))
    if last == len(items) or ends[last] != size:
        given = int(ends[min(last, len(items) - 1)]) if len(items) else 0
        raise MalformedRunsError(f"items give {given} bytes, expected {size}")
    items = items[: last + 1]
    used = int(following[items[-1]])
    if used > len(data):
        raise MalformedRunsError("the last item leaves the strip")
    return _expand(data, pixels_at[items], length[items], is_run[items], unit), used


def _follow(following: I64) -> I64:
    """Places of all items, from the first on: twice as many known with each step."""
    count = len(following)
    jump = np.append(np.minimum(following, count), count)
    places = np.zeros(min(count, 1), np.int64)
    while len(places):
        more = jump[places]
        more = more[more < count]
        if not len(more):
            break
        jump = jump[jump]
        places = np.concatenate([places, more])  # in order: an item further on lies further on
    return places


def _expand(data: U8, at: I64, length: I64, is_run: NDArray[np.bool_], unit: int) -> U8:
    number = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
    begin = np.repeat(at, length) + np.where(np.repeat(is_run, length), 0, number * unit)
    expanded: U8 = data[(begin[:, np.newaxis] + np.arange(unit)).reshape(-1)]
    return expanded
