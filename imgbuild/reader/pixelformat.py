"""Pixel formats as FORMAT.md section 4.1 has them: rows of bytes to values, and values to R G B A."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.model import Samples

U8 = NDArray[np.uint8]
Colour = NDArray[np.uint8] | NDArray[np.uint16]
Rows = tuple[U8, U8 | None]

ORDER_BIG = 1
ORDER_LSB_FIRST = 2
ORDER_PREMULTIPLIED = 4
ORDER_INVERTED = 8
ORDER_SECOND_INVERTED = 16


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A row of FORMAT.md section 4.1.

    ``family``: gray, index, coverage, ink, gray_alpha, rgb565, rgb, argb or levels. ``planes`` is 2 where
    the bits of a pixel lie in two planes alike; ``fields`` are the bits of A, R, G, B of a pixel of levels,
    ``inks`` the 5:6:5 colours by their number (None: there is no such ink).
    """

    name: str
    bits: int
    family: str
    has_alpha_plane: bool = False
    planes: int = 1
    is_paged: bool = False
    fields: tuple[int, int, int, int] = (0, 0, 0, 0)
    inks: tuple[int | None, ...] = ()

    @property
    def value_bits(self) -> int:
        """Bits of a pixel in all planes of its colour."""
        return self.bits * self.planes

    @property
    def can_invert(self) -> bool:
        """Whether the order bits for inverted planes mean something."""
        return self.family == "gray" or self.planes == 2

    @property
    def column_bits(self) -> int:
        """Bits that one column takes in a stored row: a page has 8 pixels of it."""
        return 8 if self.is_paged else self.bits

    @property
    def unit_bytes(self) -> int:
        """Bytes of a unit of codec 1 in the first plane."""
        return 3 if self.bits == 12 else max(1, self.bits // 8)

    def row_count(self, height_px: int) -> int:
        """Rows as stored, in each plane."""
        return -(-height_px // 8) if self.is_paged else height_px

    def second_stride(self, stride_bytes: int) -> int:
        """Bytes of a row of the second plane, 0 without one."""
        if self.has_alpha_plane:
            return stride_bytes // 2
        return stride_bytes if self.planes == 2 else 0


_K, _W, _R, _Y, _G, _B, _O = 0x0000, 0xFFFF, 0xF800, 0xFFE0, 0x07E0, 0x001F, 0xFC00

PIXEL_FORMATS: dict[int, PixelFormat] = {
    0x06: PixelFormat("gray8", 8, "gray"),
    0x07: PixelFormat("i1", 1, "index"),
    0x08: PixelFormat("i2", 2, "index"),
    0x09: PixelFormat("i4", 4, "index"),
    0x0A: PixelFormat("i8", 8, "index"),
    0x0B: PixelFormat("a1", 1, "coverage"),
    0x0C: PixelFormat("a2", 2, "coverage"),
    0x0D: PixelFormat("a4", 4, "coverage"),
    0x0E: PixelFormat("a8", 8, "coverage"),
    0x0F: PixelFormat("rgb888", 24, "rgb"),
    0x10: PixelFormat("argb8888", 32, "argb"),
    0x11: PixelFormat("xrgb8888", 32, "rgb"),
    0x12: PixelFormat("rgb565", 16, "rgb565"),
    0x13: PixelFormat("argb8565", 24, "rgb565"),
    0x14: PixelFormat("rgb565a8", 16, "rgb565", has_alpha_plane=True),
    0x15: PixelFormat("al88", 16, "gray_alpha"),
    0x16: PixelFormat("argb1555", 16, "levels", fields=(1, 5, 5, 5)),
    0x17: PixelFormat("argb4444", 16, "levels", fields=(4, 4, 4, 4)),
    0x18: PixelFormat("argb2222", 8, "levels", fields=(2, 2, 2, 2)),
    0x41: PixelFormat("gray1", 1, "gray"),
    0x42: PixelFormat("gray2", 2, "gray"),
    0x43: PixelFormat("gray4", 4, "gray"),
    0x44: PixelFormat("rgb332", 8, "levels", fields=(0, 3, 3, 2)),
    0x45: PixelFormat("rgb444", 12, "levels", fields=(0, 4, 4, 4)),
    0x46: PixelFormat("rgb666", 24, "levels", fields=(0, 6, 6, 6)),
    0x47: PixelFormat("bgr888", 24, "rgb"),
    0x48: PixelFormat("mono_page", 1, "gray", is_paged=True),
    0x50: PixelFormat("epd_bwr", 1, "ink", planes=2, inks=(_K, _W, _R)),
    0x51: PixelFormat("epd_bwy", 1, "ink", planes=2, inks=(_K, _W, _Y)),
    0x52: PixelFormat("epd_gray4", 1, "gray", planes=2),
    0x53: PixelFormat("epd_bwry", 2, "ink", inks=(_K, _W, _Y, _R)),
    0x54: PixelFormat("epd_6color", 4, "ink", inks=(_K, _W, _Y, _R, None, _B, _G)),
    0x55: PixelFormat("epd_7color", 4, "ink", inks=(_K, _W, _G, _B, _R, _Y, _O)),
}


class MalformedPixelsError(ValueError):
    """Pixels hold what FORMAT.md rules out; the text says what."""


# --- levels of n bits ----------------------------------------------------------------------------


def expand_levels(bits: int) -> U8:
    """All values of n bits as 0..255: value * 255 / (2^n - 1), rounded to the nearest."""
    top = (1 << bits) - 1
    return ((np.arange(1 << bits) * 510 + top) // (2 * top)).astype(np.uint8)


EXPAND_5 = expand_levels(5)
EXPAND_6 = expand_levels(6)


def split_565(colour: NDArray[np.integer]) -> U8:
    """5:6:5 values ``[...]`` as R G B of 8 bits, uint8 ``[..., 3]``."""
    return np.stack([EXPAND_5[colour >> 11], EXPAND_6[colour >> 5 & 0x3F], EXPAND_5[colour & 0x1F]], axis=-1)


# --- bytes to values -----------------------------------------------------------------------------


def unpack_rows(rows: Rows, row: PixelFormat, order: int, width: int, height: int) -> Samples:
    """The values of stored rows; shapes: :class:`imgbuild.model.Samples`. Raises MalformedPixelsError.

    ``rows`` are uint8 ``[rows, stride]``, and those of the second plane or None. The padding is checked,
    a palette is not looked at.
    """
    first, second = rows
    _check_padding(first, row.column_bits * width, row, order)
    if row.has_alpha_plane and second is not None:
        _check_padding(second, 8 * width, row, order)
        colour, _ = _unpack_pixels(first, row, order, width)
        return Samples(colour, second[:, :width])
    inverted = order if row.can_invert else 0
    if row.planes == 2 and second is not None:
        _check_padding(second, width, row, order)
        high = _unpack_bits(first, 1, width, order) ^ np.uint8(bool(inverted & ORDER_INVERTED))
        low = _unpack_bits(second, 1, width, order) ^ np.uint8(bool(inverted & ORDER_SECOND_INVERTED))
        if row.family == "gray":
            return Samples(high << np.uint8(1) | low)
        return Samples(np.where(low, np.uint8(2), high))
    if row.is_paged:
        colour = _unpack_pages(first[:, :width], order, height)
        alpha = None
    else:
        colour, alpha = _unpack_pixels(first, row, order, width)
    if inverted & ORDER_INVERTED:
        colour = colour.astype(np.uint8) ^ np.uint8((1 << row.bits) - 1)
    if row.inks:
        _check_inks(colour, row)
    return Samples(colour, alpha)


def _check_padding(rows: U8, used_bits: int, row: PixelFormat, order: int) -> None:
    """Bits and bytes up to the stride are 0 (section 4.1)."""
    spare = -used_bits % 8
    used_bytes = (used_bits + 7) // 8
    is_lsb_first = order & ORDER_LSB_FIRST and row.bits < 8
    mask = (0x100 - (1 << (8 - spare))) if is_lsb_first else (1 << spare) - 1
    if (spare and (rows[:, used_bytes - 1] & (mask & 0xFF)).any()) or (
        used_bytes < rows.shape[1] and rows[:, used_bytes:].any()
    ):
        raise MalformedPixelsError("bits between the last pixel of a row and its stride are not 0")


def _check_inks(colour: Colour, row: PixelFormat) -> None:
    strange = ~np.isin(colour, [n for n, ink in enumerate(row.inks) if ink is not None])
    if strange.any():
        raise MalformedPixelsError(f"ink {colour[strange][0]}, which {row.name} does not have")


def _unpack_bits(rows: U8, bits: int, width: int, order: int) -> U8:
    """Values of 1, 2 or 4 bits, uint8 ``[h, width]``, out of rows ``[h, bytes]``."""
    is_lsb_first = bool(order & ORDER_LSB_FIRST)
    if bits == 1:
        return np.unpackbits(rows, axis=1, count=width, bitorder="little" if is_lsb_first else "big")
    per_byte = 8 // bits
    used = rows[:, : -(-width // per_byte)]
    out = np.empty((*used.shape, per_byte), np.uint8)
    for place in range(per_byte):
        shift = bits * (place if is_lsb_first else per_byte - 1 - place)
        out[:, :, place] = (used >> shift) & ((1 << bits) - 1)
    return out.reshape(len(rows), -1)[:, :width]


def _unpack_pages(pages: U8, order: int, height: int) -> U8:
    """Values 0 or 1 ``[height, width]`` of pages ``[rows, width]``."""
    bitorder = "little" if order & ORDER_LSB_FIRST else "big"
    values = np.unpackbits(pages, axis=0, bitorder=bitorder)  # type: ignore[call-overload]
    if values[height:].any():
        raise MalformedPixelsError("bits of a page below the last row are not 0")
    unpacked: U8 = values[:height]
    return unpacked


def _unpack_pixels(rows: U8, row: PixelFormat, order: int, width: int) -> tuple[Colour, U8 | None]:
    """Values of the first plane, and alpha where a 5:6:5 pixel has it beside itself."""
    if row.bits < 8:
        return _unpack_bits(rows, row.bits, width, order), None
    size = row.bits // 8
    if row.name == "rgb444":
        return _split_fields(_numbers_of_12_bits(rows, width), row.fields), None
    used = rows[:, : width * size].reshape(len(rows), width, size)
    # from here on the lowest byte of a pixel is byte 0
    channels = used[:, :, ::-1] if order & ORDER_BIG and size > 1 else used
    return _CHANNELS.get(row.name, _by_family)(channels, row)


def _numbers_of_12_bits(rows: U8, width: int) -> NDArray[np.uint16]:
    """Two pixels in three bytes, from the highest bits on: 12 bits each, uint16 ``[h, width]``."""
    pairs = -(-width // 2)
    triples = np.zeros((len(rows), 3 * pairs), np.uint16)
    used = (12 * width + 7) // 8
    triples[:, :used] = rows[:, :used]
    a, b, c = (triples[:, n::3] for n in range(3))
    out = np.stack([a << 4 | b >> 4, (b & 15) << 8 | c], axis=-1)
    return out.reshape(len(rows), 2 * pairs)[:, :width].astype(np.uint16)


def _number(channels: U8) -> NDArray[np.uint16]:
    wide = channels.astype(np.uint16)
    return wide[..., 0] | wide[..., 1] << np.uint16(8)


def _split_fields(number: NDArray[np.integer], fields: tuple[int, int, int, int]) -> U8:
    """R G B or R G B A of numbers that hold A R G B from the highest bits on."""
    parts, shift = [], 0
    for bits in reversed(fields):
        parts.append((number >> shift & ((1 << bits) - 1)).astype(np.uint8))
        shift += bits
    blue, green, red, alpha = parts
    return np.stack([red, green, blue, alpha] if fields[0] else [red, green, blue], axis=-1)


def _by_family(channels: U8, row: PixelFormat) -> tuple[Colour, U8 | None]:
    if row.bits == 8 and row.family != "levels":
        return channels[:, :, 0], None
    if row.family == "levels":
        return _split_fields(channels[:, :, 0] if row.bits == 8 else _number(channels), row.fields), None
    if row.family == "rgb565":
        return _number(channels), channels[:, :, 2] if row.bits == 24 else None
    if row.family == "gray_alpha":
        return channels, None
    return channels[:, :, 2::-1] if row.bits == 24 else channels[:, :, [2, 1, 0, 3]], None


def _xrgb8888(channels: U8, row: PixelFormat) -> tuple[Colour, U8 | None]:
    if not (channels[:, :, 3] == 0xFF).all():
        raise MalformedPixelsError(f"the unused byte of an {row.name} pixel is not 0xFF")
    return channels[:, :, 2::-1], None


def _bgr888(channels: U8, row: PixelFormat) -> tuple[Colour, U8 | None]:
    del row
    return channels, None


def _rgb666(channels: U8, row: PixelFormat) -> tuple[Colour, U8 | None]:
    if (channels & 3).any():
        raise MalformedPixelsError(f"the unused bits of an {row.name} pixel are not 0")
    return channels[:, :, ::-1] >> np.uint8(2), None


_CHANNELS: dict[str, Callable[[U8, PixelFormat], tuple[Colour, U8 | None]]] = {
    "xrgb8888": _xrgb8888,
    "bgr888": _bgr888,
    "rgb666": _rgb666,
}


# --- values to colours ---------------------------------------------------------------------------


def native_565(samples: Samples, row: PixelFormat) -> NDArray[np.uint16] | None:
    """5:6:5 values ``[h, w]`` of formats that stand for such (FORMAT.md section 8), else None."""
    if row.family == "rgb565":
        return samples.colour.astype(np.uint16, copy=False)
    if row.family == "ink":
        inks = np.array([ink or 0 for ink in row.inks], np.uint16)
        return inks[samples.colour]
    return None


def to_rgba(samples: Samples, row: PixelFormat) -> U8:
    """R G B A as stored (premultiplied stays so), uint8 ``[h, w, 4]``; coverage is white with that alpha."""
    colour: NDArray[np.integer] = samples.colour
    out = np.full((*colour.shape[:2], 4), 255, np.uint8)
    native = native_565(samples, row)
    if native is not None:
        out[:, :, :3] = split_565(native)
    elif row.family == "index" and samples.palette is not None:
        out[:] = samples.palette[colour]
    elif row.family == "gray":
        out[:, :, :3] = expand_levels(row.value_bits)[colour][:, :, None]
    elif row.family == "coverage":
        out[:, :, 3] = expand_levels(row.value_bits)[colour]
    elif row.family == "gray_alpha":
        out[:, :, :3] = colour[:, :, :1]
        out[:, :, 3] = colour[:, :, 1]
    elif row.family == "levels":
        for channel in range(colour.shape[2]):
            out[:, :, channel] = expand_levels(row.fields[(channel + 1) % 4])[colour[:, :, channel]]
    else:
        out[:, :, : colour.shape[2]] = colour
    if samples.alpha is not None:
        out[:, :, 3] = samples.alpha
    return out


def straighten(rgba: U8) -> U8:
    """Divide premultiplied colours by their alpha, rounded to the nearest; transparent is black."""
    alpha = rgba[:, :, 3:].astype(np.uint32)
    colour = (rgba[:, :, :3] * np.uint32(510) + alpha) // np.maximum(2 * alpha, 1)
    out = rgba.copy()
    out[:, :, :3] = np.minimum(colour, 255) * (alpha > 0)
    return out
