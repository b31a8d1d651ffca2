"""U8g2 fonts: header of 23 bytes, characters to U+00FF, characters above them behind a look-up table.

A glyph is its code, its size in bytes, and a bit stream from the lowest bit of a byte on: width, height, x,
y of its bottom, advance, then pixels as pairs of a run of 0 and a run of 1, each followed by a 1 where it
comes once more and a 0 where not (u8g2_font.c, and bdfconv's bdf_rle.c).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    whole_px,
)
from imgbuild.flavours.bits import Codes, Ints, make_codes, pack_streams
from imgbuild.glyphs.charset import format_codepoint
from imgbuild.model import DecodedGlyph

_LIBRARY = "U8g2"
_HEADER = struct.Struct(">9B4b4b3H")
_CODE_MAX = 0xFFFD  # the two behind it are signals of its UTF-8 decoder
_SMALL_MAX = 0xFF
_SIDE_MAX = 127  # int8_t in u8g2_font_decode_t
_I8 = (-128, 127)
_SIZE_MAX = 255
_PER_LOOKUP = 101
_LAST_CODE = 0xFFFF
_ZERO_BITS = range(2, 9)
_ONE_BITS = range(2, 7)
"""Widths of runs that bdfconv tries."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """Pairs of runs of all glyphs: ``zeros`` then ``ones`` pixels; ``glyph`` tells whose they are."""

    zeros: Ints
    ones: Ints
    glyph: Ints


def export_font(stored: StoredFont, name: str, choices: FontChoices, _found: Diagnostics) -> Constant:
    """A byte array for ``u8g2_SetFont``. Raises IB372 and IB373."""
    data = pack_u8g2(one_bit(stored, choices, _LIBRARY))
    lost = lost_kerning(stored) + lost_fallback(stored)
    if stored.font.bpp > 1:
        lost.append(f"pixels are set from {choices.threshold} % coverage on")
    if any(glyph.advance % 16 for glyph in drawable(stored)):
        lost.append("advances are rounded to whole px")
    array = byte_array(f'@ uint8_t {name}[{len(data)}] U8G2_FONT_SECTION("{name}")', data)
    return Constant(describe_font(stored, name, lost), (), (array,))


def pack_u8g2(stored: StoredFont) -> bytes:
    """The bytes of ``stored``, which has 1 bpp. Raises IB373 for what U8g2 cannot hold, by name."""
    refuse_above(stored, _LIBRARY, _CODE_MAX)
    glyphs = drawable(stored)
    for glyph in glyphs:
        _check(stored, glyph)
    widths = _field_widths(glyphs)
    heads = [make_codes(_fields(glyph, widths), widths) for glyph in glyphs]
    zero_bits, one_bits, streams = _best_streams(glyphs, heads)
    blobs = []
    for glyph, stream in zip(glyphs, streams, strict=True):
        code = struct.pack("B" if glyph.codepoint <= _SMALL_MAX else ">H", glyph.codepoint)
        size = len(code) + 1 + len(stream)
        if size > _SIZE_MAX:
            name = format_codepoint(glyph.codepoint)
            message = f"{stored.label}: glyph {name} takes {size} B, {_LIBRARY} holds {_SIZE_MAX} B"
            stored.fail("IB373", message, "leave the character out, or use a smaller size")
        blobs.append(code + bytes([size]) + stream)
    small = [(g.codepoint, blob) for g, blob in zip(glyphs, blobs, strict=True) if g.codepoint <= _SMALL_MAX]
    large = [(g.codepoint, blob) for g, blob in zip(glyphs, blobs, strict=True) if g.codepoint > _SMALL_MAX]
    starts = [_start_of(small, ord(letter)) for letter in "Aa"]
    first = b"".join(blob for _, blob in small) + b"\0\0"
    fields = (len(glyphs) & 0xFF, 0, zero_bits, one_bits, *widths, *_boxes(glyphs), *starts, len(first))
    return _HEADER.pack(*fields) + first + _unicode_part(large)


def _check(stored: StoredFont, glyph: DecodedGlyph) -> None:
    height, width = glyph.coverage.shape
    fields = {
        "width (px)": (width, 0, _SIDE_MAX),
        "height (px)": (height, 0, _SIDE_MAX),
        "advance (px)": (whole_px(glyph.advance), *_I8),
        "left edge (px)": (glyph.x, *_I8),
        "bottom edge (px)": (glyph.y - height, *_I8),
    }
    check_fields(stored, _LIBRARY, glyph, fields)


# --- fields --------------------------------------------------------------------------------------


def _numbers(glyph: DecodedGlyph) -> tuple[int, int, int, int, int]:
    """Width, height, left edge, bottom edge above the baseline, advance; px."""
    height, width = glyph.coverage.shape
    return width, height, glyph.x, glyph.y - height, whole_px(glyph.advance)


def _field_widths(glyphs: Sequence[DecodedGlyph]) -> tuple[int, ...]:
    table = np.array([_numbers(glyph) for glyph in glyphs], np.int64)
    unsigned = [int(table[:, column].max()).bit_length() for column in (0, 1)]
    signed = table[:, 2:]
    magnitudes = np.where(signed < 0, ~signed, signed).max(axis=0)
    return (*(max(1, bits) for bits in unsigned), *(int(m).bit_length() + 1 for m in magnitudes))


def _fields(glyph: DecodedGlyph, widths: Sequence[int]) -> list[int]:
    """Signed fields are stored with half of their range added."""
    numbers = _numbers(glyph)
    halves = (0, 0, *(1 << (width - 1) for width in widths[2:]))
    return [number + half for number, half in zip(numbers, halves, strict=True)]


def _boxes(glyphs: Sequence[DecodedGlyph]) -> tuple[int, ...]:
    """Largest width and height, the common box's left and bottom edge, and how high and low A, g, ( reach."""
    inked = [glyph for glyph in glyphs if glyph.coverage.size]
    sides = [glyph.coverage.shape for glyph in inked]
    bottoms = [glyph.y - glyph.coverage.shape[0] for glyph in inked]
    width, height = max((w for _, w in sides), default=0), max((h for h, _ in sides), default=0)
    by_code = {glyph.codepoint: glyph for glyph in inked}
    capital = by_code.get(ord("A")) or by_code.get(ord("1"))
    top = capital.y if capital else 0
    below = _bottom(by_code.get(ord("g")))
    bracket = by_code.get(ord("("))
    box = (width, height, min((glyph.x for glyph in inked), default=0), min(bottoms, default=0))
    if bracket is None:
        return (*box, top, below, top, below)
    return (*box, top, below, bracket.y, _bottom(bracket))


