"""Exact palettes: the colours of a picture, each once, in an order that only the colours decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]

_PROBE_PIXELS = 4096
"""A first look at this many pixels settles most photographs without sorting them all."""


def pack_colours(rgba: U8) -> U32:
    """One uint32 ``0xAARRGGBB`` per pixel: ``[h, w, 4]`` to ``[h, w]``."""
    wide = rgba.astype(np.uint32)
    packed: U32 = (
        (wide[..., 3] << np.uint32(24))
        | (wide[..., 0] << np.uint32(16))
        | (wide[..., 1] << np.uint32(8))
        | wide[..., 2]
    )
    return packed


def find_colours(packed: U32) -> U32:
    """The distinct values of ``packed``, ascending: transparent ones first, then by R, G, B."""
    flat = packed.reshape(-1)
    probe = np.unique(flat[:_PROBE_PIXELS])
    # Few colours are the common case: then all others are looked up, which needs no sort of the picture.
    if probe.size > 256 or flat.size <= _PROBE_PIXELS:
        return probe if flat.size <= _PROBE_PIXELS else np.unique(flat)
    rest = flat[_PROBE_PIXELS:]
    places = np.minimum(np.searchsorted(probe, rest), probe.size - 1)
    strangers = rest[probe[places] != rest]
    return np.union1d(probe, strangers) if strangers.size else probe


def index_colours(packed: U32, colours: U32) -> U8:
    """The place of each pixel's colour in ``colours`` (ascending, at most 256, all present)."""
    indices: U8 = np.searchsorted(colours, packed).astype(np.uint8)
    return indices


def palette_of(colours: U32) -> U8:
    """``0xAARRGGBB`` values as rows R G B A: ``[n]`` to ``[n, 4]``."""
    shifts = np.array([16, 8, 0, 24], np.uint32)
    palette: U8 = (colours[:, np.newaxis] >> shifts).astype(np.uint8)
    return palette
