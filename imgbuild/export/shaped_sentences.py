"""Sentences of scripts that need shaping, on a specimen: shaped here of a font file, else the image's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imgbuild.model import DecodedFont, GlyphRuns, Kind, ShapedLine

if TYPE_CHECKING:
    from imgbuild.glyphs.shape import ShapingFont
    from imgbuild.reader.container import Image
    from imgbuild.reader.pack import Entry

SENTENCES = (
    ("ar", "صباح الخير، كيف الطقس اليوم؟ الحرارة ١٢ درجة"),
    ("he", "בוקר טוב, מה מזג האוויר היום? שָׁלוֹם"),
    ("hi", "नमस्ते, आज मौसम कैसा है? तापमान १२ डिग्री, वर्षा और विद्युत"),
    ("bn", "সুপ্রভাত, আজ আবহাওয়া কেমন?"),
    ("ta", "காலை வணக்கம், இன்று வானிலை எப்படி?"),
    ("th", "สวัสดี วันนี้อากาศเป็นอย่างไร น้ำท่วมหรือไม่"),
    ("km", "សួស្តី ថ្ងៃនេះអាកាសធាតុយ៉ាងណា"),
    ("my", "မင်္ဂလာပါ ဒီနေ့ ရာသီဥတု ဘယ်လိုလဲ"),
)
"""Language and text: a greeting, and how the weather is."""
_LINES_MAX = 12


# --- of a font file --------------------------------------------------------------------------------


def shape_sentences(font: ShapingFont, there: Collection[int], width_px: int) -> tuple[ShapedLine, ...]:
    """Lines of at most ``width_px`` of the sentences whose characters are all in ``there``.

    Their glyphs are those of the font file.
    """
    lines: list[ShapedLine] = []
    for language, text in SENTENCES:
        if {ord(letter) for letter in text} <= set(there):
            lines += _wrapped(font, language, text.split(" "), 16 * width_px)
    return tuple(lines[:_LINES_MAX])


def _wrapped(font: ShapingFont, language: str, words: Sequence[str], width_16: int) -> Iterator[ShapedLine]:
    while words:
        count = len(words)
        line = _shape(font, language, words)
        while count > 1 and line.width_16 > width_16:
            count -= 1
            line = _shape(font, language, words[:count])
        yield line
        words = words[count:]


def _shape(font: ShapingFont, language: str, words: Sequence[str]) -> ShapedLine:
    from imgbuild.glyphs.shape import shape_text

    return shape_text(" ".join(words), font, language=language)[0][0]


def number_lines(lines: Sequence[ShapedLine], font: DecodedFont) -> tuple[ShapedLine, ...]:
    """The lines with glyphs of the font's table in place of the file's."""
    number_of = {glyph.glyph_id: number for number, glyph in enumerate(font.glyphs) if glyph.glyph_id >= 0}
    return tuple(
        replace(line, glyphs=tuple((number_of.get(glyph, 0), x, y) for glyph, x, y in line.glyphs))
        for line in lines
    )


# --- of an image -----------------------------------------------------------------------------------


def lines_of_image(image: Image, font: Entry, glyphs: int) -> tuple[ShapedLine, ...]:
    """The first shaped lines of an image for a font of so many glyphs: of texts and strings, each once."""
    found: dict[ShapedLine, None] = {}
    for runs in _runs_of(image):
        if runs.font_key == font.key:
            whole = (line for line in runs.lines if line.glyphs)
            found.update((line, None) for line in whole if max(line.glyphs)[0] < glyphs)
    return tuple(found)[:_LINES_MAX]


def _runs_of(image: Image) -> Iterator[GlyphRuns]:
    from imgbuild.reader.runs import read_runs
    from imgbuild.reader.strings import read_strings

    for entry in image.assets:
        if entry.kind == Kind.GLYPH_RUNS:
            yield read_runs(image.checked_payload(entry), entry.name)
        elif entry.kind == Kind.STRINGS:
            table = read_strings(image.checked_payload(entry), entry.name).to_table()
            for _, row in sorted(table.texts.items()):
                yield from (text for text in row if isinstance(text, GlyphRuns))