def _bottom(glyph: DecodedGlyph | None) -> int:
    return glyph.y - glyph.coverage.shape[0] if glyph else 0


# --- pixels --------------------------------------------------------------------------------------


def _best_streams(glyphs: Sequence[DecodedGlyph], heads: Sequence[Codes]) -> tuple[int, int, list[bytes]]:
    """The widths of runs that make the font smallest, and every glyph's stream with them."""
    runs = _find_runs(glyphs)
    best: tuple[int, int, int] | None = None
    for zero_bits in _ZERO_BITS:
        for one_bits in _ONE_BITS:
            _, bits = _code_pairs(runs, zero_bits, one_bits, len(glyphs))
            size = sum(-(-(head.bits + more) // 8) for head, more in zip(heads, bits.tolist(), strict=True))
            if best is None or size < best[0]:
                best = (size, zero_bits, one_bits)
    zero_bits, one_bits = (best[1], best[2]) if best else (_ZERO_BITS[0], _ONE_BITS[0])
    pairs, bits = _code_pairs(runs, zero_bits, one_bits, len(glyphs))
    ends = np.searchsorted(np.cumsum(pairs.lengths), np.cumsum(bits), side="right")
    cuts = [0, *ends.tolist()]
    parts = [Codes(pairs.values[a:b], pairs.lengths[a:b]) for a, b in pairwise(cuts)]
    return zero_bits, one_bits, pack_streams(list(zip(heads, parts, strict=True)), "little")


def _find_runs(glyphs: Sequence[DecodedGlyph]) -> _Runs:
    """All rows of a glyph one behind the other, from the top left on."""
    zeros: list[Ints] = []
    ones: list[Ints] = []
    for glyph in glyphs:
        pixels = glyph.coverage.reshape(-1) != 0
        edges = np.flatnonzero(np.diff(pixels, prepend=False))
        lengths = np.diff(edges, prepend=0, append=pixels.size) if pixels.size else edges
        if lengths.size % 2:
            lengths = np.append(lengths, 0)
        zeros.append(lengths[0::2])
        ones.append(lengths[1::2])
    numbers = np.repeat(np.arange(len(glyphs)), [part.size for part in zeros])
    return _Runs(np.concatenate(zeros), np.concatenate(ones), numbers)


def _code_pairs(runs: _Runs, zero_bits: int, one_bits: int, glyphs: int) -> tuple[Codes, Ints]:
    """The pairs as codes with the bits between them, and how many bits each glyph has.

    A run that is too long for its field is cut: its pair becomes several.
    """
    most_zeros, most_ones = (1 << zero_bits) - 1, (1 << one_bits) - 1
    more_zeros = np.maximum(-(-runs.zeros // most_zeros) - 1, 0)
    more_ones = np.maximum(-(-runs.ones // most_ones) - 1, 0)
    pieces = more_zeros + more_ones + 1
    of = np.repeat(np.arange(pieces.size), pieces)
    step = np.arange(of.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    behind = step - more_zeros[of]  # 0: the piece with the last zeros
    zeros = np.where(
        behind < 0, most_zeros, np.where(behind == 0, (runs.zeros - more_zeros * most_zeros)[of], 0)
    )
    is_last = behind == more_ones[of]
    ones = np.where(is_last, (runs.ones - more_ones * most_ones)[of], np.where(behind < 0, 0, most_ones))
    glyph = runs.glyph[of]
    is_first = np.diff(glyph, prepend=-1) != 0
    is_final = np.diff(glyph, append=glyphs) != 0
    is_repeat = ~is_first & (np.diff(zeros, prepend=-1) == 0) & (np.diff(ones, prepend=-1) == 0)
    # in front of a pair that is not the first: a bit that tells whether it is the one before; at the end a 0
    pair = zeros | ones << zero_bits
    lead = (~is_first).astype(np.int64)
    values = np.where(is_repeat, 1, pair << lead)
    lengths = np.where(is_repeat, 1, zero_bits + one_bits + lead)
    lengths = lengths + is_final
    return Codes(values, lengths), np.bincount(glyph, lengths, glyphs).astype(np.int64)


# --- look-up -------------------------------------------------------------------------------------


def _start_of(small: Sequence[tuple[int, bytes]], code: int) -> int:
    """Where the first glyph of ``code`` or above begins, counted from the end of the header."""
    return sum(len(blob) for other, blob in small if other < code)


def _unicode_part(large: Sequence[tuple[int, bytes]]) -> bytes:
    """Table of (bytes to the next block, its last code), blocks of 101 glyphs, and an end."""
    blocks = [large[at : at + _PER_LOOKUP] for at in range(0, len(large), _PER_LOOKUP)] or [()]
    sizes = [sum(len(blob) for _, blob in block) for block in blocks]
    steps = [4 * len(blocks), *sizes[:-1]]
    lasts = [*(block[-1][0] for block in blocks[:-1]), _LAST_CODE]
    table = b"".join(struct.pack(">HH", step, last) for step, last in zip(steps, lasts, strict=True))
    return table + b"".join(blob for _, blob in large) + b"\0\0"
