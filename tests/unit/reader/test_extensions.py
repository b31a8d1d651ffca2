"""Trim and tint behind a bitmap's header: read from FORMAT.md section 4.2 alone, compared after packing."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import Place
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.model import DecodedImage, ImageOptions, Kind, PlannedAsset, Trim
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.container import open_image
from imgbuild.reader.verify import compare_expected

PLACE = Place("demo.yaml", 3, 1)


def encode(**options):
    rgba = np.zeros((9, 8, 4), np.uint8)
    rgba[3:7, 2:5] = (1, 2, 3, 200)
    asset = PlannedAsset(
        "icon", zlib.crc32(b"icon"), Kind.BITMAP, "icon", Path("icon.png"), ImageOptions(**options), PLACE
    )
    return encode_bitmap(asset, DecodedImage((rgba,), ""))


def image_of(encoded):
    data = pack_flat(place_flat([encoded]), name="demo", content_version=0, erase_bytes=4096)
    return open_image(data, Place("ext.bin"))


def test_the_bytes_are_those_of_the_specification():
    encoded = encode(pixel_format="a8", is_trimmed=True, tint=(0x11, 0x22, 0x33))
    assert encoded.payload[5] == 5  # words: 12 + 8 bytes
    assert encoded.payload[24:44].hex(" ") == "01 00 08 00 02 00 03 00 08 00 09 00 02 00 04 00 33 22 11 ff"
    assert struct.unpack_from("<I", encoded.payload, 12)[0] == 44  # pixels


@pytest.mark.parametrize("codec", ["raw", "lz4"])
def test_they_come_back(codec):
    encoded = encode(pixel_format="a8", is_trimmed=True, tint=(1, 2, 3), codec=codec)
    image = image_of(encoded)
    entry = image.find("icon")
    bitmap = read_bitmap(image.payload(entry), entry)
    assert (bitmap.width, bitmap.height) == (3, 4)
    assert (bitmap.trim, bitmap.tint) == (Trim(2, 3, 8, 9), (1, 2, 3))
    assert np.array_equal(bitmap.rgba(), np.full((4, 3, 4), (1, 2, 3, 200), np.uint8))
    assert compare_expected(image, [encoded]) == []


def test_a_writer_that_gets_them_wrong_is_caught():
    encoded = encode(pixel_format="a8", is_trimmed=True, tint=(1, 2, 3))
    image = image_of(encoded)
    for wrong in ({"trim": Trim(3, 2, 8, 9)}, {"tint": None}):
        meant = replace(encoded, expected=replace(encoded.expected, **wrong))
        (diagnostic,) = compare_expected(image, [meant])
        assert diagnostic.code == "IB613"
        assert next(iter(wrong)) in diagnostic.message
