"""Texts shaped and ordered when the image is built: HarfBuzz chooses and places the glyphs of each run.

Directions follow the Unicode Bidirectional Algorithm (UAX 9) as python-bidi has it: its levels, without
isolates. A device then draws glyphs at given places and needs neither.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from imgbuild.model import GlyphRuns, ShapedLine

_COMMON = frozenset({"Zyyy", "Zinh", "Zzzz"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI"})
_JOINERS = frozenset({0x200C, 0x200D})
_BLANKS = frozenset({"WS", "S", "B"})
_JOINED_BLOCKS = ((0x1800, 0x18AF),)  # Mongolian: letters join, yet run from left to right
_EMOJI_PARTS = (
    (0xFE0F, 0xFE0F, "an emoji presentation selector"),
    (0x20E3, 0x20E3, "a keycap"),
    (0x1F1E6, 0x1F1FF, "regional indicators (a flag)"),
    (0x1F3FB, 0x1F3FF, "a skin tone"),
    (0xE0020, 0xE007F, "tags (a flag)"),
)
_HEADER = struct.Struct("<IHH")
_LINE = struct.Struct("<HBBi")
_GLYPH = struct.Struct("<Hhh")
_RTL_FLAG = 1


@dataclass(frozen=True, slots=True)
class ShapingFont:
    """A face to shape with. ``size_64``: px of the em in 1/64 px."""

    data: bytes
    face_index: int
    size_64: int


# --- what a text needs -----------------------------------------------------------------------------


def needs_shaping(text: str) -> bool:
    """Whether drawing character after character from left to right would be wrong.

    True where a character is written from right to left, is a mark that composition (NFC) leaves over, or
    joins its neighbours. Ligatures of Latin alone do not count: without them a text is still right.
    """
    return any(_is_shaped(character) for character in unicodedata.normalize("NFC", text))


def _is_shaped(character: str) -> bool:
    point = ord(character)
    if point < 0x300:
        return False
    return (
        unicodedata.bidirectional(character) in _RIGHT_TO_LEFT
        or unicodedata.category(character) in {"Mn", "Mc"}
        or point in _JOINERS
        or any(first <= point <= last for first, last in _JOINED_BLOCKS)
    )


def emoji_sequence(text: str) -> str | None:
    """What makes ``text`` an emoji sequence, which no font of outlines can draw; None if nothing does."""
    for before, character in zip(" " + text, text, strict=False):
        point = ord(character)
        for first, last, what in _EMOJI_PARTS:
            if first <= point <= last:
                return what
        if point == 0x200D and unicodedata.category(before) == "So":
            return "emoji joined by U+200D"
    return None


# --- shaping ---------------------------------------------------------------------------------------


def shape_text(
    text: str, font: ShapingFont, *, language: str | None = None, direction: str = "auto"
) -> tuple[tuple[ShapedLine, ...], tuple[int, ...]]:
    """The lines of ``text`` (cut at line feeds), and the characters that the font lacks, sorted.

    ``language``: BCP 47; ``direction``: of the lines, ``auto`` (that of the first strong character),
    ``ltr`` or ``rtl``. Glyphs stand in the order of drawing, from left to right.
    """
    import uharfbuzz as hb

    face = hb.Face(hb.Blob(font.data), font.face_index)
    shaper = _Shaper(hb, hb.Font(face), int(face.upem), font.size_64, language)
    lines = tuple(shaper.shape_line(line, direction) for line in text.split("\n"))
    return lines, tuple(sorted(shaper.missing))


class _Shaper:
    """HarfBuzz's font and what it found missing."""

    def __init__(self, hb: Any, font: Any, upem: int, size_64: int, language: str | None) -> None:
        self.hb, self.font, self.upem, self.size_64, self.language = hb, font, upem, size_64, language
        self.missing: set[int] = set()

    def shape_line(self, text: str, direction: str) -> ShapedLine:
        levels, base = _levels(text, direction)
        glyphs: list[tuple[int, int, int]] = []
        pen = 0  # font units, so that rounding does not add up
        for run, level in _visual_runs(levels):
            for part, script in _script_parts(run, level):
                pen = self._shape_run(part, script, level, pen, glyphs)
        return ShapedLine(tuple(glyphs), self._to_16(pen), bool(base & 1))

    def _shape_run(
        self, text: str, script: str, level: int, pen: int, glyphs: list[tuple[int, int, int]]
    ) -> int:
        buffer = self.hb.Buffer()
        buffer.add_str(text)
        buffer.script = script
        buffer.direction = "rtl" if level & 1 else "ltr"
        if self.language:
            buffer.language = self.language
        self.hb.shape(self.font, buffer)
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            if info.codepoint == 0:
                self.missing.add(ord(text[info.cluster]))
            x, y = self._to_16(pen + place.x_offset), self._to_16(place.y_offset)
            glyphs.append((int(info.codepoint), x, y))
            pen += place.x_advance
        return pen

    def _to_16(self, units: int) -> int:
        """Font units to 1/16 px, to the nearest."""
        return (units * self.size_64 * 2 + 4 * self.upem) // (8 * self.upem)


