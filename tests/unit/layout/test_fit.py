"""What does not fit is refused, with the biggest assets and what each would really save."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import lz4.block
import numpy as np
import pytest
from unit.layout.handmade import PLACE, bitmap_asset, file_asset, flash_target

from imgbuild.layout.fit import check_fit, check_region
from imgbuild.model import (
    Codec,
    DecodedFont,
    DecodedGlyph,
    DecodedImage,
    EncodedAsset,
    ImageOptions,
    Kind,
    PlannedAsset,
    Range,
)
from imgbuild.pixels.bitmap import encode_bitmap

SMALL = flash_target(Range(0x80000, 0x10000, "free"))


def font_asset(name: str, bpp: int, boxes: list[tuple[int, int]], codec: Codec = Codec.RAW) -> EncodedAsset:
    glyphs = tuple(DecodedGlyph(n, np.zeros((h, w), np.uint8), 0, 0, 0) for n, (w, h) in enumerate(boxes))
    font = DecodedFont(18, bpp, 14, -4, 0, -2, 1, glyphs, (), "")
    pixels = sum((w * h * bpp + 7) // 8 for w, h in boxes)
    return replace(
        file_asset(name, bytes(64 + pixels)), kind=Kind.FONT, height=18, expected=font, codec=codec
    )


def hint_of(*assets: EncodedAsset) -> str:
    (diagnostic,) = check_fit(assets, needed_bytes=0x20000, target=SMALL, budget_bytes=None, place=PLACE)
    assert diagnostic.hint is not None
    return diagnostic.hint


def test_an_image_of_just_the_regions_size_fits() -> None:
    assert check_fit([], needed_bytes=0x10000, target=SMALL, budget_bytes=0x10000) == []


def test_a_byte_too_many_is_refused_with_sizes_and_place() -> None:
    (diagnostic,) = check_fit([], needed_bytes=0x10001, target=SMALL, budget_bytes=None, place=PLACE)
    assert diagnostic.code == "IB405"
    assert diagnostic.place == PLACE
    assert diagnostic.message == (
        "the image takes 65537 B (64.0 KiB); the free region at 0x80000 of w25q16jv"
        " has 65536 B (64.0 KiB): 1 B too many"
    )
    assert diagnostic.hint is None


def test_the_budget_counts_on_its_own() -> None:
    (diagnostic,) = check_fit(
        [file_asset("a", b"x" * 500)], needed_bytes=2048, target=SMALL, budget_bytes=1024, place=PLACE
    )
    assert diagnostic.code == "IB406"
    assert diagnostic.message == (
        "the image takes 2048 B (2.0 KiB), the budget is 1024 B (1.0 KiB): 1024 B (1.0 KiB) too many"
    )
    assert diagnostic.hint is not None
    assert '"a": 500 B' in diagnostic.hint


def test_both_can_be_exceeded_and_the_assets_are_named_once() -> None:
    found = check_fit([file_asset("a", b"x")], needed_bytes=0x20000, target=SMALL, budget_bytes=5)
    assert [diagnostic.code for diagnostic in found] == ["IB405", "IB406"]
    assert [diagnostic.hint is None for diagnostic in found] == [False, True]


def test_the_five_biggest_are_named_biggest_first() -> None:
    lines = hint_of(*(file_asset(f"f{n}", bytes([n]) * (100 * n)) for n in range(1, 9))).splitlines()
    assert lines[1:] == [f'  "f{n}": {100 * n} B' for n in (8, 7, 6, 5, 4)]


def test_a_payload_stored_once_is_named_once() -> None:
    assert hint_of(file_asset("a", b"same"), file_asset("b", b"same")).count("4 B") == 1


def test_a_raw_bitmap_tells_what_lz4_strips_would_save() -> None:
    pixels = (b"\x12\x34" * 100 + random.Random(1).randbytes(100)) * 200
    asset = bitmap_asset("photo", (150, 200), 0x12, 300, pixels)
    # 8 KiB strips hold 27 rows of 300 bytes; every strip costs 4 bytes of table.
    strips = [pixels[first : first + 27 * 300] for first in range(0, len(pixels), 27 * 300)]
    stored = sum(
        len(lz4.block.compress(s, mode="high_compression", compression=12, store_size=False)) + 4
        for s in strips
    )
    assert f"codec: lz4 would save {len(pixels) - stored} B" in hint_of(asset)


@pytest.mark.parametrize("codec", ["raw", "rle", "lz4"])
@pytest.mark.parametrize("pixel_format", ["rgb565", "rgb565a8", "gray8"])
def test_what_codec_range_would_save_is_what_it_really_saves(codec, pixel_format):
    y, x = np.indices((50, 60))
    rgba = np.dstack([4 * x, 5 * y, x * y % 256, 255 - x]).astype(np.uint8)
    sizes = {}
    for name in (codec, "range"):
        options = ImageOptions(pixel_format, codec=name, background=(0, 0, 0))
        asset = PlannedAsset("slope", 1, Kind.BITMAP, "SLOPE", Path("slope.png"), options, PLACE)
        sizes[name] = encode_bitmap(asset, DecodedImage((rgba,), ""))
    saved = len(sizes[codec].payload) - len(sizes["range"].payload)
    assert f"codec range, slower to draw) would save {saved} B" in hint_of(sizes[codec])
    assert "would save" not in hint_of(sizes["range"])


def test_alpha_rows_lie_in_the_strip_of_their_colours() -> None:
    asset = bitmap_asset("icon", (64, 64), 0x14, 128, bytes(128 * 64 + 64 * 64))
    assert "codec: lz4 would save" in hint_of(asset)


def test_nothing_is_promised_where_nothing_is_saved() -> None:
    noise = bitmap_asset("noise", (100, 100), 0x12, 200, random.Random(2).randbytes(20_000))
    packed = replace(bitmap_asset("packed", (10, 10), 0x12, 20, bytes(200)), codec=Codec.LZ4)
    wide = bitmap_asset("wide", (5000, 2), 0x12, 10_000, bytes(20_000))
    for asset in (noise, packed, wide, file_asset("raw.bin", bytes(9000)), font_asset("body", 1, [(9, 9)])):
        assert "would save" not in hint_of(asset)


@pytest.mark.parametrize(
    ("number", "pixel_bytes", "text", "saved"),
    [(0x10, 4, "rgb565a8", 10_000), (0x11, 4, "rgb565", 20_000), (0x0F, 3, "rgb565", 10_000)],
)
def test_a_smaller_pixel_format_is_proposed(number: int, pixel_bytes: int, text: str, saved: int) -> None:
    pixels = random.Random(3).randbytes(10_000 * pixel_bytes)
    asset = bitmap_asset("p", (100, 100), number, 100 * pixel_bytes, pixels)
    assert f"pixel_format: {text} would save {saved} B" in hint_of(asset)


def test_a_font_tells_what_half_the_bits_would_save() -> None:
    # 5x7 px: 35 px at 4 bpp are 18 B, at 2 bpp 9 B; 3x3 px: 5 B and 3 B.
    assert "bpp: 2 would save 11 B" in hint_of(font_asset("body", 4, [(5, 7), (3, 3), (0, 0)]))


# --- defence in depth -----------------------------------------------------------------------------


def test_an_image_inside_its_region_passes() -> None:
    assert check_region(0x180000, flash_target()) == []


def test_an_image_longer_than_its_region_is_caught() -> None:
    (diagnostic,) = check_region(0x10001, SMALL)
    assert diagnostic.code == "IB405"
    assert "0x90001" in diagnostic.message


def test_a_region_that_leaves_the_chip_is_caught() -> None:
    found = check_region(0x2000, flash_target(Range(0x1FF000, 0x2000)))
    assert [diagnostic.code for diagnostic in found] == ["IB407"]


@pytest.mark.parametrize("region", [Range(0x80100, 0x1000), Range(0x80000, 0x1100)])
def test_a_region_off_the_erase_blocks_is_caught(region: Range) -> None:
    assert [diagnostic.code for diagnostic in check_region(0x1000, flash_target(region))] == ["IB407"]


@pytest.mark.parametrize(("offset", "is_caught"), [(0, True), (0x7F000, True), (0x80000, False)])
def test_a_reserved_byte_is_never_written(offset: int, is_caught: bool) -> None:
    found = check_region(0x1000, flash_target(Range(offset, 0x1000)))
    assert [diagnostic.code for diagnostic in found] == (["IB404"] if is_caught else [])
    if found:
        assert '"firmware" at 0x0..0x80000' in found[0].message
