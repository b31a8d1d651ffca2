"""What a picture lost: flags, measurements, warnings, and ``lossless: true``."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import BuildError, Place, Severity
from imgbuild.model import DecodedImage, ImageOptions, Kind, PlannedAsset, Resize
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.loss import measure_image
from imgbuild.pixels.losswarnings import find_losses


def plan(pixel_format="argb8888", name="icon", line=3, **options):
    chosen = ImageOptions(pixel_format, **options)
    return PlannedAsset(name, 1, Kind.BITMAP, name, Path(f"{name}.png"), chosen, Place("demo.yaml", line, 5))


def encode(rgba, pixel_format="argb8888", **options):
    return encode_bitmap(plan(pixel_format, **options), DecodedImage((rgba,), ""))


def measure(rgba, pixel_format, **options):
    decoded = DecodedImage((rgba,), "")
    asset = plan(pixel_format, **options)
    return measure_image(asset, decoded, encode_bitmap(asset, decoded)).loss.measured


def noise(seed=1, side=12):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 4), np.uint8)


def opaque(rgba):
    out = rgba.copy()
    out[..., 3] = 255
    return out


def test_psnr_of_a_known_error():
    # 3 of 255 in 5 bits is 0, so every red is 3 off, green and blue are right: MSE 9 / 3
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 3, 255
    measured = measure(rgba, "rgb565")
    assert measured.psnr_db == pytest.approx(10 * math.log10(255 * 255 / 3))
    assert (measured.colours_before, measured.colours_after) == (1, 1)


def test_nothing_lost_is_told_as_none():
    measured = measure(noise(), "argb8888")
    assert measured.psnr_db is None
    assert measured.colours_before == measured.colours_after == 144


def test_merged_colours_are_counted():
    rgba = opaque(np.zeros((1, 8, 4), np.uint8))
    rgba[0, :, 2] = range(8)
    measured = measure(rgba, "rgb565")
    assert (measured.colours_before, measured.colours_after) == (8, 2)


def test_a_flattened_picture_is_measured_over_its_background():
    rgba = np.full((3, 3, 4), (255, 0, 0, 0), np.uint8)
    encoded = encode(rgba, "rgb888", background=(0, 255, 0))
    assert (encoded.loss.is_flattened, encoded.loss.is_on_default) == (True, False)
    assert measure(rgba, "rgb888", background=(0, 255, 0)).psnr_db is None


def test_the_colour_of_clear_pixels_is_told_but_is_no_loss():
    rgba = noise()
    rgba[0, 0] = (9, 9, 9, 0)
    measured = measure(rgba, "argb8888")
    assert (measured.psnr_db, measured.has_hidden_colour) == (None, True)
    rgba[0, 0] = 0
    assert not measure(rgba, "argb8888").has_hidden_colour


def test_coverage_is_measured_by_its_coverage():
    rgba = np.zeros((1, 16, 4), np.uint8)
    rgba[..., 3] = range(0, 256, 17)
    assert measure(rgba, "a4").psnr_db is None
    assert measure(rgba, "a2").psnr_db < 40


@pytest.mark.parametrize("name", sorted(PIXEL_FORMATS))
def test_every_format_can_be_measured(name):
    rgba = np.repeat(np.arange(0, 256, 17, dtype=np.uint8)[None, :8, None], 4, axis=2)
    rgba = np.where(rgba > 60, 255, 0).astype(np.uint8)
    measured = measure(rgba, name)
    assert measured.psnr_db is None  # black, clear and white are in every format


# --- lossless ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rgba", "pixel_format", "lost", "best"),
    [
        (opaque(noise()), "rgb565", "the exact colours", "rgb888"),
        (noise(), "rgb888", "its transparency", "argb8888"),
        (noise(), "a8", "its colours", "argb8888"),
        (opaque(noise()), "gray8", "colours (PSNR", "rgb888"),
    ],
)
def test_lossless_refuses_and_names_the_smallest_format_that_is(rgba, pixel_format, lost, best):
    with pytest.raises(BuildError) as caught:
        encode(rgba, pixel_format, is_lossless=True)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB235"
    assert f"{pixel_format} would lose " in diagnostic.message
    assert lost in diagnostic.message
    assert diagnostic.hint == f"use pixel_format: {best}, the smallest that keeps all of it"


def test_lossless_accepts_what_loses_nothing():
    encode(noise(), "argb8888", is_lossless=True)
    encode(opaque(noise()), "rgb888", is_lossless=True)
    red = np.zeros((4, 4, 4), np.uint8)
    red[1:, :, 0] = red[1:, :, 3] = 255
    encode(red, "a1", is_lossless=True)
    for display in (None, "rgb565", "gray1"):
        encode(noise(), "auto", is_lossless=True, display_format=display)


def test_lossless_auto_does_not_round_for_the_display():
    rgba = opaque(np.zeros((1, 8, 4), np.uint8))
    rgba[0, :, 2] = range(8)
    lossy = encode(rgba, "auto", display_format="rgb565")
    exact = encode(rgba, "auto", display_format="rgb565", is_lossless=True)
    assert len(lossy.expected.palette) == 2
    assert exact.loss.pixel_format == "rgb888"


# --- warnings ----------------------------------------------------------------------------------------


def warn(*pairs, is_strict=False):
    """(planned, pixels) pairs to diagnostics."""
    encoded = [encode_bitmap(asset, DecodedImage((rgba,), "")) for asset, rgba in pairs]
    return find_losses([asset for asset, _ in pairs], encoded, is_strict=is_strict)


def black_icon(seed=0):
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[2:6, 2 : 5 + seed, 3] = 255
    return rgba


def test_an_icon_that_became_one_flat_colour():
    # black on black: nothing of it is left
    codes = [(d.code, d.severity) for d in warn((plan("rgb565", background=(0, 0, 0)), black_icon()))]
    assert codes == [("IB231", Severity.WARNING)]
    assert not warn((plan("rgb565", background=(255, 255, 255)), black_icon()))
    assert not warn((plan("a8"), black_icon()))


def test_a_picture_that_was_flat_is_no_surprise():
    assert not warn((plan("rgb565"), np.full((4, 4, 4), 255, np.uint8)))
    solid = np.zeros((4, 4, 4), np.uint8)
    solid[1:3, 1:3] = 255
    assert not warn((plan("a8", is_trimmed=True), solid))


def test_transparency_on_a_background_that_nobody_chose():
    (diagnostic,) = warn((plan("rgb565"), noise()))
    assert diagnostic.code == "IB233"
    assert diagnostic.message == (
        'image "icon" has transparency, which rgb565 cannot hold: black is behind it'
    )
    assert not warn((plan("rgb565", background=(0, 0, 0)), noise()))


def test_one_warning_for_all_pictures_of_an_entry():
    pairs = [(plan("rgb565", name=f"i{n}"), noise(n)) for n in range(7)]
    pairs.append((plan("rgb565", name="other", line=9), noise(9)))
    first, second = warn(*pairs)
    assert first.message.startswith('image "i0" has transparency')
    assert first.message.endswith('(and "i1", "i2", "i3", "i4" and 2 more likewise)')
    assert (second.asset, second.place.line) == ("other", 9)


def test_pictures_that_became_identical():
    pairs = [
        (plan("a1", name=name), icon)
        for name, icon in zip("abc", (black_icon(), black_icon(1), black_icon()), strict=True)
    ]
    assert not warn(*pairs)
    faint = black_icon()
    faint[0, 0] = (255, 255, 255, 20)  # lost in 1 bit
    (diagnostic,) = warn(*pairs, (plan("a1", name="d"), faint))
    assert diagnostic.code == "IB232"
    assert diagnostic.message == 'images "a" and "d" became identical; their sources differ'


def test_an_upscaled_source():
    (diagnostic,) = warn((plan("argb8888", resize=Resize(24, 24)), noise()))
    assert diagnostic.code == "IB234"
    assert "from 12x12 px to 24x24 px" in diagnostic.message


def test_strict_makes_them_errors():
    found = warn((plan("rgb565", resize=Resize(24, 24)), noise()), is_strict=True)
    assert {d.severity for d in found} == {Severity.ERROR}
    assert [d.code for d in found] == ["IB233", "IB234"]


def test_the_flags_do_not_depend_on_the_layout_of_the_source():
    rgba = noise()
    turned = np.rot90(np.rot90(rgba))
    one, other = encode(rgba), encode(np.ascontiguousarray(turned)[::-1, ::-1])
    assert one.loss == replace(other.loss)
