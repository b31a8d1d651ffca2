"""Kerning: which pairs of characters HarfBuzz moves, and the bytes of FORMAT.md section 5.5."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgbuild.glyphs.kern_candidates import kerning_lefts

_SEPARATOR = 0xFFFF  # a noncharacter: no font has it, so it stands alone between two pairs
_COMMON = frozenset({"Zyyy", "Zinh", "Zzzz"})
_FEATURES = dict.fromkeys(("liga", "clig", "calt", "rlig", "locl"), False)
"""Not what would exchange glyphs: that is for shaped texts."""
_CHUNK_PAIRS = 20_000
_CLASSES_MAX = 255
_FORM_PAIRS, _FORM_CLASSES = 1, 2
_HEADER = struct.Struct("<BBBBHHHH")
_PAIRS_MAX = 0xFFFF

Pairs = dict[tuple[int, int], int]
"""Left and right (characters or glyphs) to the distance that is added between them."""


@dataclass(frozen=True, slots=True)
class Kerning:
    """Kerning of one font. ``pairs``: glyph indices to 1/16 px; ``found``: pairs that HarfBuzz moves.

    ``found`` counts those too that round to less than 1/32 px at this size and so are not in ``pairs``.
    """

    pairs: Pairs
    found: int = 0


# --- from HarfBuzz ---------------------------------------------------------------------------------


def find_kerning(font_data: bytes, face_index: int, characters: Sequence[int]) -> tuple[Pairs, int]:
    """Pairs of ``characters`` that the font kerns, with their values in font units; and units per em.

    HarfBuzz shapes each pair on its own with feature ``kern`` alone (GPOS, or table ``kern``). As it does
    for a text, the script is that of the first character that has one; characters of two scripts are
    never in one run, so they do not kern.
    """
    import uharfbuzz as hb

    face = hb.Face(hb.Blob(font_data), face_index)
    font = hb.Font(face)
    if not _may_kern(face):
        return {}, int(face.upem)
    glyph_of = {point: glyph for point in characters if (glyph := font.get_nominal_glyph(point))}
    lefts = kerning_lefts(_table(face, "GPOS"), set(glyph_of.values()))
    found: Pairs = {}
    for script, firsts, seconds in _script_runs(hb, list(glyph_of)):
        kerning_firsts = [point for point in firsts if glyph_of[point] in lefts]
        for chunk in _chunks(kerning_firsts, seconds):
            found.update(_shape_pairs(hb, font, script, chunk))
    return found, int(face.upem)


def _may_kern(face: Any) -> bool:
    # not face.table_tags: a damaged font's tag need not be text
    return any(_table(face, tag) for tag in ("GPOS", "kern", "kerx"))


def _table(face: Any, tag: str) -> bytes:
    return bytes(face.reference_table(tag).data or b"")


def _script_runs(hb: Any, points: list[int]) -> Iterator[tuple[str | None, list[int], list[int]]]:
    """Script, first and second characters: every pair whose script that is, and none twice."""
    by_script: dict[str, list[int]] = {}
    common: list[int] = []
    for point in points:
        buffer = hb.Buffer()
        buffer.add_codepoints([point])
        buffer.guess_segment_properties()
        script = buffer.script
        (common if script is None or script in _COMMON else by_script.setdefault(script, [])).append(point)
    yield None, common, common
    for script, own in sorted(by_script.items()):
        yield script, own, own + common
        yield script, common, own


def _chunks(firsts: list[int], seconds: list[int]) -> Iterator[list[tuple[int, int]]]:
    chunk: list[tuple[int, int]] = []
    for first in firsts:
        chunk += [(first, second) for second in seconds]
        if len(chunk) >= _CHUNK_PAIRS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _shape_pairs(hb: Any, font: Any, script: str | None, chunk: list[tuple[int, int]]) -> Pairs:
    """What is added between the two glyphs of each pair, where it is not 0; font units."""
    text = [_SEPARATOR] * (3 * len(chunk))
    text[0::3] = [first for first, _ in chunk]
    text[1::3] = [second for _, second in chunk]
    kerned, plain = (_shape(hb, font, script, text, is_kerned=on) for on in (True, False))
    if len(kerned) != len(text) or len(plain) != len(text):
        # the font joins or splits characters: one pair at a time tells whose glyph is whose
        return {} if len(chunk) == 1 else _shape_singly(hb, font, script, chunk)
    found: Pairs = {}
    for at, pair in enumerate(chunk):
        first, second = 3 * at, 3 * at + 1
        # a second glyph that is moved, not only followed closer, shifts by x_offset
        value = (
            kerned[first].x_advance
            - plain[first].x_advance
            + kerned[second].x_offset
            - plain[second].x_offset
        )
        if value:
            found[pair] = value
    return found


def _shape_singly(hb: Any, font: Any, script: str | None, chunk: list[tuple[int, int]]) -> Pairs:
    found: Pairs = {}
    for pair in chunk:
        found.update(_shape_pairs(hb, font, script, [pair]))
    return found


def _shape(hb: Any, font: Any, script: str | None, text: list[int], *, is_kerned: bool) -> Any:
    """Positions of the shaped text, from left to right."""
    buffer = hb.Buffer()
    buffer.add_codepoints(text)
    buffer.script = script or "Zyyy"
    buffer.direction = "ltr"
    hb.shape(font, buffer, {**_FEATURES, "kern": is_kerned})
    return buffer.glyph_positions


def scale_kerning(pairs: Pairs, upem: int, size_64: int, glyph_of: Mapping[int, int]) -> Kerning:
    """``pairs`` of characters in font units as glyph indices in 1/16 px at a size of ``size_64`` / 64 px.

    Rounded to the nearest, halves away from 0; what becomes 0 is left out.
    """
    scaled: Pairs = {}
    for (left, right), units in sorted(pairs.items()):
        value = (abs(units) * size_64 * 2 + 4 * upem) // (8 * upem)  # units * size / 64 * 16 / upem
        if value and left in glyph_of and right in glyph_of:
            scaled[glyph_of[left], glyph_of[right]] = value if units > 0 else -value
    return Kerning(scaled, len(pairs))


# --- bytes -----------------------------------------------------------------------------------------


def pack_kerning(kerning: Kerning) -> bytes:
    """The kerning's bytes, by classes or by pairs, whichever is smaller; empty without pairs."""
    if not kerning.pairs:
        return b""
    bits = _fraction_bits(kerning.pairs.values())
    values = {pair: value >> (4 - bits) for pair, value in kerning.pairs.items()}
    width = 1 if all(-128 <= value <= 127 for value in values.values()) else 2
    forms = [form for form in (_pack_pairs(values, bits, width), _pack_classes(values, bits, width)) if form]
    return min(forms, key=len) if forms else b""


