"""Fonts as stored, read from FORMAT.md section 5 alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Codec, DecodedFont, DecodedGlyph
from imgbuild.reader.bitmap import fail_malformed
from imgbuild.reader.pack import Entry

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

_HEADER = struct.Struct("<HBB4hBBBBHhbb6B6IHH8x")
_SEGMENT = struct.Struct("<IHHI")
_PAGE_BYTES = 10
_CODEPOINT_MAX = 0x10FFFF
_PIXEL_FORMAT_OF_BPP = {1: 0x0B, 2: 0x0C, 4: 0x0D, 8: 0x0E}
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
    """The glyph records, one value per glyph in each list; offsets are in bytes of the pixels."""

    advance16: list[int]
    x: list[int]
    y: list[int]
    w: list[int]
    h: list[int]
    offset: list[int]


@dataclass(frozen=True, slots=True)
class Font:
    """A font whose tables were checked as a whole.

    ``glyph_of`` maps every code point of the font to its glyph; ``levels`` holds all pixels, one
    uint8 each, ``8 / bpp`` for every stored byte.
    """

    name: str
    metrics: FontMetrics
    glyph_of: dict[int, int] = field(repr=False)
    records: _Records = field(repr=False)
    levels: U8 = field(repr=False)

    def glyph_index(self, codepoint: int) -> int | None:
        """The glyph of a code point, None if the font lacks it (glyph 0 is .notdef)."""
        return self.glyph_of.get(codepoint)

    def glyph(self, index: int) -> Glyph:
        """Glyph ``index``, 0..glyphs-1."""
        records = self.records
        w, h = records.w[index], records.h[index]
        start = records.offset[index] * (8 // self.metrics.bpp)
        coverage = self.levels[start : start + w * h].reshape(h, w)
        return Glyph(records.advance16[index], records.x[index], records.y[index], coverage)

    def to_decoded(self) -> DecodedFont:
        """All glyphs in stored order; a glyph that no code point reaches has code point -1."""
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
    return Font(entry.name, metrics, glyph_of, records, _expand_levels(stored, metrics.bpp))


def _check_metrics(m: FontMetrics, entry: Entry) -> None:
    rules = (
        (m.bpp in _PIXEL_FORMAT_OF_BPP, f"{m.bpp} bits per pixel, expected 1, 2, 4 or 8"),
        (
            entry.codec == Codec.RAW and m.model == 0 and m.model_table == 0,
            f"codec {entry.codec} with glyph model {m.model} is not known to this reader",
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
    )
    for what, at, length in tables:
        if at > size or length > size - at:
            fail_malformed(name, f"{what} of {length} bytes at {at} in a payload of {size} bytes")
        if at < first and what in ("glyph records", "pixels"):
            fail_malformed(name, f"{what} at {at} overlap the header or the character map")


def _read_records(view: memoryview, m: FontMetrics, name: str) -> _Records:
    """Split every record into its fields and check each glyph against the pixels."""
    rows = np.frombuffer(view, np.uint8, (m.glyphs + 1) * m.record_bytes, m.records)
    padded = np.zeros((m.glyphs + 1, 16), np.uint8)
    padded[:, : m.record_bytes] = rows.reshape(-1, m.record_bytes)
    low, high = padded.view("<u8").astype(np.uint64).T
    at = 0
    fields = []
    for width in (*m[15:21], 1):
        fields.append(_cut_bits(low, high, at, width))
        at += width
    if int(fields[5][-1]) != m.pixels_bytes:
        fail_malformed(name, f"the last record's offset is {fields[5][-1]}, expected {m.pixels_bytes}")
    advance, x, y, w, h, offset, is_raw = (values[:-1] for values in fields)
    size = (w * h * m.bpp + 7) // 8
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
    if not is_raw[size > 0].all():
        fail_malformed(name, "a coded glyph in a font that has no glyph codec")
    advance16 = (advance + m.advance_bias) << (4 - m.advance_fraction_bits)
    lists = [values.tolist() for values in (advance16, x + m.x_bias, y + m.y_bias, w, h, offset)]
    return _Records(*lists)


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
    shifts = np.arange(8 - bpp, -1, -bpp, dtype=np.uint8)
    return (stored[:, None] >> shifts & np.uint8((1 << bpp) - 1)).reshape(-1)
