"""Fonts as stored, read from FORMAT.md section 5 alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgbuild.glyph_tables import (
    MODEL_CJK,
    MODEL_LATIN,
    MODEL_MONO7,
    MODEL_MONO10,
    MODEL_OWN,
    MODEL_RAW,
    own_table_bytes,
    read_glyph_table,
)
from imgbuild.limits import FONT_CODED_PIXELS_MAX
from imgbuild.model import Codec, DecodedFont, DecodedGlyph
from imgbuild.reader.bitmap import fail_malformed
from imgbuild.reader.glyph_plain import CodedPixels, decode_plain
from imgbuild.reader.kerning import read_kerning
from imgbuild.reader.pack import Entry

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

_HEADER = struct.Struct("<HBB4hBBBBHhbb6B6IHHH6x")
_SEGMENT = struct.Struct("<IHHI")
_PAGE_BYTES = 10
_CODEPOINT_MAX = 0x10FFFF
FONT_OF_3_BITS = 0x49
"""Pixel format that no bitmap has."""
_PIXEL_FORMAT_OF_BPP = {1: 0x0B, 2: 0x0C, 3: FONT_OF_3_BITS, 4: 0x0D, 8: 0x0E}
_TOGETHER_GLYPHS_MIN = 90
"""From about so many glyphs of the largest one's size on, decoding them side by side is quicker."""
_MISSING_CODEPOINT = -1


