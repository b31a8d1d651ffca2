"""Crop, turn, mirror, gamma, tint, threshold and trim: each does what its key says, in that order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.model import ImageOptions, Kind, PlannedAsset, Resize, Trim
from imgbuild.pixels.geometry import (
    apply_gamma,
    apply_threshold,
    apply_tint,
    prepare_image,
    trim_image,
    turn_image,
)


def picture(width=4, height=3):
    """Every pixel tells its place: R is x, G is y."""
    rgba = np.full((height, width, 4), 255, np.uint8)
    rgba[..., 0], rgba[..., 1] = np.arange(width), np.arange(height)[:, None]
    return rgba


def places(rgba):
    return [[(int(p[0]), int(p[1])) for p in row] for row in rgba]


def prepare(rgba, *, is_drawn=False, pixel_format="argb8888", **options):
    chosen = ImageOptions(pixel_format, **options)
    asset = PlannedAsset("icon", 1, Kind.BITMAP, "icon", Path("icon.png"), chosen, Place("demo.yaml", 3, 5))
    return prepare_image(asset, chosen, rgba, is_drawn=is_drawn)


def test_nothing_asked_for_changes_nothing():
    rgba = picture()
    prepared = prepare(rgba)
    assert prepared.rgba is rgba
    assert (prepared.trim, prepared.is_upscaled) == (None, False)


def test_crop_takes_the_rectangle():
    assert places(prepare(picture(), crop=(1, 2, 3, 1)).rgba) == [[(1, 2), (2, 2), (3, 2)]]


@pytest.mark.parametrize("crop", [(2, 0, 3, 1), (0, 1, 1, 3), (4, 0, 1, 1)])
def test_a_crop_that_leaves_the_picture_is_refused(crop):
    with pytest.raises(BuildError) as caught:
        prepare(picture(), crop=crop)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB230"
    assert (
        f"reaches to {crop[0] + crop[2]}, {crop[1] + crop[3]} px; the picture is 4x3 px" in diagnostic.message
    )


def test_rotation_is_clockwise():
    # the top row, left to right, becomes the right column, top to bottom
    assert places(turn_image(picture(3, 2), 90, "")) == [[(0, 1), (0, 0)], [(1, 1), (1, 0)], [(2, 1), (2, 0)]]
    assert places(turn_image(picture(2, 1), 180, "")) == [[(1, 0), (0, 0)]]
    assert places(turn_image(picture(2, 1), 270, "")) == [[(1, 0)], [(0, 0)]]


def test_mirror_x_swaps_left_and_right_and_y_top_and_bottom():
    assert places(turn_image(picture(2, 1), 0, "x")) == [[(1, 0), (0, 0)]]
    assert places(turn_image(picture(1, 2), 0, "y")) == [[(0, 1)], [(0, 0)]]
    assert np.array_equal(turn_image(picture(), 0, "xy"), turn_image(picture(), 180, ""))


def test_rotation_comes_before_mirroring_and_after_resizing():
    prepared = prepare(picture(4, 2), resize=Resize(2, 1, "none"), rotate_degrees=90, mirror="y")
    assert prepared.rgba.shape[:2] == (2, 1)
    assert places(prepared.rgba) == [[(2, 0)], [(1, 0)]]  # the middle; turned it is (1, 0) above (2, 0)


def test_gamma_brightens_above_one_and_keeps_the_ends_and_alpha():
    rgba = np.array([[[0, 64, 255, 7], [128, 1, 254, 200]]], np.uint8)
    # round(255 * (v / 255) ^ (1 / 2)): 64 -> 127.75, 128 -> 180.67, 1 -> 15.97, 254 -> 254.50
    assert apply_gamma(rgba, 2.0).tolist() == [[[0, 128, 255, 7], [181, 16, 254, 200]]]
    assert np.array_equal(apply_gamma(rgba, 1.0), rgba)


def test_tint_colours_a_shape_and_keeps_its_alpha():
    shape = np.array([[[0, 0, 0, 0], [9, 9, 9, 128], [255, 255, 255, 255]]], np.uint8)
    assert apply_tint(shape, (10, 20, 30)).tolist() == [
        [[10, 20, 30, 0], [10, 20, 30, 128], [10, 20, 30, 255]]
    ]


def test_tint_shades_an_opaque_picture():
    greys = np.array([[[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255]]], np.uint8)
    # 200 * 128 / 255 = 100.4, 100 * 128 / 255 = 50.2
    assert apply_tint(greys, (200, 100, 0)).tolist() == [
        [[0, 0, 0, 255], [100, 50, 0, 255], [200, 100, 0, 255]]
    ]


def test_coverage_formats_keep_their_pixels_when_tinted():
    rgba = np.full((2, 2, 4), 77, np.uint8)
    assert prepare(rgba, pixel_format="a4", tint=(255, 0, 0)).rgba is rgba


def test_threshold_leaves_only_clear_and_opaque():
    rgba = np.zeros((1, 5, 4), np.uint8)
    rgba[0, :, 3] = (0, 99, 100, 101, 255)
    assert apply_threshold(rgba, 100)[0, :, 3].tolist() == [0, 0, 255, 255, 255]


def test_trim_cuts_clear_borders_and_says_where_it_was():
    rgba = np.zeros((6, 8, 4), np.uint8)
    rgba[2:5, 3:7] = 255
    rgba[3, 4] = 0  # a hole inside stays
    cut, trim = trim_image(rgba)
    assert np.array_equal(cut, rgba[2:5, 3:7])
    assert trim == Trim(3, 2, 8, 6)


def test_trim_of_a_picture_without_borders_changes_nothing():
    rgba = picture()
    assert trim_image(rgba) == (rgba, None)


def test_trim_of_a_clear_picture_leaves_one_pixel():
    cut, trim = trim_image(np.zeros((3, 4, 4), np.uint8))
    assert cut.shape == (1, 1, 4)
    assert trim == Trim(0, 0, 4, 3)


def test_trim_keeps_what_lies_beyond_an_offset_of_16_bits():
    rgba = np.zeros((1, 40000, 4), np.uint8)
    rgba[0, 39999] = 255
    cut, trim = trim_image(rgba)
    assert trim == Trim(32767, 0, 40000, 1)
    assert cut.shape == (1, 40000 - 32767, 4)


def test_trim_looks_at_the_thresholded_picture():
    rgba = np.zeros((1, 3, 4), np.uint8)
    rgba[0, :, 3] = (50, 200, 60)
    prepared = prepare(rgba, alpha_threshold=128, is_trimmed=True)
    assert prepared.rgba[..., 3].tolist() == [[255]]
    assert prepared.trim == Trim(1, 0, 3, 1)


@pytest.mark.parametrize(
    ("resize", "is_upscaled"),
    [
        (Resize(8, 6), True),
        (Resize(8, 3), False),  # contained, at 4x3
        (Resize(8, 3, "cover"), True),
        (Resize(8, 3, "stretch"), True),
        (Resize(8, 6, "none"), False),
        (Resize(2, 2), False),
        (Resize(5, 0), True),
        (None, False),
    ],
)
def test_what_counts_as_scaled_up(resize, is_upscaled):
    assert prepare(picture(), resize=resize).is_upscaled is is_upscaled
    assert not prepare(picture(), resize=resize, is_drawn=True).is_upscaled