def _fraction_bits(values: Iterable[int]) -> int:
    """The fewest bits behind the point that hold all values, given in 1/16 px, exactly."""
    used = int(np.bitwise_or.reduce(np.abs(np.fromiter(values, np.int64))))
    bits = 4
    while bits and not used & (1 << (4 - bits)):
        bits -= 1
    return bits


def _pack_pairs(values: Pairs, bits: int, width: int) -> bytes | None:
    if len(values) > _PAIRS_MAX:
        return None
    ordered = sorted(values)
    table = np.array(ordered, dtype="<u2").tobytes()
    numbers = np.array([values[pair] for pair in ordered], dtype=f"<i{width}").tobytes()
    return _HEADER.pack(_FORM_PAIRS, bits, width, 0, 0, len(ordered), 0, 0) + table + numbers


def _pack_classes(values: Pairs, bits: int, width: int) -> bytes | None:
    """Glyphs that kern alike on a side share a class of that side; None if there are more than 255."""
    lefts, left_of = _classes_of(values, 0)
    rights, right_of = _classes_of(values, 1)
    if max(lefts, rights) > _CLASSES_MAX:
        return None
    glyphs = sorted({glyph for pair in values for glyph in pair})
    first, count = glyphs[0], glyphs[-1] - glyphs[0] + 1
    classes = np.zeros((count, 2), np.uint8)
    matrix = np.zeros((lefts, rights), f"<i{width}")
    for glyph, number in left_of.items():
        classes[glyph - first, 0] = number + 1
    for glyph, number in right_of.items():
        classes[glyph - first, 1] = number + 1
    for (left, right), value in values.items():
        matrix[left_of[left], right_of[right]] = value
    header = _HEADER.pack(_FORM_CLASSES, bits, width, 1, first, count, lefts, rights)
    return header + classes.tobytes() + matrix.tobytes()


def _classes_of(values: Pairs, side: int) -> tuple[int, dict[int, int]]:
    """How many classes a side has, numbered in the order of their first glyph, and each glyph's class."""
    partners: dict[int, list[tuple[int, int]]] = {}
    for pair, value in sorted(values.items()):
        partners.setdefault(pair[side], []).append((pair[1 - side], value))
    numbers: dict[tuple[tuple[int, int], ...], int] = {}
    of_glyph = {
        glyph: numbers.setdefault(tuple(sorted(row)), len(numbers)) for glyph, row in sorted(partners.items())
    }
    return len(numbers), of_glyph
