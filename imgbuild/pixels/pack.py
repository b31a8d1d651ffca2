"""Samples to the bytes of a bitmap's planes (FORMAT.md, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Samples
from imgbuild.pixels.formats import PixelFormat, SampleKind
from imgbuild.units import align_up

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]
Colour = NDArray[np.uint8] | NDArray[np.uint16]

Invert = bool | str
"""False, True (every plane) or ``colour`` (the second plane only)."""


@dataclass(frozen=True, slots=True)
class Planes:
    """A bitmap's bytes: ``colour`` uint8 ``[rows, stride]``, ``alpha`` (the second plane) alike or None.

    A row is one of pixels, or a page of 8 rows for formats in page order. The second plane is alpha,
    half as wide as rgb565, or the other bit of a format whose bits lie in two planes.
    """

    colour: U8
    alpha: U8 | None

    @property
    def stride_bytes(self) -> int:
        """Bytes from one row of the first plane to the next."""
        return int(self.colour.shape[1])

    @property
    def row_bytes(self) -> int:
        """Bytes of one row in all planes."""
        return self.stride_bytes + (0 if self.alpha is None else int(self.alpha.shape[1]))

    @property
    def row_count(self) -> int:
        """Rows as stored."""
        return int(self.colour.shape[0])


def stride_of(pixel_format: PixelFormat, width_px: int, row_align_bytes: int = 1) -> int:
    """Bytes from one row to the next: a multiple of ``row_align_bytes``, even beside an alpha plane."""
    alignment = lcm(row_align_bytes, 2) if pixel_format.has_alpha_plane else row_align_bytes
    return align_up((pixel_format.row_bits(width_px) + 7) // 8, alignment)


def pack_samples(
    samples: Samples,
    pixel_format: PixelFormat,
    byte_order: str,
    bit_order: str,
    row_align_bytes: int,
    *,
    invert: Invert = False,
) -> Planes:
    """The planes of ``samples``; bits and bytes behind the last pixel of a row are 0.

    ``byte_order`` is ``little`` or ``big`` (pixels of several bytes), ``bit_order`` ``msb`` or ``lsb``
    (which end of a byte holds the leftmost, in page order the topmost, of several pixels). ``invert``
    turns every bit of the pixels over (``black``: of the first plane's, ``colour``: of the second's), where
    the format can.
    """
    colour = samples.colour
    stride_bytes = stride_of(pixel_format, colour.shape[1], row_align_bytes)
    is_lsb_first = bit_order == "lsb"
    second = samples.alpha if pixel_format.has_alpha_plane else None
    if pixel_format.planes == 2:
        first, other = _split_planes(colour, pixel_format)
        colour = _inverted(first, 1, invert in (True, "black"))
        second = _pack_bits(_inverted(other, 1, invert in (True, "colour")), 1, is_lsb_first)
    elif pixel_format.can_invert:
        colour = _inverted(colour, pixel_format.levels_max, invert is True)
    if pixel_format.is_paged:
        rows = _pack_pages(colour, is_lsb_first)
    elif pixel_format.has_bit_order:
        rows = _pack_bits(colour, pixel_format.bits, is_lsb_first)
    else:
        packer = _PACKERS_BY_NAME.get(pixel_format.name, _PACKERS[pixel_format.samples])
        rows = packer(Samples(colour, samples.alpha), pixel_format, byte_order == "big")
    if second is not None:
        second = _pad_rows(second, pixel_format.second_stride(stride_bytes))
    return Planes(_pad_rows(rows, stride_bytes), second)


def _pad_rows(rows: U8, stride_bytes: int) -> U8:
    height_px, used_bytes = rows.shape
    if used_bytes == stride_bytes:
        return np.ascontiguousarray(rows)
    padded = np.zeros((height_px, stride_bytes), np.uint8)
    padded[:, :used_bytes] = rows
    return padded


def _inverted(values: Colour, levels_max: int, is_inverted: bool) -> Colour:
    return values.astype(np.uint8) ^ np.uint8(levels_max) if is_inverted else values


def _split_planes(values: Colour, pixel_format: PixelFormat) -> tuple[U8, U8]:
    """First and second plane, 0 or 1 per pixel.

    Inks: 1 in the first is white, and so it is under the colour of the second (FORMAT.md 4.1).
    """
    wide = values.astype(np.uint8)
    if pixel_format.has_inks:
        return (wide != 0).astype(np.uint8), (wide == 2).astype(np.uint8)
    return wide >> np.uint8(1), wide & np.uint8(1)


# --- pixels below 8 bits -------------------------------------------------------------------------


def _pack_bits(values: Colour, bits: int, is_lsb_first: bool) -> U8:
    """Values below ``2^bits`` (1, 2 or 4 bits) packed ``8 / bits`` to a byte."""
    if bits == 1:
        return np.packbits(values.astype(np.uint8), axis=1, bitorder="little" if is_lsb_first else "big")
    per_byte = 8 // bits
    height_px, width_px = values.shape
    padded = _pad_rows(values.astype(np.uint8), align_up(width_px, per_byte))
    rows = np.zeros((height_px, padded.shape[1] // per_byte), np.uint8)
    for place in range(per_byte):
        shift = bits * (place if is_lsb_first else per_byte - 1 - place)
        rows |= padded[:, place::per_byte] << np.uint8(shift)
    return rows


def _pack_pages(values: Colour, is_lsb_first: bool) -> U8:
    """Values 0 or 1 ``[h, w]`` to pages ``[ceil(h / 8), w]``; rows below the last are 0."""
    return np.packbits(values.astype(np.uint8), axis=0, bitorder="little" if is_lsb_first else "big")


# --- pixels of whole bytes -----------------------------------------------------------------------


def _pack_8(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    del pixel_format, is_big
    return samples.colour.astype(np.uint8, copy=False)


def _pack_16(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    del pixel_format
    return _bytes_of_16(samples.colour, is_big)


def _bytes_of_16(values: Colour, is_big: bool) -> U8:
    return np.ascontiguousarray(values, ">u2" if is_big else "<u2").view(np.uint8)


def _pack_channels(channels: list[U8], is_big: bool) -> U8:
    """One byte of each of ``channels`` (``[h, w]``, from the lowest byte of a pixel on) per pixel."""
    height_px, width_px = channels[0].shape
    rows = np.empty((height_px, width_px, len(channels)), np.uint8)
    for place, channel in enumerate(reversed(channels) if is_big else channels):
        rows[..., place] = channel
    return rows.reshape(height_px, width_px * len(channels))


def _pack_24(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """R G B from the highest byte on."""
    del pixel_format
    colour = samples.colour.astype(np.uint8, copy=False)
    height_px, width_px = colour.shape[:2]
    ordered = colour if is_big else colour[..., ::-1]
    return np.ascontiguousarray(ordered).reshape(height_px, 3 * width_px)


def _pack_bgr888(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    return _pack_24(samples, pixel_format, not is_big)


def _pack_32(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """A R G B in bytes from the highest; without alpha the highest byte is 0xFF."""
    del pixel_format
    colour = samples.colour.astype(np.uint8, copy=False)
    alpha = colour[..., 3] if colour.shape[2] == 4 else np.full(colour.shape[:2], 0xFF, np.uint8)
    return _pack_channels([colour[..., 2], colour[..., 1], colour[..., 0], alpha], is_big)


def _pack_al88(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """A L from the highest byte on."""
    del pixel_format
    colour = samples.colour.astype(np.uint8, copy=False)
    return _pack_channels([colour[..., 0], colour[..., 1]], is_big)


def _pack_argb8565(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """A8 R5 G6 B5 from the highest bits on."""
    del pixel_format
    low = samples.colour.astype(np.uint8)
    high = (samples.colour >> np.uint16(8)).astype(np.uint8)
    alpha = np.full(low.shape, 0xFF, np.uint8) if samples.alpha is None else samples.alpha
    return _pack_channels([low, high, alpha], is_big)


def _merge_fields(samples: Samples, pixel_format: PixelFormat) -> U16:
    """One number per pixel: A R G B from the highest bits on, each of as many bits as ``fields`` say."""
    colour = samples.colour
    value = np.zeros(colour.shape[:2], np.uint16)
    for channel in (3, 0, 1, 2):
        bits = pixel_format.fields[channel]
        if bits:
            value <<= np.uint16(bits)
            value |= colour[..., channel]
    return value


def _pack_levels(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    value = _merge_fields(samples, pixel_format)
    return value.astype(np.uint8) if pixel_format.bits == 8 else _bytes_of_16(value, is_big)


def _pack_rgb444(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """Two pixels in three bytes, the left one in the highest bits; half a byte behind an odd one."""
    del is_big
    value = _merge_fields(samples, pixel_format)
    height_px, width_px = value.shape
    even = np.zeros((height_px, align_up(width_px, 2)), np.uint16)
    even[:, :width_px] = value
    left, right = even[:, 0::2], even[:, 1::2]
    parts = (left >> np.uint16(4), (left & 15) << np.uint16(4) | right >> np.uint16(8), right & 0xFF)
    rows = np.stack(parts, -1).astype(np.uint8).reshape(height_px, -1)
    return rows[:, : (12 * width_px + 7) // 8]


def _pack_rgb666(samples: Samples, pixel_format: PixelFormat, is_big: bool) -> U8:
    """R G B from the highest byte on, each in the upper 6 bits of its byte."""
    levels = samples.colour.astype(np.uint8) << np.uint8(2)
    return _pack_24(Samples(levels), pixel_format, is_big)


_Packer = Callable[[Samples, PixelFormat, bool], U8]

_PACKERS: dict[SampleKind, _Packer] = {
    SampleKind.GREY: _pack_8,
    SampleKind.COVERAGE: _pack_8,
    SampleKind.INDEX: _pack_8,
    SampleKind.GREY_ALPHA: _pack_al88,
    SampleKind.RGB565: _pack_16,
    SampleKind.RGB: _pack_24,
    SampleKind.RGBA: _pack_32,
    SampleKind.LEVELS: _pack_levels,
}
_PACKERS_BY_NAME: dict[str, _Packer] = {
    "argb8565": _pack_argb8565,
    "bgr888": _pack_bgr888,
    "rgb444": _pack_rgb444,
    "rgb666": _pack_rgb666,
    "xrgb8888": _pack_32,
}
"""Formats that lie otherwise than their samples would."""
