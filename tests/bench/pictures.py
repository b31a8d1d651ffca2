"""Bytes of pictures by codec, side by side: strips that a reader can pick, beside whole files."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.picture_sets import measured_sets
from imgbuild.errors import Place
from imgbuild.model import DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.range_pass import recode_bitmaps
from imgbuild.reader.bitmap import decode_together, read_bitmap
from imgbuild.reader.pack import NO_VARIANT, Entry

U8 = NDArray[np.uint8]
KINDS = ("argb8888", "a8", "a4", "gray8", "gray4")
"""Kinds of pixels beside 5:6:5; indices follow from the palette that a build finds, and are left out."""


def _is_opaque(pictures: Iterable[U8]) -> bool:
    return all(bool((picture[..., 3] == 255).all()) for picture in pictures)


def _encode(pictures: list[U8], options: ImageOptions) -> list[EncodedAsset]:
    """As a build does: codec range for all pictures together."""
    place, source = Place("bench"), Path("picture")
    planned = [
        PlannedAsset(str(number), number, Kind.BITMAP, "", source, options, place)
        for number in range(len(pictures))
    ]
    if options.codec != "range":
        pairs = zip(planned, pictures, strict=True)
        return [encode_bitmap(asset, DecodedImage((rgba,), "")) for asset, rgba in pairs]
    raw = _encode(pictures, replace(options, codec="raw"))
    coded, found = recode_bitmaps(planned, raw)
    if found:
        raise RuntimeError(found)
    _read_back(coded)
    return coded


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
    raw = _encode(pictures, ImageOptions(pixel_format))
    columns = {"raw": _total(map(_pixel_bytes, raw))}
    for kib in (2, 4, 8):
        options = ImageOptions(pixel_format, codec="lz4", strip_bytes=1024 * kib)
        columns[f"lz4 {kib}K"] = _total(map(_pixel_bytes, _encode(pictures, options)))
    columns["deflate"] = _total(len(zlib.compress(_raw_pixels(asset), 9)) for asset in raw)
    for label, size in (("range 8K", 8192), ("16 rows", 1 << 20)):
        options = ImageOptions(pixel_format, codec="range", strip_bytes=size)
        columns[label] = _total(map(_pixel_bytes, _encode(pictures, options)))
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


def main(folder: Path) -> None:
    """Print the bytes of every set and kind of pixels."""
    del folder
    pictures = measured_sets()
    print("Bytes of pixels by codec; strips of 2, 4, 8 KiB, range to 16 rows; deflate -9 of whole files")
    print("  aims: lz4 8K 10 % below LVGL's; range/deflate 0.73 (icons), 0.66 (photos), 1 (flat, screens)")
    _print_rows(pictures, lambda some: "rgb565" if _is_opaque(some) else "rgb565a8")
    for kind in KINDS:
        is_mask = kind in ("a8", "a4")
        _print_rows(
            pictures, lambda some, kind=kind, is_mask=is_mask: None if is_mask and _is_opaque(some) else kind
        )
