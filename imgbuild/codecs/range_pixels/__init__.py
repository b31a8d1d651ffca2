"""Codec 3, range: pixels told by their neighbours, coded with fixed probabilities (FORMAT.md)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from imgbuild.codecs.range_pixels.batch import PixelStrip
from imgbuild.codecs.range_pixels.encode import encode_with
from imgbuild.codecs.range_pixels.events import EventTable, make_event_table
from imgbuild.codecs.range_pixels.kinds import KINDS, PixelKind
from imgbuild.range_tables import read_table

__all__ = ["KINDS", "PixelKind", "PixelStrip", "encode_strips"]


def encode_strips(kind: PixelKind, strips: Sequence[PixelStrip]) -> list[bytes]:
    """The coded bytes of each strip, with the tables of FORMAT.md; they may be more than the raw ones.

    Strips are at least 2 px wide, and the colour under alpha 0 is 0. The more strips at once, the less
    time each takes: they are coded side by side. The bytes do not depend on it.
    """
    return encode_with(kind, _table_of(kind.name), strips)


@cache
def _table_of(name: str) -> EventTable:
    return make_event_table(b"".join(read_table(table) for table in KINDS[name].tables))
