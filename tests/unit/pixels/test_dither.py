"""Dithering: the kernels as published, in linear light, and nothing said of pixels that nobody sees."""

import numpy as np
import pytest

from imgbuild.pixels.dither import (
    BAYER_SIDES,
    KERNELS,
    Colours,
    Levels,
    bayer_matrix,
    diffuse,
    order_colours,
    order_levels,
)
from imgbuild.pixels.oklab import LINEAR_OF_SRGB, ROOT_ONE

PUBLISHED = {
    "floyd-steinberg": (16, {(1, 0): 7, (-1, 1): 3, (0, 1): 5, (1, 1): 1}),
    "atkinson": (8, {(1, 0): 1, (2, 0): 1, (-1, 1): 1, (0, 1): 1, (1, 1): 1, (0, 2): 1}),
    "sierra-lite": (4, {(1, 0): 2, (-1, 1): 1, (0, 1): 1}),
}
"""Divisor and shares by (dx, dy), from the publications that KERNELS names."""
EGA = [0x000000, 0x0000AA, 0x00AA00, 0x00AAAA, 0xAA0000, 0xAA00AA, 0xAA5500, 0xAAAAAA]


def palette_of_numbers(numbers):
    return np.array([[n >> 16, n >> 8 & 255, n & 255, 255] for n in numbers], np.uint8)


def diffuse_slowly(light, alpha, choose, method):
    """Pixel after pixel, in Python's own integers; ``choose`` tells a value and its light."""
    divisor, shares = PUBLISHED[method]
    height, width, channels = light.shape
    owed = {}
    chosen = {}
    for y in range(height):
        for x in range(width):
            total = owed.get((x, y), [0] * channels)
            wanted = [
                min(max(int(v) + (2 * t + divisor) // (2 * divisor), -32768), 65535 + 32768)
                for v, t in zip(light[y, x], total, strict=True)
            ]
            chosen[y, x], shown = choose(wanted, x, y)
            for (dx, dy), weight in shares.items():
                at = owed.setdefault((x + dx, y + dy), [0] * channels)
                for c in range(channels):
                    error = (wanted[c] - int(shown[c])) * int(alpha[y, x]) // ROOT_ONE
                    at[c] += error * weight
    return np.array([[chosen[y, x] for x in range(width)] for y in range(height)])


def nearest_level(lights):
    """Of equally near levels the lower one."""

    def choose(wanted, _x, _y):
        levels = [
            min(range(len(row)), key=lambda n: (abs(int(row[n]) - value), n))
            for row, value in zip(lights, wanted, strict=True)
        ]
        return levels, [row[n] for row, n in zip(lights, levels, strict=True)]

    return choose


@pytest.mark.parametrize("method", KERNELS)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 7), (3, 5), (9, 1), (17, 11), (11, 30)])
def test_wavefronts_give_what_one_pixel_after_the_other_gives(method, size):
    width, height = size
    rng = np.random.default_rng(width * 100 + height)
    light = LINEAR_OF_SRGB[rng.integers(0, 256, (3, height, width, 3))]
    target = Levels((1, 7, 31))
    lights = [LINEAR_OF_SRGB[np.rint(np.arange(m + 1) * 255 / m).astype(int)] for m in (1, 7, 31)]
    alpha = rng.choice([0, 1000, ROOT_ONE], (3, height, width))

    plain = diffuse(light.astype(float), None, target, KERNELS[method])
    weighted = diffuse(light.astype(float), alpha.astype(float), target, KERNELS[method])

    opaque = np.full((height, width), ROOT_ONE)
    for number in range(3):
        expected = diffuse_slowly(light[number], opaque, nearest_level(lights), method)
        np.testing.assert_array_equal(plain[number], expected)
        expected = diffuse_slowly(light[number], alpha[number], nearest_level(lights), method)
        np.testing.assert_array_equal(weighted[number], expected)


