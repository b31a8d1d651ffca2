"""The pixels of a font's glyphs as stored: raw (FORMAT.md 5.3), or coded where that is smaller (5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from imgbuild.glyph_tables import MODEL_RAW
from imgbuild.limits import FONT_CODED_PIXELS_MAX

if TYPE_CHECKING:
    from imgbuild.model.decoded import U8

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StoredGlyphs:
    """``pixels`` of all glyphs, where each glyph's begin in them, and which are raw.

    ``model``: FORMAT.md 5.4; ``table``: the model's own one, if it has any.
    """

    pixels: bytes
    offsets: Ints
    is_raw: NDArray[np.bool_]
    model: int = MODEL_RAW
    table: bytes = b""
    ratio: int = 0  # FORMAT.md's coded_ratio


def store_raw(bitmaps: Sequence[U8], bpp: int) -> StoredGlyphs:
    """All bitmaps as bit streams, leftmost pixel highest, each on a byte of its own.

    Equal streams are stored once (Latin A and Cyrillic A): the length of a raw glyph follows from
    its sides, so offsets need not rise.
    """
    pixels, offsets = _share(pack_streams(bitmaps, bpp))
    return StoredGlyphs(pixels, offsets, np.ones(len(bitmaps), np.bool_))


def store_coded(bitmaps: Sequence[U8], bpp: int) -> StoredGlyphs:
    """Each bitmap coded by the best model, or raw where that is not larger; equal ones are stored once.

    All are raw where there is no pixel in any of them, or more than a reader would decode.
    """
    from imgbuild.codecs.range_glyphs import encode_glyphs

    number_of: dict[tuple[tuple[int, ...], bytes], int] = {}
    numbers = [
        number_of.setdefault((bitmap.shape, bitmap.tobytes()), len(number_of)) if bitmap.size else -1
        for bitmap in bitmaps
    ]
    if not 0 < sum(bitmap.size for bitmap in bitmaps) <= FONT_CODED_PIXELS_MAX:
        return store_raw(bitmaps, bpp)
    different: list[U8] = [bitmaps[0]] * len(number_of)
    for bitmap, number in zip(bitmaps, numbers, strict=True):
        if number >= 0:
            different[number] = bitmap
    coded = encode_glyphs(different, pack_streams(different, bpp), bpp)
    # a blank glyph, number -1, takes the values behind the last
    offsets = np.array([*coded.offsets, 0], np.int64)[numbers]
    is_raw = np.array([*coded.is_raw, True], np.bool_)[numbers]
    return StoredGlyphs(coded.pixels, offsets, is_raw, coded.model, coded.table, coded.ratio)


def pack_streams(bitmaps: Sequence[U8], bpp: int) -> list[bytes]:
    """Each bitmap (``[h, w]`` of values below 2^bpp) as its raw stream, ``(w * h * bpp + 7) / 8`` bytes."""
    sizes = np.array([bitmap.size for bitmap in bitmaps], dtype=np.int64)
    # a group of pixels fills whole bytes: 8 pixels of 3 bits take 3 bytes
    group_bytes = bpp if bpp == 3 else 1
    group_px = 8 * group_bytes // bpp
    groups = -(-sizes // group_px)
    starts = np.concatenate(([0], np.cumsum(groups)))
    values = np.zeros((int(starts[-1]), group_px), dtype=np.uint8)
    flat = values.reshape(-1)
    for bitmap, start in zip(bitmaps, (starts * group_px).tolist(), strict=False):
        flat[start : start + bitmap.size] = bitmap.reshape(-1)
    stream = (_pack_threes(values) if bpp == 3 else _pack_bytes(values, bpp)).tobytes()
    begins = (starts[:-1] * group_bytes).tolist()
    lengths = (-(-sizes * bpp // 8)).tolist()
    return [stream[begin : begin + length] for begin, length in zip(begins, lengths, strict=True)]


def _pack_bytes(values: U8, bpp: int) -> U8:
    shifts = np.arange(8 - bpp, -1, -bpp, dtype=np.uint8)
    packed: U8 = np.bitwise_or.reduce(values << shifts, axis=1).astype(np.uint8)
    return packed


def _pack_threes(values: U8) -> U8:
    word = np.bitwise_or.reduce(values.astype(np.uint32) << np.arange(21, -1, -3, dtype=np.uint32), axis=1)
    return np.ascontiguousarray(word.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:])


def _share(streams: Sequence[bytes]) -> tuple[bytes, Ints]:
    """All streams, each kept once, and where each begins; an empty one begins where it would stand."""
    seen: dict[bytes, int] = {}
    kept: list[bytes] = []
    offsets: list[int] = []
    end = 0
    for piece in streams:
        offset = seen.setdefault(piece, end) if piece else end
        if piece and offset == end:
            kept.append(piece)
            end += len(piece)
        offsets.append(offset)
    return b"".join(kept), np.array(offsets, dtype=np.int64)
