"""TrueType, OpenType and BDF fonts to glyph bitmaps, through FreeType.

Every call has a FreeType library of its own: nothing is shared between threads, and nothing is
left open.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import struct
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from imgbuild.errors import Place, fail
from imgbuild.glyphs.charset import describe_characters, format_codepoint
from imgbuild.glyphs.raster import draw_notdef, make_glyph, quantisation_table, unpack_gray, unpack_mono
from imgbuild.limits import (
    FONT_FILE_BYTES_MAX,
    FONT_PIXELS_MAX,
    FONT_SIZE_PX_MAX,
    GLYPH_AREA_EMS_MAX,
    GLYPHS_MAX,
)
from imgbuild.model import DecodedFont, DecodedGlyph, FontOptions
from imgbuild.units import format_bytes

_BDF_MAGIC = b"STARTFONT"
_COLLECTION_MAGIC = b"ttcf"
_SFNT_MAGICS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_OTHER_MAGICS = {b"wOFF": "a WOFF web font", b"wOF2": "a WOFF2 web font", b"\x01fcp": "a PCF font",
                 b"%!PS": "a PostScript font", b"%!Fo": "a PostScript font", b"\x1f\x8b": "gzip data",
                 b"PK\x03\x04": "a zip archive", b"<": "a text or web page"}  # fmt: skip

# freetype.h, enumerations FT_PIXEL_MODE, FT_FACE_FLAG and FT_ENCODING
_PIXEL_MODE_MONO, _PIXEL_MODE_GRAY = 1, 2
_FACE_FLAG_SCALABLE, _FACE_FLAG_MULTIPLE_MASTERS = 1 << 0, 1 << 8
_ENCODING_UNICODE = int.from_bytes(b"unic", "big")

# Properties that the environment variable FREETYPE_PROPERTIES could change: FreeType's defaults.
_PROPERTIES = (
    (b"truetype", b"interpreter-version", ctypes.c_uint(40)),
    (b"cff", b"no-stem-darkening", ctypes.c_ubyte(1)),
    (b"autofitter", b"no-stem-darkening", ctypes.c_ubyte(1)),
)


@dataclass(frozen=True, slots=True)
class _Source:
    """What messages name, and the file's bytes."""

    path: Path
    data: bytes
    place: Place | None
    asset: str | None

    @property
    def is_bdf(self) -> bool:
        return self.data.startswith(_BDF_MAGIC)

    def fail(self, code: str, message: str, hint: str | None = None) -> NoReturn:
        fail(code, message, self.place, hint, self.asset)


@dataclass(frozen=True, slots=True)
class _Style:
    """How glyphs are rendered. ``load_flags`` as of FT_Load_Glyph, ``mode`` of FT_Render_Glyph."""

    load_flags: int
    mode: int
    is_outline: bool
    has_linear_advance: bool
    bpp: int
    area_max: int


def decode_font(path: Path, options: FontOptions, place: Place | None, asset_name: str) -> DecodedFont:
    """Glyph bitmaps and metrics of ``path`` at ``options.size_px``.

    Outlines are rendered by FreeType with ``options.hinting`` (``none``, ``light``, ``normal``,
    ``mono``): coverage of 8 bits rounded to ``options.bpp``, or FreeType's own bilevel rendering at
    1 bpp. A BDF font must have the size asked for. Advances are unhinted, rounded to 1/16 px, for
    ``none`` and ``light``, which leave widths alone, and as hinted otherwise. Ascent and descent
    are rounded outward. Characters that the font lacks are listed in ``missing``; the caller
    reports them.

    Raises BuildError: IB110 file not found, IB301 not a usable font, IB305 size not in the font,
    IB306 glyphs too large, IB307 none of the characters.
    """
    source = _read_source(path, place, asset_name)
    if not options.characters:
        source.fail("IB307", f'font "{asset_name}" has no characters', "name some under 'characters'")
    if not 1 <= options.size_px <= FONT_SIZE_PX_MAX:
        source.fail("IB306", f"size {options.size_px} px is not in 1 to {FONT_SIZE_PX_MAX} px")
    with _open_face(source) as face:
        notes = _select_size(source, face, options.size_px)
        indices = [(point, _char_index(face, point)) for point in options.characters]
        present = [(point, index) for point, index in indices if index]
        missing = tuple(point for point, index in indices if not index)
        _check_present(source, len(present), missing)
        style = _style(options, bool(face.contents.face_flags & _FACE_FLAG_SCALABLE))
        glyphs = (_notdef(source, face, style, options), *_render_all(source, face, style, present))
        metrics = _metrics(face, options.size_px)
    notes += _check_ink(source, glyphs[1:], options.size_px)
    return DecodedFont(
        size_px=options.size_px,
        bpp=options.bpp,
        glyphs=glyphs,
        missing=missing,
        source_digest=hashlib.sha256(source.data).hexdigest(),
        notes=notes,
        **metrics,
    )