@pytest.mark.parametrize("method", KERNELS)
def test_a_palette_takes_the_same_way(method):
    light = LINEAR_OF_SRGB[np.random.default_rng(7).integers(0, 256, (1, 12, 15, 3))]
    target = Colours(palette_of_numbers(EGA))
    features = target.features(light[0].reshape(-1, 3).astype(float), np.full(180, float(ROOT_ONE)))

    def choose(wanted, x, y):
        indices, shown = target.choose(np.array([wanted], float), features[y * 15 + x][np.newaxis])
        return int(indices[0]), shown[0]

    expected = diffuse_slowly(light[0], np.full((12, 15), ROOT_ONE), choose, method)
    np.testing.assert_array_equal(diffuse(light.astype(float), None, target, KERNELS[method])[0], expected)


def test_bayers_matrices():
    assert bayer_matrix(2).tolist() == [[0, 2], [3, 1]]
    assert bayer_matrix(4).tolist() == [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]
    assert sorted(bayer_matrix(8).reshape(-1)) == list(range(64))


@pytest.mark.parametrize("value", [0, 13, 64, 100, 188, 200, 255])
@pytest.mark.parametrize("method", ["bayer8", "floyd-steinberg", "sierra-lite"])
def test_an_area_keeps_its_light(value, method):
    target, exact = Levels((1,)), LINEAR_OF_SRGB[value] / 65535
    flat = np.full((1, 64, 64, 1), value, np.uint8)
    if method in BAYER_SIDES:
        levels = order_levels(flat, target, BAYER_SIDES[method])
    else:
        levels = diffuse(LINEAR_OF_SRGB[flat].astype(float), None, target, KERNELS[method])
    assert abs(levels.mean() - exact) < 0.015


@pytest.mark.parametrize("method", KERNELS)
def test_what_a_palette_holds_comes_out_as_it_is(method):
    palette = palette_of_numbers([*EGA, 0x0A0B0C, 0x0A0B0D, 0xFEFFFF])
    indices = np.random.default_rng(1).integers(0, len(palette), (1, 20, 30))
    light = LINEAR_OF_SRGB[palette[indices][..., :3]].astype(float)
    np.testing.assert_array_equal(diffuse(light, None, Colours(palette), KERNELS[method]), indices)


def test_every_value_in_every_level_table_is_found_again():
    for most in (1, 3, 7, 15, 31, 63):
        values = np.rint(np.arange(most + 1) * 255 / most).astype(np.uint8)
        found = order_levels(values.reshape(1, 1, -1, 1), Levels((most,)), 8)
        assert found.reshape(-1).tolist() == list(range(most + 1))


def test_patterns_mix_the_neighbours_of_a_grey():
    target = Colours(palette_of_numbers([0x000000, 0xFFFFFF]))
    middle = LINEAR_OF_SRGB[np.array([[188, 188, 188]])].astype(float)
    pattern = order_colours(middle, np.array([float(ROOT_ONE)]), target, 4)[0]
    assert sorted(pattern.tolist()) == [0] * 8 + [1] * 8, "188 is half the light of white"


def test_no_sum_leaves_the_whole_numbers_of_a_float64():
    corners = np.array(np.meshgrid(*[[0, 255]] * 3)).T.reshape(-1, 3)
    greys = np.arange(256).repeat(3).reshape(-1, 3)
    light = LINEAR_OF_SRGB[np.concatenate([corners, greys])].astype(float)
    palette = np.concatenate([np.insert(corners, 3, 255, axis=1), np.insert(greys, 3, 255, axis=1)])
    for part in np.array_split(palette.astype(np.uint8), 4):
        target = Colours(part)
        features = target.features(light, np.full(len(light), float(ROOT_ONE)))
        worst = np.abs(features[:, :6]).sum(axis=1).max() * (1.5 * 8192) * 3
        features[:, 6:9] = worst
        assert (np.abs(features) @ np.abs(target._factors)).max() < 2**53
