"""A font file as the subject of a specimen: what a build would store of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from imgbuild.errors import BuildError, Place
from imgbuild.export.pangrams import PANGRAMS
from imgbuild.export.specimen import Subject
from imgbuild.glyphs.charset import collect_characters
from imgbuild.glyphs.table import encode_font
from imgbuild.model import DecodedFont, FontOptions, Kind, PlannedAsset
from imgbuild.sources.bdf import bdf_size
from imgbuild.sources.font import decode_font, font_codepoints

_SIZE_PX, _BPP = 24, 4
_CHARACTERS_MAX = 800


def subject_of_file(source: Path, size: int | None, bpp: int | None, ranges: Sequence[str]) -> Subject:
    """The font of ``source`` at ``size`` px and ``bpp``, those characters of ``ranges`` that it has.

    Without ranges: its first 800 characters, and those of sentences that it can write. Raises BuildError as
    decode_font and collect_characters do.
    """
    place = Place(str(source))
    is_bdf = source.suffix.lower() == ".bdf"
    bits = bpp or (1 if is_bdf else _BPP)
    there = font_codepoints(source, place, source.name)
    options = FontOptions(
        size_px=size or (bdf_size(source) if is_bdf else None) or _SIZE_PX,
        bpp=bits,
        characters=_choose(there, ranges, place),
        hinting="mono" if bits == 1 else "light",
    )
    decoded = decode_font(source, options, place, source.name)
    asset = PlannedAsset(source.name, 0, Kind.FONT, "", source, options, place)
    total = len(there) if len(decoded.glyphs) <= len(there) else None
    return Subject(source.name, decoded, _stored_bytes(asset, decoded), total)


def _stored_bytes(asset: PlannedAsset, decoded: DecodedFont) -> int | None:
    """What the font takes; None if a glyph does not fit the format, which a sheet can show nevertheless."""
    try:
        return len(encode_font(asset, decoded).payload)
    except BuildError:
        return None


def _choose(there: Sequence[int], ranges: Sequence[str], place: Place) -> tuple[int, ...]:
    if ranges:
        wanted = set(collect_characters(list(ranges), "", [], place=place))
        return tuple(point for point in there if point in wanted) or tuple(sorted(wanted))
    chosen = set(there[:_CHARACTERS_MAX])
    for _, text in PANGRAMS:
        points = {ord(letter) for letter in text}
        if points <= set(there):
            chosen |= points
    return tuple(sorted(chosen))