class FontMetrics(NamedTuple):
    """The header's fields, FORMAT.md section 5; ``bits_*`` are the widths of a record's fields."""

    size_px: int
    bpp: int
    model: int
    ascent: int
    descent: int
    line_gap: int
    underline: int
    underline_thickness: int
    advance_fraction_bits: int
    segments: int
    record_bytes: int
    glyphs: int
    advance_bias: int
    x_bias: int
    y_bias: int
    bits_advance: int
    bits_x: int
    bits_y: int
    bits_w: int
    bits_h: int
    bits_offset: int
    records: int
    pixels: int
    pixels_bytes: int
    kern: int
    model_table: int
    fallback_key: int
    max_w: int
    max_h: int
    coded_ratio: int

    @property
    def line_height(self) -> int:
        """From one baseline to the next, px."""
        return self.ascent - self.descent + self.line_gap


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph: ``coverage`` is uint8 ``[h, w]`` of levels 0..2^bpp-1, ``advance16`` in 1/16 px.

    ``x``: px from the pen right to the left column; ``y``: px from the baseline up to the top row.
    """

    advance16: int
    x: int
    y: int
    coverage: U8


@dataclass(frozen=True, slots=True)
class _Records:
    """The glyph records, one value per glyph in each list; offsets are in bytes of the pixels.

    ``is_coded`` is false for a glyph without pixels.
    """

    advance16: list[int]
    x: list[int]
    y: list[int]
    w: list[int]
    h: list[int]
    offset: list[int]
    is_coded: list[bool]


@dataclass(frozen=True, slots=True)
class Font:
    """A font whose tables were checked as a whole.

    ``glyph_of`` maps every code point of the font to its glyph; ``stored`` are its pixels as stored,
    ``coded`` is what those that are coded share. A coded glyph is decoded when it is asked for.
    """

    name: str
    metrics: FontMetrics
    glyph_of: dict[int, int] = field(repr=False)
    records: _Records = field(repr=False)
    stored: U8 = field(repr=False)
    coded: CodedPixels | None = field(repr=False)
    kerning: dict[tuple[int, int], int] = field(repr=False, default_factory=dict)
    _known: dict[int, U8] = field(repr=False, default_factory=dict)

    @property
    def levels8(self) -> U8:
        """``[2^bpp]``: coverage of 8 bits that each level stands for, rounded to the nearest."""
        top = (1 << self.metrics.bpp) - 1
        return ((np.arange(top + 1) * 510 + top) // (2 * top)).astype(np.uint8)

    def raw_bytes(self) -> int:
        """What the pixels would take if no glyph were coded, each stored once."""
        m, records = self.metrics, self.records
        different = set(zip(records.offset, records.w, records.h, strict=True))
        return sum((w * h * m.bpp + 7) // 8 for _, w, h in different)

    def glyph_index(self, codepoint: int) -> int | None:
        """The glyph of a code point, None if the font lacks it (glyph 0 is .notdef)."""
        return self.glyph_of.get(codepoint)

    def glyph(self, index: int) -> Glyph:
        """Glyph ``index``, 0..glyphs-1."""
        records = self.records
        return Glyph(records.advance16[index], records.x[index], records.y[index], self._coverage(index))

    def _coverage(self, index: int) -> U8:
        records, bpp = self.records, self.metrics.bpp
        w, h, offset = records.w[index], records.h[index], records.offset[index]
        if self.coded is None or not records.is_coded[index]:
            stored = self.stored[offset : offset + (w * h * bpp + 7) // 8]
            return _expand_levels(stored, bpp)[: w * h].reshape(h, w)
        if index not in self._known:
            values = np.frombuffer(decode_plain(self.coded, offset, w, h), np.uint8)
            self._known[index] = values.reshape(h, w)
        return self._known[index]

    def _decode_all(self) -> None:
        """Decode all coded glyphs side by side, if they are many."""
        records = self.records
        which = np.flatnonzero(np.array(records.is_coded, np.bool_))
        sides = (np.array(values, np.int64)[which] for values in (records.offset, records.w, records.h))
        offsets, widths, heights = sides
        cells = int(widths.max(initial=0)) * int(heights.max(initial=0))
        if self.coded is None or int((widths * heights).sum()) < _TOGETHER_GLYPHS_MIN * cells:
            return
        from imgbuild.reader.glyph_streams import decode_together

        decoded = decode_together(self.coded, offsets, widths, heights)
        self._known.update(zip(which.tolist(), decoded, strict=True))

    def to_decoded(self) -> DecodedFont:
        """All glyphs in stored order; a glyph that no code point reaches has code point -1."""
        self._decode_all()
        codepoint_of = {glyph: codepoint for codepoint, glyph in self.glyph_of.items()}
        glyphs = []
        for index in range(self.metrics.glyphs):
            glyph = self.glyph(index)
            codepoint = codepoint_of.get(index, _MISSING_CODEPOINT)
            glyphs.append(DecodedGlyph(codepoint, glyph.coverage, glyph.x, glyph.y, glyph.advance16))
        m = self.metrics
        return DecodedFont(
            size_px=m.size_px,
            bpp=m.bpp,
            ascent=m.ascent,
            descent=m.descent,
            line_gap=m.line_gap,
            underline_position=m.underline,
            underline_thickness=m.underline_thickness,
            glyphs=tuple(glyphs),
            missing=(),
            source_digest="",
            kern_pairs=self.kerning,
        )


def read_font(payload: bytes | memoryview, entry: Entry) -> Font:
    """Check a font's tables against its payload and its index entry. Raises IB608."""
    view = memoryview(payload).cast("B")
    if len(view) < _HEADER.size:
        fail_malformed(entry.name, f"payload of {len(view)} bytes, a font's header has {_HEADER.size}")
    metrics = FontMetrics(*_HEADER.unpack_from(view))
    _check_metrics(metrics, entry)
    _check_tables(metrics, len(view), entry.name)
    records = _read_records(view, metrics, entry.name)
    glyph_of = _read_map(view, metrics, entry.name)
    stored = np.frombuffer(view, np.uint8, metrics.pixels_bytes, metrics.pixels)
    coded = _read_coded(view, metrics, entry.name) if any(records.is_coded) else None
    kerning = read_kerning(view, metrics.kern, metrics.glyphs, entry.name) if metrics.kern else {}
    return Font(entry.name, metrics, glyph_of, records, stored, coded, kerning)


def _read_coded(view: memoryview, m: FontMetrics, name: str) -> CodedPixels:
    if m.model == MODEL_OWN:
        table = bytes(view[m.model_table : m.model_table + own_table_bytes(m.bpp)])
        if 0 in table:
            fail_malformed(name, f"probability {table.index(0)} of the glyph model is 0, expected 1 to 255")
    else:
        table = read_glyph_table(m.model)
    ratio = m.coded_ratio if 1 <= m.coded_ratio <= 256 else 256
    return CodedPixels(bytes(view[m.pixels : m.pixels + m.pixels_bytes]), m.bpp, table, ratio)


_MODELS: dict[tuple[int, bool], tuple[int, ...]] = {
    (Codec.RAW, False): (MODEL_RAW,),
    (Codec.RAW, True): (MODEL_RAW,),
    (Codec.RANGE_GLYPHS, False): (MODEL_LATIN, MODEL_CJK, MODEL_OWN),
    (Codec.RANGE_GLYPHS, True): (MODEL_MONO7, MODEL_MONO10, MODEL_OWN),
}
"""The models of each codec, at 2 bits per pixel and more, at 1."""


