"""Samples to the bytes of a bitmap's planes (FORMAT.md, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Samples
from imgbuild.pixels.formats import PixelFormat
from imgbuild.units import align_up

U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Planes:
    """A bitmap's bytes: ``colour`` uint8 ``[h, stride]``, ``alpha`` uint8 ``[h, stride / 2]`` or None."""

    colour: U8
    alpha: U8 | None

    @property
    def stride_bytes(self) -> int:
        """Bytes from one colour row to the next."""
        return int(self.colour.shape[1])

    @property
    def row_bytes(self) -> int:
        """Bytes of one row in all planes."""
        return self.stride_bytes + (0 if self.alpha is None else int(self.alpha.shape[1]))


def stride_of(pixel_format: PixelFormat, width_px: int, row_align_bytes: int = 1) -> int:
    """Bytes from one row to the next: a multiple of ``row_align_bytes``, even beside an alpha plane."""
    alignment = lcm(row_align_bytes, 2) if pixel_format.has_alpha_plane else row_align_bytes
    return align_up((width_px * pixel_format.bits + 7) // 8, alignment)


def pack_samples(
    samples: Samples, pixel_format: PixelFormat, byte_order: str, bit_order: str, row_align_bytes: int
) -> Planes:
    """The planes of ``samples``; bits and bytes behind the last pixel of a row are 0.

    ``byte_order`` is ``little`` or ``big`` (pixels of several bytes), ``bit_order`` ``msb`` or ``lsb``
    (which end of a byte holds the leftmost of several pixels).
    """
    width_px = samples.colour.shape[1]
    stride_bytes = stride_of(pixel_format, width_px, row_align_bytes)
    if pixel_format.has_bit_order:
        rows = _pack_bits(samples.colour, pixel_format.bits, bit_order == "lsb")
    else:
        rows = _PACKERS[pixel_format.bits](samples.colour, byte_order == "big")
    alpha = None if samples.alpha is None else _pad_rows(samples.alpha, stride_bytes // 2)
    return Planes(_pad_rows(rows, stride_bytes), alpha)


def _pad_rows(rows: U8, stride_bytes: int) -> U8:
    height_px, used_bytes = rows.shape
    if used_bytes == stride_bytes:
        return np.ascontiguousarray(rows)
    padded = np.zeros((height_px, stride_bytes), np.uint8)
    padded[:, :used_bytes] = rows
    return padded


def _pack_bits(values: NDArray[np.uint8] | NDArray[np.uint16], bits: int, is_lsb_first: bool) -> U8:
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


def _pack_8(colour: NDArray[np.uint8] | NDArray[np.uint16], is_big: bool) -> U8:
    del is_big
    return colour.astype(np.uint8, copy=False)


def _pack_16(colour: NDArray[np.uint8] | NDArray[np.uint16], is_big: bool) -> U8:
    return np.ascontiguousarray(colour, ">u2" if is_big else "<u2").view(np.uint8)


def _pack_24(colour: NDArray[np.uint8] | NDArray[np.uint16], is_big: bool) -> U8:
    height_px, width_px = colour.shape[:2]
    ordered = colour if is_big else colour[..., ::-1]
    return np.ascontiguousarray(ordered, np.uint8).reshape(height_px, 3 * width_px)


def _pack_32(colour: NDArray[np.uint8] | NDArray[np.uint16], is_big: bool) -> U8:
    """A R G B in bytes from the highest; without alpha the highest byte is 0xFF."""
    height_px, width_px, channels = colour.shape
    rows = np.empty((height_px, width_px, 4), np.uint8)
    first, last = (0, 3) if is_big else (3, 0)
    rows[..., first] = colour[..., 3] if channels == 4 else 0xFF
    rows[..., abs(last - 2)] = colour[..., 0]
    rows[..., abs(last - 1)] = colour[..., 1]
    rows[..., last] = colour[..., 2]
    return rows.reshape(height_px, 4 * width_px)


_PACKERS: dict[int, Callable[[NDArray[np.uint8] | NDArray[np.uint16], bool], U8]] = {
    8: _pack_8,
    16: _pack_16,
    24: _pack_24,
    32: _pack_32,
}
