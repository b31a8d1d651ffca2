"""Bitmaps in codec range: strips of many pictures are coded together, which is what makes it quick."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_pixels import KINDS, PixelStrip, encode_strips
from imgbuild.model import Samples
from imgbuild.pixels.formats import PixelFormat
from imgbuild.range_tables import RANGE_KINDS

I32 = NDArray[np.int32]

STRIP_ROWS_MAX = 16
"""Taller strips gain 1 to 2 % and cost a reader of one row more."""
_NARROWEST_PX = 2
_STRIP_PIXELS_MAX = 1 << 16
"""FORMAT.md: a strip of more is stored raw."""


@dataclass(frozen=True, slots=True)
class RangeJob:
    """One picture to be coded: ``samples`` of ``pixel_format``, levels stored inverted or not."""

    samples: Samples
    pixel_format: PixelFormat
    strip_rows: int
    is_inverted: bool


def can_code(pixel_format: PixelFormat) -> bool:
    """Whether codec range knows the format."""
    return pixel_format.name in RANGE_KINDS


def encode_together(jobs: Sequence[RangeJob]) -> list[list[bytes]]:
    """The coded strips of each job; an empty one cannot be coded and is to be stored raw."""
    results: list[list[bytes]] = [[] for _ in jobs]
    waiting: dict[str, list[tuple[int, int, PixelStrip]]] = defaultdict(list)
    for number, job in enumerate(jobs):
        strips = _cut(job)
        results[number] = [b""] * len(strips)
        kind = RANGE_KINDS[job.pixel_format.name]
        waiting[kind] += [(number, place, strip) for place, strip in enumerate(strips) if _is_codable(strip)]
    for kind, entries in waiting.items():
        coded = encode_strips(KINDS[kind], [strip for _, _, strip in entries])
        for (number, place, _), data in zip(entries, coded, strict=True):
            results[number][place] = data
    return results


def _cut(job: RangeJob) -> list[PixelStrip]:
    colour, alpha = _values_of(job)
    height_px = (colour if alpha is None else alpha).shape[0]  # type: ignore[union-attr]
    rows = job.strip_rows
    return [
        PixelStrip(
            None if colour is None else colour[first : first + rows],
            None if alpha is None else alpha[first : first + rows],
        )
        for first in range(0, height_px, rows)
    ]


def _values_of(job: RangeJob) -> tuple[I32 | None, I32 | None]:
    """Colour and alpha as the codec takes them, int32 ``[h, w]``."""
    samples, row = job.samples, job.pixel_format
    colour = samples.colour.astype(np.int32)
    if row.is_coverage:
        return None, colour
    if colour.ndim == 2:
        if job.is_inverted:
            colour ^= row.levels_max
        return colour, None if samples.alpha is None else samples.alpha.astype(np.int32)
    packed = colour[..., 0] << 16 | colour[..., 1] << 8 | colour[..., 2]
    return packed, colour[..., 3] if row.has_alpha else None


def _is_codable(strip: PixelStrip) -> bool:
    """Codec range drops what lies under clear pixels, and knows no strips of one column."""
    height_px, width_px = strip.shape
    if width_px < _NARROWEST_PX or width_px * height_px > _STRIP_PIXELS_MAX:
        return False
    if strip.colour is None or strip.alpha is None:
        return True
    return not bool(strip.colour[strip.alpha == 0].any())