def _check_metrics(m: FontMetrics, entry: Entry) -> None:
    rules = (
        (m.bpp in _PIXEL_FORMAT_OF_BPP, f"{m.bpp} bits per pixel, expected 1, 2, 3, 4 or 8"),
        (
            m.model in _MODELS.get((entry.codec, m.bpp == 1), ())
            and (m.model == MODEL_OWN or not m.model_table),
            f"codec {entry.codec} with glyph model {m.model} and {m.bpp} bpp is not known to this reader",
        ),
        (
            entry.pixel_format == _PIXEL_FORMAT_OF_BPP.get(m.bpp),
            f"{m.bpp} bits per pixel, but pixel format 0x{entry.pixel_format:02X} in the index",
        ),
        (
            entry.height == m.size_px > 0 and entry.width == 0,
            f"{m.size_px} px high, but {entry.width}x{entry.height} px in the index",
        ),
        (m.advance_fraction_bits <= 4, f"{m.advance_fraction_bits} fraction bits of an advance, at most 4"),
        (m.glyphs >= 1, "no glyph at all, expected .notdef"),
        (
            max(m[15:20]) <= 16 and m.bits_offset <= 32 and 1 <= m.record_bytes <= 16,
            f"record of {m.record_bytes} bytes with fields of {m[15:21]} bits",
        ),
        (
            sum(m[15:21]) + 1 <= 8 * m.record_bytes,
            f"fields of {sum(m[15:21]) + 1} bits in a record of {m.record_bytes} bytes",
        ),
    )
    for is_met, message in rules:
        if not is_met:
            fail_malformed(entry.name, message)


def _check_tables(m: FontMetrics, size: int, name: str) -> None:
    """Bounds of the tables; the character map is checked segment by segment."""
    first = _HEADER.size + _SEGMENT.size * m.segments
    tables = (
        ("character map", _HEADER.size, _SEGMENT.size * m.segments),
        ("glyph records", m.records, (m.glyphs + 1) * m.record_bytes),
        ("pixels", m.pixels, m.pixels_bytes),
        ("kerning", m.kern, 4 if m.kern else 0),
        ("model table", m.model_table, own_table_bytes(m.bpp) if m.model == MODEL_OWN else 0),
    )
    for what, at, length in tables:
        if at > size or length > size - at:
            fail_malformed(name, f"{what} of {length} bytes at {at} in a payload of {size} bytes")
        if at < first and what in ("glyph records", "pixels", *(["model table"] if length else [])):
            fail_malformed(name, f"{what} at {at} overlap the header or the character map")


def _split_records(view: memoryview, m: FontMetrics) -> list[I64]:
    """The fields of all records, the last one's too, without their biases; behind them the raw bit."""
    rows = np.frombuffer(view, np.uint8, (m.glyphs + 1) * m.record_bytes, m.records)
    padded = np.zeros((m.glyphs + 1, 16), np.uint8)
    padded[:, : m.record_bytes] = rows.reshape(-1, m.record_bytes)
    low, high = padded.view("<u8").astype(np.uint64).T
    at = 0
    fields: list[I64] = []
    for width in (*m[15:21], 1):
        fields.append(_cut_bits(low, high, at, width))
        at += width
    return fields


