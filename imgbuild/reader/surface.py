"""What drawing does to the pixels of each surface that imgb.h knows: FORMAT.md sections 8 and 8.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.pixelformat import expand_levels, split_565

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Ints = NDArray[np.int64]
Pixels = NDArray[np.unsignedinteger]

_LUMA = (13933, 46871, 4732)
"""ITU-R BT.709 in 1/65536, as FORMAT.md 8.1 has them; they add up to 65536."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is drawn: ``native`` 5:6:5 values ``[h, w]``, or ``rgb`` R G B of 8 bits ``[h, w, 3]``.

    Exactly one of the two is given. ``coverage`` is ``[h, w]``, None: 255 everywhere. If
    ``is_premultiplied``, ``rgb`` is multiplied by the coverage.
    """

    native: U16 | None
    rgb: U8 | None
    coverage: U8 | None = None
    is_premultiplied: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in px."""
        planes = (plane for plane in (self.native, self.rgb) if plane is not None)
        height, width = next(planes).shape[:2]
        return height, width

    def taken(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Source:
        """The pixels of these rows and columns."""
        places = np.ix_(rows, columns)
        planes = (self.native, self.rgb, self.coverage)
        native, rgb, coverage = (None if plane is None else plane[places] for plane in planes)
        return Source(native, rgb, coverage, self.is_premultiplied)

    def alpha(self) -> Ints:
        """The coverage, int64 ``[h, w]``."""
        return np.full(self.shape, 255, np.int64) if self.coverage is None else self.coverage.astype(np.int64)

    def rgb888(self) -> Ints:
        """R G B of 8 bits, int64 ``[h, w, 3]``; 5:6:5 fields as levels of 5 and 6 bits."""
        rgb = split_565(self.native) if self.native is not None else self.rgb
        return np.asarray(rgb).astype(np.int64)


@dataclass(frozen=True, slots=True)
class SurfaceKind:
    """``blend(source, below)`` gives pixels ``[h, w]`` of type ``dtype``; ``spell`` their bytes in memory.

    Values: rgb565 5:6:5, gray8 0..255, mono 0 or 1, argb8888 ``A << 24 | R << 16 | G << 8 | B``.
    """

    name: str
    dtype: type[np.unsignedinteger]
    blend: Callable[[Source, Pixels], Pixels]
    to_rgb: Callable[[Pixels], U8]
    spell: Callable[[Pixels, bool], bytes]


def pack_rgb565(red: int, green: int, blue: int) -> int:
    """The 5:6:5 value next to 8-bit R, G, B (0..255)."""
    return (red * 249 + 1014) >> 11 << 11 | (green * 253 + 505) >> 10 << 5 | (blue * 249 + 1014) >> 11


def _weight(alpha: Ints) -> Ints:
    """``k`` of FORMAT.md: coverage 0..255 as 0..256."""
    return alpha + (alpha >> 7)


# --- RGB565: section 8 ---------------------------------------------------------------------------


def _split_fields(colour: Pixels) -> Ints:
    """The three fields, int64 ``[..., 3]``."""
    wide = colour.astype(np.int64)
    return np.stack([wide >> 11, wide >> 5 & 0x3F, wide & 0x1F], axis=-1)


def _join_fields(fields: Ints) -> Pixels:
    joined = fields[..., 0] << 11 | fields[..., 1] << 5 | fields[..., 2]
    return joined.astype(np.uint16)


def _to_fields(rgb: Ints) -> Ints:
    """R G B of 8 bits to the nearest 5:6:5 fields."""
    return (rgb * (249, 253, 249) + (1014, 505, 1014)) >> (11, 10, 11)


def _blend_rgb565(source: Source, below: Pixels) -> Pixels:
    alpha = source.alpha()
    rest = (256 - _weight(alpha))[..., None]
    if source.is_premultiplied:
        shares = (source.rgb888() * (7967, 16191, 7967) + 128) >> 8
        fields = np.minimum((31, 63, 31), (shares + _split_fields(below) * rest + 128) >> 8)
    else:
        drawn = _split_fields(source.native) if source.native is not None else _to_fields(source.rgb888())
        fields = (drawn * (256 - rest) + _split_fields(below) * rest + 128) >> 8
    return np.where(alpha > 0, _join_fields(fields), below)


def _spell_rgb565(pixels: Pixels, is_swapped: bool) -> bytes:
    return pixels.astype(">u2" if is_swapped else "<u2").tobytes()


# --- other surfaces: section 8.1 -----------------------------------------------------------------


def _luma(rgb: Ints) -> Ints:
    red, green, blue = (rgb[..., channel] * factor for channel, factor in enumerate(_LUMA))
    return (red + green + blue + 32768) >> 16


def _mix(drawn: Ints, below: Ints, alpha: Ints, is_premultiplied: bool) -> Ints:
    k = _weight(alpha)
    if is_premultiplied:
        return np.minimum(255, drawn + ((below * (256 - k) + 128) >> 8))
    return (drawn * k + below * (256 - k) + 128) >> 8


def _blend_gray8(source: Source, below: Pixels) -> Pixels:
    alpha = source.alpha()
    mixed = _mix(_luma(source.rgb888()), below.astype(np.int64), alpha, source.is_premultiplied)
    return np.where(alpha > 0, mixed.astype(np.uint8), below)


def _blend_mono(source: Source, below: Pixels) -> Pixels:
    alpha, luma = source.alpha(), _luma(source.rgb888())
    is_white = luma * 255 >= 128 * alpha if source.is_premultiplied else luma >= 128
    return np.where(alpha >= 128, is_white.astype(np.uint8), below)


def _blend_argb8888(source: Source, below: Pixels) -> Pixels:
    alpha, rgb, old = source.alpha()[..., None], source.rgb888(), _split_argb(below)
    old_alpha, old_rgb = old[..., :1], old[..., 1:]
    over_opaque = _mix(rgb, old_rgb, alpha, source.is_premultiplied)
    w, v = alpha * 255, old_alpha * (255 - alpha)
    total = np.maximum(w + v, 1)
    drawn = rgb * 65025 if source.is_premultiplied else rgb * w
    over_others = np.minimum(255, (drawn + old_rgb * v + total // 2) // total)
    is_opaque = old_alpha == 255
    mixed = np.where(is_opaque, over_opaque, over_others)
    mixed_alpha = np.where(is_opaque, 255, (w + v + 127) // 255)
    return np.where(alpha[..., 0] > 0, _join_argb(np.concatenate([mixed_alpha, mixed], axis=-1)), below)


def _split_argb(pixels: Pixels) -> Ints:
    """A R G B, int64 ``[..., 4]``."""
    wide = pixels.astype(np.int64)
    return np.stack([wide >> shift & 255 for shift in (24, 16, 8, 0)], axis=-1)


def _join_argb(argb: Ints) -> Pixels:
    joined = argb[..., 0] << 24 | argb[..., 1] << 16 | argb[..., 2] << 8 | argb[..., 3]
    return joined.astype(np.uint32)


def _spell_mono(pixels: Pixels, is_swapped: bool) -> bytes:
    """Pages: a byte is 8 pixels of a column, the top one in bit 0 (swapped: bit 7)."""
    padded = np.zeros((-(-len(pixels) // 8) * 8, pixels.shape[1]), np.uint8)
    padded[: len(pixels)] = pixels
    pages = padded.reshape(-1, 8, pixels.shape[1])
    return np.packbits(pages, axis=1, bitorder="big" if is_swapped else "little").tobytes()


def _grey_to_rgb(pixels: Pixels) -> U8:
    return np.repeat(pixels.astype(np.uint8)[..., None], 3, axis=-1)


SURFACES: dict[str, SurfaceKind] = {
    kind.name: kind
    for kind in (
        SurfaceKind("rgb565", np.uint16, _blend_rgb565, split_565, _spell_rgb565),
        SurfaceKind("gray8", np.uint8, _blend_gray8, _grey_to_rgb, lambda pixels, _: pixels.tobytes()),
        SurfaceKind(
            "mono", np.uint8, _blend_mono, lambda pixels: _grey_to_rgb(expand_levels(1)[pixels]), _spell_mono
        ),
        SurfaceKind(
            "argb8888", np.uint32, _blend_argb8888,
            lambda pixels: _split_argb(pixels)[..., 1:].astype(np.uint8),
            lambda pixels, _: pixels.astype("<u4").tobytes(),
        ),
    )
}  # fmt: skip
"""Every surface: rgb565 (swapped or not), and those of imgb_surface_*.c."""
