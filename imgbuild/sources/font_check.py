"""What a font's tables tell before a glyph is drawn: parts of parts, colours, the licence bits."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from imgbuild.limits import FONT_COMPONENTS_MAX
from imgbuild.model import FontRemark
from imgbuild.sources.font_file import FontFile

# OpenType specification 1.9, table OS/2, field fsType
_FS_TYPE_AT = 8
_USAGE_MASK, _RESTRICTED = 0x000F, 0x0002
_NO_SUBSETTING, _BITMAPS_ONLY = 0x0100, 0x0200

# table glyf, flags of a component
_ARGS_ARE_WORDS, _HAS_SCALE, _MORE_COMPONENTS, _HAS_TWO_SCALES, _HAS_MATRIX = 0x0001, 0x0008, 0x20, 0x40, 0x80


def check_licence(font: FontFile, *, is_strike: bool) -> tuple[FontRemark, ...]:
    """IB313 for each bit of ``fsType`` that speaks against storing glyphs of the font in a device."""
    table = font.table("OS/2")
    if len(table) < _FS_TYPE_AT + 2:
        return ()
    (bits,) = struct.unpack_from(">H", table, _FS_TYPE_AT)
    found = []
    if bits & _USAGE_MASK == _RESTRICTED:
        found.append((_RESTRICTED, "restricted: it may not be embedded without its owner's permission"))
    if bits & _NO_SUBSETTING:
        found.append((_NO_SUBSETTING, "no subsetting: a choice of its characters may not be embedded"))
    if bits & _BITMAPS_ONLY and not is_strike:
        found.append((_BITMAPS_ONLY, "bitmaps only: only bitmaps that it contains may be embedded"))
    hint = "make sure that the licence allows it, or choose another font"
    return tuple(
        FontRemark("IB313", f'font "{font.path.name}" has licence bit 0x{bit:04X} set ({what})', hint)
        for bit, what in found
    )


# --- composite glyphs ------------------------------------------------------------------------------


def check_components(font: FontFile, glyph_ids: Iterable[int]) -> None:
    """Refuse glyphs made of themselves, or of more parts than any real one.

    A handful of glyphs of two parts each can ask for 2^n of them. Raises BuildError IB317.
    """
    glyphs = _Glyphs.of(font)
    if glyphs is None:
        return
    counts: dict[int, int] = {}
    for glyph in glyph_ids:
        _count_parts(font, glyphs, glyph, counts)


def _count_parts(font: FontFile, glyphs: _Glyphs, glyph: int, counts: dict[int, int]) -> None:
    """Fill in ``counts`` for ``glyph`` and all it is made of; depth first, without recursion."""
    path: list[int] = [glyph]
    inside: set[int] = set()
    while path:
        here = path[-1]
        if here in counts:
            path.pop()
            continue
        parts = glyphs.parts(here)
        waiting = [part for part in parts if part not in counts]
        if waiting and here in inside:
            font.fail("IB317", f'glyph {here} of font "{font.path.name}" is made of itself')
        if waiting:
            inside.add(here)
            path += waiting
            continue
        counts[here] = 1 + sum(counts[part] for part in parts)
        inside.discard(here)
        path.pop()
        if counts[here] > FONT_COMPONENTS_MAX:
            message = f'glyph {glyph} of font "{font.path.name}" is made of {counts[here]} parts or more'
            font.fail("IB317", f"{message}, at most {FONT_COMPONENTS_MAX} are drawn")


@dataclass(slots=True)
class _Glyphs:
    """Tables glyf and loca; whatever lies outside of them has no parts: FreeType tells what is wrong."""

    glyf: bytes
    loca: bytes
    is_long: bool
    known: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, font: FontFile) -> _Glyphs | None:
        tables = font.tables
        if not {"glyf", "loca", "head"} <= set(tables):
            return None
        head = font.table("head")
        return cls(font.table("glyf"), font.table("loca"), len(head) >= 52 and head[51] != 0)

    def parts(self, glyph: int) -> tuple[int, ...]:
        if glyph not in self.known:
            try:
                self.known[glyph] = self._read_parts(glyph)
            except struct.error:
                self.known[glyph] = ()
        return self.known[glyph]

    def _read_parts(self, glyph: int) -> tuple[int, ...]:
        if self.is_long:
            start, end = struct.unpack_from(">II", self.loca, 4 * glyph)
        else:
            start, end = (2 * value for value in struct.unpack_from(">HH", self.loca, 2 * glyph))
        if end - start < 10 or struct.unpack_from(">h", self.glyf, start)[0] >= 0:
            return ()
        at, found, flags = start + 10, [], _MORE_COMPONENTS
        while flags & _MORE_COMPONENTS:
            flags, part = struct.unpack_from(">HH", self.glyf, at)
            found.append(part)
            at += 4 + (4 if flags & _ARGS_ARE_WORDS else 2)
            at += (
                8 if flags & _HAS_MATRIX else 4 if flags & _HAS_TWO_SCALES else 2 if flags & _HAS_SCALE else 0
            )
        return tuple(found)


# --- colours ---------------------------------------------------------------------------------------


def has_colour_bitmaps(font: FontFile) -> bool:
    """Whether the bitmaps inside the font are in colour (tables CBDT, sbix)."""
    return not {"CBDT", "sbix"}.isdisjoint(font.tables)


def coloured_glyphs(font: FontFile) -> frozenset[int] | None:
    """Glyphs that the font has in colour; None: any of them may be."""
    tables = font.tables
    if has_colour_bitmaps(font):
        return None
    found: set[int] = set()
    for tag, read in (("COLR", _read_colr), ("SVG ", _read_svg)):
        if tag in tables:
            try:
                found.update(read(font.table(tag)))
            except struct.error:
                return None
    return frozenset(found)


def _read_colr(table: bytes) -> Iterable[int]:
    """Base glyphs of versions 0 and 1 (OpenType specification 1.9, table COLR)."""
    version, count, offset = struct.unpack_from(">HHI", table)
    yield from (struct.unpack_from(">H", table, offset + 6 * number)[0] for number in range(count))
    if version:
        (start,) = struct.unpack_from(">I", table, 14)
        paints = struct.unpack_from(">I", table, start)[0] if start else 0
        for number in range(min(paints, 0x10000)):
            yield struct.unpack_from(">H", table, start + 4 + 6 * number)[0]


def _read_svg(table: bytes) -> Iterable[int]:
    """Glyphs of the document list (table SVG)."""
    (start,) = struct.unpack_from(">I", table, 2)
    (count,) = struct.unpack_from(">H", table, start)
    for number in range(count):
        first, last = struct.unpack_from(">HH", table, start + 2 + 12 * number)
        yield from range(first, last + 1)
