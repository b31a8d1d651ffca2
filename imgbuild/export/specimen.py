"""A specimen sheet: one picture that shows a font, its measures, sentences, kerning and every glyph."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgbuild.export.canvas import Canvas, Typeface, label_width, make_canvas, make_typeface
from imgbuild.export.pangrams import sample_of, sentences_of
from imgbuild.model import DecodedFont, DecodedGlyph, ShapedLine
from imgbuild.units import format_bytes

_WIDTH, _WIDTH_MAX = 960, 2400
_HEIGHT_MAX = 8000
_MARGIN = 40
_INK, _GREY, _FAINT = (20, 20, 24), (110, 110, 118), (214, 216, 222)
_BLUE, _RED = (36, 96, 200), (200, 52, 44)
_LABEL, _SMALL, _TITLE = 12, 11, 26
_SECTION_GAP = 28
_ZOOMED_PX = 150
_ZOOM_MAX = 8
_CELLS_MAX = 1024
_KERN_EXAMPLES = 10
_KERN_ZOOM_PX = 36
_LINES_MAX, _TEXT_PX, _KERN_PX = 12, 1200, 800
"""Lines of text, and how high they and the pairs may get."""
_WIDTH_EMS = 20
TEXT_WIDTH_PX = _WIDTH - 2 * _MARGIN
"""Room for a line of text on every sheet."""
_METRIC_LABELS_PX = 190


@dataclass(frozen=True, slots=True)
class Subject:
    """What a specimen shows.

    ``stored_bytes``: of the font asset, if it can be stored. ``total``: characters of the source, if the font
    has but some of them. ``shaped``: lines of the font's glyphs, by their places in its table.
    """

    name: str
    font: DecodedFont
    stored_bytes: int | None
    total: int | None = None
    shaped: tuple[ShapedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of the sheet: its height in px, and what draws it from a y on."""

    height: int
    draw: Callable[[Canvas, int], None]


def draw_specimen(subject: Subject) -> Canvas:
    """The sheet, at most 2400 x 8000 px; glyphs that do not fit are counted at its end."""
    face = make_typeface(subject.font)
    cell_width, cell_height = _cell_size(face)
    wanted = max(_WIDTH, cell_width + 2 * _MARGIN, _WIDTH_EMS * subject.font.size_px)
    width = min(wanted, _WIDTH_MAX)
    sections = [_title(subject, width), _measures(face, width), _sentences(face, width)]
    if subject.shaped:
        sections.append(_shaped(face, subject.shaped, width))
    if face.kerning:
        sections.append(_kerning(face, width))
    room = _HEIGHT_MAX - 2 * _MARGIN - sum(section.height + _SECTION_GAP for section in sections)
    sections.append(_grid(face, (width, room), (cell_width, cell_height)))
    height = 2 * _MARGIN + sum(section.height for section in sections) + _SECTION_GAP * (len(sections) - 1)
    canvas = make_canvas(width, min(height, _HEIGHT_MAX))
    y = _MARGIN
    for section in sections:
        section.draw(canvas, y)
        y += section.height + _SECTION_GAP
    return canvas


def _heading(canvas: Canvas, text: str, y: int) -> None:
    canvas.label(text, _MARGIN, y, _GREY, size_px=_LABEL)
    canvas.fill(_MARGIN, y + _LABEL + 6, canvas.pixels.shape[1] - 2 * _MARGIN, 1, _FAINT)


_HEADING_PX = _LABEL + 20


# --- title ---------------------------------------------------------------------------------------


def _title(subject: Subject, width: int) -> _Section:
    font = subject.font
    drawable = sum(glyph.codepoint >= 0 for glyph in font.glyphs)
    facts = [
        f"{font.size_px} px",
        f"{font.bpp} bit{'s' if font.bpp > 1 else ''} a pixel",
        f"{drawable} characters" + (f" of {subject.total}" if subject.total is not None else ""),
    ]
    if subject.stored_bytes is not None:
        facts.append(format_bytes(subject.stored_bytes))
    if font.kern_pairs:
        facts.append(f"{len(font.kern_pairs)} kerning pairs")
    name = "".join(letter if " " <= letter <= "~" else "?" for letter in subject.name)

    def draw(canvas: Canvas, y: int) -> None:
        canvas.label(name, _MARGIN, y, _INK, size_px=_TITLE)
        canvas.label("   |   ".join(facts), _MARGIN, y + _TITLE + 14, _GREY, size_px=14)
        canvas.fill(_MARGIN, y + _TITLE + 42, width - 2 * _MARGIN, 2, _INK)

    return _Section(_TITLE + 44, draw)


# --- line metrics --------------------------------------------------------------------------------


