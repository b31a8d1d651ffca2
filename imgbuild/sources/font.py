"""Fonts to glyph bitmaps: one asset from one or several sources, each drawn by FreeType."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from imgbuild.errors import Place
from imgbuild.glyphs.charset import describe_characters
from imgbuild.glyphs.raster import draw_notdef
from imgbuild.limits import FONT_SIZE_PX_MAX, GLYPHS_MAX
from imgbuild.model import DecodedFont, DecodedGlyph, FontOptions, FontRemark, FontSize, FontSource
from imgbuild.sources.font_check import check_components, check_licence, coloured_glyphs, has_colour_bitmaps
from imgbuild.sources.font_face import Face, charmap_remarks, list_codepoints, load_font, open_face
from imgbuild.sources.font_file import FontFile
from imgbuild.sources.font_render import NOTDEF, UNMAPPED, Renderer, load_flags_of, style_of
from imgbuild.sources.font_size import Scale, line_metrics, select_size

if TYPE_CHECKING:
    from imgbuild.glyphs.kerning import Pairs
    from imgbuild.glyphs.shape import ShapingFont


def decode_font(path: Path, options: FontOptions, place: Place | None, asset_name: str) -> DecodedFont:
    """Glyph bitmaps and metrics of ``path`` and of the sources merged with it, at the size asked for.

    Coverage of 8 bits is rounded to ``options.bpp``; 1 bpp is FreeType's own bilevel rendering. Advances are
    unhinted, in 1/16 px, for ``none`` and ``light``, which leave widths alone, and as hinted otherwise. Line
    metrics are those of ``path``, rounded outward. A character comes from the first source that has it; those
    that none has are in ``missing``, what a person should be warned of in ``remarks``: the caller tells both.

    Raises BuildError: IB110 not found, IB301 not usable, IB305 size not in the font, IB306 out of range,
    IB307 no characters, IB310 face, IB311 axes, IB312 only in colour, IB314 no such size, IB317 hostile.
    """
    first = _first_source(path, options, place)
    font = _load(first, asset_name)
    if not (options.characters or options.merge):
        font.fail("IB307", f'font "{asset_name}" has no characters', "name some under 'characters'")
    job = _Job(options, asset_name)
    with open_face(font) as face:
        job.refuse_coloured(face, options.characters)
        scale = job.open(first, face, _size(options))
        job.take(first, face, scale, options.characters)
        notdef = _notdef(job.renderer(first, face, scale), scale)
        unmapped = job.draw_unmapped(first, face, scale)
        metrics = line_metrics(face, scale.em_64)
    for source in options.merge:
        job.merge(source, scale)
    job.check(font)
    glyphs = tuple(job.glyphs[point] for point in sorted(job.glyphs))
    pairs, found = _kern(job.drawn, glyphs) if options.kerning else ({}, 0)
    return DecodedFont(
        size_px=scale.em_px,
        bpp=options.bpp,
        glyphs=(notdef, *glyphs, *unmapped),
        missing=tuple(sorted(job.wanted - job.glyphs.keys())),
        source_digest=font.digest,
        notes=(*job.notes, *_tell_kerning(pairs, found), *_check_ink(font, glyphs, scale.em_px)),
        size_64=scale.em_64,
        kern_pairs=pairs,
        kern_found=found,
        remarks=tuple(job.remarks),
        **metrics,
    )


def font_codepoints(
    path: Path, place: Place | None = None, asset_name: str | None = None, face: int | str = 0
) -> tuple[int, ...]:
    """All characters that a font has, sorted; what ``characters: {ranges: [all]}`` means.

    Outline fonts map some controls (U+0000, U+000D) to blanks, which are left out; a font of bitmaps may
    well draw icons there. Raises BuildError as :func:`decode_font`.
    """
    font = load_font(path, place, asset_name, face)
    is_icon = not font.is_sfnt
    found: set[int] = set()
    with open_face(font) as opened:
        for point in list_codepoints(opened):
            if 0 < point <= 0x10FFFF and (is_icon or not (point < 0x20 or 0x7F <= point < 0xA0)):
                found.add(point)
                if len(found) > GLYPHS_MAX:
                    _fail_count(font, len(found))
    return tuple(sorted(found))


def has_characters(path: Path, face: int | str, characters: Sequence[int]) -> frozenset[int]:
    """Which of ``characters`` a font has. Raises BuildError as :func:`decode_font`."""
    font = load_font(path, None, None, face)
    with open_face(font) as opened:
        return frozenset(point for point in characters if opened.char_index(point))


def open_for_shaping(path: Path, options: FontOptions, place: Place | None, asset_name: str) -> ShapingFont:
    """The first source of a font asset as HarfBuzz reads it: static, at the size of its glyphs.

    Raises BuildError as :func:`decode_font`, and IB319 for a font of bitmaps.
    """
    from imgbuild.glyphs.shape import ShapingFont

    first = _first_source(path, options, place)
    font = _load(first, asset_name)
    if not font.is_sfnt:
        message = f'texts cannot be shaped for font "{asset_name}": "{path.name}" has bitmaps only'
        font.fail("IB319", message, "choose a TrueType or OpenType font")
    with open_face(font) as face:
        scale = _Job(options, asset_name).open(first, face, _size(options))
    return ShapingFont(font.data, font.face_index, scale.em_64)


def _kern(sources: Sequence[_Drawn], glyphs: Sequence[DecodedGlyph]) -> tuple[Pairs, int]:
    """Kerning in 1/16 px by glyphs of the table, within each source; and how many pairs there are."""
    index_of = {glyph.codepoint: index for index, glyph in enumerate(glyphs, 1)}  # 0 is .notdef
    kerned: Pairs = {}
    found = 0
    for source in sources:
        pairs, count = _kern_source(source, index_of)
        kerned.update(pairs)
        found += count
    return kerned, found


def _kern_source(source: _Drawn, index_of: Mapping[int, int]) -> tuple[Pairs, int]:
    font = source.font
    if not font.is_sfnt or source.scale.is_strike or font.tables.keys().isdisjoint(("GPOS", "kern", "kerx")):
        return {}, 0
    from imgbuild.glyphs.kerning import find_kerning, scale_kerning

    becomes: dict[int, list[int]] = {}
    for point, own in source.points.items():
        becomes.setdefault(own, []).append(point)
    pairs, upem = find_kerning(font.data, font.face_index, list(becomes))
    moved = {
        (left, right): value
        for (own_left, own_right), value in pairs.items()
        for left in becomes[own_left]
        for right in becomes[own_right]
    }
    kerning = scale_kerning(moved, upem, source.scale.em_64, index_of)
    return kerning.pairs, kerning.found


def _tell_kerning(pairs: Mapping[tuple[int, int], int], found: int) -> tuple[str, ...]:
    return (f"kerning: {len(pairs)} of {found} pairs kept",) if found else ()


# --- sources ---------------------------------------------------------------------------------------


def _first_source(path: Path, options: FontOptions, place: Place | None) -> FontSource:
    return FontSource(
        source=path,
        place=place or Place(path.name),
        hinting=options.hinting,
        face=options.face,
        axes=options.axes,
        is_strike=options.is_strike,
        weight=options.weight,
    )


def _load(source: FontSource, asset: str) -> FontFile:
    return load_font(source.source, source.place, asset, source.face, source.axes)


def _size(options: FontOptions) -> FontSize:
    return options.size or FontSize("em", 64 * options.size_px)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A source that glyphs were drawn from. ``points``: their code points, and what each is in the source."""

    font: FontFile
    scale: Scale
    points: Mapping[int, int]


