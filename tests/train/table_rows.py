"""Counts of events to tables: which bytes of a table are decisions and which are rows of symbols."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

PRIOR = 0.4
"""Added to every count: what was never seen may still come."""

Row = tuple[int, int, int]
"""Place, symbols, bytes that the row takes (smooth rows of 3 symbols take 5)."""


def rows_of(name: str) -> Iterator[Row]:
    """The rows of symbols of the table ``name``."""
    if name.startswith("alpha"):
        yield from _repeat(5, 90, 5)
        yield from _repeat(455, 9 if name == "alpha4" else 18, 16)
    elif name.startswith("colour"):
        classes = 12 if name == "colour565" else 14
        yield from ((5 * row, 3, 5) for row in range(40))
        yield from _repeat(200, 40, 5)
        yield 403, 16, 16
        yield from _repeat(419, 66, classes)
    else:
        yield from _repeat(0, 40, 5)
        yield 203, 16, 16
        yield from _repeat(219, 6, 14 if name.endswith("8") else 16)


def _repeat(start: int, rows: int, symbols: int) -> Iterator[Row]:
    return ((start + symbols * row, symbols, symbols) for row in range(rows))


def decisions_of(name: str) -> range:
    """The places of decisions of the table ``name``."""
    first = {"a": 0, "c": 400}.get(name[0], 200)
    return range(first, first + (5 if name[0] == "a" else 3))


def make_table(name: str, size: int, counts: Counts) -> bytes:
    """The table of ``size`` bytes for ``counts`` of each event (numbered as for a table of that size)."""
    table = np.zeros(size, np.uint8)
    for place in decisions_of(name):
        zeros, ones = (int(counts[size * (1 + bit) + place]) for bit in (0, 1))
        share = (zeros + PRIOR) / (zeros + ones + 2 * PRIOR)
        table[place] = min(max(math.floor(256 * share + 0.5), 1), 255)
    for place, symbols, _ in rows_of(name):
        seen = [int(counts[2 * size + place]), *counts[place + 1 : place + symbols].tolist()]
        table[place : place + symbols] = 256 - np.cumsum(_share_out([n + PRIOR for n in seen]))
    return table.tobytes()


def _share_out(weights: list[float]) -> list[int]:
    """256 shared out by weight, at least 1 each, so that the ideal length is (nearly) the least."""
    total = sum(weights)
    parts = [max(1, math.floor(256 * weight / total + 0.5)) for weight in weights]
    while sum(parts) != 256:
        if sum(parts) < 256:
            gains = [w * math.log2((p + 1) / p) for w, p in zip(weights, parts, strict=True)]
            parts[gains.index(max(gains))] += 1
        else:
            costs = [
                w * math.log2(p / (p - 1)) if p > 1 else math.inf for w, p in zip(weights, parts, strict=True)
            ]
            parts[costs.index(min(costs))] -= 1
    return parts
