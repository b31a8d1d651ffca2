"""The character map of FORMAT.md section 5.1: few segments, dense or paged, of the fewest bytes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imgbuild.limits import SEGMENTS_MAX

SEGMENT_BYTES = 12
PAGE_BYTES = 10
PAGE_CODEPOINTS = 64
SEGMENT_SPAN_MAX = 65_536
"""Code points from the first to the last of a segment: ``last_delta`` is a u16."""

_ATOMS_MAX = 512  # the search is quadratic in these: 2 MiB per table, some 10 ms
_ATOM_SPAN_MAX = 4096  # merged atoms stay short, so that segments of 65536 code points can be made of them
_NEVER = 1 << 60

_PAGE = np.dtype([("rank", "<u2"), ("bitmap", "<u8")])
_SEGMENT = np.dtype([("first", "<u4"), ("last_delta", "<u2"), ("base_glyph", "<u2"), ("pages", "<u4")])
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Segment:
    """Code points ``first..last``; ``base_glyph`` is the glyph of ``first``.

    ``pages`` is empty for a dense segment, where every code point has a glyph; otherwise it holds
    the packed pages of 10 bytes.
    """

    first: int
    last: int
    base_glyph: int
    pages: bytes = b""


def choose_segments(codepoints: tuple[int, ...]) -> tuple[Segment, ...]:
    """Segments of the fewest bytes for sorted, unique ``codepoints``, whose glyphs are 1, 2, 3, ...

    At most :data:`SEGMENTS_MAX` segments, unless the characters are spread over more blocks of
    65536 code points than that (there are 17). Above some thousand separate runs of code points the
    choice is near the best instead of the best.
    """
    if not codepoints:
        return ()
    points = np.asarray(codepoints, dtype=np.int64)
    is_start = (np.diff(points, prepend=points[0] - 2) != 1) | (points % SEGMENT_SPAN_MAX == 0)
    starts = np.flatnonzero(is_start)
    cuts = _atom_starts(points, starts)
    bounds = [*cuts[_best_cuts(points, cuts)].tolist(), len(points)]
    return tuple(_segment(points, a, b) for a, b in pairwise(bounds))


def pack_charmap(segments: tuple[Segment, ...], offset_bytes: int) -> bytes:
    """Segment table and pages as they stand at ``offset_bytes`` of the payload."""
    table = np.zeros(len(segments), dtype=_SEGMENT)
    pages_offset = offset_bytes + SEGMENT_BYTES * len(segments)
    for number, segment in enumerate(segments):
        at = pages_offset if segment.pages else 0
        table[number] = (segment.first, segment.last - segment.first, segment.base_glyph, at)
        pages_offset += len(segment.pages)
    return table.tobytes() + b"".join(segment.pages for segment in segments)


def _atom_starts(points: Ints, starts: Ints) -> Ints:
    """Indices into ``points`` where a segment may begin: every run, or a useful choice of them.

    A cut saves bytes where the gap is wide or where a long run becomes dense, so narrow gaps
    between short runs go first when there are too many.
    """
    reach = PAGE_CODEPOINTS
    chosen = starts
    while len(chosen) > _ATOMS_MAX:
        lengths = np.diff(starts, append=len(points))
        gaps = np.diff(points[starts], prepend=-_NEVER) - np.concatenate(([0], lengths[:-1]))
        is_long = lengths > reach
        # A boundary counts if its gap is wide, the run behind it is long, or the one before it is.
        keep = (gaps > reach) | is_long | np.concatenate(([False], is_long[:-1]))
        block = points[starts] // _ATOM_SPAN_MAX
        keep |= np.diff(block, prepend=-1) != 0
        chosen = starts[keep]
        reach *= 2
    return chosen


def _best_cuts(points: Ints, cuts: Ints) -> list[int]:
    """Positions in ``cuts`` where the segments of the cheapest map begin (dynamic programming)."""
    cost = _segment_costs(points, cuts)
    count = len(cuts)
    total = cost[0].copy()  # total[j]: least bytes for atoms 0..j with as many segments as rounds so far
    best = (int(total[-1]), 1)
    origins: list[Ints] = []  # origins[k][j]: where the last of k + 2 segments that end at atom j begins
    while len(origins) + 1 < min(SEGMENTS_MAX, count) or best[0] >= _NEVER:
        joined = cost.copy()
        joined[1:] += total[:-1, None]
        joined[0] = _NEVER
        origin = joined.argmin(axis=0)
        total = np.minimum(joined[origin, np.arange(count)], _NEVER)
        origins.append(origin)
        best = min(best, (int(total[-1]), len(origins) + 1))
    begins: list[int] = []
    end = count - 1
    for origin in reversed(origins[: best[1] - 1]):
        begins.append(int(origin[end]))
        end = begins[-1] - 1
    return [0, *reversed(begins)]


def _segment_costs(points: Ints, cuts: Ints) -> Ints:
    """``[i, j]``: bytes of one segment over the atoms i..j, or _NEVER where it cannot be."""
    ends = np.append(cuts[1:], len(points))  # behind each atom
    span = points[ends - 1][None, :] - points[cuts][:, None]
    cost: Ints = SEGMENT_BYTES + PAGE_BYTES * (span // PAGE_CODEPOINTS + 1)
    cost[span + 1 == ends[None, :] - cuts[:, None]] = SEGMENT_BYTES  # dense: no code point missing
    cost[(span < 0) | (span >= SEGMENT_SPAN_MAX)] = _NEVER
    return cost


def _segment(points: Ints, start: int, end: int) -> Segment:
    """The segment over ``points[start:end]``; glyph 0 is .notdef, so point n has glyph n + 1."""
    own = points[start:end]
    first, last = int(own[0]), int(own[-1])
    if last - first == len(own) - 1:
        return Segment(first, last, start + 1)
    delta = own - first
    page = delta // PAGE_CODEPOINTS
    pages = np.zeros(int(page[-1]) + 1, dtype=_PAGE)
    pages["rank"] = np.searchsorted(page, np.arange(len(pages)))
    bits = np.left_shift(np.uint64(1), (delta % PAGE_CODEPOINTS).astype(np.uint64))
    bitmaps = np.zeros(len(pages), dtype=np.uint64)
    np.bitwise_or.at(bitmaps, page, bits)
    pages["bitmap"] = bitmaps
    return Segment(first, last, start + 1, pages.tobytes())