def font_codepoints(path: Path, place: Place | None = None, asset_name: str | None = None) -> tuple[int, ...]:
    """All characters that a font has, sorted; what ``characters: {ranges: [all]}`` means.

    Outline fonts map some controls (U+0000, U+000D) to blanks, which are left out; a BDF font may
    well draw icons there. Raises BuildError as :func:`decode_font`.
    """
    from freetype.raw import FT_Get_First_Char, FT_Get_Next_Char

    source = _read_source(path, place, asset_name)
    is_icon = source.is_bdf
    found: set[int] = set()
    with _open_face(source) as face:
        index = ctypes.c_uint()
        point = FT_Get_First_Char(face, ctypes.byref(index))
        while index.value and len(found) <= 0x110000:
            if is_icon or not (point < 0x20 or 0x7F <= point < 0xA0):
                found.add(point)
            point = FT_Get_Next_Char(face, ctypes.c_ulong(point), ctypes.byref(index))
    return tuple(sorted(point for point in found if 0 < point <= 0x10FFFF))


def _read_source(path: Path, place: Place | None, asset: str | None) -> _Source:
    """The file's bytes, checked to be a font of a kind that is read here, and whole."""
    try:
        size = path.stat().st_size
        if size > FONT_FILE_BYTES_MAX:
            limit = format_bytes(FONT_FILE_BYTES_MAX)
            message = f'font file "{path.name}" has {format_bytes(size)}, at most {limit} are read'
            fail("IB301", message, place, None, asset)
        source = _Source(path, path.read_bytes(), place, asset)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fail("IB110", f'font file "{path.name}" cannot be read: {reason}', place, None, asset)
    start = source.data[:4]
    if start in (*_SFNT_MAGICS, _COLLECTION_MAGIC):
        _check_whole(source)
    elif not source.is_bdf:
        known = next((what for magic, what in _OTHER_MAGICS.items() if start.startswith(magic)), None)
        found = known or (f"no font (it starts with {start.hex(' ').upper()})" if start else "empty")
        source.fail("IB301", f'"{path.name}" is {found}, expected TrueType, OpenType or BDF')
    return source


def _check_whole(source: _Source) -> None:
    """Refuse a truncated file: FreeType would give blank glyphs for what lies behind the end.

    Reads the table directory (OpenType specification 1.9, "Organization of an OpenType Font").
    """
    data, name = source.data, source.path.name
    try:
        at = struct.unpack_from(">I", data, 12)[0] if data.startswith(_COLLECTION_MAGIC) else 0
        count = struct.unpack_from(">H", data, at + 4)[0]
        tables = [struct.unpack_from(">4sIII", data, at + 12 + 16 * number) for number in range(count)]
    except struct.error:
        source.fail("IB301", f'font "{name}" is truncated: it ends in its table directory ({len(data)} B)')
    for tag, _checksum, offset, length in tables:
        if offset > len(data) or length > len(data) - offset:
            shown = tag.decode("ascii", "replace").strip()
            message = f'table "{shown}" ends at 0x{offset + length:X}, the file at 0x{len(data):X}'
            source.fail("IB301", f'font "{name}" is broken or truncated: {message}')


@contextmanager
def _open_face(source: _Source) -> Iterator[Any]:
    """FreeType's face of the font (the first one of a collection), its character map chosen."""
    from freetype import raw

    library = raw.FT_Library()
    _require(source, raw.FT_Init_FreeType(ctypes.byref(library)), "FreeType cannot start")
    try:
        for module, name, value in _PROPERTIES:
            raw.FT_Property_Set(library, module, name, ctypes.byref(value))
        face = raw.FT_Face()
        error = raw.FT_New_Memory_Face(library, source.data, len(source.data), 0, ctypes.byref(face))
        _require(source, error, f'font "{source.path.name}" cannot be read')
        record = face.contents
        if not record.charmap and record.num_charmaps > 0:
            raw.FT_Set_Charmap(face, record.charmaps[0])
        if not record.charmap:
            source.fail("IB301", f'font "{source.path.name}" has no character map: no character can be found')
        yield face
    finally:
        raw.FT_Done_FreeType(library)  # closes the face too


