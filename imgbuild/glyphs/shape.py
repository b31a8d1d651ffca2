"""Texts shaped and ordered when the image is built: HarfBuzz chooses and places the glyphs of each run.

Directions follow the Unicode Bidirectional Algorithm. A device then draws glyphs at given places and needs
neither.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgbuild.glyphs.bidi import LevelRun, embedding_levels, visual_runs
from imgbuild.glyphs.bidi_classes import bidi_class
from imgbuild.model import GlyphRuns, ShapedLine

_COMMON = frozenset({"Zyyy", "Zinh", "Zzzz"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "RLE", "RLO", "RLI"})
_JOINERS = frozenset({0x200C, 0x200D})
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
        bidi_class(character) in _RIGHT_TO_LEFT
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
    text: str,
    font: ShapingFont,
    *,
    language: str | None = None,
    script: str | None = None,
    direction: str = "auto",
) -> tuple[tuple[ShapedLine, ...], tuple[int, ...]]:
    """The lines of ``text`` (cut at line feeds), and the characters that the font lacks, sorted.

    ``language``: BCP 47; ``script``: ISO 15924, of characters that are common to scripts (digits,
    punctuation) and follow no letter that tells; ``direction``: of the lines, ``auto`` (that of the first
    strong character), ``ltr`` or ``rtl``. Glyphs stand in the order of drawing, from left to right.
    """
    import uharfbuzz as hb

    shaper = _Shaper(hb, font, language=language, script=script)
    lines = tuple(shaper.shape_line(line, direction) for line in text.split("\n"))
    return lines, tuple(sorted(shaper.missing))


class _Shaper:
    """HarfBuzz's font and what it found missing."""

    def __init__(self, hb: Any, font: ShapingFont, *, language: str | None, script: str | None) -> None:
        face = hb.Face(hb.Blob(font.data), font.face_index)
        self.hb, self.font, self.upem, self.size_64 = hb, hb.Font(face), int(face.upem), font.size_64
        self.language, self.script = language, script
        self.missing: set[int] = set()

    def shape_line(self, text: str, direction: str) -> ShapedLine:
        levels, base = embedding_levels(text, direction)
        glyphs: list[tuple[int, int, int]] = []
        pen = 0  # font units, so that rounding does not add up
        for run in visual_runs(levels):
            for start, end, script in script_parts(text, run, self.script):
                pen = self._shape_part(text, LevelRun(start, end, run.level), script, pen, glyphs)
        return ShapedLine(tuple(glyphs), self._to_16(pen), bool(base & 1))

    def _shape_part(
        self, text: str, part: LevelRun, script: str, pen: int, glyphs: list[tuple[int, int, int]]
    ) -> int:
        """Adds a part's glyphs behind ``pen``; what stands around it decides how letters join."""
        buffer = self.hb.Buffer()
        buffer.add_codepoints([ord(character) for character in text], part.start, part.end - part.start)
        buffer.flags = self.hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
        buffer.script = script
        buffer.direction = "rtl" if part.level & 1 else "ltr"
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


def script_parts(text: str, run: LevelRun, given: str | None = None) -> list[tuple[int, int, str]]:
    """Start, end and script of the parts of a run, in the order of drawing.

    What is common to scripts goes with what it follows; at the start of the run it is of script ``given``,
    else of the letter behind it.
    """
    from fontTools import unicodedata as scripts

    parts: list[tuple[int, int, str]] = []
    for place in range(run.start, run.end):
        script = scripts.script(text[place])
        if script in _COMMON:
            script = parts[-1][2] if parts else given or script
        if parts and parts[-1][2] in {script, *_COMMON}:
            parts[-1] = (parts[-1][0], place + 1, script)
        else:
            parts.append((place, place + 1, script))
    return parts[::-1] if run.level & 1 else parts


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
