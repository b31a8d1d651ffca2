"""A font file as the subject of a specimen: what a build would store of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.errors import BuildError, Place
from imgbuild.export.pangrams import PANGRAMS
from imgbuild.export.shaped_sentences import number_lines, shape_sentences
from imgbuild.export.specimen import TEXT_WIDTH_PX, Subject
from imgbuild.glyphs.charset import collect_characters
from imgbuild.glyphs.table import encode_font
from imgbuild.model import DecodedFont, FontOptions, Kind, PlannedAsset, ShapedLine
from imgbuild.sources.bdf import bdf_size
from imgbuild.sources.font import decode_font, font_codepoints, open_for_shaping
from imgbuild.sources.font_file import read_font

_SIZE_PX, _BPP = 24, 4
_CHARACTERS_MAX = 800


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a font file: ``size`` in px, ``face`` of a collection, ``axes`` of a variable font."""

    size: int | None = None
    bpp: int | None = None
    ranges: Sequence[str] = ()
    face: int | str = 0
    axes: tuple[tuple[str, float], ...] = ()


def subject_of_file(source: Path, request: Request) -> Subject:
    """The font of ``source`` as asked for, with those characters of the ranges that it has.

    Without ranges: its first 800 characters, and those of sentences that it can write. Raises BuildError as
    decode_font and collect_characters do.
    """
    place = Place(str(source))
    is_bdf = source.suffix.lower() == ".bdf"
    bits = request.bpp or (1 if is_bdf else _BPP)
    there = font_codepoints(source, place, source.name, request.face)
    options = FontOptions(
        size_px=request.size or (bdf_size(source) if is_bdf else None) or _SIZE_PX,
        bpp=bits,
        characters=_choose(there, request.ranges, place),
        hinting="mono" if bits == 1 else "light",
        face=request.face,
        axes=request.axes,
    )
    lines: tuple[ShapedLine, ...] = ()
    if not request.ranges and read_font(source, place, source.name).is_sfnt:  # bitmaps are not shaped
        lines = shape_sentences(open_for_shaping(source, options, place, source.name), there, TEXT_WIDTH_PX)
        glyph_ids = sorted({glyph for line in lines for glyph, _, _ in line.glyphs} - {0})
        options = replace(options, glyph_ids=tuple(glyph_ids))
    decoded = decode_font(source, options, place, source.name)
    asset = PlannedAsset(source.name, 0, Kind.FONT, "", source, options, place)
    total = len(there) if len(decoded.glyphs) <= len(there) else None
    return Subject(source.name, decoded, _stored_bytes(asset, decoded), total, number_lines(lines, decoded))


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
