"""Bitmap payloads are the bytes of FORMAT.md section 4."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import lz4.block
import numpy as np
import pytest

from imgbuild import limits
from imgbuild.errors import BuildError, Diagnostic, Place
from imgbuild.model import Codec, DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset, Resize
from imgbuild.pixels.bitmap import encode_bitmap

PLACE = Place("demo.yaml", 9, 3)


def planned(**options: object) -> PlannedAsset:
    image = ImageOptions(**{"pixel_format": "gray8", **options})  # type: ignore[arg-type]
    return PlannedAsset("logo", 0x1234, Kind.BITMAP, "LOGO", Path("logo.png"), image, PLACE)


def encode(rgba: np.ndarray, **options: object) -> EncodedAsset:
    return encode_bitmap(planned(**options), DecodedImage((rgba.astype(np.uint8),), "0" * 64, ("a note",)))


def refused(rgba: np.ndarray, **options: object) -> Diagnostic:
    with pytest.raises(BuildError) as caught:
        encode(rgba, **options)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.place, diagnostic.asset) == (PLACE, "logo")
    assert '"logo"' in diagnostic.message
    return diagnostic


def grey(height: int, width: int, value: int = 255) -> np.ndarray:
    rgba = np.full((height, width, 4), value, np.uint8)
    rgba[..., 3] = 255
    return rgba


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 4), np.uint8)


def test_raw_grey_byte_by_byte():
    encoded = encode(grey(2, 3, 0x40), row_align_bytes=4)
    assert encoded.payload.hex(" ", -4) == (
        "04000000 00000000 00000000 18000000 00000000 00000000"  # stride 4; no strips; pixels at 24
        " 40404000 40404000"
    )
    assert encoded.codec is Codec.RAW
    assert (encoded.width, encoded.height, encoded.pixel_format) == (3, 2, 0x06)
    assert (encoded.anchor_bytes, encoded.align_bytes, encoded.max_strip_bytes, encoded.raw_bytes) == (
        24,
        4,
        0,
        8,
    )
    assert encoded.crc32 == zlib.crc32(encoded.payload)
    assert (encoded.name, encoded.key, encoded.kind) == ("logo", 0x1234, Kind.BITMAP)
    assert encoded.notes == ("a note",)


def test_raw_alpha_plane_follows_the_last_colour_row():
    rgba = np.array([[(255, 255, 255, 7)], [(0, 0, 0, 255)]])
    encoded = encode(rgba, pixel_format="rgb565a8", byte_order="big")
    assert encoded.payload.hex(" ", -4) == (
        "02000000 01000000 00000000 18000000 1c000000 00000000"  # big-endian pixels; alpha at 28
        " ffff0000 07ff"
    )
    assert encoded.raw_bytes == 6


def test_raw_palette_lies_before_the_pixels():
    rgba = np.array([[(1, 2, 3, 255), (0, 0, 0, 0)]])
    encoded = encode(rgba, pixel_format="i1", bit_order="lsb", byte_order="big")
    assert encoded.payload.hex(" ", -4) == (
        "01000000 02000200 00000000 20000000 00000000 18000000"  # lowest bits first; 2 colours at 24
        " 00000000 030201ff 01"
    )
    assert (encoded.anchor_bytes, encoded.raw_bytes) == (32, 9)


@pytest.mark.parametrize(
    ("name", "byte_order", "bit_order", "order"),
    [
        ("gray8", "big", "lsb", 0),
        ("gray4", "big", "lsb", 2),
        ("gray4", "little", "msb", 0),
        ("rgb565", "big", "lsb", 1),
        ("argb8888", "little", "lsb", 0),
    ],
)
def test_order_bits_that_mean_nothing_stay_zero(name, byte_order, bit_order, order):
    assert (
        encode(noise(2, 2), pixel_format=name, byte_order=byte_order, bit_order=bit_order).payload[4] == order
    )


def strips_of(encoded: EncodedAsset) -> list[tuple[bool, bytes]]:
    """Strips as stored, by the offsets in the header."""
    strip_rows, strip_count, pixels = struct.unpack_from("<HHI", encoded.payload, 8)
    assert strip_count == -(-encoded.height // strip_rows)
    ends = struct.unpack_from(f"<{strip_count}I", encoded.payload, 24)
    places = [0, *(end & 0x7FFFFFFF for end in ends)]
    assert pixels + places[-1] == len(encoded.payload)
    return [
        (bool(ends[n] >> 31), encoded.payload[pixels + places[n] : pixels + places[n + 1]])
        for n in range(strip_count)
    ]


def decoded_rows(encoded: EncodedAsset, row_bytes: int) -> bytes:
    strip_rows = struct.unpack_from("<H", encoded.payload, 8)[0]
    out = b""
    for number, (is_raw, stored) in enumerate(strips_of(encoded)):
        rows = min(strip_rows, encoded.height - number * strip_rows)
        size = rows * row_bytes
        out += stored if is_raw else lz4.block.decompress(stored, uncompressed_size=size)
        assert len(stored) <= size, "a stored strip is never larger than the decoded one"
        assert is_raw == (len(stored) == size)
    return out


def test_strips_hold_as_many_rows_as_fit():
    encoded = encode(grey(10, 30), codec="lz4", strip_bytes=100)
    strip_rows, strip_count, pixels, alpha, palette = struct.unpack_from("<HHIII", encoded.payload, 8)
    assert (strip_rows, strip_count, pixels, alpha, palette) == (3, 4, 24 + 16, 0, 0)
    assert (encoded.max_strip_bytes, encoded.anchor_bytes, encoded.codec) == (90, 40, Codec.LZ4)
    assert decoded_rows(encoded, 30) == b"\xff" * 300
    assert encoded.raw_bytes == 300


def test_a_strip_is_colour_rows_then_alpha_rows():
    rgba = np.array([[(255, 255, 255, n)] * 2 for n in range(1, 5)])
    encoded = encode(rgba, pixel_format="rgb565a8", codec="lz4", strip_bytes=12)
    assert decoded_rows(encoded, 6).hex(" ", 4) == "ffffffff ffffffff 01010202 ffffffff ffffffff 03030404"
    assert struct.unpack_from("<I", encoded.payload, 16)[0] == 0, "alpha lies inside the strips"


def test_strips_with_a_palette():
    rgba = np.tile(np.array([[(1, 2, 3, 255), (9, 8, 7, 255)]]), (4, 50, 1))
    encoded = encode(rgba, pixel_format="i8", codec="lz4", strip_bytes=200)
    pixels, palette = struct.unpack_from("<I4xI", encoded.payload, 12)
    assert (palette, pixels) == (24 + 2 * 4, 24 + 2 * 4 + 2 * 4)
    assert encoded.payload[palette:pixels].hex() == "030201ff070809ff"
    assert decoded_rows(encoded, 100) == bytes([0, 1] * 200)


def test_each_strip_is_raw_if_it_does_not_shrink():
    rgba = np.concatenate([noise(8, 32), grey(8, 32)])
    encoded = encode(rgba, pixel_format="argb8888", codec="lz4", strip_bytes=1024)
    assert [is_raw for is_raw, _ in strips_of(encoded)] == [True, False]
    decoded_rows(encoded, 128)


def test_auto_is_the_smallest_one_the_simplest_on_a_tie():
    stripes = np.tile(noise(1, 64), (16, 1, 1))
    assert encode(grey(16, 64), codec="auto").codec is Codec.RLE
    assert encode(stripes, codec="auto").codec is Codec.LZ4
    assert encode(noise(16, 64), codec="auto").codec is Codec.RAW
    assert encode(grey(1, 1), codec="auto").codec is Codec.RAW
    # each strip costs 4 bytes of table: over all widths, auto is never larger than any
    codecs = {"raw": Codec.RAW, "rle": Codec.RLE, "lz4": Codec.LZ4}
    for width in range(1, 60):
        sizes = {codec: len(encode(grey(1, width), codec=codec).payload) for codec in codecs}
        chosen = encode(grey(1, width), codec="auto")
        assert len(chosen.payload) == min(sizes.values())
        assert chosen.codec is codecs[min(sizes, key=sizes.get)]


def test_a_row_larger_than_a_strip_is_refused_and_auto_stays_raw():
    diagnostic = refused(grey(2, 100), pixel_format="rgb565a8", codec="lz4", strip_bytes=299)
    assert diagnostic.code == "IB205"
    assert "takes 300 B, a strip holds 299 B" in diagnostic.message
    assert diagnostic.hint == "set 'strip_bytes' to 300 or more, or use codec raw"
    assert encode(grey(2, 100), pixel_format="rgb565a8", codec="auto", strip_bytes=299).codec is Codec.RAW
    assert encode(grey(2, 100), pixel_format="rgb565a8", codec="lz4", strip_bytes=300).max_strip_bytes == 300


@pytest.mark.parametrize("codec", ["raw", "lz4"])
@pytest.mark.parametrize("size", [(1, 1), (1, 65535), (65535, 1)])
def test_the_extremes_fit(codec, size):
    encoded = encode(grey(*size), codec=codec, strip_bytes=65536)
    assert (encoded.height, encoded.width) == size
    pixels = encoded.payload[encoded.anchor_bytes :] if codec == "raw" else decoded_rows(encoded, size[1])
    assert pixels == b"\xff" * (size[0] * size[1])


def test_many_thin_strips_fit_the_table():
    encoded = encode(grey(65535, 1), codec="lz4", strip_bytes=1)
    assert struct.unpack_from("<HH", encoded.payload, 8) == (1, 65535)


def test_a_side_above_the_index_field_is_refused():
    diagnostic = refused(grey(1, 65536))
    assert diagnostic.code == "IB206"
    assert "65536x1 px" in diagnostic.message
    assert encode(grey(1, 65536), resize=Resize(100, 1, "stretch")).width == 100


def test_a_box_of_too_many_pixels_is_refused_before_it_is_filled():
    diagnostic = refused(grey(1, 1), resize=Resize(65535, 65535))
    assert diagnostic.code == "IB206"
    assert str(limits.SOURCE_PIXELS_MAX) in diagnostic.message


@pytest.mark.parametrize(
    ("name", "colours", "hint"),
    [("i1", 4, "use i2"), ("i2", 17, "use i8"), ("i4", 23, "use i8"), ("i8", 300, "use rgb565")],
)
def test_too_many_colours_say_how_many(name, colours, hint):
    rgba = grey(1, colours)
    rgba[0, :, 0] = np.arange(colours) % 256
    rgba[0, :, 1] = np.arange(colours) // 256
    diagnostic = refused(rgba, pixel_format=name)
    assert diagnostic.code == "IB207"
    assert diagnostic.message == f'"{name}" holds {2 ** int(name[1])} colours, image "logo" has {colours}'
    assert diagnostic.hint is not None
    assert diagnostic.hint.startswith(hint)


def test_expected_is_what_a_reader_must_see():
    rgba = np.array([[(255, 0, 0, 255), (0, 0, 0, 0)]])
    encoded = encode(rgba, pixel_format="rgb565a8")
    assert encoded.expected.colour.tolist() == [[0xF800, 0]]
    assert encoded.expected.alpha.tolist() == [[255, 0]]


def test_resize_decides_the_size():
    encoded = encode(grey(50, 100), resize=Resize(32, 24), background=(0, 0, 255))
    assert (encoded.width, encoded.height) == (32, 24)
    # the margins show the background: blue is grey 18
    assert encoded.payload[24] == 18
    assert encoded.payload[24 + 12 * 32] == 255


def test_same_input_same_bytes():
    rgba = noise(33, 21)
    for name in ("rgb565a8", "argb8888", "a4"):
        assert (
            encode(rgba, pixel_format=name, codec="auto").payload
            == encode(rgba.copy(), pixel_format=name, codec="auto").payload
        )


def test_other_options_are_a_defect_of_the_caller():
    from imgbuild.model import FileOptions

    with pytest.raises(TypeError, match="logo"):
        encode_bitmap(replace(planned(), options=FileOptions()), DecodedImage((grey(1, 1),), ""))
