"""Bytes of pictures by codec, side by side: strips that a reader can pick, beside whole files."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.picture_sets import DESCRIPTIONS, measured_sets
from imgbuild.errors import Place
from imgbuild.model import DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.range_pass import recode_bitmaps
from imgbuild.pixels.strips import build_payload
from imgbuild.reader.bitmap import decode_together, read_bitmap
from imgbuild.reader.pack import NO_VARIANT, Entry

U8 = NDArray[np.uint8]
KINDS = ("argb8888", "a8", "a4", "gray8", "gray4", "i8", "i4")
"""Kinds of pixels beside 5:6:5; indices are those of a palette that is found (``palette: optimal``)."""


def _is_opaque(pictures: Iterable[U8]) -> bool:
    return all(bool((picture[..., 3] == 255).all()) for picture in pictures)


def _plan(count: int, options: ImageOptions) -> list[PlannedAsset]:
    place, source = Place("bench"), Path("picture")
    return [
        PlannedAsset(str(number), number, Kind.BITMAP, "", source, options, place) for number in range(count)
    ]


def _encode(pictures: list[U8], options: ImageOptions) -> list[EncodedAsset]:
    """Every picture raw."""
    pairs = zip(_plan(len(pictures), options), pictures, strict=True)
    return [encode_bitmap(asset, DecodedImage((rgba,), "")) for asset, rgba in pairs]


def _count_lz4(raw: list[EncodedAsset], options: ImageOptions) -> int:
    """Bytes of the same pixels in strips of LZ4."""
    row = PIXEL_FORMATS[options.pixel_format]
    payloads = [
        build_payload(asset, bitmap.expected, row, options)  # type: ignore[arg-type]
        for asset, bitmap in zip(_plan(len(raw), options), raw, strict=True)
    ]
    return sum(len(payload.data) - payload.anchor_bytes for payload in payloads)


def _count_range(raw: list[EncodedAsset], options: ImageOptions) -> int:
    """The same in codec range, for all pictures together as a build does it; read back."""
    coded, found = recode_bitmaps(_plan(len(raw), options), raw)
    if found:
        raise RuntimeError(found)
    _read_back(coded)
    return _total(map(_pixel_bytes, coded))


def _read_back(coded: list[EncodedAsset]) -> None:
    """Every strip through the independent reader; RuntimeError if a pixel differs."""
    bitmaps = [
        read_bitmap(
            a.payload,
            Entry(a.name, a.key, a.kind, 0, len(a.payload), a.crc32, a.width, a.height, a.pixel_format,
                  a.codec, 0, 0, NO_VARIANT, 0),
        )
        for a in coded
    ]  # fmt: skip
    for asset, bitmap in zip(coded, decode_together(bitmaps), strict=True):
        if not np.array_equal(bitmap.samples().colour, asset.expected.colour):  # type: ignore[union-attr]
            raise RuntimeError(asset.name)


def _pixel_bytes(asset: EncodedAsset) -> int:
    """Stored pixels without header, strip table and palette."""
    return len(asset.payload) - asset.anchor_bytes


def _raw_pixels(asset: EncodedAsset) -> bytes:
    return asset.payload[asset.anchor_bytes :]


def _total(sizes: Iterable[int]) -> int:
    return sum(sizes)


def _columns(pictures: list[U8], pixel_format: str) -> dict[str, int]:
    is_indexed = pixel_format in ("i8", "i4")
    plain = ImageOptions(pixel_format, is_palette_optimal=is_indexed)
    raw = _encode(pictures, plain)
    columns = {"raw": _total(map(_pixel_bytes, raw))}
    for kib in (2, 4, 8):
        columns[f"lz4 {kib}K"] = _count_lz4(raw, replace(plain, codec="lz4", strip_bytes=1024 * kib))
    columns["deflate"] = _total(len(zlib.compress(_raw_pixels(asset), 9)) for asset in raw)
    for label, size in (("range 8K", 8192), ("16 rows", 1 << 20)):
        columns[label] = _count_range(raw, replace(plain, codec="range", strip_bytes=size))
    return columns


def _print_rows(pictures: dict[str, list[U8]], format_of: Callable[[list[U8]], str | None]) -> None:
    is_first = True
    for name, some in pictures.items():
        pixel_format = format_of(some)
        if pixel_format is None:
            continue
        began = time.process_time()
        columns = _columns(some, pixel_format)
        if is_first:
            print("  " + " " * 24 + "".join(f"{label:>12}" for label in columns) + "   range/deflate")
        share = columns["range 8K"] / columns["deflate"]
        numbers = "".join(f"{count:12,}" for count in columns.values())
        print(f"  {name:14}{pixel_format:10}{numbers}{share:12.3f}   ({time.process_time() - began:.1f} s)")
        is_first = False


def _masks_of_clear(kind: str, pictures: list[U8]) -> str | None:
    """``kind``, None if it is a mask and the pictures have none."""
    return None if kind in ("a8", "a4") and _is_opaque(pictures) else kind


def main(folder: Path) -> None:
    """Print the bytes of every set and kind of pixels."""
    del folder
    pictures = measured_sets()
    for name, what in DESCRIPTIONS.items():
        print(f"  {name}: {len(pictures[name])} pictures; {what}")
    print("Bytes of pixels by codec; strips of 2, 4, 8 KiB, range to 16 rows; deflate -9 of whole files")
    print("  aims: lz4 8K 10 % below LVGL's; range/deflate 0.73 (icons), 0.66 (photos), 1 (flat, screens)")
    _print_rows(pictures, lambda some: "rgb565" if _is_opaque(some) else "rgb565a8")
    for kind in KINDS:
        _print_rows(pictures, partial(_masks_of_clear, kind))
