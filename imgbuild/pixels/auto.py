"""``pixel_format: auto``: the format of the fewest bytes that loses nothing.

Raw, the fewest bytes follow from the picture's size (:func:`choose_format`). Coded, they have to be tried:
:func:`list_choices` names the few formats that are worth it.

"Nothing" means: nothing that the display can show. Where the manifest gives the display's pixel format,
two colours that it shows alike count as one (after rounding to its fields or its grey levels); with
``lossless: true``, or without a display, all 8 bits count. Alpha always keeps its 8 bits, since what it
blends with is not known. Where the exact colours cost no more than the rounded ones, they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imgbuild.pixels.convert import clear_hidden_colour, luma, quantise_levels
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat, SampleKind
from imgbuild.pixels.pack import stride_of
from imgbuild.pixels.palette import find_colours, pack_colours, palette_of

U8 = NDArray[np.uint8]
U32 = NDArray[np.uint32]
Rgb = tuple[int, int, int]

TINT_BYTES = 8
"""Bytes of the extension that carries the colour of a coverage format (FORMAT.md, section 4.2)."""

_CANDIDATES = (
    "i1", "a1", "gray1", "i2", "a2", "gray2", "i4", "a4", "gray4", "gray8", "i8", "a8", "rgb332", "argb2222",
    "rgb444", "rgb565", "al88", "argb1555", "argb4444", "rgb565a8", "argb8565", "rgb888", "argb8888",
)  # fmt: skip
"""Formats that are tried; of formats of equal size the first."""

_CODED = ("rgb565", "rgb565a8", "rgb888", "argb8888")
_MASKS = ("a8", "a4")
_WOVEN = ("al88", "argb8565")
"""What may be smaller once it is coded, though it is larger raw: colours told one by one need no palette, and
codec range knows them; as it knows masks; rle and lz4 like alpha beside its colour."""
_WORTH = 8
"""A format so many times larger than the smallest, both raw, is not tried. (Of the 838 pictures of the
bench, all formats of all pictures were coded: what is tried misses the smallest for at most 5 of them and
takes at most 0.3 % more than it in all.)"""

_PROBE_PIXELS = 4096


@dataclass(frozen=True, slots=True)
class Choice:
    """A format, the picture to convert to it without loss, and the colour of a coverage format."""

    pixel_format: PixelFormat
    rgba: U8
    tint: Rgb | None


@dataclass(frozen=True, slots=True)
class _Facts:
    """``values``: uint8 ``[n, 4]``, each colour once where there are at most 256, else every pixel."""

    values: U8
    is_few: bool
    is_opaque: bool
    tint: Rgb | None  # the one colour of all that is not clear


@dataclass(frozen=True, slots=True)
class _Look:
    """A picture and what is to know of it."""

    rgba: U8
    facts: _Facts


def choose_format(
    rgba: U8, display: PixelFormat | None, row_align_bytes: int = 1, lvgl_formats: Sequence[str] = ()
) -> Choice:
    """The smallest format for ``rgba`` (uint8 ``[h, w, 4]``) without loss; see above for ``display``.

    ``lvgl_formats``: if any, only of these (``argb8888`` among them), with LVGL's full palettes.
    """
    looks = _look_twice(rgba, display)
    names = [name for name in _CANDIDATES if not lvgl_formats or name in lvgl_formats]
    best = _find_smallest(looks, names, row_align_bytes, is_full_palette=bool(lvgl_formats))
    return best[0] if best else Choice(PIXEL_FORMATS["argb8888"], looks[0].rgba, None)


def list_choices(
    rgba: U8, display: PixelFormat | None, row_align_bytes: int = 1, *, has_woven: bool = True
) -> list[Choice]:
    """:func:`choose_format`'s, and what may take fewer bytes than that by a codec; at most four.

    ``has_woven``: formats that codec range does not know are worth a try.
    """
    looks = _look_twice(rgba, display)
    best = _find_smallest(looks, _CANDIDATES, row_align_bytes)
    if best is None:
        return [Choice(PIXEL_FORMATS["argb8888"], looks[0].rgba, None)]
    choices = [best[0]]
    for names in (_CODED, _MASKS, *([_WOVEN] if has_woven else [])):
        rival = _find_smallest(looks, names, row_align_bytes)
        if rival is None or rival[1] > _WORTH * best[1]:
            continue
        if all(rival[0].pixel_format is not choice.pixel_format for choice in choices):
            choices.append(rival[0])
    return choices


def show_colours(rgba: U8, display: PixelFormat) -> U8 | None:
    """``rgba`` as a display of this format shows it, alpha kept; None if it shows all, or is dithered for.

    A field of n bits stands for ``value * 255 / (2^n - 1)`` (FORMAT.md, section 4.1).
    """
    if display.samples is SampleKind.GREY:
        levels = quantise_levels(luma(rgba), display.levels_max)
        grey = (levels.astype(np.uint16) * np.uint16(255 // display.levels_max)).astype(np.uint8)
        return np.dstack([grey, grey, grey, rgba[..., 3]])
    if all(bits in (0, 8) for bits in display.fields[:3]):
        return None
    out = rgba.copy()
    for channel, bits in enumerate(display.fields[:3]):
        out[..., channel] = _rounded(bits)[rgba[..., channel]]
    return clear_hidden_colour(out)


def _look_twice(rgba: U8, display: PixelFormat | None) -> list[_Look]:
    """The picture, and as the display shows it where that differs."""
    exact = clear_hidden_colour(rgba)
    shown = None if display is None else show_colours(exact, display)
    return [_Look(picture, _look_at(picture)) for picture in (exact, shown) if picture is not None]


def _find_smallest(
    looks: Sequence[_Look], names: Sequence[str], row_align_bytes: int, *, is_full_palette: bool = False
) -> tuple[Choice, int] | None:
    """The first of the smallest that fit, and its bytes raw; ``is_full_palette``: unused entries count."""
    best: tuple[_Look, PixelFormat, int] | None = None
    for look in looks:
        for row in (PIXEL_FORMATS[name] for name in names):
            size_bytes = _size_of(row, look.rgba, look.facts, row_align_bytes)
            if is_full_palette and row.is_indexed:
                size_bytes += 4 * (row.palette_max - len(look.facts.values))
            if (best is None or size_bytes < best[2]) and _FITS[row.samples](row, look.facts):
                best = look, row, size_bytes
    if best is None:
        return None
    look, row, size_bytes = best
    return Choice(row, look.rgba, look.facts.tint if row.is_coverage else None), size_bytes


def _look_at(rgba: U8) -> _Facts:
    packed = pack_colours(rgba)
    few = _few_colours(packed)
    values = rgba.reshape(-1, 4) if few is None else palette_of(few)
    seen = values[values[:, 3] != 0, :3]
    tint = None
    if seen.size and bool((seen == seen[0]).all()):
        tint = (int(seen[0, 0]), int(seen[0, 1]), int(seen[0, 2]))
    return _Facts(values, few is not None, bool((values[:, 3] == 255).all()), tint)


def _few_colours(packed: U32) -> U32 | None:
    """The distinct colours, None if they are more than 256; most photographs are settled by a look."""
    if np.unique(packed.reshape(-1)[:_PROBE_PIXELS]).size > 256:
        return None
    colours = find_colours(packed)
    return colours if colours.size <= 256 else None


def _size_of(row: PixelFormat, rgba: U8, facts: _Facts, row_align_bytes: int) -> int:
    """Bytes of planes, palette and extension; a palette is as long as it has colours."""
    stride_bytes = stride_of(row, rgba.shape[1], row_align_bytes)
    size_bytes = row.row_count(rgba.shape[0]) * (stride_bytes + row.second_stride(stride_bytes))
    if row.is_indexed:
        size_bytes += 4 * len(facts.values)
    return size_bytes + (TINT_BYTES if row.is_coverage else 0)


# --- whether a format holds a picture as it is --------------------------------------------------------


def _fits_coverage(row: PixelFormat, facts: _Facts) -> bool:
    if facts.tint is None or facts.is_opaque:
        return False
    return _is_exact(facts.values[:, 3], row.bits)


def _fits_index(row: PixelFormat, facts: _Facts) -> bool:
    return facts.is_few and len(facts.values) <= row.palette_max


def _fits_grey(row: PixelFormat, facts: _Facts) -> bool:
    return facts.is_opaque and _is_grey(facts) and _is_exact(facts.values[:, 0], row.bits)


def _fits_grey_alpha(_row: PixelFormat, facts: _Facts) -> bool:
    return _is_grey(facts)


def _fits_fields(row: PixelFormat, facts: _Facts) -> bool:
    if not row.has_alpha and not facts.is_opaque:
        return False
    fields = row.fields if row.has_alpha else row.fields[:3]
    return all(_is_exact(facts.values[:, channel], bits) for channel, bits in enumerate(fields))


_FITS: dict[SampleKind, Callable[[PixelFormat, _Facts], bool]] = {
    SampleKind.COVERAGE: _fits_coverage,
    SampleKind.INDEX: _fits_index,
    SampleKind.GREY: _fits_grey,
    SampleKind.GREY_ALPHA: _fits_grey_alpha,
    SampleKind.RGB565: _fits_fields,
    SampleKind.LEVELS: _fits_fields,
    SampleKind.RGB: _fits_fields,
    SampleKind.RGBA: _fits_fields,
}


def _is_grey(facts: _Facts) -> bool:
    red = facts.values[:, 0]
    return bool((red == facts.values[:, 1]).all() and (red == facts.values[:, 2]).all())


def _is_exact(values: U8, bits: int) -> bool:
    return bits == 8 or bool((_rounded(bits)[values] == values).all())


@lru_cache(maxsize=8)
def _rounded(bits: int) -> U8:
    """Each value 0..255 as ``bits`` bits show it, uint8 ``[256]``; both roundings to the nearest."""
    top = (1 << bits) - 1
    levels = (np.arange(256) * top + 127) // 255
    return ((levels * 510 + top) // (2 * top)).astype(np.uint8)
