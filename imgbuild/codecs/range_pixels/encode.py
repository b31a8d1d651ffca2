"""Strips to the bytes of codec 3, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_coder import encode_streams
from imgbuild.codecs.range_pixels import events as ev
from imgbuild.codecs.range_pixels.alpha import code_alpha
from imgbuild.codecs.range_pixels.batch import Grid, PixelStrip, make_grid
from imgbuild.codecs.range_pixels.colour import ColourPlane, code_colours, look_at_colours
from imgbuild.codecs.range_pixels.events import EventTable
from imgbuild.codecs.range_pixels.kinds import PixelKind

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

BATCH_PIXELS = 1 << 19
"""Pixels that the model looks at together: enough to feed numpy, few enough to stay in the caches."""
FLAT_SHARE = 0.5
"""Share of pixels unlike W and N below which a strip counts as flat, as long as there are no tables."""


@dataclass(frozen=True, slots=True)
class StripEvents:
    """Events of consecutive strips and how many each has."""

    events: I32
    lengths: I64


def encode_with(kind: PixelKind, table: EventTable, strips: Sequence[PixelStrip]) -> list[bytes]:
    """The coded bytes of each strip; each may come out larger than the strip is raw."""
    modelled = list(model_strips(kind, table.cost, strips))
    if not modelled:
        return []
    events = np.concatenate([part.events for part in modelled])
    lengths = np.concatenate([part.lengths for part in modelled])
    return encode_streams(table.take(events), lengths)


def model_strips(
    kind: PixelKind, cost: NDArray[np.int64] | None, strips: Sequence[PixelStrip]
) -> Iterator[StripEvents]:
    """Events of all strips, in order. Without ``cost`` modes are chosen by the share of new pixels."""
    batch: list[PixelStrip] = []
    pixels = 0
    for strip in strips:
        size = strip.shape[0] * strip.shape[1]
        if batch and pixels + size > BATCH_PIXELS:
            yield _model_batch(kind, cost, batch)
            batch, pixels = [], 0
        batch.append(strip)
        pixels += size
    if batch:
        yield _model_batch(kind, cost, batch)


def _model_batch(kind: PixelKind, cost: NDArray[np.int64] | None, strips: list[PixelStrip]) -> StripEvents:
    grid = make_grid([strip.shape for strip in strips])
    if kind.places is None:
        alpha = _concatenate([strip.alpha for strip in strips])
        events, begin = code_alpha(alpha, grid, kind.alpha_bits, kind.table_bytes)
        return StripEvents(events, np.diff(begin[grid.first]))
    colour = _concatenate([strip.colour for strip in strips])
    if not kind.has_modes:
        no_alpha = np.zeros(len(strips), np.bool_)
        return _code_mode(kind, look_at_colours(colour, None, no_alpha, grid), is_flat=True)
    return _model_with_modes(kind, cost, strips, grid, colour)


def _model_with_modes(
    kind: PixelKind, cost: NDArray[np.int64] | None, strips: list[PixelStrip], grid: Grid, colour: I32
) -> StripEvents:
    """Header, alpha plane and colour plane of each strip, the colours in the cheaper mode."""
    has_alpha = np.array([strip.alpha is not None and bool((strip.alpha != 255).any()) for strip in strips])
    alpha = None
    planes = StripEvents(np.zeros(0, np.int32), np.zeros(len(strips), np.int64))
    if has_alpha.any():
        opaque = np.int32(255)
        alpha = _concatenate([np.full(s.shape, opaque) if s.alpha is None else s.alpha for s in strips])
        some = np.flatnonzero(has_alpha)
        planes = _code_planes(kind, grid, alpha, some, len(strips))
    is_flat, colours = _code_best_mode(kind, cost, look_at_colours(colour, alpha, has_alpha, grid))
    header = ev.raw_bits(kind.table_bytes, 2, 2 * has_alpha.astype(np.int32) + is_flat)
    return _join([StripEvents(header, np.ones(len(strips), np.int64)), planes, colours])


def _code_planes(kind: PixelKind, grid: Grid, alpha: I32, some: I64, strips: int) -> StripEvents:
    """Alpha planes of the strips ``some``; the others have no events."""
    part, chosen = _select(grid, some)
    events, begin = code_alpha(alpha[chosen], part, kind.alpha_bits, kind.table_bytes)
    lengths = np.zeros(strips, np.int64)
    lengths[some] = np.diff(begin[part.first])
    return StripEvents(events, lengths)


def _code_best_mode(
    kind: PixelKind,
    cost: NDArray[np.int64] | None,
    plane: ColourPlane,
) -> tuple[Bools, StripEvents]:
    """Whether each strip is flat, and the events of its colours in that mode."""
    flat, smooth = (_code_mode(kind, plane, is_flat=is_flat) for is_flat in (True, False))
    if cost is None:
        first = plane.grid.first[:-1]
        seen = np.add.reduceat(plane.is_visible.astype(np.int64), first)
        is_flat: Bools = np.add.reduceat(plane.differs.astype(np.int64), first) <= FLAT_SHARE * seen
    else:
        is_flat = _sum_by_strip(cost[flat.events], flat.lengths) <= _sum_by_strip(
            cost[smooth.events], smooth.lengths
        )
    return is_flat, _join([_keep(flat, is_flat), _keep(smooth, ~is_flat)])


def _keep(part: StripEvents, is_kept: Bools) -> StripEvents:
    """``part`` with nothing in the strips that are not kept."""
    return StripEvents(part.events[np.repeat(is_kept, part.lengths)], part.lengths * is_kept)


def _code_mode(kind: PixelKind, plane: ColourPlane, *, is_flat: bool) -> StripEvents:
    if kind.places is None or kind.residuals is None:
        raise TypeError(f"{kind.name} has no colours")
    events, begin = code_colours(plane, kind.places, kind.residuals, kind.table_bytes, is_flat=is_flat)
    return StripEvents(events, np.diff(begin[plane.grid.first]))


def _select(grid: Grid, some: I64) -> tuple[Grid, I64 | slice]:
    """The grid of some strips (ascending), and their pixels."""
    counts = np.diff(grid.first)
    if len(some) == len(counts):
        return grid, slice(None)
    is_chosen = np.zeros(len(counts), np.bool_)
    is_chosen[some] = True
    chosen = np.flatnonzero(is_chosen[grid.strip])
    number = np.cumsum(is_chosen, dtype=np.int32) - np.int32(1)
    first = np.concatenate(([0], np.cumsum(counts[some])))
    return Grid(
        grid.width[chosen], grid.x[chosen], grid.is_first_row[chosen], number[grid.strip[chosen]], first
    ), chosen


def _join(parts: list[StripEvents]) -> StripEvents:
    """The parts of each strip, one behind the other."""
    lengths = sum((part.lengths for part in parts), np.zeros(len(parts[0].lengths), np.int64))
    events = np.empty(int(lengths.sum()), np.int32)
    start = np.cumsum(lengths) - lengths
    for part in parts:
        within = np.arange(len(part.events)) - np.repeat(np.cumsum(part.lengths) - part.lengths, part.lengths)
        events[within + np.repeat(start, part.lengths)] = part.events
        start = start + part.lengths
    return StripEvents(events, lengths)


def _sum_by_strip(values: NDArray[np.int64], lengths: I64) -> I64:
    total = np.concatenate(([0], np.cumsum(values)))
    ends = np.cumsum(lengths)
    sums: I64 = total[ends] - total[ends - lengths]
    return sums


def _concatenate(planes: Sequence[I32 | None]) -> I32:
    given = [plane.ravel() for plane in planes if plane is not None]
    if len(given) != len(planes):
        raise ValueError("a strip lacks a plane that its kind has")
    return np.concatenate(given).astype(np.int32, copy=False)
