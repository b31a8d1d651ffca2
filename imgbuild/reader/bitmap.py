"""Bitmaps as stored, read from FORMAT.md section 4 alone."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import fail
from imgbuild.limits import PALETTE_MAX, SOURCE_PIXELS_MAX, STRIP_BYTES_MAX
from imgbuild.model import Codec, NinePatch, Samples, Trim
from imgbuild.reader.pack import Entry
from imgbuild.reader.pixelformat import (
    ORDER_PREMULTIPLIED,
    PIXEL_FORMATS,
    MalformedPixelsError,
    PixelFormat,
    Rows,
    straighten,
    to_rgba,
    unpack_rows,
)
from imgbuild.reader.rle import MalformedRunsError, decode_runs

if TYPE_CHECKING:
    from imgbuild.reader.range_rows import RangeBitmap

U8 = NDArray[np.uint8]

_HEADER = struct.Struct("<IBBHHHIII")
_RAW_STRIP = 0x80000000


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
    codec: int
    order: int
    stride_bytes: int
    alpha_stride_bytes: int
    pixels: int
    alpha: int
    palette: U8 | None
    strip_rows: int
    strips: tuple[tuple[int, int, bool], ...]
    trim: Trim | None = None
    tint: tuple[int, int, int] | None = None
    nine_patch: NinePatch | None = None
    decoded: Rows | str | None = None  # rows (or what is wrong) found out before, by decode_together

    @property
    def row_count(self) -> int:
        """Rows as stored: pages of 8 rows of pixels in page order, else the height."""
        return self.pixel_format.row_count(self.height)

    @property
    def raw_bytes(self) -> int:
        """Bytes of the pixels uncompressed, second plane included, palette not."""
        return self.row_count * (self.stride_bytes + self.alpha_stride_bytes)

    @property
    def palette_count(self) -> int:
        """Colours of the palette, 0 without one."""
        return 0 if self.palette is None else len(self.palette)

    @property
    def max_strip_bytes(self) -> int:
        """Bytes of the largest strip decoded; 0 without strips."""
        if not self.strips:
            return 0
        return min(self.strip_rows, self.row_count) * (self.stride_bytes + self.alpha_stride_bytes)

    @property
    def anchor_bytes(self) -> int:
        """The byte of the payload that the builder aligns."""
        return self.pixels

    def rows(self) -> Rows:
        """Rows uint8 ``[row_count, stride_bytes]``; of the second plane ``[…, alpha_stride_bytes]`` or None.

        Raises IB608 if a strip cannot be decoded.
        """
        if self.codec == Codec.RANGE_PIXELS:
            rows = decode_together([self])[0].decoded if self.decoded is None else self.decoded
            if rows is None or isinstance(rows, str):
                fail_malformed(self.name, rows or "no rows")
            return rows
        if self.strips:
            return self._strip_rows()
        data = np.frombuffer(self.payload, np.uint8)
        colour = _cut(data, self.pixels, self.row_count, self.stride_bytes)
        if not self.alpha_stride_bytes:
            return colour, None
        return colour, _cut(data, self.alpha, self.row_count, self.alpha_stride_bytes)

    def _strip_rows(self) -> Rows:
        colour = np.empty((self.row_count, self.stride_bytes), np.uint8)
        alpha = np.empty((self.row_count, self.alpha_stride_bytes), np.uint8)
        for number, (start, end, is_raw) in enumerate(self.strips):
            first = number * self.strip_rows
            count = min(self.strip_rows, self.row_count - first)
            size = count * (self.stride_bytes + self.alpha_stride_bytes)
            stored = self.payload[start:end]
            decoded = stored if is_raw else self._decode_strip(stored, count, number)
            if len(decoded) != size:
                fail_malformed(self.name, f"strip {number} gives {len(decoded)} bytes, expected {size}")
            data = np.frombuffer(decoded, np.uint8)
            split = count * self.stride_bytes
            colour[first : first + count] = data[:split].reshape(count, -1)
            if self.alpha_stride_bytes:
                alpha[first : first + count] = data[split:].reshape(count, -1)
        return colour, alpha if self.alpha_stride_bytes else None

    def _decode_strip(self, stored: memoryview, rows: int, number: int) -> bytes:
        size = rows * (self.stride_bytes + self.alpha_stride_bytes)
        if self.codec == Codec.LZ4:
            return _decode_lz4(stored, size, number, self.name)
        try:
            return decode_runs(stored, rows * self.stride_bytes, size, self.pixel_format.unit_bytes)
        except MalformedRunsError as error:
            fail_malformed(self.name, f"strip {number} of {len(stored)} bytes: {error}")

    def samples(self) -> Samples:
        """The values as stored (shapes: :class:`imgbuild.model.Samples`; xrgb8888 is ``[h, w, 3]``).

        Raises IB608 for strips that cannot be decoded, a colour index without palette entry, and
        padding or unused bytes that FORMAT.md fixes and that hold something else.
        """
        try:
            samples = unpack_rows(self.rows(), self.pixel_format, self.order, self.width, self.height)
        except MalformedPixelsError as error:
            fail_malformed(self.name, str(error))
        colour = samples.colour
        if self.palette is not None and colour.size and int(colour.max()) >= len(self.palette):
            fail_malformed(self.name, f"colour index {colour.max()} in a palette of {len(self.palette)}")
        samples = replace(samples, palette=self.palette, nine_patch=self.nine_patch)
        return replace(samples, tint=self.tint, trim=self.trim)

    def rgba(self) -> U8:
        """R G B A, straight alpha, uint8 ``[h, w, 4]``; coverage is its tint, or white, with that alpha."""
        rgba = to_rgba(self.samples(), self.pixel_format)
        if self.tint is not None and self.pixel_format.family == "coverage":
            rgba[..., :3] = self.tint
        return straighten(rgba) if self.is_premultiplied else rgba

    @property
    def is_premultiplied(self) -> bool:
        """Whether R, G and B are multiplied by the alpha."""
        return bool(self.order & ORDER_PREMULTIPLIED) and self.pixel_format.family == "argb"


def decode_together(bitmaps: Sequence[Bitmap]) -> list[Bitmap]:
    """The bitmaps of codec 3 with their rows decoded: together in a fraction of the time; others as they are.

    What is wrong with one shows when its rows are asked for.
    """
    places = [n for n, bitmap in enumerate(bitmaps) if bitmap.codec == Codec.RANGE_PIXELS]
    if not places:
        return list(bitmaps)
    from imgbuild.reader.range_rows import decode_bitmaps  # most images have none of them

    jobs = [_range_bitmap(bitmaps[place]) for place in places]
    result = list(bitmaps)
    for place, rows in zip(places, decode_bitmaps(jobs), strict=True):
        result[place] = replace(bitmaps[place], decoded=rows)
    return result


def _range_bitmap(bitmap: Bitmap) -> RangeBitmap:
    from imgbuild.reader.range_rows import RangeBitmap

    strips = tuple((bitmap.payload[start:end], is_raw) for start, end, is_raw in bitmap.strips)
    return RangeBitmap(
        bitmap.pixel_format.name, bitmap.order, bitmap.width, bitmap.row_count, bitmap.stride_bytes,
        bitmap.alpha_stride_bytes, bitmap.strip_rows, strips,
    )  # fmt: skip


def read_bitmap(payload: bytes | memoryview, entry: Entry) -> Bitmap:
    """Check a bitmap's header against its payload and its index entry. Raises IB608."""
    view = memoryview(payload).cast("B")
    pixel_format = _check_entry(view, entry)
    header = _Header(*_HEADER.unpack_from(view))
    alpha_stride = _check_stride(header, pixel_format, entry)
    tables_at = skip_extensions(view, _HEADER.size, header.ext_words, entry.name)
    trim, tint, nine_patch = _read_extensions(view[_HEADER.size : tables_at])
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
        codec=entry.codec,
        order=header.order,
        stride_bytes=header.stride_bytes,
        alpha_stride_bytes=alpha_stride,
        pixels=header.pixels,
        alpha=header.alpha,
        palette=palette,
        strip_rows=header.strip_rows,
        strips=strips,
        trim=trim,
        tint=tint,
        nine_patch=nine_patch,
    )


