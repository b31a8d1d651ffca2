"""What LVGL's font file and its C font have in common: glyphs by number, limits, codecs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgbuild.errors import Place, fail
from imgbuild.flavours.bits import Codes, Ints
from imgbuild.flavours.lvgl_kern import Pairs
from imgbuild.flavours.lvgl_pixels import CODED_BPP, PLAIN_BPP, code_plain, code_runs
from imgbuild.glyphs.charset import format_codepoint
from imgbuild.model import DecodedFont, DecodedGlyph

_ADVANCE_MAX = 0xFFF  # 1/16 px: 12 bits of lv_font_fmt_txt_glyph_dsc_t
_SIDE_MAX = 255
_OFFSET_MAX = 127
_BITMAP_BYTES_MAX = 1 << 20
GLYPHS_MAX = 0xFFFE
ADVANCE_LIMIT = 0xFFFF


@dataclass(frozen=True, slots=True)
class LvglFont:
    """Glyphs by LVGL's numbers from 1 on (0 is "no such character"); ``codepoints`` rise, ``ids`` are theirs.

    ``pairs``: kerning by these numbers, 1/16 px.
    """

    glyphs: tuple[DecodedGlyph, ...]
    codepoints: Ints
    ids: Ints
    pairs: Pairs

    @property
    def count(self) -> int:
        """Glyphs with the reserved one."""
        return len(self.glyphs) + 1


def number_glyphs(font: DecodedFont, *, is_shared: bool) -> LvglFont:
    """``font`` with the numbers that LVGL knows its glyphs by.

    Glyphs that no character leads to are left out: LVGL draws a box of its own for a missing character.
    ``is_shared``: characters that look, advance and kern alike have one glyph.
    """
    indices = [index for index, glyph in enumerate(font.glyphs) if glyph.codepoint >= 0]
    kern_rows = _kern_rows(font.kern_pairs) if is_shared else {}
    number_of: dict[object, int] = {}
    kept: list[DecodedGlyph] = []
    id_of: dict[int, int] = {}
    for index in indices:
        glyph = font.glyphs[index]
        look: object = index
        if is_shared:
            pixels = (glyph.coverage.shape, glyph.coverage.tobytes())
            look = (pixels, glyph.x, glyph.y, glyph.advance, kern_rows.get(index))
        id_of[index] = number_of.setdefault(look, len(kept) + 1)
        if id_of[index] > len(kept):
            kept.append(glyph)
    own = {
        (id_of[left], id_of[right]): value
        for (left, right), value in sorted(font.kern_pairs.items())
        if left in id_of and right in id_of
    }
    codepoints = np.array([font.glyphs[index].codepoint for index in indices], np.int64)
    return LvglFont(tuple(kept), codepoints, np.array([id_of[index] for index in indices], np.int64), own)


def _kern_rows(pairs: Pairs) -> dict[int, tuple[tuple[int, int, int], ...]]:
    """All that a glyph kerns with: (side, other glyph, value)."""
    rows: dict[int, list[tuple[int, int, int]]] = {}
    for (left, right), value in sorted(pairs.items()):
        rows.setdefault(left, []).append((0, right, value))
        rows.setdefault(right, []).append((1, left, value))
    return {glyph: tuple(row) for glyph, row in rows.items()}


# --- codecs --------------------------------------------------------------------------------------

PLAIN, COMPRESSED = 0, 1
"""``bitmap_format`` of lv_font_fmt_txt_dsc_t."""

_CODERS = {PLAIN: code_plain, COMPRESSED: code_runs}
_DRAWN_BPP = {PLAIN: PLAIN_BPP, COMPRESSED: CODED_BPP}
_WORDS = {"raw": (PLAIN,), "rle": (COMPRESSED,), "auto": (PLAIN, COMPRESSED)}


def bitmap_formats(codec: str, bpp: int, label: str, place: Place | None, asset: str) -> list[int]:
    """What ``codec`` (``raw``, ``rle``, ``auto``) may use at ``bpp``; IB370 where LVGL draws none of it."""
    usable = [number for number in _WORDS[codec] if bpp in _DRAWN_BPP[number]]
    if not usable:
        other = "rle" if codec == "raw" else "raw"
        message = f"{label}: LVGL 9 draws no glyphs of {bpp} bpp with codec {codec}"
        fail("IB370", message, place, f"use codec {other}, or another number of bpp", asset)
    return usable


def code_bitmaps(glyphs: Sequence[DecodedGlyph], bpp: int, bitmap_format: int) -> list[Codes]:
    """The pixels of each glyph as LVGL's bit stream of them."""
    return _CODERS[bitmap_format]([glyph.coverage for glyph in glyphs], bpp)


# --- limits --------------------------------------------------------------------------------------


def refuse_impossible(font: LvglFont, label: str, place: Place | None, asset: str) -> None:
    """Raise IB370 for what no build of LVGL can hold."""
    if len(font.glyphs) > GLYPHS_MAX:
        message = f"{label} has {len(font.glyphs)} glyphs, LVGL 9 has at most {GLYPHS_MAX}"
        fail("IB370", message, place, "use fewer characters", asset)
    for glyph in font.glyphs:
        if not 0 <= glyph.advance <= ADVANCE_LIMIT:
            name = format_codepoint(glyph.codepoint)
            message = f"{label}: the advance of {name} is {glyph.advance / 16:g} px, LVGL 9 has 0 to 4095 px"
            fail("IB370", message, place, "leave the character out", asset)


def why_large(font: LvglFont, bitmap_bytes: int) -> str:
    """Why LVGL must be built with LV_FONT_FMT_TXT_LARGE; empty where it need not."""
    if bitmap_bytes > _BITMAP_BYTES_MAX:
        return f"its glyphs take {bitmap_bytes} B, more than {_BITMAP_BYTES_MAX} B"
    for glyph in font.glyphs:
        height, width = glyph.coverage.shape
        name = format_codepoint(glyph.codepoint)
        if max(width, height) > _SIDE_MAX:
            return f"glyph {name} is {width}x{height} px, more than {_SIDE_MAX} px"
        if glyph.advance > _ADVANCE_MAX:
            return f"the advance of {name} is {glyph.advance / 16:g} px, more than 255 px"
        if max(abs(glyph.x), abs(glyph.y - height)) > _OFFSET_MAX:
            return f"glyph {name} starts more than {_OFFSET_MAX} px from the pen"
    return ""


def line_metrics(font: DecodedFont) -> tuple[int, int]:
    """Ascent, and descent (negative), in px, so that no glyph leaves the line: LVGL cuts off what does."""
    tops = [glyph.y for glyph in font.glyphs if glyph.codepoint >= 0 and glyph.coverage.size]
    bottoms = [
        glyph.y - glyph.coverage.shape[0]
        for glyph in font.glyphs
        if glyph.codepoint >= 0 and glyph.coverage.size
    ]
    return max([font.ascent, *tops]), min([font.descent, *bottoms])
