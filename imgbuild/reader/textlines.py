"""Lines of a block of text, laid out as FORMAT.md section 8.3 says: the same as imgb_text_block.c."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from imgbuild.reader.font import Font
from imgbuild.reader.textplaces import Pen, Placed, decode_text, find_font

Align = Literal["left", "centre", "right"]

_INVISIBLE = frozenset("\r\u200b\u00ad")
_SPACES = frozenset(" \t\u3000")
_WIDE = (
    (0x1100, 0x11FF), (0x2E80, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F), (0xFF01, 0xFFEF), (0x20000, 0x3FFFF),
)  # fmt: skip


def _spans(text: str) -> frozenset[str]:
    """Characters named as FORMAT.md names them: hexadecimal numbers and spans of them."""
    found: set[str] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


_MARKS = _spans(
    "0300-036F 0483-0489 0591-05BD 05BF-05C7 064B-065F 0670 0E31 0E34-0E3A 0E47-0E4E 1AB0-1AFF 1DC0-1DFF"
    " 20D0-20FF 302A-302F 3099-309A FE00-FE0F FE20-FE2F"
)
_NOT_FIRST = (
    frozenset("!\"%'),-.:;?]}")
    | _MARKS
    | _spans(
        "00A0 00BB 2010-2014 2019 201D 2025 2026 3001 3002 3005 3009 300B 300D 300F 3011 3015"
        " 3017 3019 301B 301C 301F 303B 3041 3043 3045 3047 3049 3063 3083 3085 3087 308E 3095 3096"
        " 309B-309E 30A0 30A1 30A3 30A5 30A7 30A9 30C3 30E3 30E5 30E7 30EE 30F5 30F6 30FB-30FE 31F0-31FF"
        " FF01 FF05 FF09 FF0C FF0E FF1A FF1B FF1F FF3D FF5D FF60 FF61 FF63-FF65 FF67-FF70 FF9E"
        " FF9F"
    )
)
_NOT_LAST = frozenset("\"$'([{") | _spans(
    "00A0 00A3 00A5 00AB 2018 201C 20AC 3008 300A 300C 300E 3010 3014 3016 3018 301A 301D FF04 FF08 FF3B FF5B"
    " FF5F FF62 FFE1 FFE5"
)


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a block is laid out. Lengths in px, 0: none, any, or the font's own; ``letter_spacing`` in 1/16 px.

    ``fonts``: the first, and those that are asked for what those before lack.
    """

    fonts: tuple[Font, ...]
    width: int = 0
    height: int = 0
    max_lines: int = 0
    tab: int = 0
    letter_spacing: int = 0
    line_height: int = 0
    align: Align = "left"
    ellipsis: bool = False

    def baseline(self, line: int) -> int:
        """Baseline of a line (0, 1, ...), px below the block's top."""
        metrics = self.fonts[0].metrics
        return metrics.ascent + line * (self.line_height or metrics.line_height)

    def has_room(self, line: int) -> bool:
        """Whether there is room for a line (0, 1, ...); for the first there always is."""
        bottom = self.baseline(line) - self.fonts[0].metrics.descent
        is_within = self.height <= 0 or bottom <= self.height
        return line == 0 or (is_within and (not self.max_lines or line < self.max_lines))

    def left(self, width_16: int) -> int:
        """How many px right of x a line of ``width_16`` 1/16 px begins."""
        room = max(self.width, 0) - (max(width_16, 0) + 15 >> 4)
        return {"left": 0, "centre": room >> 1, "right": room}[self.align]


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line as drawn: its glyphs with their pens, and its width, in 1/16 px from the line's start.

    ``text``: its characters, with what is drawn behind them.
    """

    text: str
    placed: tuple[Placed, ...]
    width_16: int


@dataclass(frozen=True, slots=True)
class _Item:
    """A character of a line: where the pen is behind it, and its glyph, if it has one."""

    character: str
    placed: Placed | None
    end: int

    @property
    def is_solid(self) -> bool:
        return self.placed is not None and self.character not in _SPACES


def lay_out(style: TextStyle, text: str | bytes) -> list[TextLine]:
    """The lines of a text, in order."""
    rest = decode_text(text)
    lines: list[TextLine] = []
    while rest and style.has_room(len(lines)):
        is_last = style.ellipsis and not style.has_room(len(lines) + 1)
        line, used = _Line(style, rest).cut() if is_last else _Line(style, rest).broken()
        lines.append(line)
        rest = rest[used:]
    return lines


class _Line:
    """The first line of ``text``, before it is known where it ends."""

    def __init__(self, style: TextStyle, text: str) -> None:
        self.style = style
        self.limit = 16 * style.width if style.width > 0 else None
        self.paragraph, self.feed, self.below = text.partition("\n")
        self.items = _place(style, self.paragraph)
        self.solid = [place for place, item in enumerate(self.items) if item.is_solid]
        self.marks = {place for place in self.solid if self._is_mark(place)}

    def broken(self) -> tuple[TextLine, int]:
        """The line, and how many characters of the text it takes with what is dropped behind it."""
        full = self._overflow(1)
        if full is None:
            return self._line(self.solid[-1] + 1 if self.solid else 0, ""), len(self.paragraph) + 1
        first = self.solid[0]
        for place in range(full, first, -1):
            suffix = self._suffix_at(place)
            if suffix is None:
                continue
            end = max(at for at in self.solid if at < place) + 1
            return self._line(end, suffix), self._behind_spaces(place)
        before = max(at for at in self.solid if at < full) + 1
        return self._line(before, ""), full

    def _is_mark(self, place: int) -> bool:
        """Whether an item is a mark on the character before it."""
        return place > 0 and self.items[place - 1].is_solid and self.items[place].character in _MARKS

    def cut(self) -> tuple[TextLine, int]:
        """The last line there is room for, and all of the text."""
        everything = len(self.paragraph) + 1 + len(self.below)
        full = self._overflow(0)
        if full is None and not self.below:
            return self._line(self.solid[-1] + 1 if self.solid else 0, ""), everything
        suffix = "\u2026" if find_font(self.style.fonts, "\u2026") else "..."
        for place in reversed([at for at in self.solid if full is None or at < full]):
            line = self._line(place + 1, suffix)
            if place not in self.marks and (self.limit is None or line.width_16 <= self.limit):
                return self._line(self._behind_marks(place), suffix), everything
        return self._line(0, suffix), everything

    def _overflow(self, start: int) -> int | None:
        """The place of the first glyph that does not fit, from the one numbered ``start`` on."""
        if self.limit is None:
            return None
        able = (at for at in self.solid[start:] if at not in self.marks)
        return next((at for at in able if self.items[at].end > self.limit), None)

    def _suffix_at(self, place: int) -> str | None:
        """What is drawn where the line ends before ``place``; None: it may not end there."""
        last = self.items[place - 1].character
        if last in _SPACES or last == "\u200b":
            return ""
        if last == "\u00ad":
            if not self.items[place - 2].is_solid:
                return None
            hyphen = "\u2010" if find_font(self.style.fonts, "\u2010") else "-"
            width = self._line(place - 1, hyphen).width_16
            return hyphen if self.limit is not None and width <= self.limit else None
        seen = [item.character for item in self.items[:place] if item.character != "\r"]
        follows = self.items[place].character
        if {seen[-1], follows} & (_SPACES | _INVISIBLE):
            return None
        before_last = seen[-2] if len(seen) > 1 else ""
        return "" if _may_break(before_last, seen[-1], follows) else None

    def _behind_marks(self, place: int) -> int:
        """Behind an item and the marks on it."""
        place += 1
        while place in self.marks:
            place += 1
        return place

    def _behind_spaces(self, place: int) -> int:
        while place < len(self.items) and self.items[place].character in _SPACES:
            place += 1
        return place

    def _line(self, end: int, suffix: str) -> TextLine:
        """The line that ends before item ``end``."""
        items = self.items[:end]
        placed = [item.placed for item in items if item.placed is not None]
        width = items[-1].end if items else 0
        pen = Pen(self.style.fonts, width + (self.style.letter_spacing if items and suffix else 0))
        for number, character in enumerate(suffix):
            placed.append(pen.place(character, self.style.letter_spacing if number else 0))
        text = "".join(item.character for item in items) + suffix
        return TextLine(text, tuple(placed), pen.at)


def _place(style: TextStyle, text: str) -> list[_Item]:
    pen, items = Pen(style.fonts, 0), []
    for character in text:
        placed = None
        if character == "\t" and style.tab:
            pen.restart((max(pen.at, 0) // (16 * style.tab) + 1) * 16 * style.tab)
        elif character not in _INVISIBLE:
            placed = pen.place(" " if character == "\t" else character, style.letter_spacing)
        items.append(_Item(character, placed, pen.at))
    return items


def _is_wide(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _WIDE)


def _is_letter(character: str) -> bool:
    is_ascii = character.isascii() and character.isalpha()
    return is_ascii or ("\u00c0" <= character < "\u2000" and character not in "\u00d7\u00f7")


def _may_break(before_last: str, last: str, follows: str) -> bool:
    if follows in _NOT_FIRST:
        return False
    if last == "-":
        return bool(before_last) and _is_letter(before_last) and _is_letter(follows)
    return last == "\u2010" or ((_is_wide(last) or _is_wide(follows)) and last not in _NOT_LAST)


def block_size(style: TextStyle, lines: Sequence[TextLine]) -> tuple[int, int]:
    """Width and height of a block in px."""
    if not lines:
        return 0, 0
    width = max(max(line.width_16, 0) + 15 >> 4 for line in lines)
    return width, style.baseline(len(lines) - 1) - style.fonts[0].metrics.descent
