"""Codec range in a build: where it is taken, what it leaves alone, and that its bitmaps are read back."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.model import Codec, DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset, Samples
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.range_pass import recode_bitmaps, without_range
from imgbuild.range_tables import RANGE_KINDS
from imgbuild.reader.bitmap import Bitmap, decode_together, read_bitmap
from imgbuild.reader.pack import NO_VARIANT, Entry

PLACE = Place("demo.yaml", 9, 3)
INDEXED = {"i4": 16, "i8": 256}


def picture(height: int, width: int, colours: int = 0) -> np.ndarray:
    """A soft disc on a slope; ``colours`` limits how many there are."""
    y, x = np.indices((height, width))
    distance = np.hypot(y - height / 2, x - width / 2)
    rgba = np.empty((height, width, 4), np.uint8)
    rgba[..., 0] = x * 3
    rgba[..., 1] = y * 5
    rgba[..., 2] = 90
    rgba[..., 3] = np.clip((width / 2 - distance) * 40, 0, 255)
    if colours:
        rgba[..., :3] = np.where(x[..., None] % (colours - 1) > 4, x[..., None] % (colours - 1), 0)
        rgba[..., 3] = 255
    return rgba


def plan(pixel_format: str, **options: object) -> PlannedAsset:
    image = ImageOptions(pixel_format, **options)  # type: ignore[arg-type]
    return PlannedAsset("logo", 0x1234, Kind.BITMAP, "LOGO", Path("logo.png"), image, PLACE)


def build(*pairs: tuple[PlannedAsset, np.ndarray]) -> list[EncodedAsset]:
    """The two passes of a build."""
    first = []
    for asset, rgba in pairs:
        plain = replace(asset, options=without_range(asset.options))  # type: ignore[arg-type]
        first.append(encode_bitmap(plain, DecodedImage((rgba,), "")))
    encoded, found = recode_bitmaps([asset for asset, _ in pairs], first)
    assert found == []
    return encoded


def read(encoded: EncodedAsset) -> Bitmap:
    entry = Entry(
        encoded.name, encoded.key, encoded.kind, 0, len(encoded.payload), encoded.crc32, encoded.width,
        encoded.height, encoded.pixel_format, encoded.codec, 0, 0, NO_VARIANT, 0,
    )  # fmt: skip
    return read_bitmap(encoded.payload, entry)


def assert_read_back(encoded: EncodedAsset, samples: Samples) -> None:
    meant = encoded.expected
    assert isinstance(meant, Samples)
    assert np.array_equal(samples.colour, meant.colour)
    assert (samples.alpha is None) == (meant.alpha is None)
    assert samples.alpha is None or np.array_equal(samples.alpha, meant.alpha)
    assert encoded.crc32 == zlib.crc32(encoded.payload)


@pytest.mark.parametrize("pixel_format", list(RANGE_KINDS))
@pytest.mark.parametrize(
    "options",
    [{}, {"byte_order": "big", "row_align_bytes": 16}, {"bit_order": "lsb", "invert": True}],
    ids=["plain", "big-endian and padded", "lowest bits first and inverted"],
)
def test_every_format_is_read_back(pixel_format, options):
    shape = picture(21, 37, INDEXED.get(pixel_format, 0))
    (encoded,) = build((plan(pixel_format, codec="range", **options), shape))
    assert encoded.codec is Codec.RANGE_PIXELS
    assert len(encoded.payload) < encoded.raw_bytes
    bitmap = read(encoded)
    assert bitmap.order == (1 if "byte_order" in options and bitmap.pixel_format.bits > 8 else bitmap.order)
    assert_read_back(encoded, bitmap.samples())


def test_premultiplied_pixels_are_read_back():
    (encoded,) = build((plan("argb8888", codec="range", is_premultiplied=True), picture(16, 16)))
    assert_read_back(encoded, read(encoded).samples())


def test_pictures_coded_and_read_together_are_those_coded_alone():
    pairs = [(plan("rgb565a8", codec="range"), picture(16, 9 + n)) for n in range(5)]
    pairs.append((plan("a8", codec="range"), picture(30, 30)))
    together = build(*pairs)
    assert [e.payload for e in together] == [build(pair)[0].payload for pair in pairs]
    assert [e.payload for e in together] == [
        encode_bitmap(asset, DecodedImage((rgba,), "")).payload for asset, rgba in pairs
    ]
    for encoded, bitmap in zip(together, decode_together([read(e) for e in together]), strict=True):
        assert_read_back(encoded, bitmap.samples())


def test_strips_have_at_most_16_rows_and_strip_bytes():
    (encoded,) = build((plan("rgb565", codec="range"), picture(40, 20)))
    assert read(encoded).strip_rows == 16
    (encoded,) = build((plan("rgb565", codec="range", strip_bytes=400), picture(40, 20)))
    assert read(encoded).strip_rows == 10
    assert encoded.max_strip_bytes == 400


def test_what_does_not_shrink_is_stored_raw_strip_by_strip():
    noise = np.random.default_rng(1).integers(0, 256, (32, 32, 4), np.uint8)
    noise[16:] = 7
    noise[..., 3] = 255
    (encoded,) = build((plan("rgb565", codec="range"), noise))
    assert [is_raw for _, _, is_raw in read(encoded).strips] == [True, False]
    assert_read_back(encoded, read(encoded).samples())
    (narrow,) = build((plan("rgb565", codec="range"), noise[:, :1]))
    assert all(is_raw for _, _, is_raw in read(narrow).strips)
    assert_read_back(narrow, read(narrow).samples())


def test_a_row_larger_than_a_strip_is_refused_for_range_and_no_matter_for_auto():
    asset, rgba = plan("rgb565", codec="range", strip_bytes=64), picture(8, 64)
    first = encode_bitmap(replace(asset, options=without_range(asset.options)), DecodedImage((rgba,), ""))
    _, (found,) = recode_bitmaps([asset], [first])
    assert (found.code, found.place) == ("IB205", PLACE)
    with pytest.raises(BuildError, match="64 B"):
        encode_bitmap(asset, DecodedImage((rgba,), ""))
    (auto,) = build((plan("rgb565", codec="auto", strip_bytes=64), rgba))
    assert auto.codec is Codec.RAW


# --- codec auto ------------------------------------------------------------------------------------


def sizes(rgba: np.ndarray) -> tuple[int, int]:
    """Bytes of the best of the other codecs, and of range."""
    best, coded = build(
        (plan("rgb565", codec="auto", prefer="speed"), rgba), (plan("rgb565", codec="range"), rgba)
    )
    return len(best.payload), len(coded.payload)


def test_auto_takes_range_by_what_is_preferred():
    smooth = picture(48, 48)
    noisy = smooth.copy()
    noisy[..., :3] ^= np.random.default_rng(2).integers(0, 64, (48, 48, 3), np.uint8)
    little = noisy.copy()
    best, coded = sizes(little)
    assert best * 4 < coded * 5 < best * 5, "the picture is to gain something, but less than a fifth"
    best, coded = sizes(smooth)
    assert coded * 5 < best * 4
    taken = {
        (name, prefer): build((plan("rgb565", codec="auto", prefer=prefer), rgba))[0].codec
        for name, rgba in (("smooth", smooth), ("little", little))
        for prefer in ("size", "balanced", "speed")
    }
    by_range = {key for key, codec in taken.items() if codec is Codec.RANGE_PIXELS}
    assert by_range == {("smooth", "size"), ("smooth", "balanced"), ("little", "size")}


def test_auto_never_takes_range_where_it_is_larger():
    plain = np.full((2, 2, 4), 200, np.uint8)
    (encoded,) = build((plan("rgb565", codec="auto", prefer="size"), plain))
    assert encoded.codec is not Codec.RANGE_PIXELS


def test_formats_that_range_does_not_know_get_the_best_of_the_others():
    noise = np.full((32, 32, 4), 255, np.uint8)
    noise[..., :3] = 255 * np.random.default_rng(4).integers(0, 2, (32, 32, 1), np.uint8)
    (encoded,) = build((plan("auto", codec="range"), noise))
    assert encoded.pixel_format == PIXEL_FORMATS["gray1"].number, "black or white"
    assert encoded.codec in (Codec.RAW, Codec.RLE, Codec.LZ4)


# --- pixel_format auto -----------------------------------------------------------------------------


def with_few_colours() -> np.ndarray:
    """At most 256 colours, so that a palette is smallest raw; that palette takes more than the rest coded."""
    y, x = np.indices((40, 40))
    rgba = np.full((40, 40, 4), 255, np.uint8)
    rgba[..., 0] = x // 3 * 16
    rgba[..., 1] = y // 3 * 12
    rgba[..., 2] = 80
    return rgba


@pytest.mark.parametrize("codec", ["rle", "lz4", "range", "auto"])
@pytest.mark.parametrize("prefer", ["size", "balanced", "speed"])
def test_auto_takes_the_format_that_is_smallest_when_coded(codec, prefer):
    rgba = with_few_colours()
    options = {"codec": codec, "prefer": prefer, "display_format": "rgb565"}
    (chosen,) = build((plan("auto", **options), rgba))
    by_format = {
        name: build((plan(name, codec=codec, prefer=prefer), rgba))[0] for name in ("i8", "rgb565", "rgb888")
    }
    smallest = min(by_format, key=lambda name: len(by_format[name].payload))
    assert chosen.pixel_format == PIXEL_FORMATS[smallest].number
    assert len(chosen.payload) == len(by_format[smallest].payload)
    assert chosen.rivals == ()
    raw = build((plan("auto", codec="raw", display_format="rgb565"), rgba))[0]
    assert raw.pixel_format == PIXEL_FORMATS["i8"].number, "raw, the palette is smallest"


def test_everything_that_was_tried_is_told():
    (chosen,) = build(
        (plan("auto", codec="auto", prefer="size", display_format="rgb565"), with_few_colours())
    )
    assert {(t.codec.label, t.pixel_format) for t in chosen.tried} == {
        (codec, PIXEL_FORMATS[name].number)
        for codec in ("raw", "rle", "lz4", "range")
        for name in ("i8", "rgb565")
    }
    assert min(trial.stored_bytes for trial in chosen.tried) == len(chosen.payload)
    assert all(trial.pixel_bytes < trial.stored_bytes for trial in chosen.tried)
    (fixed,) = build((plan("rgb565", codec="auto", prefer="speed"), with_few_colours()))
    assert [trial.codec.label for trial in fixed.tried] == ["raw", "rle", "lz4"]
    (asked,) = build((plan("rgb565", codec="range"), with_few_colours()))
    assert asked.tried == ()


def test_a_rival_whose_rows_do_not_fit_a_strip_is_left_out():
    rgba = with_few_colours()
    (chosen,) = build((plan("auto", codec="lz4", strip_bytes=64, display_format="rgb565"), rgba))
    assert chosen.pixel_format == PIXEL_FORMATS["i8"].number
    (chosen,) = build((plan("auto", codec="range", strip_bytes=64, display_format="rgb565"), rgba))
    assert chosen.pixel_format == PIXEL_FORMATS["i8"].number
