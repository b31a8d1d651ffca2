"""LVGL's character map: subtables of four forms, split so that all take the fewest bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgbuild.flavours.bits import Ints

FULL, SPARSE, FULL_TINY, SPARSE_TINY = 0, 1, 2, 3
"""``lv_font_fmt_txt_cmap_type_t``: a glyph offset (u8) per code point; code points and glyph offsets (u16);
glyphs in a row; code points (u16) of glyphs in a row."""

HEADER_BYTES = 16
_FULL_SPAN_MAX = 256  # glyph offsets are u8
_SPAN_MAX = 0xFFFF  # range_length is u16
_ENTRY_BYTES = {SPARSE: 4, SPARSE_TINY: 2}
_FAR = 1 << 40


@dataclass(frozen=True, slots=True)
class Cmap:
    """One subtable. ``codes`` count from ``first``, ``offsets`` from ``glyph``; empty if the form has none.

    ``span``: code points from the first to the last.
    """

    form: int
    first: int
    span: int
    glyph: int
    codes: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Runs:
    """Code points in a row with glyphs in a row; ``before[n]`` characters come before run ``n``."""

    first: Ints
    last: Ints
    glyph: Ints
    before: Ints

    @property
    def last_glyph(self) -> Ints:
        return self.glyph + self.last - self.first


def split_cmap(codepoints: Ints, glyphs: Ints) -> list[Cmap]:
    """Subtables for ``codepoints`` (rising) and their glyphs, 1 to 65535. Runs are not cut."""
    runs = _find_runs(codepoints, glyphs)
    count = runs.first.size
    least = np.zeros(count + 1, np.int64)  # bytes of the best split of the first n runs
    choice: list[tuple[int, int]] = []  # first run and form of the last subtable in it
    rank = runs.glyph - runs.before[:-1]  # equal where glyphs of several runs are in a row
    row_start = np.maximum.accumulate(np.where(np.diff(rank, prepend=rank[:1]) != 0, np.arange(count), 0))
    sparse_from = np.searchsorted(runs.first, runs.last - _SPAN_MAX + 1)
    full_from = np.searchsorted(runs.first, runs.last - _FULL_SPAN_MAX + 1)
    for end in range(count):
        options = [(int(least[end]) + HEADER_BYTES, end, FULL_TINY)]
        options.append(_best_sparse(runs, least, int(sparse_from[end]), end, SPARSE))
        first = max(int(sparse_from[end]), int(row_start[end]))
        options.append(_best_sparse(runs, least, first, end, SPARSE_TINY))
        if full_from[end] <= end:
            options.append(_best_full(runs, least, int(full_from[end]), end))
        cost, start, form = min(options)
        least[end + 1] = cost
        choice.append((start, form))
    return _build(runs, choice, codepoints, glyphs)


def _find_runs(codepoints: Ints, glyphs: Ints) -> _Runs:
    is_first = np.ones(codepoints.size, np.bool_)
    is_first[1:] = (np.diff(codepoints) != 1) | (np.diff(glyphs) != 1)
    starts = np.flatnonzero(is_first)
    before = np.append(starts, codepoints.size)
    return _Runs(codepoints[starts], codepoints[before[1:] - 1], glyphs[starts], before)


def _best_sparse(runs: _Runs, least: Ints, first: int, end: int, form: int) -> tuple[int, int, int]:
    sizes = (runs.before[end + 1] - runs.before[first : end + 1]) * _ENTRY_BYTES[form]
    costs = least[first : end + 1] + HEADER_BYTES + (sizes + 3 & ~3)
    at = int(costs.argmin())
    return int(costs[at]), first + at, form


def _best_full(runs: _Runs, least: Ints, first: int, end: int) -> tuple[int, int, int]:
    """A glyph offset of 0 stands for "no such character", so only the first glyph may be the lowest."""
    part = slice(first, end + 1)
    glyph, last_glyph = runs.glyph[part], runs.last_glyph[part]
    highest = np.maximum.accumulate(last_glyph[::-1])[::-1]
    following = np.append(np.minimum.accumulate(glyph[::-1])[::-1][1:], _FAR)
    costs = least[part] + HEADER_BYTES + (runs.last[end] - runs.first[part] + 4 & ~3)
    costs = np.where((following > glyph) & (highest - glyph < _FULL_SPAN_MAX), costs, _FAR)
    at = int(costs.argmin())
    return int(costs[at]), first + at, FULL


def _build(runs: _Runs, choice: list[tuple[int, int]], codepoints: Ints, glyphs: Ints) -> list[Cmap]:
    cmaps = []
    end = len(choice)
    while end:
        start, form = choice[end - 1]
        part = slice(int(runs.before[start]), int(runs.before[end]))
        cmaps.append(_cmap(form, codepoints[part], glyphs[part]))
        end = start
    return cmaps[::-1]


def _cmap(form: int, codepoints: Ints, glyphs: Ints) -> Cmap:
    first, span = int(codepoints[0]), int(codepoints[-1] - codepoints[0]) + 1
    codes, glyph = codepoints - first, int(glyphs[0])
    if form == FULL:
        offsets = np.zeros(span, np.int64)
        offsets[codes] = glyphs - glyph
        return Cmap(form, first, span, glyph, (), tuple(offsets.tolist()))
    if form == SPARSE:
        glyph = int(glyphs.min())
        return Cmap(form, first, span, glyph, tuple(codes.tolist()), tuple((glyphs - glyph).tolist()))
    return Cmap(form, first, span, glyph, tuple(codes.tolist()) if form == SPARSE_TINY else ())