def _check_entry(view: memoryview, entry: Entry) -> PixelFormat:
    pixel_format = PIXEL_FORMATS.get(entry.pixel_format)
    if pixel_format is None:
        fail_malformed(entry.name, f"pixel format 0x{entry.pixel_format:02X} is not known to this reader")
    if entry.codec not in (Codec.RAW, Codec.RLE, Codec.LZ4, Codec.RANGE_PIXELS):
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
    least = (entry.width * pixel_format.column_bits + 7) // 8
    if stride < least or (pixel_format.has_alpha_plane and stride % 2):
        fail_malformed(entry.name, f"stride of {stride} bytes, a row of {entry.width} px takes {least}")
    alpha_stride = pixel_format.second_stride(stride)
    rows = pixel_format.row_count(entry.height)
    if rows * (stride + alpha_stride) > 4 * SOURCE_PIXELS_MAX:
        fail_malformed(entry.name, f"{rows} rows of {stride} bytes are more than a bitmap can have")
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


def _read_extensions(
    view: memoryview,
) -> tuple[Trim | None, tuple[int, int, int] | None, NinePatch | None]:
    """What section 4.2 of FORMAT.md says, out of extensions already checked; other types are skipped."""
    trim, tint, nine_patch, at = None, None, None, 0
    while at < len(view):
        number, length = struct.unpack_from("<HH", view, at)
        if (number, length) == (1, 8):
            trim = Trim(*struct.unpack_from("<hhHH", view, at + 4))
        elif (number, length) == (2, 4):
            tint = (view[at + 6], view[at + 5], view[at + 4])
        elif (number, length) == (3, 16):
            insets = struct.unpack_from("<8H", view, at + 4)
            nine_patch = NinePatch(insets[:4], insets[4:])
        at += 4 + (length + 3) // 4 * 4
    return trim, tint, nine_patch


def _row_count(entry: Entry) -> int:
    return PIXEL_FORMATS[entry.pixel_format].row_count(entry.height)


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
    rows = _row_count(entry)
    end = header.pixels + rows * header.stride_bytes
    if header.pixels < tables_at or end + rows * alpha_stride > len(view):
        fail_malformed(
            entry.name,
            f"{rows} rows of {header.stride_bytes + alpha_stride} bytes at {header.pixels} in a"
            f" payload of {len(view)} bytes",
        )
    expected = end if alpha_stride else 0
    if header.alpha != expected:
        fail_malformed(entry.name, f"second plane at {header.alpha}, expected {expected}")


def _read_strips(
    view: memoryview, header: _Header, entry: Entry, alpha_stride: int, tables_at: int
) -> tuple[tuple[int, int, bool], ...]:
    """(start, end, is_raw) of each strip, offsets in the payload."""
    rows, count = header.strip_rows, header.strip_count
    expected = -(-_row_count(entry) // rows) if rows else 0
    if not rows or count != expected or header.alpha:
        fail_malformed(
            entry.name,
            f"{count} strips of {rows} rows, expected {expected}; second plane at {header.alpha}",
        )
    if min(rows, _row_count(entry)) * (header.stride_bytes + alpha_stride) > STRIP_BYTES_MAX:
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
