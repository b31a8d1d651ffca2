"""Glyphs of one source drawn by FreeType."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from imgbuild.glyphs.charset import format_codepoint
from imgbuild.glyphs.raster import coverage_table, make_glyph, unpack_bits, unpack_gray
from imgbuild.limits import FONT_PIXELS_MAX, FONT_SECONDS_MAX, GLYPH_AREA_EMS_MAX
from imgbuild.model import DecodedGlyph, FontOptions, FontWeight
from imgbuild.sources.font_face import Face
from imgbuild.sources.font_size import Scale

if TYPE_CHECKING:
    from imgbuild.model.decoded import U8

# freetype.h: enumerations FT_PIXEL_MODE and FT_GLYPH_FORMAT
_MODE_BITS = {1: 1, 3: 2, 4: 4}  # mono, grey of 2 and of 4 bits
_MODE_GRAY = 2
_FORMAT_OUTLINE = int.from_bytes(b"outl", "big")

UNMAPPED = -2
NOTDEF = -1


@dataclass(frozen=True, slots=True)
class Style:
    """How glyphs are rendered. ``load_flags`` as of FT_Load_Glyph, ``mode`` of FT_Render_Glyph.

    ``embolden_64``: by how much outlines grow in all, 1/64 px; ``shift_px``: upward.
    """

    load_flags: int
    mode: int
    has_linear_advance: bool
    bpp: int
    area_max: int
    is_strike: bool = False
    gamma: float = 1.0
    embolden_64: int = 0
    shift_px: int = 0


def load_flags_of(hinting: str, bpp: int, *, is_strike: bool) -> int:
    """FreeType's flags for ``none``, ``light``, ``normal``, ``mono`` or ``auto``.

    Bitmaps inside of outline fonts are taken only if asked for.
    """
    import freetype as ft

    if is_strike:
        return int(ft.FT_LOAD_DEFAULT)
    auto = ft.FT_LOAD_TARGET_MONO if bpp == 1 else ft.FT_LOAD_TARGET_NORMAL
    targets = {
        "none": ft.FT_LOAD_NO_HINTING,
        "light": ft.FT_LOAD_TARGET_LIGHT,
        "normal": ft.FT_LOAD_TARGET_NORMAL,
        "mono": ft.FT_LOAD_TARGET_MONO,
        "auto": ft.FT_LOAD_FORCE_AUTOHINT | auto,
    }
    return int(ft.FT_LOAD_NO_BITMAP | targets[hinting])


def style_of(
    options: FontOptions, hinting: str, weight: FontWeight | None, scale: Scale, shift_px: int = 0
) -> Style:
    """The style of one source of a font asset, at the size that was found for it."""
    import freetype as ft

    return Style(
        load_flags=load_flags_of(hinting, options.bpp, is_strike=scale.is_strike),
        mode=ft.FT_RENDER_MODE_MONO if options.bpp == 1 else ft.FT_RENDER_MODE_NORMAL,
        has_linear_advance=not scale.is_strike and hinting in {"none", "light"},
        bpp=options.bpp,
        area_max=GLYPH_AREA_EMS_MAX * max(16, scale.em_px) ** 2,
        is_strike=scale.is_strike,
        gamma=options.gamma,
        embolden_64=_embolden(weight, scale),
        shift_px=shift_px,
    )


def _embolden(weight: FontWeight | None, scale: Scale) -> int:
    if weight is None or scale.is_strike:
        return 0
    if weight.is_of_em:
        return (weight.amount * scale.em_64 * 2 + 100_000) // 200_000
    return (weight.amount * 64 * 2 + 1000) // 2000


class Renderer:
    """Draws glyphs of a face whose size is set. ``outlined``: those drawn for want of a bitmap."""

    def __init__(self, face: Face, style: Style) -> None:
        self.face, self.style = face, style
        self.outlined: list[int] = []
        self._pixels = 0
        self._deadline = time.monotonic() + FONT_SECONDS_MAX
        self._table = coverage_table(style.bpp, style.gamma)

    def render_all(self, wanted: list[tuple[int, int]]) -> Iterator[DecodedGlyph]:
        """The glyphs of ``wanted`` (code point, glyph number), in order.

        Raises BuildError: IB301 broken, IB306 too large, IB317 takes too long.
        """
        name = self.face.font.path.name
        for point, index in wanted:
            glyph = self.render(point, index)
            self._pixels += glyph.coverage.size
            if self._pixels > FONT_PIXELS_MAX:
                message = f'the glyphs of "{name}" have more than {FONT_PIXELS_MAX} pixels together'
                self.face.font.fail("IB306", message, "use fewer characters or a smaller size")
            if time.monotonic() > self._deadline:
                message = f'the glyphs of "{name}" take longer than {FONT_SECONDS_MAX} s to draw'
                self.face.font.fail("IB317", message)
            yield glyph

    def render(self, point: int, index: int) -> DecodedGlyph:
        """One glyph by its number in the font; ``point`` is what it is stored and named as."""
        from freetype.raw import FT_Load_Glyph, FT_Render_Glyph

        style, face = self.style, self.face
        error = FT_Load_Glyph(face.handle, index, style.load_flags)
        if error:
            face.require(error, self._message(point, index))
        slot = face.record.glyph
        record = slot.contents
        metrics = record.metrics
        width, height = metrics.width // 64 + 2, metrics.height // 64 + 2
        if not 0 <= width * height <= style.area_max or min(width, height) < 0:
            size = f"it would have some {width}x{height} px, expected at most {style.area_max} pixels in all"
            hint = "use a smaller size, or leave the character out"
            face.font.fail("IB306", f"{self._message(point, index)}: {size}", hint)
        if record.format == _FORMAT_OUTLINE:
            if style.embolden_64:
                self._embolden(record.outline)
            error = FT_Render_Glyph(slot, style.mode)
            if error:
                face.require(error, self._message(point, index))
            if style.is_strike:
                self.outlined.append(point)
        coverage = self._coverage(record.bitmap, point, index)
        if style.has_linear_advance:
            advance = (record.linearHoriAdvance + (1 << 11)) >> 12  # 16.16 px to 1/16 px
        else:
            advance = (record.advance.x + 2) >> 2  # 26.6 px to 1/16 px
        glyph = make_glyph(point, coverage, record.bitmap_left, record.bitmap_top + style.shift_px, advance)
        return replace(glyph, glyph_id=index)

    def _message(self, point: int, index: int) -> str:
        names = {NOTDEF: ".notdef", UNMAPPED: f"number {index}"}
        name = names.get(point) or format_codepoint(point)
        return f'glyph {name} of font "{self.face.font.path.name}" cannot be drawn'

    def _embolden(self, outline: Any) -> None:
        """Grow the outline on all sides alike: where it stands and its advance stay."""
        from freetype.raw import FT_Outline_Embolden, FT_Outline_Translate

        pointer, by = ctypes.byref(outline), self.style.embolden_64
        if outline.n_points and not FT_Outline_Embolden(pointer, by):
            FT_Outline_Translate(pointer, -(by // 2), -(by // 2))

    def _coverage(self, bitmap: Any, point: int, index: int) -> U8:
        """The slot's bitmap as ``[rows, width]`` of 0..2^bpp-1, untrimmed."""
        rows, width, pitch = bitmap.rows, bitmap.width, bitmap.pitch
        if not rows or not width:
            return np.zeros((0, 0), dtype=np.uint8)
        mode, bpp = bitmap.pixel_mode, self.style.bpp
        if pitch < 0 or (mode != _MODE_GRAY and mode not in _MODE_BITS):
            message = f"{self._message(point, index)}: its bitmap is not in levels of grey"
            self.face.font.fail("IB301", message)
        data = ctypes.string_at(bitmap.buffer, rows * pitch)
        if mode == _MODE_GRAY:
            return self._table[unpack_gray(data, rows, width, pitch)]
        bits = _MODE_BITS[mode]
        values = unpack_bits(data, rows, width, pitch, bits)
        if bits == 1:
            return values * np.uint8((1 << bpp) - 1)
        grey: U8 = self._table[values * np.uint8(255 // ((1 << bits) - 1))]
        return grey