def _require(source: _Source, error: int, message: str) -> None:
    if error:
        source.fail("IB301", f"{message}: {_reason(error)}")


def _reason(error: int) -> str:
    from freetype import FT_Exception

    return str(FT_Exception._errors.get(error, f"FreeType error 0x{error:02X}"))  # noqa: SLF001 - no other way


def _select_size(source: _Source, face: Any, size_px: int) -> tuple[str, ...]:
    """Set the size; returns notes on what a person should know of this font."""
    from freetype.raw import FT_Select_Size, FT_Set_Pixel_Sizes

    record = face.contents
    notes: list[str] = []
    if record.face_flags & _FACE_FLAG_SCALABLE:
        error = FT_Set_Pixel_Sizes(face, 0, size_px)
        _require(source, error, f'font "{source.path.name}" cannot be scaled to {size_px} px')
    else:
        sizes = [_strike_sizes(record.available_sizes[n]) for n in range(record.num_fixed_sizes)]
        strike = next((n for n, both in enumerate(sizes) if size_px in both), None)
        if strike is None:
            names = ", ".join(sorted({" or ".join(f"{px} px" for px in both) for both in sizes})) or "no size"
            hint = f"use size: {sizes[0][0]}" if sizes else None
            source.fail("IB305", f'font "{source.path.name}" has {names}, not {size_px} px', hint)
        _require(source, FT_Select_Size(face, strike), f'size {size_px} px of "{source.path.name}" is broken')
    if record.face_flags & _FACE_FLAG_MULTIPLE_MASTERS:
        notes.append("variable font: its default instance is used")
    if record.num_faces > 1:
        notes.append(f"collection of {record.num_faces} fonts: the first is used")
    if record.charmap.contents.encoding != _ENCODING_UNICODE:
        notes.append("the font does not say that its codes are Unicode: they are taken as they stand")
    return tuple(notes)


