"""Whatever the pixels, codec range gives them back; whatever the bytes, the reader ends with pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgbuild.codecs.range_pixels import KINDS, PixelStrip, encode_strips
from imgbuild.range_tables import RANGE_KINDS
from imgbuild.reader.range_strips import RANGE_KINDS as READABLE
from imgbuild.reader.range_strips import CodedStrip, StripValues, decode_strips

BITS = {"alpha8": 8, "alpha4": 4, "colour565": 16, "colour888": 24, "indexed8": 8, "indexed4": 4,
        "gray8": 8, "gray4": 4}  # fmt: skip


@st.composite
def planes(draw: st.DrawFn, bits: int, height: int, width: int) -> np.ndarray:
    """Few values in long runs, or any: what shrinks to one value everywhere."""
    few = draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=4))
    seed = draw(st.integers(0, 2**32 - 1))
    dice = np.random.default_rng(seed)
    plane = np.array(few)[dice.integers(0, len(few), (height, width))]
    run = draw(st.integers(1, 20))
    plane = np.repeat(plane, run, axis=1)[:, :width]
    noise = dice.random((height, width)) < draw(st.sampled_from([0, 0.02, 0.5]))
    plane[noise] = dice.integers(0, 1 << bits, int(noise.sum()))
    copied = dice.random(height) < draw(st.sampled_from([0, 0.4]))
    for row in np.flatnonzero(copied[1:]) + 1:
        plane[row] = plane[row - 1]
    return plane.astype(np.int32)


@st.composite
def strips(draw: st.DrawFn, pixel_format: str) -> PixelStrip:
    kind = RANGE_KINDS[pixel_format]
    height, width = draw(st.integers(1, 20)), draw(st.integers(2, 48))
    plane = draw(planes(BITS[kind], height, width))
    if kind.startswith("alpha"):
        return PixelStrip(None, plane)
    if pixel_format not in ("rgb565a8", "argb8888"):
        return PixelStrip(plane, None)
    alpha = draw(planes(8, height, width))
    return PixelStrip(np.where(alpha == 0, 0, plane).astype(np.int32), alpha)


@pytest.mark.parametrize("pixel_format", list(RANGE_KINDS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_strips_come_back(pixel_format, data):
    some = data.draw(st.lists(strips(pixel_format), min_size=1, max_size=4))
    coded = encode_strips(KINDS[RANGE_KINDS[pixel_format]], some)
    stored = [CodedStrip(c, s.shape[1], s.shape[0]) for c, s in zip(coded, some, strict=True)]
    for found, strip in zip(decode_strips(READABLE[pixel_format], stored), some, strict=True):
        assert isinstance(found, StripValues)
        assert strip.colour is None or np.array_equal(found.colour, strip.colour)
        assert strip.alpha is None or np.array_equal(found.alpha, strip.alpha)


@pytest.mark.parametrize("pixel_format", ["rgb565a8", "argb8888", "a4", "i4", "gray8"])
@settings(max_examples=25, deadline=None)
@given(data=st.lists(st.binary(max_size=60), min_size=1, max_size=5), width=st.integers(1, 30))
def test_any_bytes_end_in_pixels_or_in_a_reason(pixel_format, data, width):
    found = decode_strips(READABLE[pixel_format], [CodedStrip(d, width, 7) for d in data])
    for strip in found:
        assert isinstance(strip, str) == (width == 1)