@dataclass(slots=True)
class _Job:
    """Gathers the glyphs of one font asset, source after source."""

    options: FontOptions
    asset: str
    glyphs: dict[int, DecodedGlyph] = field(default_factory=dict)
    drawn: list[_Drawn] = field(default_factory=list)
    wanted: set[int] = field(default_factory=set)
    coloured: dict[int, FontFile] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    remarks: list[FontRemark] = field(default_factory=list)

    def open(self, source: FontSource, face: Face, size: FontSize) -> Scale:
        """Set the size of a source's face."""
        flags = load_flags_of(source.hinting, self.options.bpp, is_strike=False)
        if size.measure == "em" and not 64 <= size.px_64 <= 64 * FONT_SIZE_PX_MAX:
            message = f"size {size.px_64 / 64:g} px is not in 1 to {FONT_SIZE_PX_MAX} px"
            face.font.fail("IB306", message)
        return select_size(face, size, is_strike=source.is_strike, load_flags=flags)

    def renderer(self, source: FontSource, face: Face, scale: Scale) -> Renderer:
        """What draws a source's glyphs."""
        style = style_of(self.options, source.hinting, source.weight, scale, source.shift_px)
        return Renderer(face, style)

    def merge(self, source: FontSource, first: Scale) -> None:
        """Add what a further source has of the characters that are still missing."""
        before = set(self.glyphs)
        font = _load(source, self.asset)
        points = self.options.characters if source.characters is None else source.characters
        if source.characters is not None:
            both = [point for point in points if point in self.glyphs]
            if both:
                self.notes.append(f"not taken from {font.path.name}: {describe_characters(both, 4)}")
        with open_face(font) as face:
            moved = dict(source.map)
            self.refuse_coloured(face, [moved.get(p, p) for p in points if p not in self.glyphs])
            scale = self.open(source, face, source.size or FontSize("em", first.em_64))
            self.take(source, face, scale, points)
        for point in self.glyphs.keys() - before:
            self.glyphs[point] = replace(self.glyphs[point], glyph_id=-1)  # its number is another file's

    def refuse_coloured(self, face: Face, points: Sequence[int]) -> None:
        """Raise BuildError IB312 if the font has nothing but bitmaps in colour for some of ``points``."""
        if has_colour_bitmaps(face.font) and not face.is_scalable:
            present = [point for point in points if face.char_index(point)]
            if present:
                _fail_coloured(face.font, present)

    def take(self, source: FontSource, face: Face, scale: Scale, points: Sequence[int]) -> None:
        """Draw those of ``points`` that the source has and that no source before it had."""
        font = face.font
        self._remark(source, face, scale)
        self.wanted.update(points)
        moved = dict(source.map)
        indices = [(point, face.char_index(moved.get(point, point))) for point in points]
        present = [(point, index) for point, index in indices if index and point not in self.glyphs]
        if len(self.glyphs) + len(present) >= GLYPHS_MAX:
            _fail_count(font, len(self.glyphs) + len(present))
        if scale.is_strike and has_colour_bitmaps(font):
            self.coloured.update(dict.fromkeys((point for point, _ in present), font))
            return
        check_components(font, (index for _, index in present))
        renderer = self.renderer(source, face, scale)
        drawn = list(renderer.render_all(present))
        self._sort_colours(font, drawn)
        if scale.is_strike and renderer.outlined:
            self.notes.append(f"drawn from outlines: {describe_characters(renderer.outlined, 4)}")
        kept = [glyph for glyph in drawn if self.coloured.get(glyph.codepoint) is not font]
        self.glyphs.update({glyph.codepoint: glyph for glyph in kept})
        own = {glyph.codepoint: moved.get(glyph.codepoint, glyph.codepoint) for glyph in kept}
        self.drawn.append(_Drawn(font, scale, own))

    def draw_unmapped(self, source: FontSource, face: Face, scale: Scale) -> tuple[DecodedGlyph, ...]:
        """Glyphs that shaped texts need and that no character of this asset leads to."""
        there = {glyph.glyph_id for glyph in self.glyphs.values()}
        ids = [index for index in self.options.glyph_ids if index and index not in there]
        if len(self.glyphs) + len(ids) >= GLYPHS_MAX:
            _fail_count(face.font, len(self.glyphs) + len(ids))
        check_components(face.font, ids)
        renderer = self.renderer(source, face, scale)
        return tuple(renderer.render_all([(UNMAPPED, index) for index in ids]))

    def _remark(self, source: FontSource, face: Face, scale: Scale) -> None:
        font = face.font
        remarks, notes = charmap_remarks(face)
        self.remarks += [*check_licence(font, is_strike=scale.is_strike), *remarks]
        if font.is_variable and not source.axes:
            notes = ("variable font: its default instance is used", *notes)
        if font.face_count > 1 and font.face_index == 0:
            notes = (*notes, f"collection of {font.face_count} fonts: the first is used")
        self.notes += [*scale.notes, *notes]

    def _sort_colours(self, font: FontFile, drawn: Sequence[DecodedGlyph]) -> None:
        """Characters that show in colour only are left to the sources behind; the others are noted."""
        coloured = coloured_glyphs(font)
        in_colour = [glyph for glyph in drawn if coloured is None or glyph.glyph_id in coloured]
        blank = [g.codepoint for g in in_colour if not g.coverage.size and _is_visible(g.codepoint)]
        self.coloured.update(dict.fromkeys(blank, font))
        outlined = [glyph.codepoint for glyph in in_colour if glyph.coverage.size]
        if outlined and coloured is not None:
            self.notes.append(f"drawn without their colours: {describe_characters(outlined, 4)}")

    def check(self, font: FontFile) -> None:
        """Raise BuildError where a character has only colours, or nothing could be drawn."""
        in_colour = sorted(self.coloured.keys() - self.glyphs.keys())
        if in_colour:
            _fail_coloured(self.coloured[in_colour[0]], in_colour)
        if not self.glyphs:
            wanted = describe_characters(sorted(self.wanted))
            message = f'font "{font.path.name}" has none of the characters asked for: {wanted}'
            font.fail("IB307", message, "ask for characters that it has, or choose another font")


