"""Bitmaps as stored, read from FORMAT.md section 4 alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.limits import PALETTE_MAX, SOURCE_PIXELS_MAX, STRIP_BYTES_MAX
from imgbuild.model import Codec, Samples
from imgbuild.reader.pack import Entry

U8 = NDArray[np.uint8]
Rows = tuple[U8, U8 | None]

_HEADER = struct.Struct("<IBBHHHIII")
_RAW_STRIP = 0x80000000
ORDER_BIG = 1
ORDER_LSB_FIRST = 2
ORDER_PREMULTIPLIED = 4


class _Header(NamedTuple):
    """The payload's header, FORMAT.md section 4."""

    stride_bytes: int
    order: int
    ext_words: int
    palette_count: int
    strip_rows: int
    strip_count: int
    pixels: int
    alpha: int
    palette: int


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """A row of FORMAT.md section 4.1. ``family``: gray, index, coverage, rgb565, rgb or argb."""

    name: str
    bits: int
    family: str
    has_alpha_plane: bool = False


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
    0x14: PixelFormat("rgb565a8", 16, "rgb565", has_alpha_plane=True),
    0x41: PixelFormat("gray1", 1, "gray"),
    0x42: PixelFormat("gray2", 2, "gray"),
    0x43: PixelFormat("gray4", 4, "gray"),
}

