"""Counts of decisions to a table of codec 4, and what decisions cost by a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PRIOR = 0.4
"""Added to every count: what was never seen may still come."""
BIT = 4096
FIXED = 128
"""Probability of the place behind a table: decisions that no context tells anything of."""


def make_table(counts: NDArray[np.int64] | NDArray[np.float64], size: int) -> bytes:
    """The table of ``size`` bytes for the ``counts`` of each event (2 * place + bit)."""
    zeros, ones = np.asarray(counts, np.float64)[: 2 * size].reshape(-1, 2).T
    share = (zeros + PRIOR) / (zeros + ones + 2 * PRIOR)
    return bytes(np.clip(np.floor(256 * share + 0.5), 1, 255).astype(np.uint8))


def event_costs(table: bytes) -> NDArray[np.int64]:
    """Ideal length of each event by ``table``, in 1/:data:`BIT` bit: whole numbers add up alike anywhere."""
    zero = np.frombuffer(table + bytes([FIXED]), np.uint8) / 256
    bits = -np.log2(np.stack((zero, 1 - zero), axis=1)).reshape(-1)
    costs: NDArray[np.int64] = np.rint(BIT * bits).astype(np.int64)
    return costs