def _levels(text: str, direction: str) -> tuple[list[tuple[str, int]], int]:
    """Each character that is drawn with its embedding level, in logical order; and the line's own level."""
    from bidi import algorithm

    storage = algorithm.get_empty_storage()
    forced = {"ltr": 0, "rtl": 1}.get(direction)
    base = algorithm.get_base_level(text) if forced is None else forced
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    for resolve in (
        algorithm.resolve_weak_types,
        algorithm.resolve_neutral_types,
        algorithm.resolve_implicit_levels,
    ):
        resolve(storage, debug=False)
    levels = [(entry["ch"], int(entry["level"])) for entry in storage["chars"]]
    # UAX 9, rule L1: blanks at the line's end stand where the line ends
    for place in range(len(levels) - 1, -1, -1):
        if unicodedata.bidirectional(levels[place][0]) not in _BLANKS:
            break
        levels[place] = (levels[place][0], base)
    return levels, base


def _visual_runs(levels: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Runs of one level in the order of drawing (UAX 9, rule L2); each run's text stays in logical order."""
    runs = [
        ("".join(character for character, _ in group), level)
        for level, group in groupby(levels, key=lambda entry: entry[1])
    ]
    highest = max((level for _, level in runs), default=0)
    lowest_odd = min((level for _, level in runs if level & 1), default=highest + 1)
    for level in range(highest, lowest_odd - 1, -1):
        start = 0
        while start < len(runs):
            end = start
            while end < len(runs) and runs[end][1] >= level:
                end += 1
            runs[start:end] = runs[start:end][::-1]
            start = max(end, start + 1)
    yield from runs


def _script_parts(run: str, level: int) -> list[tuple[str, str]]:
    """A run cut by script, in the order of drawing; what is common to scripts goes with what it follows."""
    from fontTools import unicodedata as scripts

    parts: list[list[str]] = []
    for character in run:
        script = scripts.script(character)
        if parts and (script in _COMMON or script == parts[-1][1]):
            parts[-1][0] += character
        elif parts and parts[-1][1] in _COMMON:
            parts[-1] = [parts[-1][0] + character, script]
        else:
            parts.append([character, script])
    ordered = [(text, script) for text, script in parts]
    return ordered[::-1] if level & 1 else ordered


# --- bytes -----------------------------------------------------------------------------------------


def number_glyphs(lines: Sequence[ShapedLine], font_key: int, index_of: Mapping[int, int]) -> GlyphRuns:
    """The lines with glyphs of the glyph table. ``index_of``: glyph of the font file to that of the table.

    Glyphs that the table has not are drawn as .notdef (0).
    """
    numbered = tuple(
        ShapedLine(
            tuple((index_of.get(glyph, 0), x, y) for glyph, x, y in line.glyphs), line.width_16, line.is_rtl
        )
        for line in lines
    )
    return GlyphRuns(font_key, numbered)


def pack_runs(runs: GlyphRuns) -> bytes:
    """FORMAT.md section 6.3. The caller has checked that places fit 16 bits."""
    total = sum(len(line.glyphs) for line in runs.lines)
    parts = [_HEADER.pack(runs.font_key, len(runs.lines), total)]
    end = 0
    for line in runs.lines:
        end += len(line.glyphs)
        parts.append(_LINE.pack(end, _RTL_FLAG if line.is_rtl else 0, 0, line.width_16))
    for line in runs.lines:
        parts += [_GLYPH.pack(glyph, x, y) for glyph, x, y in line.glyphs]
    return b"".join(parts)
