"""LVGL's kerning: sorted pairs, or classes of glyphs, whichever takes fewer bytes; values of 8 bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pairs = Mapping[tuple[int, int], int]
"""Left and right glyph to the distance that is added between them, 1/16 px."""

_VALUE_MAX = 127
_SCALE_ONE = 16
_CLASSES_MAX = 255


@dataclass(frozen=True, slots=True)
class KernPairs:
    """``values[n]`` times ``scale`` / 16 is what is added between ``pairs[n]``, 1/16 px; pairs are sorted."""

    scale: int
    pairs: tuple[tuple[int, int], ...]
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KernClasses:
    """``lefts`` and ``rights``: each glyph's class, 0: none; ``matrix``: rows of left classes from 1 on."""

    scale: int
    lefts: tuple[int, ...]
    rights: tuple[int, ...]
    matrix: tuple[tuple[int, ...], ...]


def choose_kerning(pairs: Pairs, glyphs: int) -> KernPairs | KernClasses | None:
    """The smaller form for a font of ``glyphs`` glyphs, .notdef included; None where nothing is kerned.

    Distances of 8 px and more make every value coarser: ``scale`` grows.
    """
    kept = {pair: value for pair, value in sorted(pairs.items()) if value}
    if not kept:
        return None
    largest = max(abs(value) for value in kept.values())
    scale = max(_SCALE_ONE, -(-largest * _SCALE_ONE // _VALUE_MAX))
    scaled = {pair: _nearest(value, scale) for pair, value in kept.items()}
    by_pairs = KernPairs(scale, tuple(scaled), tuple(scaled.values()))
    classes = _classes(scaled, scale, glyphs)
    if classes is None or pairs_bytes(by_pairs, glyphs) < classes_bytes(classes):
        return by_pairs
    return classes


def pairs_bytes(kern: KernPairs, glyphs: int) -> int:
    """Bytes of the pairs in a file, or in C."""
    return len(kern.pairs) * (3 if glyphs <= _CLASSES_MAX + 1 else 5)


def classes_bytes(kern: KernClasses) -> int:
    """Bytes of the classes in a file, or in C."""
    return 2 * len(kern.lefts) + len(kern.matrix) * len(kern.matrix[0])


def _nearest(value: int, scale: int) -> int:
    """What LVGL makes the nearest to ``value``: it rounds down."""
    low = value * _SCALE_ONE // scale
    choices = [number for number in (low, low + 1) if abs(number) <= _VALUE_MAX]
    return min(choices, key=lambda number: abs((number * scale >> 4) - value))


def _classes(values: Pairs, scale: int, glyphs: int) -> KernClasses | None:
    lefts, rows = _classes_of(values, 0, glyphs)
    rights, columns = _classes_of(values, 1, glyphs)
    if max(rows, columns) > _CLASSES_MAX:
        return None
    matrix = [[0] * columns for _ in range(rows)]
    for (left, right), value in values.items():
        matrix[lefts[left] - 1][rights[right] - 1] = value
    return KernClasses(scale, tuple(lefts), tuple(rights), tuple(tuple(row) for row in matrix))


def _classes_of(values: Pairs, side: int, glyphs: int) -> tuple[list[int], int]:
    """The class of each glyph on one side, 0 for none, and how many classes there are."""
    partners: dict[int, list[tuple[int, int]]] = {}
    for pair, value in values.items():
        partners.setdefault(pair[side], []).append((pair[1 - side], value))
    numbers: dict[tuple[tuple[int, int], ...], int] = {}
    classes = [0] * glyphs
    for glyph, row in sorted(partners.items()):
        classes[glyph] = numbers.setdefault(tuple(sorted(row)), len(numbers) + 1)
    return classes, len(numbers)
