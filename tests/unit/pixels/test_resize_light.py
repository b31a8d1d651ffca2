"""Resizing with one side given, without scaling, by other filters, and in linear light."""

from __future__ import annotations

import numpy as np
import pytest

from imgbuild.model import Resize
from imgbuild.pixels.resize import resize_image, resolve_resize


def grey(*rows, alpha=255):
    levels = np.array(rows, np.uint8)
    return np.dstack([levels, levels, levels, np.full_like(levels, alpha)])


@pytest.mark.parametrize(
    ("resize", "size", "box"),
    [
        (Resize(50, 0), (100, 60), (50, 30)),
        (Resize(0, 50), (100, 60), (83, 50)),  # 83.3
        (Resize(1, 0), (500, 2), (1, 1)),
        (Resize(10, 0, "none"), (100, 60), (10, 60)),
        (Resize(7, 9, "cover"), (100, 60), (7, 9)),
    ],
)
def test_a_side_not_given_keeps_the_proportions(resize, size, box):
    resolved = resolve_resize(resize, *size)
    assert (resolved.width_px, resolved.height_px) == box
    assert resize_image(np.full((size[1], size[0], 4), 9, np.uint8), resize).shape == (box[1], box[0], 4)


def test_none_centres_a_smaller_picture_and_cuts_a_larger_one():
    rgba = grey([1, 2, 3, 4])
    assert resize_image(rgba, Resize(2, 1, "none"))[..., 0].tolist() == [[2, 3]]
    wide = resize_image(rgba, Resize(6, 3, "none"))
    assert wide[1].tolist() == [[0] * 4, *rgba[0].tolist(), [0] * 4]
    assert not wide[[0, 2]].any()


def test_nearest_mixes_nothing():
    rgba = np.array([[[1, 2, 3, 4], [200, 100, 50, 0]]], np.uint8)
    assert (
        resize_image(rgba, Resize(4, 2, "stretch", "nearest")).tolist()
        == [[[1, 2, 3, 4]] * 2 + [[200, 100, 50, 0]] * 2] * 2
    )


def test_box_is_the_mean_of_the_pixels():
    assert resize_image(grey([0, 100], [20, 40]), Resize(1, 1, "stretch", "box"))[0, 0].tolist() == [
        40,
        40,
        40,
        255,
    ]


def test_linear_light_of_black_and_white_is_half_the_light():
    # sRGB of 0.5: 1.055 * 0.5^(1 / 2.4) - 0.055 = 0.7354, times 255 = 187.5
    halves = resize_image(grey([0, 255]), Resize(1, 1, "stretch", "box", is_linear=True))
    assert halves[0, 0, 0] in (187, 188)
    assert resize_image(grey([0, 255]), Resize(1, 1, "stretch", "box"))[0, 0, 0] == 128


def test_linear_light_changes_no_flat_picture():
    levels = np.arange(256, dtype=np.uint8)
    for alpha in (255, 129):
        for level in levels[::5]:
            rgba = np.full((6, 6, 4), level, np.uint8)
            rgba[..., 3] = alpha
            out = resize_image(rgba, Resize(4, 3, "stretch", is_linear=True))
            assert (out[..., :3] == level).all()
            assert (out[..., 3] == alpha).all()


def test_the_colour_of_clear_pixels_does_not_shine_in_linear_light():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[:, 0] = (200, 10, 10, 255)
    rgba[:, 1] = (0, 255, 0, 0)
    out = resize_image(rgba, Resize(1, 1, "stretch", "box", is_linear=True))
    assert out[0, 0].tolist() == [200, 10, 10, 128]