def _measures(face: Typeface, width: int) -> _Section:
    """A word enlarged, with the lines that the font is measured by."""
    font = face.font
    room = width - 2 * _MARGIN - _METRIC_LABELS_PX
    text = _sample(face, room - 24)
    top = max([font.ascent, *(face.glyphs[ord(letter)].y for letter in text)])
    bottom = min([font.descent, *(_bottom(face.glyphs[ord(letter)]) for letter in text)])
    zoom = max(1, min(_ZOOM_MAX, _ZOOMED_PX // max(1, top - bottom)))
    lines = [
        (font.ascent, f"ascent {font.ascent} px", _BLUE),
        (0, "baseline", _RED),
        (font.descent, f"descent {font.descent} px", _BLUE),
        (
            font.underline_position,
            f"underline {font.underline_position} px, {font.underline_thickness} thick",
            _GREY,
        ),
    ]
    line_px = font.ascent - font.descent + font.line_gap
    note = f"line height {line_px} px, of it {font.line_gap} px gap" + (
        f"; enlarged {zoom} times" if zoom > 1 else ""
    )
    height = (top - bottom) * zoom

    def draw(canvas: Canvas, y: int) -> None:
        _heading(canvas, f"Measures: {note}", y)
        baseline = y + _HEADING_PX + top * zoom
        right = _MARGIN + min(room, max(560, face.width(text) * zoom + 24))
        thick = max(1, font.underline_thickness * zoom)
        underline = baseline - font.underline_position * zoom
        canvas.fill(_MARGIN, underline, right - _MARGIN, thick, (238, 238, 240))
        for at, _, colour in lines[:3]:
            canvas.fill(_MARGIN, baseline - at * zoom, right - _MARGIN, 1, colour)
        face.draw(canvas, text, _MARGIN + 12, baseline, _INK, zoom=zoom)
        below = -10_000
        for at, label, colour in sorted(lines, key=lambda line: -line[0]):
            below = max(baseline - at * zoom - _LABEL // 2 - 2, below + _LABEL + 4)
            canvas.label(label, right + 14, below, colour, size_px=_LABEL)

    return _Section(_HEADING_PX + max(height, 4 * (_LABEL + 4)) + 10, draw)


def _bottom(glyph: DecodedGlyph) -> int:
    return glyph.y - int(glyph.coverage.shape[0])


def _sample(face: Typeface, width: int) -> str:
    """A word of at most ``width`` px, or one letter."""
    text = sample_of(face.glyphs)
    while len(text) > 1 and face.width(text) > width:
        text = text[:-1]
    return text


# --- sentences -----------------------------------------------------------------------------------


def _sentences(face: Typeface, width: int) -> _Section:
    font = face.font
    lines = [line for text in sentences_of(face.glyphs) for line in _wrap(face, text, width - 2 * _MARGIN)]
    step = max(1, font.ascent - font.descent + font.line_gap) + max(2, font.size_px // 6)
    lines = lines[: max(1, min(_LINES_MAX, _TEXT_PX // step))]

    def draw(canvas: Canvas, y: int) -> None:
        _heading(canvas, "Text, as large as on the display", y)
        baseline = y + _HEADING_PX + font.ascent
        for line in lines:
            face.draw(canvas, line, _MARGIN, baseline, _INK)
            baseline += step

    return _Section(_HEADING_PX + step * len(lines), draw)


def _wrap(face: Typeface, text: str, width: int) -> list[str]:
    """Lines of at most ``width`` px, broken at spaces; between any characters where one is too long."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and face.width(longer) > width:
            lines.append(line)
            longer = word
        while face.width(longer) > width and len(longer) > 1:
            fits = max(
                1, next(n for n in range(len(longer), 0, -1) if n == 1 or face.width(longer[:n]) <= width)
            )
            lines.append(longer[:fits])
            longer = longer[fits:]
        line = longer
    return [*lines, line] if line else lines


def _shaped(face: Typeface, lines: Sequence[ShapedLine], width: int) -> _Section:
    """Lines whose glyphs were chosen and placed by HarfBuzz; what leaves the sheet is left out."""
    font = face.font
    step = max(1, font.ascent - font.descent + font.line_gap) + max(2, font.size_px // 6)
    lines = lines[: max(1, _TEXT_PX // step)]

    def draw(canvas: Canvas, y: int) -> None:
        _heading(canvas, "Shaped text", y)
        baseline = y + _HEADING_PX + font.ascent
        for line in lines:
            room = width - 2 * _MARGIN - (line.width_16 + 15 >> 4)
            left = _MARGIN + (room if line.is_rtl else 0)
            for number, x, up in line.glyphs:
                glyph = font.glyphs[number]
                at = left + (x + 8 >> 4) + glyph.x, baseline - (up + 8 >> 4) - glyph.y
                if _MARGIN // 2 <= at[0] < width - _MARGIN:
                    face.draw_glyph(canvas, glyph, *at, _INK)
            baseline += step

    return _Section(_HEADING_PX + step * len(lines), draw)


# --- kerning -------------------------------------------------------------------------------------


def _kerning(face: Typeface, width: int) -> _Section:
    """Pairs without and with kerning, side by side."""
    font = face.font
    pairs = _kern_examples(face)
    zoom = max(1, min(3, _KERN_ZOOM_PX // max(1, font.size_px)))
    line = (font.ascent - font.descent) * zoom
    widest = max(face.width(chr(left) + chr(right)) + max(0, -value // 16) for (left, right), value in pairs)
    cell = max(2 * widest * zoom + 24, label_width("-12.75 px", _SMALL)) + 36
    columns = max(1, (width - 2 * _MARGIN) // cell)
    step = line + _SMALL + 18
    pairs = pairs[: columns * max(1, _KERN_PX // step)]
    rows = -(-len(pairs) // columns)

    def draw(canvas: Canvas, y: int) -> None:
        _heading(canvas, "Kerning: grey without, black with it", y)
        for number, ((left, right), value) in enumerate(pairs):
            x = _MARGIN + number % columns * cell
            top = y + _HEADING_PX + number // columns * step
            baseline, text = top + font.ascent * zoom, chr(left) + chr(right)
            plain = Typeface(font, face.glyphs, {})
            plain.draw(canvas, text, x, baseline, (170, 172, 180), zoom=zoom)
            face.draw(canvas, text, x + (plain.width(text) + 4) * zoom + 8, baseline, _INK, zoom=zoom)
            canvas.label(f"{value / 16:+g} px", x, top + line + 5, _GREY, size_px=_SMALL)

    return _Section(_HEADING_PX + rows * step, draw)


def _kern_examples(face: Typeface) -> list[tuple[tuple[int, int], int]]:
    """The strongest pairs, letters first and each character at most twice."""

    def weight(item: tuple[tuple[int, int], int]) -> tuple[bool, bool, int, tuple[int, int]]:
        pair, value = item
        is_letters = all(unicodedata.category(chr(point))[0] == "L" for point in pair)
        is_plain = max(pair) < 0x80
        return not is_letters, not is_plain, -abs(value), pair

    chosen: list[tuple[tuple[int, int], int]] = []
    uses: dict[int, int] = {}
    for pair, value in sorted(face.kerning.items(), key=weight):
        if all(uses.get(point, 0) < 2 for point in pair) and len(chosen) < _KERN_EXAMPLES:
            chosen.append((pair, value))
            for point in pair:
                uses[point] = uses.get(point, 0) + 1
    return chosen


# --- every glyph ---------------------------------------------------------------------------------


def _cell_size(face: Typeface) -> tuple[int, int]:
    inked = [glyph for glyph in face.font.glyphs if glyph.coverage.size]
    widest = max((int(glyph.coverage.shape[1]) for glyph in inked), default=1)
    top, bottom = _extent(face.font.glyphs)
    return max(widest + 16, label_width("U+0000", _SMALL) + 14), top - bottom + _SMALL + 22


def _extent(glyphs: Sequence[DecodedGlyph]) -> tuple[int, int]:
    """How high and low the ink of all glyphs reaches, px above the baseline."""
    inked = [glyph for glyph in glyphs if glyph.coverage.size]
    tops, bottoms = [glyph.y for glyph in inked], [_bottom(glyph) for glyph in inked]
    return max(tops, default=1), min(bottoms, default=0)


def _grid(face: Typeface, room: tuple[int, int], cell: tuple[int, int]) -> _Section:
    width, height = room
    glyphs = list(enumerate(face.font.glyphs))
    top, _ = _extent(face.font.glyphs)
    columns = max(1, (width - 2 * _MARGIN) // cell[0])
    rows_max = max(1, (height - _HEADING_PX - 30) // cell[1])
    shown = glyphs[: min(_CELLS_MAX, columns * rows_max)]
    rows = -(-len(shown) // columns)
    pitch = (width - 2 * _MARGIN) // columns
    rest = len(glyphs) - len(shown)

    def draw(canvas: Canvas, y: int) -> None:
        _heading(canvas, "Every glyph" if not rest else f"The first {len(shown)} glyphs", y)
        for number, glyph in shown:
            x = _MARGIN + number % columns * pitch
            at = y + _HEADING_PX + number // columns * cell[1]
            baseline = at + top
            canvas.fill(x + 4, baseline, pitch - 8, 1, _FAINT)
            glyph_width = int(glyph.coverage.shape[1])
            left = x + (pitch - glyph_width) // 2
            face.draw_glyph(canvas, glyph, left, baseline - glyph.y, _INK)
            label = (
                f"U+{glyph.codepoint:04X}" if glyph.codepoint >= 0 else f"#{number}" if number else ".notdef"
            )
            middle = x + (pitch - label_width(label, _SMALL)) // 2
            canvas.label(label, middle, at + cell[1] - _SMALL - 12, _GREY, size_px=_SMALL)
        if rest:
            more = f"and {rest} more"
            canvas.label(more, _MARGIN, y + _HEADING_PX + rows * cell[1] + 8, _GREY, size_px=_LABEL)

    return _Section(_HEADING_PX + rows * cell[1] + (30 if rest else 0), draw)
