"""Fonts on their way to C: what every library's exporter is given, and what it must tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.export.ctext import printable
from imgbuild.glyphs.charset import format_codepoint
from imgbuild.model import DecodedFont, DecodedGlyph
from imgbuild.reader.container import Image
from imgbuild.reader.font import read_font
from imgbuild.reader.pack import Entry

U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FontChoices:
    """What the person asks for.

    ``codec``: of LVGL's glyphs, ``raw`` or ``rle``. ``threshold``: per cent of full coverage from which on
    a pixel is set where a library has 1 bit a pixel; None: fonts of more bits are refused.
    """

    codec: str | None = None
    threshold: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFont:
    """A font of the image; ``fallback``: the name of the font that is asked next, or nothing."""

    name: str
    place: Place
    font: DecodedFont
    fallback: str = ""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f'font "{self.name}"'

    def fail(self, code: str, message: str, hint: str | None = None) -> NoReturn:
        """Raise BuildError with ``message`` about this font."""
        fail(code, message, self.place, hint, self.name)


def read_stored_font(image: Image, entry: Entry) -> StoredFont:
    """The font of ``entry``. Raises BuildError with IB608 where it is damaged."""
    font = read_font(image.payload(entry), entry)
    key = font.metrics.fallback_key
    names = {asset.key: image.label(asset) for asset in image.assets}
    return StoredFont(entry.name, image.place, font.to_decoded(), names.get(key, "") if key else "")


def drawable(stored: StoredFont) -> list[DecodedGlyph]:
    """The glyphs that a character leads to, by rising code point."""
    return [glyph for glyph in stored.font.glyphs if glyph.codepoint >= 0]


def describe_font(stored: StoredFont, name: str, lost: Sequence[str]) -> str:
    """What stands above a font's definitions; ``lost``: what the library has no place for."""
    font = stored.font
    text = f'{name}: "{printable(stored.name)}", {font.size_px} px, {font.bpp} bpp'
    return "; ".join((f"{text}, {len(drawable(stored))} glyphs", *lost))


def lost_kerning(stored: StoredFont) -> list[str]:
    """A remark for a library without kerning."""
    pairs = stored.font.kern_pairs
    return [f"its {len(pairs)} kerning pairs are left out"] if pairs else []


def lost_fallback(stored: StoredFont) -> list[str]:
    """A remark on the fallback font, which a constant does not know."""
    return [f'its fallback font is "{printable(stored.fallback)}"'] if stored.fallback else []


def one_bit(stored: StoredFont, choices: FontChoices, library: str) -> StoredFont:
    """``stored`` with 1 bit a pixel. Raises IB372 where it has more and no threshold is asked for."""
    font = stored.font
    if font.bpp == 1:
        return stored
    if choices.threshold is None:
        hint = "build it with bpp: 1, or cut it off at half coverage with --threshold 50"
        stored.fail("IB372", f"{stored.label} has {font.bpp} bpp, and {library} draws 1 bit a pixel", hint)
    least = choices.threshold * ((1 << font.bpp) - 1)
    glyphs = tuple(
        replace(glyph, coverage=(glyph.coverage.astype(np.uint32) * 100 >= least).astype(np.uint8))
        for glyph in font.glyphs
    )
    return replace(stored, font=replace(font, bpp=1, glyphs=tuple(_trim(glyph) for glyph in glyphs)))


def _trim(glyph: DecodedGlyph) -> DecodedGlyph:
    """``glyph`` without the rows and columns in which nothing is set any more."""
    rows, columns = (np.flatnonzero(glyph.coverage.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return replace(glyph, coverage=np.zeros((0, 0), np.uint8), x=0, y=0)
    top, left = int(rows[0]), int(columns[0])
    ink = glyph.coverage[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    return replace(glyph, coverage=ink, x=glyph.x + left, y=glyph.y - top)


def whole_px(advance: int) -> int:
    """An advance of 1/16 px in px, to the nearest."""
    return (advance + 8) >> 4


def check_fields(
    stored: StoredFont,
    library: str,
    glyph: DecodedGlyph,
    fields: Mapping[str, tuple[int, int, int]],
) -> None:
    """Raise IB373 for the first of ``fields`` (value, lowest, highest) that the library cannot hold."""
    for what, (value, low, high) in fields.items():
        if not low <= value <= high:
            name = format_codepoint(glyph.codepoint)
            message = f"{stored.label}: the {what} of {name} is {value}, {library} holds {low} to {high}"
            stored.fail("IB373", message, "leave the character out, or use a smaller size")


def refuse_above(stored: StoredFont, library: str, last: int) -> None:
    """Raise IB373 for characters behind ``last``, the highest code point that the library has."""
    beyond = [glyph.codepoint for glyph in drawable(stored) if glyph.codepoint > last]
    if beyond:
        more = f" and {len(beyond) - 1} more" if len(beyond) > 1 else ""
        message = f"{stored.label} has {format_codepoint(beyond[0])}{more}, {library} ends at U+{last:04X}"
        stored.fail("IB373", message, "build a font without them for this library")


def warn_unreachable(stored: StoredFont, found: Diagnostics, message: str, hint: str) -> None:
    """Note IB374: part of the array does nothing for its bytes."""
    found.warn("IB374", message, stored.place, hint, stored.name)
