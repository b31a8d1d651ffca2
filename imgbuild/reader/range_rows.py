"""Bitmaps of codec 3 as stored rows: the strips of many bitmaps are decoded together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.range_strips import RANGE_KINDS, CodedStrip, StripValues, decode_strips

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]
Rows = tuple[U8, U8 | None]

_BATCH_PIXELS = 5 << 19
"""Pixels that are decoded together: what each takes on the way is some 60 bytes."""
_STRIP_PIXELS_MAX = 1 << 16
"""FORMAT.md; it bounds the time that hostile bytes can take."""
_ORDER_BIG, _ORDER_LSB_FIRST = 1, 2
_X_IS_FULL = np.int32(-1 << 24)


@dataclass(frozen=True, slots=True)
class RangeBitmap:
    """What a bitmap's header says, and the stored bytes of its strips; ``strips`` are (bytes, is raw)."""

    format_name: str
    order: int
    width: int
    rows: int
    stride_bytes: int
    alpha_stride_bytes: int
    strip_rows: int
    strips: tuple[tuple[memoryview, bool], ...]

    def rows_of(self, number: int) -> int:
        """Rows of one strip."""
        return min(self.strip_rows, self.rows - number * self.strip_rows)


def decode_bitmaps(bitmaps: Sequence[RangeBitmap]) -> list[Rows | str]:
    """Rows ``[h, stride_bytes]``, and those of the alpha plane or None; a text says what is wrong."""
    results: list[Rows | str] = []
    coded: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, bitmap in enumerate(bitmaps):
        results.append(_begin(bitmap))
        known = bitmap.format_name in RANGE_KINDS
        places = [place for place, (_, is_raw) in enumerate(bitmap.strips) if not is_raw]
        if any(_pixels(bitmaps, (number, place)) > _STRIP_PIXELS_MAX for place in places):
            results[number] = (
                f"coded strips of {bitmap.strip_rows} rows hold more than {_STRIP_PIXELS_MAX} pixels"
            )
        elif places and not known:
            results[number] = f"pixel format {bitmap.format_name} is not coded with codec 3"
        elif not isinstance(results[number], str):
            coded[bitmap.format_name] += [(number, place) for place in places]
    for name, entries in coded.items():
        # strips of like size together: a batch takes as many steps as its largest strip has pixels
        entries.sort(key=lambda entry: (-_pixels(bitmaps, entry), entry))
        for batch in _batches(bitmaps, entries):
            _decode_batch(name, bitmaps, batch, results)
    return results


def _pixels(bitmaps: Sequence[RangeBitmap], entry: tuple[int, int]) -> int:
    bitmap = bitmaps[entry[0]]
    return bitmap.width * bitmap.rows_of(entry[1])


def _batches(bitmaps: Sequence[RangeBitmap], entries: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    batches: list[list[tuple[int, int]]] = []
    room = 0
    for entry in entries:
        room -= _pixels(bitmaps, entry)
        if room < 0:
            batches.append([])
            room = _BATCH_PIXELS - _pixels(bitmaps, entry)
        batches[-1].append(entry)
    return batches


def _begin(bitmap: RangeBitmap) -> Rows | str:
    """Rows in which the raw strips stand already."""
    colour = np.zeros((bitmap.rows, bitmap.stride_bytes), np.uint8)
    alpha = (
        np.zeros((bitmap.rows, bitmap.alpha_stride_bytes), np.uint8) if bitmap.alpha_stride_bytes else None
    )
    for number, (data, is_raw) in enumerate(bitmap.strips):
        if not is_raw:
            continue
        rows, first = bitmap.rows_of(number), number * bitmap.strip_rows
        size = rows * (bitmap.stride_bytes + bitmap.alpha_stride_bytes)
        if len(data) != size:
            return f"strip {number} gives {len(data)} bytes, expected {size}"
        split = rows * bitmap.stride_bytes
        values = np.frombuffer(data, np.uint8)
        colour[first : first + rows] = values[:split].reshape(rows, -1)
        if alpha is not None:
            alpha[first : first + rows] = values[split:].reshape(rows, -1)
    return colour, alpha


def _decode_batch(
    name: str, bitmaps: Sequence[RangeBitmap], batch: list[tuple[int, int]], results: list[Rows | str]
) -> None:
    strips = [
        CodedStrip(bitmaps[number].strips[place][0], bitmaps[number].width, bitmaps[number].rows_of(place))
        for number, place in batch
    ]
    for (number, place), values in zip(batch, decode_strips(RANGE_KINDS[name], strips), strict=True):
        rows = results[number]
        if isinstance(rows, str):
            continue
        if isinstance(values, str):
            results[number] = f"strip {place} is {values}"
            continue
        bitmap = bitmaps[number]
        first = place * bitmap.strip_rows
        span = slice(first, first + bitmap.rows_of(place))
        _store(bitmap, values, rows[0][span], None if rows[1] is None else rows[1][span])


def _store(bitmap: RangeBitmap, values: StripValues, colour: U8, alpha: U8 | None) -> None:
    """Write values into rows that are 0, in the byte and bit order of section 4.1."""
    bits = _BITS[bitmap.format_name]
    plane = values.alpha if values.colour is None else values.colour
    if plane is None:
        return
    if alpha is not None and values.alpha is not None:
        alpha[:, : bitmap.width] = values.alpha
    if bits == 4:
        is_lsb_first = bool(bitmap.order & _ORDER_LSB_FIRST)
        for place in (0, 1):
            half = plane[:, place::2].astype(np.uint8)
            colour[:, : half.shape[1]] |= half << np.uint8(4 * (place if is_lsb_first else 1 - place))
        return
    size = bits // 8
    if size == 4:
        plane = plane | (_X_IS_FULL if values.alpha is None else values.alpha << 24)
    is_big = bool(bitmap.order & _ORDER_BIG)
    for place in range(size):
        byte = size - 1 - place if is_big else place
        colour[:, place : bitmap.width * size : size] = plane >> 8 * byte & 0xFF


_BITS = {"a8": 8, "a4": 4, "rgb565": 16, "rgb565a8": 16, "rgb888": 24, "xrgb8888": 32, "argb8888": 32,
         "i8": 8, "i4": 4, "gray8": 8, "gray4": 4}  # fmt: skip
