"""Optimal palettes: every colour where they suffice, else good ones; the same from the same pixels."""

import numpy as np
import pytest

from imgbuild.pixels.optimal import count_colours, find_palette, merge_histograms, sort_palette


def picture(*colours, copies=1):
    return np.array([colours] * copies, np.uint8)


def test_few_colours_are_all_kept_sorted_by_alpha_then_luminance():
    rgba = picture((255, 255, 255, 255), (0, 0, 255, 255), (0, 255, 0, 255), (9, 9, 9, 128), (7, 7, 7, 0))
    expected = [[0, 0, 0, 0], [9, 9, 9, 128], [0, 0, 255, 255], [0, 255, 0, 255], [255, 255, 255, 255]]
    assert find_palette(count_colours(rgba), 5).tolist() == expected


def test_clusters_are_found():
    rng = np.random.default_rng(0)
    centres = np.array([[20, 30, 40], [200, 40, 40], [40, 180, 60], [230, 230, 210]])
    rgb = centres[rng.integers(0, 4, (64, 64))] + rng.integers(-3, 4, (64, 64, 3))
    palette = find_palette(count_colours(np.insert(rgb, 3, 255, axis=2).astype(np.uint8)), 4)
    assert len(palette) == 4
    away = np.abs(palette[:, np.newaxis, :3].astype(int) - centres).max(axis=2)
    assert (away.min(axis=0) <= 2).all()


@pytest.mark.parametrize("size", [1, 2, 3, 16, 100, 256])
def test_size_and_order_hold_whatever_the_pixels_order(size):
    rng = np.random.default_rng(size)
    rgba = rng.integers(0, 256, (60, 80, 4), np.uint8)
    palette = find_palette(count_colours(rgba), size)
    shuffled = rng.permutation(rgba.reshape(-1, 4)).reshape(80, 60, 4)
    assert 1 <= len(palette) <= size
    np.testing.assert_array_equal(find_palette(count_colours(shuffled), size), palette)
    np.testing.assert_array_equal(sort_palette(palette), palette)


def test_clear_pixels_keep_a_colour_of_their_own():
    rgba = np.random.default_rng(5).integers(0, 256, (40, 40, 4), np.uint8)
    rgba[..., 3] = 255
    rgba[:3, :, 3] = 0
    palette = find_palette(count_colours(rgba), 8)
    assert palette[0].tolist() == [0, 0, 0, 0]
    assert (palette[1:, 3] == 255).all()


def test_a_group_counts_all_pictures_pixels():
    one, two = picture((1, 2, 3, 255), (4, 5, 6, 255), copies=2), picture((4, 5, 6, 255), copies=3)
    colours, counts = merge_histograms([count_colours(one), count_colours(two)])
    assert colours.tolist() == [0xFF010203, 0xFF040506]
    assert counts.tolist() == [2, 5]


def test_very_many_colours_are_no_trouble():
    ramp = np.arange(1 << 18, dtype=np.uint32) * 61
    rgba = np.stack([ramp & 255, ramp >> 8 & 255, ramp >> 16 & 255, np.full_like(ramp, 255)], -1)
    palette = find_palette(count_colours(rgba.astype(np.uint8).reshape(512, 512, 4)), 64)
    assert len(palette) == 64
