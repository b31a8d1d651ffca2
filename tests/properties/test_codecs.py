"""Whatever codec is asked for, or chosen by ``auto``: the independent reader gets the same pixels back."""

from __future__ import annotations

import zlib
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imgbuild.errors import Place
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.model import DecodedImage, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.reader.container import open_image
from imgbuild.reader.verify import compare_expected

FORMATS = ("rgb565", "rgb565a8", "argb8888", "rgb888", "rgb444", "a4", "a8", "gray8", "mono_page")
PICTURES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=19).flatmap(
    lambda shape: st.one_of(
        hnp.arrays(np.uint8, (*shape, 4)),
        hnp.arrays(np.uint8, (*shape, 4), elements=st.sampled_from([0, 255])),
    )
)


@settings(max_examples=150, deadline=None)
@given(
    rgba=PICTURES,
    options=st.builds(
        ImageOptions,
        pixel_format=st.sampled_from(FORMATS),
        codec=st.sampled_from(["rle", "lz4", "auto"]),
        strip_bytes=st.sampled_from([160, 500, 8192]),
    ),
)
def test_any_codec_reads_back(rgba: np.ndarray, options: ImageOptions) -> None:
    asset = PlannedAsset("x", zlib.crc32(b"x"), Kind.BITMAP, "X", Path("x.png"), options, Place("m.yaml"))
    encoded = encode_bitmap(asset, DecodedImage((rgba,), ""))
    data = pack_flat(place_flat([encoded]), name="p", content_version=0, erase_bytes=4096)
    found = compare_expected(open_image(data), [encoded])
    assert found == []