# a field of n bits stands for value * 255 / (2^n - 1), rounded to the nearest
EXPAND_5 = ((np.arange(32) * 510 + 31) // 62).astype(np.uint8)
EXPAND_6 = ((np.arange(64) * 510 + 63) // 126).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A bitmap whose header was checked; pixels are decoded on request, each time anew.

    ``payload`` is not copied. ``alpha_stride_bytes`` is 0 without an alpha plane, ``strips`` has one
    (start, end, is_raw) per strip, offsets in the payload; it is empty for a raw bitmap.
    """

    name: str
    payload: memoryview
    width: int
    height: int
    pixel_format: PixelFormat
    order: int
    stride_bytes: int
    alpha_stride_bytes: int
    pixels: int
    alpha: int
    palette: U8 | None
    strip_rows: int
    strips: tuple[tuple[int, int, bool], ...]

    @property
    def raw_bytes(self) -> int:
        """Bytes of the pixels uncompressed, alpha plane included, palette not."""
        return self.height * (self.stride_bytes + self.alpha_stride_bytes)

    @property
    def palette_count(self) -> int:
        """Colours of the palette, 0 without one."""
        return 0 if self.palette is None else len(self.palette)

    @property
    def max_strip_bytes(self) -> int:
        """Bytes of the largest strip decoded; 0 without strips."""
        if not self.strips:
            return 0
        return min(self.strip_rows, self.height) * (self.stride_bytes + self.alpha_stride_bytes)

    @property
    def anchor_bytes(self) -> int:
        """The byte of the payload that the builder aligns."""
        return self.pixels

    def rows(self) -> Rows:
        """Colour rows uint8 ``[h, stride_bytes]`` and alpha rows ``[h, alpha_stride_bytes]`` or None.

        Raises IB608 if a strip cannot be decoded.
        """
        if self.strips:
            return self._strip_rows()
        data = np.frombuffer(self.payload, np.uint8)
        colour = _cut(data, self.pixels, self.height, self.stride_bytes)
        if not self.alpha_stride_bytes:
            return colour, None
        return colour, _cut(data, self.alpha, self.height, self.alpha_stride_bytes)

    def _strip_rows(self) -> Rows:
        colour = np.empty((self.height, self.stride_bytes), np.uint8)
        alpha = np.empty((self.height, self.alpha_stride_bytes), np.uint8)
        for number, (start, end, is_raw) in enumerate(self.strips):
            first = number * self.strip_rows
            count = min(self.strip_rows, self.height - first)
            size = count * (self.stride_bytes + self.alpha_stride_bytes)
            stored = self.payload[start:end]
            decoded = stored if is_raw else _decode_lz4(stored, size, number, self.name)
            if len(decoded) != size:
                fail_malformed(self.name, f"strip {number} gives {len(decoded)} bytes, expected {size}")
            data = np.frombuffer(decoded, np.uint8)
            split = count * self.stride_bytes
            colour[first : first + count] = data[:split].reshape(count, -1)
            if self.alpha_stride_bytes:
                alpha[first : first + count] = data[split:].reshape(count, -1)
        return colour, alpha if self.alpha_stride_bytes else None

    def samples(self) -> Samples:
        """The values as stored (shapes: :class:`imgbuild.model.Samples`; xrgb8888 is ``[h, w, 3]``).

        Raises IB608 for strips that cannot be decoded, a colour index without palette entry, and
        padding or unused bytes that FORMAT.md fixes and that hold something else.
        """
        colour_rows, alpha_rows = self.rows()
        self._check_padding(colour_rows, self.width * self.pixel_format.bits)
        colour = self._unpack(colour_rows)
        alpha = None
        if alpha_rows is not None:
            self._check_padding(alpha_rows, self.width * 8)
            alpha = alpha_rows[:, : self.width]
        if self.palette is not None and colour.size and int(colour.max()) >= len(self.palette):
            fail_malformed(self.name, f"colour index {colour.max()} in a palette of {len(self.palette)}")
        return Samples(colour, alpha, self.palette)

    def _check_padding(self, rows: U8, used_bits: int) -> None:
        """Bits and bytes up to the stride are 0 (section 4.1)."""
        spare = -used_bits % 8
        used_bytes = (used_bits + 7) // 8
        mask = (0x100 - (1 << (8 - spare))) if self.order & ORDER_LSB_FIRST else (1 << spare) - 1
        if (spare and (rows[:, used_bytes - 1] & (mask & 0xFF)).any()) or (
            used_bytes < rows.shape[1] and rows[:, used_bytes:].any()
        ):
            fail_malformed(self.name, "bits between the last pixel of a row and its stride are not 0")

    def _unpack(self, rows: U8) -> NDArray[np.uint8] | NDArray[np.uint16]:
        bits = self.pixel_format.bits
        if bits == 8:
            return rows[:, : self.width]
        if bits < 8:
            return _unpack_levels(rows, bits, self.width, bool(self.order & ORDER_LSB_FIRST))
        size = bits // 8
        is_big = bool(self.order & ORDER_BIG)
        packed = rows[:, : self.width * size]
        if size == 2:
            return packed.view(">u2" if is_big else "<u2").astype(np.uint16, copy=False)
        # bytes of a pixel from the lowest on: B G R (A or X), so R G B A is 2 1 0 3
        channels = packed.reshape(self.height, self.width, size)
        if is_big:
            channels = channels[:, :, ::-1]
        if self.pixel_format.name == "xrgb8888":
            if not (channels[:, :, 3] == 0xFF).all():
                fail_malformed(self.name, "the unused byte of an xrgb8888 pixel is not 0xFF")
            return channels[:, :, 2::-1]
        return channels[:, :, 2::-1] if size == 3 else channels[:, :, [2, 1, 0, 3]]

    def rgba(self) -> U8:
        """R G B A, straight alpha, uint8 ``[h, w, 4]``; coverage is white with that alpha."""
        samples = self.samples()
        out = np.full((self.height, self.width, 4), 255, np.uint8)
        family = self.pixel_format.family
        colour: NDArray[np.integer] = samples.colour
        if family == "index" and samples.palette is not None:
            out[:] = samples.palette[colour]
        elif family in ("gray", "coverage"):
            levels = (colour * np.uint8(255 // ((1 << self.pixel_format.bits) - 1))).astype(np.uint8)
            if family == "gray":
                out[:, :, :3] = levels[:, :, None]
            else:
                out[:, :, 3] = levels
        elif family == "rgb565":
            out[:, :, 0] = EXPAND_5[colour >> 11]
            out[:, :, 1] = EXPAND_6[colour >> 5 & 0x3F]
            out[:, :, 2] = EXPAND_5[colour & 0x1F]
        else:
            out[:, :, : colour.shape[2]] = colour
        if samples.alpha is not None:
            out[:, :, 3] = samples.alpha
        return _straighten(out) if self.order & ORDER_PREMULTIPLIED and family == "argb" else out


def read_bitmap(payload: bytes | memoryview, entry: Entry) -> Bitmap:
    """Check a bitmap's header against its payload and its index entry. Raises IB608."""
    view = memoryview(payload).cast("B")
    pixel_format = _check_entry(view, entry)
    header = _Header(*_HEADER.unpack_from(view))
    alpha_stride = _check_stride(header, pixel_format, entry)
    tables_at = skip_extensions(view, _HEADER.size, header.ext_words, entry.name)
    palette = _read_palette(view, header, pixel_format, tables_at, entry.name)
    strips: tuple[tuple[int, int, bool], ...] = ()
    if entry.codec == Codec.RAW:
        _check_planes(view, header, entry, alpha_stride, tables_at)
    else:
        strips = _read_strips(view, header, entry, alpha_stride, tables_at)
    return Bitmap(
        name=entry.name,
        payload=view,
        width=entry.width,
        height=entry.height,
        pixel_format=pixel_format,
        order=header.order,
        stride_bytes=header.stride_bytes,
        alpha_stride_bytes=alpha_stride,
        pixels=header.pixels,
        alpha=header.alpha,
        palette=palette,
        strip_rows=header.strip_rows,
        strips=strips,
    )


def _check_entry(view: memoryview, entry: Entry) -> PixelFormat:
    pixel_format = PIXEL_FORMATS.get(entry.pixel_format)
    if pixel_format is None:
        fail_malformed(entry.name, f"pixel format 0x{entry.pixel_format:02X} is not known to this reader")
    if entry.codec not in (Codec.RAW, Codec.LZ4):
        fail_malformed(entry.name, f"codec {entry.codec} is not known to this reader")
    if len(view) < _HEADER.size:
        fail_malformed(entry.name, f"payload of {len(view)} bytes, a bitmap's header has {_HEADER.size}")
    if not 0 < entry.width * entry.height <= SOURCE_PIXELS_MAX:
        fail_malformed(
            entry.name, f"{entry.width}x{entry.height} px, expected 1 to {SOURCE_PIXELS_MAX} pixels"
        )
    return pixel_format


def _check_stride(header: _Header, pixel_format: PixelFormat, entry: Entry) -> int:
    """The alpha plane's stride in bytes, 0 if there is none."""
    stride = header.stride_bytes
    least = (entry.width * pixel_format.bits + 7) // 8
    if stride < least or (pixel_format.has_alpha_plane and stride % 2):
        fail_malformed(entry.name, f"stride of {stride} bytes, a row of {entry.width} px takes {least}")
    alpha_stride = stride // 2 if pixel_format.has_alpha_plane else 0
    if entry.height * (stride + alpha_stride) > 4 * SOURCE_PIXELS_MAX:
        fail_malformed(entry.name, f"{entry.height} rows of {stride} bytes are more than a bitmap can have")
    return alpha_stride


def skip_extensions(view: memoryview, start: int, words: int, name: str) -> int:
    """The first byte behind the extension TLVs (form of FORMAT.md section 3.3). Raises IB608."""
    end = start + 4 * words
    if end > len(view):
        fail_malformed(name, f"extensions of {4 * words} bytes in a payload of {len(view)}")
    at = start
    while at < end:
        at += 4 + (view[at + 2] + (view[at + 3] << 8) + 3) // 4 * 4
    if at != end:
        fail_malformed(name, "the extensions are longer than the header says")
    return end


def _read_palette(
    view: memoryview, header: _Header, pixel_format: PixelFormat, tables_at: int, name: str
) -> U8 | None:
    """R G B A, uint8 ``[n, 4]``; stored as B G R A."""
    at, count = header.palette, header.palette_count
    if (pixel_format.family == "index") != (count > 0) or (at > 0) != (count > 0):
        fail_malformed(name, f"{pixel_format.name} with a palette of {count} colours at {at}")
    if not count:
        return None
    if count > PALETTE_MAX or at % 4 or at < tables_at or at + 4 * count > len(view):
        fail_malformed(name, f"palette of {count} colours at {at} in a payload of {len(view)} bytes")
    return np.frombuffer(view, np.uint8, 4 * count, at).reshape(-1, 4)[:, [2, 1, 0, 3]]


def _check_planes(view: memoryview, header: _Header, entry: Entry, alpha_stride: int, tables_at: int) -> None:
    if header.strip_rows or header.strip_count:
        fail_malformed(entry.name, f"raw, but with {header.strip_count} strips of {header.strip_rows} rows")
    end = header.pixels + entry.height * header.stride_bytes
    if header.pixels < tables_at or end + entry.height * alpha_stride > len(view):
        fail_malformed(
            entry.name,
            f"{entry.height} rows of {header.stride_bytes + alpha_stride} bytes at {header.pixels} in a"
            f" payload of {len(view)} bytes",
        )
    expected = end if alpha_stride else 0
    if header.alpha != expected:
        fail_malformed(entry.name, f"alpha plane at {header.alpha}, expected {expected}")


def _read_strips(
    view: memoryview, header: _Header, entry: Entry, alpha_stride: int, tables_at: int
) -> tuple[tuple[int, int, bool], ...]:
    """(start, end, is_raw) of each strip, offsets in the payload."""
    rows, count = header.strip_rows, header.strip_count
    expected = -(-entry.height // rows) if rows else 0
    if not rows or count != expected or header.alpha:
        fail_malformed(
            entry.name,
            f"{count} strips of {rows} rows, expected {expected}; alpha plane at {header.alpha}",
        )
    if min(rows, entry.height) * (header.stride_bytes + alpha_stride) > STRIP_BYTES_MAX:
        fail_malformed(
            entry.name, f"strips of {rows} rows of {header.stride_bytes} bytes, above {STRIP_BYTES_MAX}"
        )
    if tables_at + 4 * count > len(view) or header.pixels < tables_at + 4 * count:
        fail_malformed(
            entry.name, f"table of {count} strips at {tables_at} overlaps the strips or leaves the payload"
        )
    words = np.frombuffer(view, "<u4", count, tables_at).tolist()
    bounds = [header.pixels, *(header.pixels + (word & ~_RAW_STRIP) for word in words)]
    if bounds != sorted(bounds) or bounds[-1] > len(view):
        fail_malformed(entry.name, f"strips overlap or end at {bounds[-1]} in a payload of {len(view)} bytes")
    return tuple(
        (start, end, bool(word & _RAW_STRIP))
        for start, end, word in zip(bounds, bounds[1:], words, strict=False)
    )


def fail_malformed(name: str, message: str) -> NoReturn:
    """Raise IB608 for the payload of the asset ``name``."""
    fail("IB608", f'"{name}": {message}', asset=name)


def _cut(data: U8, at: int, rows: int, stride_bytes: int) -> U8:
    return data[at : at + rows * stride_bytes].reshape(rows, stride_bytes)


def _decode_lz4(stored: memoryview, size: int, number: int, name: str) -> bytes:
    from lz4 import block

    try:
        decoded: bytes = block.decompress(stored, uncompressed_size=size)
    except (block.LZ4BlockError, ValueError, MemoryError) as error:
        fail_malformed(
            name, f"strip {number} of {len(stored)} bytes is no LZ4 block of {size} bytes: {error}"
        )
    return decoded


def _unpack_levels(rows: U8, bits: int, width: int, is_lsb_first: bool) -> U8:
    """Values of 1, 2 or 4 bits, uint8 ``[h, width]``, out of rows ``[h, bytes]``."""
    if bits == 1:
        return np.unpackbits(rows, axis=1, count=width, bitorder="little" if is_lsb_first else "big")
    per_byte = 8 // bits
    used = rows[:, : -(-width // per_byte)]
    out = np.empty((*used.shape, per_byte), np.uint8)
    for place in range(per_byte):
        shift = bits * (place if is_lsb_first else per_byte - 1 - place)
        out[:, :, place] = (used >> shift) & ((1 << bits) - 1)
    return out.reshape(len(rows), -1)[:, :width]


def _straighten(rgba: U8) -> U8:
    """Divide premultiplied colours by their alpha, rounded to the nearest; transparent is black."""
    alpha = rgba[:, :, 3:].astype(np.uint32)
    colour = (rgba[:, :, :3] * np.uint32(510) + alpha) // np.maximum(2 * alpha, 1)
    out = rgba.copy()
    out[:, :, :3] = np.minimum(colour, 255) * (alpha > 0)
    return out
