"""Glyph runs, read from FORMAT.md section 6.3 alone."""

from __future__ import annotations

import struct

from imgbuild.model import GlyphRuns, ShapedLine
from imgbuild.reader.bitmap import fail_malformed

_HEADER_BYTES, _LINE_BYTES, _GLYPH_BYTES = 8, 8, 6


def read_runs(payload: bytes | memoryview, name: str) -> GlyphRuns:
    """The lines of a shaped text. Raises BuildError IB608 where the bytes are malformed."""
    if len(payload) < _HEADER_BYTES:
        fail_malformed(name, f"glyph runs of {len(payload)} bytes, at least {_HEADER_BYTES} are the header")
    font_key, count, total = struct.unpack_from("<IHH", payload)
    glyphs_at = _HEADER_BYTES + count * _LINE_BYTES
    needed = glyphs_at + total * _GLYPH_BYTES
    if not count or needed != len(payload):
        fail_malformed(
            name, f"glyph runs of {count} lines, {total} glyphs take {needed} bytes, not {len(payload)}"
        )
    lines, start = [], 0
    for number in range(count):
        end, flags, _, width = struct.unpack_from("<HBBi", payload, _HEADER_BYTES + number * _LINE_BYTES)
        if not start <= end <= total or (number == count - 1 and end != total):
            fail_malformed(name, f"line {number} ends at glyph {end} of {total}, it begins at {start}")
        places = (glyphs_at + at * _GLYPH_BYTES for at in range(start, end))
        glyphs = tuple(struct.unpack_from("<Hhh", payload, place) for place in places)
        lines.append(ShapedLine(glyphs, width, bool(flags & 1)))
        start = end
    return GlyphRuns(font_key, tuple(lines))