def _fail_coloured(font: FontFile, points: Sequence[int]) -> NoReturn:
    message = f'font "{font.path.name}" has only colour glyphs, which a font cannot store, for '
    hint = "store them as pictures, choose a font with outlines, or leave them out"
    font.fail("IB312", message + describe_characters(points), hint)


def _fail_count(font: FontFile, count: int) -> NoReturn:
    message = f'font "{font.path.name}" would get {count} characters, at most {GLYPHS_MAX - 1} fit'
    font.fail("IB306", message, "ask for fewer characters")


# --- what shows ------------------------------------------------------------------------------------


def _check_ink(font: FontFile, glyphs: Sequence[DecodedGlyph], size_px: int) -> tuple[str, ...]:
    """Notes on characters that should show but have no ink: lost in a broken font or at a tiny size."""
    blank = [glyph.codepoint for glyph in glyphs if not glyph.coverage.size and _is_visible(glyph.codepoint)]
    if blank and not any(glyph.coverage.size for glyph in glyphs):
        names = describe_characters(blank)
        font.fail("IB301", f'all glyphs of font "{font.path.name}" are blank at {size_px} px: {names}')
    return (f"without ink: {describe_characters(blank)}",) if blank else ()


def _is_visible(codepoint: int) -> bool:
    category = unicodedata.category(chr(codepoint))
    return category == "Co" or category[0] not in "CMZ"  # private use: icons


def _notdef(renderer: Renderer, scale: Scale) -> DecodedGlyph:
    """The font's own .notdef where it shows something, else a box.

    FreeType's glyph 0 of a BDF font without DEFAULT_CHAR is just the first one of the file.
    """
    font = renderer.face.font
    has_own = not font.is_bdf or re.search(rb"^DEFAULT_CHAR\s", font.data, re.MULTILINE)
    if has_own and not (scale.is_strike and has_colour_bitmaps(font)):
        check_components(font, (0,))
        own = renderer.render(NOTDEF, 0)
        if own.coverage.size:
            return own
    return replace(draw_notdef(scale.em_px, renderer.style.bpp), glyph_id=0)