def _strike_sizes(strike: Any) -> tuple[int, ...]:
    """Sizes by which a strike may be asked for: its nominal em and its line height, in px."""
    return tuple(dict.fromkeys(((strike.y_ppem + 32) // 64, int(strike.height))))


def _char_index(face: Any, codepoint: int) -> int:
    from freetype.raw import FT_Get_Char_Index

    return int(FT_Get_Char_Index(face, ctypes.c_ulong(codepoint)))


def _check_present(source: _Source, present: int, missing: tuple[int, ...]) -> None:
    if not present:
        wanted = describe_characters(missing)
        message = f'font "{source.path.name}" has none of the characters asked for: {wanted}'
        source.fail("IB307", message, "ask for characters that it has, or choose another font")
    if present >= GLYPHS_MAX:
        message = f'font "{source.path.name}" would get {present} characters, at most {GLYPHS_MAX - 1} fit'
        source.fail("IB306", message, "ask for fewer characters")


def _check_ink(source: _Source, glyphs: tuple[DecodedGlyph, ...], size_px: int) -> tuple[str, ...]:
    """Notes on characters that should show but have no ink: lost in a broken font or at a tiny size."""
    blank = [glyph.codepoint for glyph in glyphs if not glyph.coverage.size and _is_visible(glyph.codepoint)]
    if blank and not any(glyph.coverage.size for glyph in glyphs):
        names = describe_characters(blank)
        source.fail("IB301", f'all glyphs of font "{source.path.name}" are blank at {size_px} px: {names}')
    return (f"without ink: {describe_characters(blank)}",) if blank else ()


def _is_visible(codepoint: int) -> bool:
    category = unicodedata.category(chr(codepoint))
    return category == "Co" or category[0] not in "CMZ"  # private use: icons


def _style(options: FontOptions, is_scalable: bool) -> _Style:
    """FreeType's flags for the options. Embedded bitmaps of outline fonts are never used."""
    import freetype as ft

    targets = {
        "none": ft.FT_LOAD_NO_HINTING,
        "light": ft.FT_LOAD_TARGET_LIGHT,
        "normal": ft.FT_LOAD_TARGET_NORMAL,
        "mono": ft.FT_LOAD_TARGET_MONO,
    }
    return _Style(
        load_flags=ft.FT_LOAD_NO_BITMAP | targets[options.hinting] if is_scalable else ft.FT_LOAD_DEFAULT,
        mode=ft.FT_RENDER_MODE_MONO if options.bpp == 1 else ft.FT_RENDER_MODE_NORMAL,
        is_outline=is_scalable,
        has_linear_advance=is_scalable and options.hinting in {"none", "light"},
        bpp=options.bpp,
        area_max=GLYPH_AREA_EMS_MAX * max(16, options.size_px) ** 2,
    )


def _render_all(
    source: _Source, face: Any, style: _Style, present: list[tuple[int, int]]
) -> Iterator[DecodedGlyph]:
    """The glyphs of ``present`` (code point, glyph index), in order."""
    pixels = 0
    for point, index in present:
        glyph = _render(source, face, style, point, index)
        pixels += glyph.coverage.size
        if pixels > FONT_PIXELS_MAX:
            message = f'the glyphs of "{source.path.name}" have more than {FONT_PIXELS_MAX} pixels together'
            source.fail("IB306", message, "use fewer characters or a smaller size")
        yield glyph


def _render(source: _Source, face: Any, style: _Style, point: int, index: int) -> DecodedGlyph:
    """One glyph by its index in the font; ``point`` is what it is stored and named as."""
    from freetype.raw import FT_Load_Glyph, FT_Render_Glyph

    name = ".notdef" if point < 0 else format_codepoint(point)
    message = f'glyph {name} of font "{source.path.name}" cannot be drawn'
    _require(source, FT_Load_Glyph(face, index, style.load_flags), message)
    slot = face.contents.glyph
    metrics = slot.contents.metrics
    width, height = metrics.width // 64 + 2, metrics.height // 64 + 2
    if not 0 <= width * height <= style.area_max or min(width, height) < 0:
        size = f"it would have some {width}x{height} px, expected at most {style.area_max} pixels in all"
        source.fail("IB306", f"{message}: {size}", "use a smaller size, or leave the character out")
    if style.is_outline:
        _require(source, FT_Render_Glyph(slot, style.mode), message)
    slot_record = slot.contents
    coverage = _coverage(source, slot_record.bitmap, style.bpp, message)
    if style.has_linear_advance:
        advance = (slot_record.linearHoriAdvance + (1 << 11)) >> 12  # 16.16 px to 1/16 px
    else:
        advance = (slot_record.advance.x + 2) >> 2  # 26.6 px to 1/16 px
    return make_glyph(point, coverage, slot_record.bitmap_left, slot_record.bitmap_top, advance)


def _coverage(source: _Source, bitmap: Any, bpp: int, message: str) -> Any:
    """The slot's bitmap as ``[rows, width]`` of 0..2^bpp-1, untrimmed."""
    rows, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
    if not rows or not width:
        return np.zeros((0, 0), dtype=np.uint8)
    if pitch < 0 or bitmap.pixel_mode not in {_PIXEL_MODE_MONO, _PIXEL_MODE_GRAY}:
        source.fail("IB301", f"{message}: its bitmap is neither one-bit nor 8-bit grey")
    data = ctypes.string_at(bitmap.buffer, rows * pitch)
    if bitmap.pixel_mode == _PIXEL_MODE_MONO:
        return unpack_mono(data, rows, width, pitch) * np.uint8((1 << bpp) - 1)
    return quantisation_table(bpp)[unpack_gray(data, rows, width, pitch)]


def _notdef(source: _Source, face: Any, style: _Style, options: FontOptions) -> DecodedGlyph:
    """The font's own .notdef where it shows something, else a box.

    FreeType's glyph 0 of a BDF font without DEFAULT_CHAR is just the first one of the file.
    """
    if not source.is_bdf or re.search(rb"^DEFAULT_CHAR\s", source.data, re.MULTILINE):
        own = _render(source, face, style, -1, 0)
        if own.coverage.size:
            return own
    return draw_notdef(options.size_px, options.bpp)


def _metrics(face: Any, size_px: int) -> dict[str, int]:
    """Line metrics of the chosen size in whole px, outward; underline as FORMAT.md section 5 has it."""
    record = face.contents
    size = record.size.contents.metrics
    ascent, descent = -(-size.ascender // 64), size.descender // 64
    position, thickness = -1, 1
    if record.face_flags & _FACE_FLAG_SCALABLE and record.units_per_EM:
        em = record.units_per_EM
        thickness = max(1, (record.underline_thickness * size_px * 2 + em) // (2 * em))
        # FreeType gives the middle of the underline; its top is half a thickness higher.
        top = 2 * record.underline_position + record.underline_thickness
        position = (top * size_px + em) // (2 * em)
    return {
        "ascent": ascent,
        "descent": descent,
        "line_gap": max(0, size.height // 64 - (ascent - descent)),
        "underline_position": position,
        "underline_thickness": thickness,
    }
