"""Sizes of fonts: from what is asked for to FreeType's size, and the line metrics there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from imgbuild.limits import FONT_SIZE_PX_MAX
from imgbuild.model import FontSize
from imgbuild.sources.font_face import Face

_CAPITALS = (0x48, 0x45, 0x49, 0x5A, 0x410, 0x395)  # H E I Z, Cyrillic A, Greek E: flat above and below
_FINE_STEP = 4  # 1/64 px
_FINE_STEPS = 16
"""How far from the computed em a hinted capital of the right height is looked for: 1 px."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A face's chosen size. ``em_64``: px of the em in 1/64 px; ``is_strike``: bitmaps of the font itself."""

    em_64: int
    is_strike: bool = False
    notes: tuple[str, ...] = ()

    @property
    def em_px(self) -> int:
        """The em in whole px, at least 1."""
        return max(1, (self.em_64 + 32) // 64)


def select_size(face: Face, size: FontSize, *, is_strike: bool, load_flags: int) -> Scale:
    """Set the face's size. ``load_flags``: with what glyphs will be loaded, for the height of capitals.

    Raises BuildError: IB301 where FreeType cannot, IB305 a size that a font of bitmaps has not, IB306 an em
    out of range, IB314 no capital letter to measure.
    """
    if is_strike or not face.is_scalable:
        return _select_strike(face, size)
    scale = _MEASURES[size.measure](face, size.px_64, load_flags)
    _set_em(face, scale.em_64)
    return scale


def _set_em(face: Face, em_64: int) -> None:
    from freetype.raw import FT_Set_Char_Size

    px = f"{em_64 / 64:g} px"
    if not 64 <= em_64 <= 64 * FONT_SIZE_PX_MAX:
        face.font.fail("IB306", f"size {px} is not in 1 to {FONT_SIZE_PX_MAX} px")
    error = FT_Set_Char_Size(face.handle, 0, em_64, 0, 0)
    face.require(error, f'font "{face.font.path.name}" cannot be scaled to {px}')


def _from_em(_face: Face, px_64: int, _load_flags: int) -> Scale:
    return Scale(px_64)


def _from_line_height(face: Face, px_64: int, _load_flags: int) -> Scale:
    """The largest em whose lines, of whole px outward, are not higher; whole px where these do as well."""
    wanted = px_64 // 64
    low, high = 64, 64 * FONT_SIZE_PX_MAX
    while low < high:
        middle = (low + high + 1) // 2
        _set_em(face, middle)
        low, high = (middle, high) if line_height(face) <= wanted else (low, middle - 1)
    _set_em(face, low)
    reached = line_height(face)
    whole = low // 64 * 64
    if whole >= 64:
        _set_em(face, whole)
        low = whole if line_height(face) == reached else low
    missed = f"no size gives lines of {wanted} px: they are {reached} px high"
    return Scale(low, notes=() if reached == wanted else (missed,))


def _from_cap_height(face: Face, px_64: int, load_flags: int) -> Scale:
    """The em at which capitals are as high as asked, by their outline; near it, where hinting rounds them."""
    glyph = next((index for point in _CAPITALS if (index := face.char_index(point))), 0)
    units, upem = _height_units(face, glyph), int(face.record.units_per_EM)
    if units <= 0 or upem <= 0:
        message = f'font "{face.font.path.name}" has no capital letter whose height could be measured'
        face.font.fail("IB314", message, "give the size of the em in px")
    exact = (px_64 * upem * 2 + units) // (2 * units)
    wanted = px_64 // 64
    near = sorted(range(-_FINE_STEPS, _FINE_STEPS + 1), key=lambda step: (abs(step), step))
    for step in near:
        em_64 = exact + step * _FINE_STEP
        if 64 <= em_64 <= 64 * FONT_SIZE_PX_MAX and _drawn_height(face, glyph, em_64, load_flags) == wanted:
            return Scale(em_64)
    return Scale(exact, notes=(f"no size gives capitals of {wanted} px with this hinting",))


def _height_units(face: Face, glyph: int) -> int:
    """Height of a glyph above the baseline in font units."""
    import freetype as ft
    from freetype.raw import FT_Load_Glyph

    if not glyph or FT_Load_Glyph(face.handle, glyph, ft.FT_LOAD_NO_SCALE):
        return 0
    return int(face.record.glyph.contents.metrics.horiBearingY)


def _drawn_height(face: Face, glyph: int, em_64: int, load_flags: int) -> int:
    """Whole px from the baseline to the top of a glyph as it will be drawn."""
    from freetype.raw import FT_Load_Glyph

    _set_em(face, em_64)
    if FT_Load_Glyph(face.handle, glyph, load_flags):
        return -1
    return int(face.record.glyph.contents.metrics.horiBearingY + 32) // 64


_MEASURES = {"em": _from_em, "line_height": _from_line_height, "cap_height": _from_cap_height}


# --- bitmaps inside of a font ----------------------------------------------------------------------


def _select_strike(face: Face, size: FontSize) -> Scale:
    from freetype.raw import FT_Select_Size

    record, name = face.record, face.font.path.name
    sizes = [record.available_sizes[number] for number in range(record.num_fixed_sizes)]
    known = [_strike_sizes(strike) for strike in sizes]
    if not known:
        hint = "take 'strike' out" if face.is_scalable else None
        face.font.fail("IB305", f'font "{name}" has no bitmaps inside', hint)
    lines: list[tuple[int, ...]] = [(int(strike.height),) for strike in sizes]
    asks: dict[str, list[tuple[int, ...]]] = {"em": known, "line_height": lines, "cap_height": []}
    fits = asks[size.measure]
    number = next((n for n, both in enumerate(fits) if size.px_64 in {64 * px for px in both}), None)
    if number is None:
        names = ", ".join(dict.fromkeys(" or ".join(f"{px} px" for px in both) for both in sorted(known)))
        asked = f"{size.measure.replace('_', ' ')} {size.px_64 / 64:g} px".removeprefix("em ")
        face.font.fail("IB305", f'font "{name}" has {names}, not {asked}', f"use size: {known[0][0]}")
    message = f'size {size.px_64 / 64:g} px of "{name}" is broken'
    face.require(FT_Select_Size(face.handle, number), message)
    # a font of bitmaps is known by the size that was asked for, be it that of its em or of its lines
    return Scale(size.px_64, is_strike=True)


def _strike_sizes(strike: Any) -> tuple[int, ...]:
    """Sizes by which a strike may be asked for: its nominal em and its line height, in px."""
    return tuple(dict.fromkeys(((strike.y_ppem + 32) // 64, int(strike.height))))


# --- metrics ---------------------------------------------------------------------------------------


def line_height(face: Face) -> int:
    """Ascent - descent + line gap in whole px at the face's size."""
    metrics = line_metrics(face, 64)
    return metrics["ascent"] - metrics["descent"] + metrics["line_gap"]


def line_metrics(face: Face, em_64: int) -> dict[str, int]:
    """Line metrics of the chosen size in whole px, outward; underline as FORMAT.md section 5 has it."""
    record = face.record
    size = record.size.contents.metrics
    ascent, descent = -(-size.ascender // 64), size.descender // 64
    position, thickness = -1, 1
    if face.is_scalable and record.units_per_EM:
        em = 64 * record.units_per_EM
        thickness = max(1, (record.underline_thickness * em_64 * 2 + em) // (2 * em))
        # FreeType gives the middle of the underline; its top is half a thickness higher.
        top = 2 * record.underline_position + record.underline_thickness
        position = (top * em_64 + em) // (2 * em)
    return {
        "ascent": ascent,
        "descent": descent,
        "line_gap": max(0, size.height // 64 - (ascent - descent)),
        "underline_position": position,
        "underline_thickness": thickness,
    }
