"""Strips of codec 3, many side by side, read from FORMAT.md alone.

Strips are independent, so each step decodes the next pixel of all of them: numpy then has whole columns to
work on, and the check of a build costs little more than its encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.range_tables import TABLE_BYTES, read_table
from imgbuild.reader.range_colours import ColourTable, Modes, decode_colours
from imgbuild.reader.range_planes import Strips, decode_alpha
from imgbuild.reader.range_streams import RangeStreams

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RangeKind:
    """What a pixel format needs. ``plane_bits``: of coverage or of the alpha plane, 0 without one.

    ``colour_bits``: of R, G and B, or of the one level or index; none for coverage.
    """

    tables: tuple[str, ...]
    plane_bits: int
    colour_bits: tuple[int, ...]


RANGE_KINDS: dict[str, RangeKind] = {
    "a8": RangeKind(("alpha8",), 8, ()),
    "a4": RangeKind(("alpha4",), 4, ()),
    "rgb565": RangeKind(("alpha8", "colour565"), 0, (5, 6, 5)),
    "rgb565a8": RangeKind(("alpha8", "colour565"), 8, (5, 6, 5)),
    "rgb888": RangeKind(("alpha8", "colour888"), 0, (8, 8, 8)),
    "xrgb8888": RangeKind(("alpha8", "colour888"), 0, (8, 8, 8)),
    "argb8888": RangeKind(("alpha8", "colour888"), 8, (8, 8, 8)),
    "i8": RangeKind(("indexed8",), 0, (8,)),
    "i4": RangeKind(("indexed4",), 0, (4,)),
    "gray8": RangeKind(("gray8",), 0, (8,)),
    "gray4": RangeKind(("gray4",), 0, (4,)),
}
"""By the name of the pixel format; formats not named are never coded with codec 3."""


@dataclass(frozen=True, slots=True)
class CodedStrip:
    """One strip's stored bytes and its size in px."""

    data: bytes | memoryview
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class StripValues:
    """Values as stored, int32 ``[h, w]``: colour (5:6:5, 0xRRGGBB, level or index) and alpha, or None."""

    colour: I32 | None
    alpha: I32 | None


def decode_strips(kind: RangeKind, coded: Sequence[CodedStrip]) -> list[StripValues | str]:
    """The values of each strip; a text says what is wrong with a strip that cannot be decoded."""
    narrow = [number for number, strip in enumerate(coded) if strip.width < 2]
    usable = [strip for strip in coded if strip.width >= 2]
    result = iter(_decode_usable(kind, usable) if usable else [])
    refused = set(narrow)
    return [
        "coded with codec 3 though 1 px wide" if number in refused else next(result)
        for number in range(len(coded))
    ]


def _decode_usable(kind: RangeKind, coded: Sequence[CodedStrip]) -> list[StripValues | str]:
    table = b"".join(read_table(name) for name in kind.tables)
    rows = [count for name in kind.tables for count in _row_symbols(name)]
    streams = RangeStreams([strip.data for strip in coded], table, rows)
    strips = Strips.of([(strip.height, strip.width) for strip in coded])
    everyone = np.arange(len(coded))
    if not kind.colour_bits:
        alpha = decode_alpha(streams, strips, everyone, kind.plane_bits)
        return [StripValues(None, plane) for plane in strips.split(alpha)]
    if len(kind.colour_bits) == 1:
        modes = Modes(np.ones(len(coded), np.bool_), np.zeros(len(coded), np.bool_))
        visible = np.ones(strips.pixels, np.bool_)
        colour = decode_colours(streams, strips, ColourTable(kind.colour_bits, 0), modes, visible)
        return [StripValues(plane, None) for plane in strips.split(colour)]
    return _decode_colours_and_alpha(kind, streams, strips)


def _decode_colours_and_alpha(
    kind: RangeKind, streams: RangeStreams, strips: Strips
) -> list[StripValues | str]:
    """Strips that begin with two bits: whether they have an alpha plane, and whether they are flat."""
    header = streams.raw(np.arange(len(strips.width)), 2)
    claims_alpha = header > 1
    has_alpha = claims_alpha if kind.plane_bits else np.zeros(len(header), np.bool_)
    alpha = np.full(strips.pixels, 255, np.int32)
    if has_alpha.any():
        planes = decode_alpha(streams, strips, np.flatnonzero(has_alpha), kind.plane_bits)
        alpha = np.where(has_alpha[strips.strip], planes, alpha)
    table = ColourTable(kind.colour_bits, TABLE_BYTES["alpha8"])
    colour = decode_colours(streams, strips, table, Modes(header % 2 == 1, has_alpha), alpha != 0)
    is_wrong = (claims_alpha & ~has_alpha).tolist()
    clear = strips.split(alpha) if kind.plane_bits else [None] * len(header)
    values = zip(is_wrong, strips.split(colour), clear, strict=True)
    return [_SURPLUS_ALPHA if wrong else StripValues(plane, under) for wrong, plane, under in values]


_SURPLUS_ALPHA = "coded with an alpha plane, which its pixel format does not have"


def _row_symbols(name: str) -> list[int]:
    """For each byte of a table the symbols of the row that begins there, else 0."""
    rows: list[tuple[int, int, int, int]] = []  # place, rows, symbols, bytes of a row
    if name in ("alpha8", "alpha4"):
        rows = [(5, 90, 5, 5), (455, 18 if name == "alpha8" else 9, 16, 16)]
    elif name in ("colour565", "colour888"):
        classes = 12 if name == "colour565" else 14
        rows = [(0, 40, 3, 5), (200, 40, 5, 5), (403, 1, 16, 16), (419, 66, classes, classes)]
    else:
        symbols = 14 if name.endswith("8") else 16
        rows = [(0, 40, 5, 5), (203, 1, 16, 16), (219, 6, symbols, symbols)]
    counts = [0] * len(read_table(name))
    for place, number, symbols, size in rows:
        counts[place : place + number * size : size] = [symbols] * number
    return counts
