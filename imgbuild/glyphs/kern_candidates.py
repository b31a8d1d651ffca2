"""Which glyphs may stand on the left of a kerned pair: the coverage of GPOS, so that few pairs are tried.

OpenType specification 1.9: "GPOS - Glyph Positioning Table", "OpenType Layout Common Table Formats".
"""

from __future__ import annotations

import struct
from collections.abc import Set as AbstractSet

_PAIR_ADJUSTMENT, _EXTENSION = 2, 9


def kerning_lefts(gpos: bytes, glyphs: AbstractSet[int]) -> set[int]:
    """Those of ``glyphs`` that a lookup of feature ``kern`` begins at.

    All of them where there is no such feature (the kerning may stand in table ``kern``) or where it is told
    in a way that is not read here: nothing is lost, it only takes longer.
    """
    try:
        covered = _covered(gpos)
    except (struct.error, IndexError):
        return set(glyphs)  # HarfBuzz judges what the table is worth
    return set(glyphs) if covered is None else set(glyphs) & covered


def _u16(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", data, at)[0])


def _covered(gpos: bytes) -> set[int] | None:
    if not gpos:
        return None
    features, lookups = _u16(gpos, 6), _u16(gpos, 8)
    numbers: set[int] = set()
    for n in range(_u16(gpos, features)):
        record = features + 2 + 6 * n
        if gpos[record : record + 4] == b"kern":
            feature = features + _u16(gpos, record + 4)
            numbers |= {_u16(gpos, feature + 4 + 2 * m) for m in range(_u16(gpos, feature + 2))}
    if not numbers:
        return None
    covered: set[int] = set()
    for number in sorted(numbers):
        found = _lookup_coverage(gpos, lookups + _u16(gpos, lookups + 2 + 2 * number))
        if found is None:
            return None
        covered |= found
    return covered


def _lookup_coverage(gpos: bytes, lookup: int) -> set[int] | None:
    kind = _u16(gpos, lookup)
    covered: set[int] = set()
    for n in range(_u16(gpos, lookup + 4)):
        table, table_kind = lookup + _u16(gpos, lookup + 6 + 2 * n), kind
        if kind == _EXTENSION:
            table_kind, offset = struct.unpack_from(">HI", gpos, table + 2)
            table += offset
        if table_kind != _PAIR_ADJUSTMENT:
            return None
        covered |= _coverage(gpos, table + _u16(gpos, table + 2))
    return covered


def _coverage(gpos: bytes, at: int) -> set[int]:
    form, count = struct.unpack_from(">HH", gpos, at)
    if form == 1:
        return set(struct.unpack_from(f">{count}H", gpos, at + 4))
    covered: set[int] = set()
    for n in range(count):
        first, last = struct.unpack_from(">HH", gpos, at + 4 + 6 * n)
        covered |= set(range(first, last + 1))
    return covered