def _read_records(view: memoryview, m: FontMetrics, name: str) -> _Records:
    """Check each glyph against the pixels."""
    fields = _split_records(view, m)
    if int(fields[5][-1]) != m.pixels_bytes:
        fail_malformed(name, f"the last record's offset is {fields[5][-1]}, expected {m.pixels_bytes}")
    advance, x, y, w, h, offset, is_raw = (values[:-1] for values in fields)
    is_coded = (is_raw == 0) & (w * h > 0)
    # a coded glyph ends where its last pixel is known, wherever that is: only its place can be wrong
    size = np.where(is_coded, 0, (w * h * m.bpp + 7) // 8)
    beyond = np.flatnonzero(offset + size > m.pixels_bytes)
    if beyond.size:
        index = int(beyond[0])
        fail_malformed(
            name,
            f"glyph {index} ({w[index]}x{h[index]} px at {offset[index]}) leaves the pixels,"
            f" {m.pixels_bytes} bytes",
        )
    if (int(w.max()), int(h.max())) != (m.max_w, m.max_h):
        fail_malformed(name, f"largest glyph {w.max()}x{h.max()} px, the header says {m.max_w}x{m.max_h}")
    if m.model == MODEL_RAW and is_coded.any():
        fail_malformed(name, "a coded glyph in a font that has no glyph codec")
    coded_px = int((w * h)[is_coded].sum())
    if coded_px > FONT_CODED_PIXELS_MAX:
        fail_malformed(name, f"coded glyphs of {coded_px} pixels, at most {FONT_CODED_PIXELS_MAX} are read")
    advance16 = (advance + m.advance_bias) << (4 - m.advance_fraction_bits)
    return _Records(
        advance16=advance16.tolist(),
        x=(x + m.x_bias).tolist(),
        y=(y + m.y_bias).tolist(),
        w=w.tolist(),
        h=h.tolist(),
        offset=offset.tolist(),
        is_coded=is_coded.tolist(),
    )


def _cut_bits(low: NDArray[np.uint64], high: NDArray[np.uint64], at: int, width: int) -> I64:
    """Bits ``at`` to ``at + width`` (at most 32) of 128-bit numbers given as two halves."""
    if at >= 64:
        bits = high >> np.uint64(at - 64)
    elif at + width <= 64:
        bits = low >> np.uint64(at)
    else:
        bits = low >> np.uint64(at) | high << np.uint64(64 - at)
    return (bits & np.uint64((1 << width) - 1)).astype(np.int64)


def _read_map(view: memoryview, m: FontMetrics, name: str) -> dict[int, int]:
    """Every code point of the font with its glyph, from the segments and their pages."""
    codepoints: list[I64] = []
    glyphs: list[I64] = []
    following = 0
    for number in range(m.segments):
        first, last_delta, base, pages = _SEGMENT.unpack_from(view, _HEADER.size + _SEGMENT.size * number)
        if first < following or first + last_delta > _CODEPOINT_MAX:
            fail_malformed(
                name, f"segment {number} starts at U+{first:04X}, expected from U+{following:04X} on"
            )
        following = first + last_delta + 1
        if pages:
            deltas, ranks = _read_pages(view, pages, last_delta + 1, name)
        else:
            deltas = ranks = np.arange(last_delta + 1)
        codepoints.append(first + deltas)
        glyphs.append(base + ranks)
    if not codepoints:
        return {}
    all_glyphs = np.concatenate(glyphs)
    if all_glyphs.size and (all_glyphs.min() < 1 or all_glyphs.max() >= m.glyphs):
        fail_malformed(name, f"glyph {all_glyphs.max()} in the character map of {m.glyphs} glyphs")
    if (np.diff(all_glyphs) <= 0).any():
        fail_malformed(name, "glyphs are not in the order of their code points")
    return dict(zip(np.concatenate(codepoints).tolist(), all_glyphs.tolist(), strict=True))


def _read_pages(view: memoryview, at: int, span: int, name: str) -> tuple[I64, I64]:
    """Code points less the segment's first, and glyphs less its base, of a paged segment."""
    count = -(-span // 64)
    if at > len(view) or _PAGE_BYTES * count > len(view) - at:
        fail_malformed(name, f"{count} pages at {at} in a payload of {len(view)} bytes")
    pages = np.frombuffer(view, np.uint8, _PAGE_BYTES * count, at).reshape(count, _PAGE_BYTES)
    ranks = pages[:, 0].astype(np.int64) | pages[:, 1].astype(np.int64) << 8
    bits = np.unpackbits(pages[:, 2:], axis=1, bitorder="little")
    below = np.cumsum(bits, axis=1, dtype=np.int64) - bits
    deltas = np.flatnonzero(bits)
    deltas = deltas[deltas < span]
    return deltas, (ranks[:, None] + below).reshape(-1)[deltas]


def _expand_levels(stored: U8, bpp: int) -> U8:
    """One uint8 per pixel, from the highest bits of each byte on."""
    if bpp == 8:
        return stored
    if bpp == 1:
        return np.unpackbits(stored)
    if bpp == 3:
        bits = np.unpackbits(stored)
        return bits[: bits.size // 3 * 3].reshape(-1, 3) @ np.array([4, 2, 1], np.uint8)
    shifts = np.arange(8 - bpp, -1, -bpp, dtype=np.uint8)
    return (stored[:, None] >> shifts & np.uint8((1 << bpp) - 1)).reshape(-1)
