"""Kerning of a font, read from FORMAT.md section 5.5 alone."""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.bitmap import fail_malformed

_HEADER = struct.Struct("<BBBBHHHH")
_PAIRS, _CLASSES = 1, 2
_FRACTION_BITS_MAX = 4


def read_kerning(payload: memoryview, at: int, glyphs: int, name: str) -> dict[tuple[int, int], int]:
    """Distances in 1/16 px by left and right glyph, those that are not 0; ``at``: where kerning begins.

    Raises BuildError IB608 where it is malformed.
    """
    if at + _HEADER.size > len(payload):
        fail_malformed(name, f"kerning at 0x{at:X}, behind the font's {len(payload)} bytes")
    form, bits, width, class_bytes, first, count, lefts, rights = _HEADER.unpack_from(payload, at)
    body = payload[at + _HEADER.size :]
    if bits > _FRACTION_BITS_MAX or width not in {1, 2} or form not in {_PAIRS, _CLASSES}:
        fail_malformed(name, f"kerning of form {form}, {bits} fraction bits, values of {width} bytes")
    if class_bytes != form - 1 or (form == _PAIRS and first | lefts | rights):
        fail_malformed(name, f"kerning of form {form} with classes of {class_bytes} bytes from {first} on")
    head = 4 * count if form == _PAIRS else 2 * count
    values = count if form == _PAIRS else lefts * rights
    if head + values * width > len(body):
        fail_malformed(
            name, f"kerning of {count} {'pairs' if form == _PAIRS else 'glyphs'} ends behind the font"
        )
    numbers = np.frombuffer(body[head : head + values * width], f"<i{width}").astype(np.int64)
    shifted = numbers << (_FRACTION_BITS_MAX - bits)
    if form == _PAIRS:
        return _pairs(np.frombuffer(body[:head], "<u2").reshape(-1, 2), shifted, glyphs, name)
    classes = np.frombuffer(body[:head], np.uint8).reshape(-1, 2)
    if first + count > glyphs or (count and (classes.max(axis=0) > (lefts, rights)).any()):
        fail_malformed(name, f"kerning classes of glyphs {first} to {first + count - 1} of {glyphs}")
    return _matrix(classes, shifted.reshape(lefts, rights), first)


Int64 = NDArray[np.int64]


def _pairs(table: NDArray[np.uint16], values: Int64, glyphs: int, name: str) -> dict[tuple[int, int], int]:
    pairs = [(left, right) for left, right in table.tolist()]
    if any(first >= second for first, second in pairwise(pairs)):
        fail_malformed(name, "kerning pairs that are not sorted")
    if pairs and int(table.max()) >= glyphs:
        fail_malformed(name, f"kerning of glyph {int(table.max())} of {glyphs}")
    return {pair: value for pair, value in zip(pairs, values.tolist(), strict=True) if value}


def _matrix(classes: NDArray[np.uint8], matrix: Int64, first: int) -> dict[tuple[int, int], int]:
    lefts, rights = np.flatnonzero(classes[:, 0]), np.flatnonzero(classes[:, 1])
    cells = matrix[np.ix_(classes[lefts, 0].astype(np.intp) - 1, classes[rights, 1].astype(np.intp) - 1)]
    rows, columns = cells.nonzero()
    return {
        (int(lefts[row]) + first, int(rights[column]) + first): int(cells[row, column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }
