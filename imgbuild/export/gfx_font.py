"""Adafruit GFX fonts: ``GFXfont`` of gfxfont.h, 1 bit a pixel, one glyph for each code of one range."""

from __future__ import annotations

import numpy as np

from imgbuild.errors import Diagnostics
from imgbuild.export.ctext import Constant, byte_array
from imgbuild.export.fonts import (
    FontChoices,
    StoredFont,
    check_fields,
    describe_font,
    drawable,
    lost_fallback,
    lost_kerning,
    one_bit,
    refuse_above,
    warn_unreachable,
    whole_px,
)
from imgbuild.model import DecodedGlyph
from imgbuild.units import format_bytes

PROLOGUE = """
#ifndef _GFXFONT_H_
#include <gfxfont.h>
#endif
"""
"""The guard is the header's own: TFT_eSPI brings the same structures along."""

_LIBRARY = "Adafruit GFX"
_U8, _I8 = (0, 255), (-128, 127)
_OFFSET_MAX = 0xFFFF
_CODE_MAX = 0xFFFF
_GLYPH_BYTES = 8  # GFXglyph on a CPU that aligns its uint16_t
_PRINTED_MAX = 0xFF
_EMPTY = "{0, 0, 0, 0, 0, 0}"


def export_font(stored: StoredFont, name: str, choices: FontChoices, found: Diagnostics) -> Constant:
    """Raises IB372 and IB373; warns with IB374 where most codes of the range have no glyph."""
    thin = one_bit(stored, choices, _LIBRARY)
    refuse_above(thin, _LIBRARY, _CODE_MAX)
    glyphs = {glyph.codepoint: glyph for glyph in drawable(thin)}
    first, last = min(glyphs), max(glyphs)
    _warn_holes(stored, last - first + 1, len(glyphs), found)
    bitmaps, rows = _glyph_rows(thin, glyphs)
    table = ",\n".join(f"  {rows.get(code, _EMPTY)}" for code in range(first, last + 1))
    font = stored.font
    line_px = font.ascent - font.descent + font.line_gap
    if not 0 <= line_px <= _U8[1]:
        message = f"{stored.label}: its lines are {line_px} px apart, {_LIBRARY} holds 0 to 255 px"
        stored.fail("IB373", message, "use a smaller size")
    codes = f"0x{first:02X}, 0x{last:02X}, {line_px}"
    definitions = (
        byte_array(f"static const uint8_t {name}_bitmaps[] PROGMEM", bitmaps or b"\0"),
        f"static const GFXglyph {name}_glyphs[] PROGMEM = {{\n{table}\n}};",
        f"@ GFXfont {name} PROGMEM = {{(uint8_t *){name}_bitmaps, (GFXglyph *){name}_glyphs,\n  {codes}}};",
    )
    return Constant(describe_font(stored, name, _lost(stored, choices, last)), (), definitions)


def _glyph_rows(stored: StoredFont, glyphs: dict[int, DecodedGlyph]) -> tuple[bytes, dict[int, str]]:
    """All bitmaps, each once and on a byte of its own, and each code's initialiser."""
    place_of: dict[bytes, int] = {}
    rows: dict[int, str] = {}
    size = 0
    for code, glyph in sorted(glyphs.items()):
        bits = np.packbits(glyph.coverage.reshape(-1)).tobytes()
        offset = place_of.setdefault(bits, size) if bits else 0
        size += len(bits) if offset == size else 0
        height, width = glyph.coverage.shape
        advance, y = whole_px(glyph.advance), 1 - glyph.y if height else 0
        fields = {
            "place of the bitmap": (offset, 0, _OFFSET_MAX),
            "width (px)": (width, *_U8),
            "height (px)": (height, *_U8),
            "advance (px)": (advance, *_U8),
            "left edge (px)": (glyph.x, *_I8),
            "top edge (px)": (y, *_I8),
        }
        check_fields(stored, _LIBRARY, glyph, fields)
        rows[code] = f"{{{offset}, {width}, {height}, {advance}, {glyph.x}, {y}}}"
    return b"".join(place_of), rows


def _warn_holes(stored: StoredFont, codes: int, glyphs: int, found: Diagnostics) -> None:
    if codes - glyphs <= glyphs:
        return
    size = format_bytes((codes - glyphs) * _GLYPH_BYTES)
    message = f"{stored.label}: {codes - glyphs} of the {codes} glyphs for {_LIBRARY} are empty, {size}"
    hint = "it has one glyph for each code from the first to the last: build a font of near characters"
    warn_unreachable(stored, found, message, hint)


def _lost(stored: StoredFont, choices: FontChoices, last: int) -> list[str]:
    lost = lost_kerning(stored) + lost_fallback(stored)
    if stored.font.bpp > 1:
        lost.append(f"pixels are set from {choices.threshold} % coverage on")
    if any(glyph.advance % 16 for glyph in drawable(stored)):
        lost.append("advances are rounded to whole px")
    if last > _PRINTED_MAX:
        lost.append("print() takes one byte a character, so that it never shows those above U+00FF")
    return lost
