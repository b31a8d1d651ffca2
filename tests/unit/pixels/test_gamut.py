"""Colours are moved to what an e-paper's inks can mix, and only those that they cannot."""

import itertools

import numpy as np
import pytest

from imgbuild.model import ImageOptions
from imgbuild.pixels.epaper import EPAPER_PALETTES
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.gamut import move_into_reach
from imgbuild.pixels.oklab import LINEAR_OF_SRGB, srgb_of_linear
from imgbuild.pixels.reduce import reduce_image


def inks_of(name: str) -> np.ndarray:
    return np.array([ink.rgb for ink in EPAPER_PALETTES[name]], np.uint8)


def moved(colours, name: str) -> np.ndarray:
    return move_into_reach(np.array([colours], np.uint8), inks_of(name))[0]


@pytest.mark.parametrize("name", sorted(EPAPER_PALETTES))
def test_inks_stay_where_they_are(name):
    inks = inks_of(name)
    assert np.array_equal(moved(inks, name), LINEAR_OF_SRGB[inks])


@pytest.mark.parametrize("name", sorted(EPAPER_PALETTES))
def test_greys_stay_since_black_and_white_mix_them(name):
    greys = np.arange(256, dtype=np.uint8)[:, np.newaxis].repeat(3, axis=1)
    assert np.abs(moved(greys, name) - LINEAR_OF_SRGB[greys]).max() <= 2


@pytest.mark.parametrize("name", ["epd_bwry", "epd_6color", "epd_7color"])
def test_mixtures_well_within_reach_stay(name):
    lights = LINEAR_OF_SRGB[inks_of(name)].astype(float)
    weights = np.random.default_rng(3).dirichlet(np.full(len(lights), 8.0), 200)
    colours = srgb_of_linear(np.rint(weights @ lights).astype(np.int64))
    stays = np.abs(moved(colours, name) - LINEAR_OF_SRGB[colours]).max(axis=1) == 0
    assert stays.mean() > 0.8  # others are in a cell of the grid that sticks out


@pytest.mark.parametrize("name", sorted(EPAPER_PALETTES))
def test_nothing_is_left_far_outside(name):
    """By least squares over the corners of the colour cube: no mixture is much nearer to the moved colour."""
    corners = np.array(list(itertools.product((0, 128, 255), repeat=3)), np.uint8)
    target = moved(corners, name) / 65535
    lights = LINEAR_OF_SRGB[inks_of(name)] / 65535
    steps = np.random.default_rng(1).dirichlet(np.full(len(lights), 0.35), 20_000)
    mixtures = np.concatenate([lights, steps @ lights])
    for wanted in target:
        assert np.sqrt(((mixtures - wanted) ** 2).sum(axis=1).min()) < 0.08


def test_black_white_and_red_show_green_by_its_lightness():
    luminance = np.array([0.2126, 0.7152, 0.0722])
    for colour in ([0, 160, 0], [60, 140, 60], [40, 90, 200]):
        before = LINEAR_OF_SRGB[np.array(colour)] @ luminance
        after = moved([colour], "epd_bwr")[0] @ luminance
        assert abs(after - before) < 0.08 * 65535


@pytest.mark.parametrize("dither", ["floyd-steinberg", "sierra-lite", "bayer8"])
@pytest.mark.parametrize("name", ["epd_bwr", "epd_bwy", "epd_bwry", "epd_6color"])
def test_an_area_without_reach_becomes_the_nearest_mixture(name, dither):
    """The error that no ink can pay back does not heap up: the mean of light is the moved colour's."""
    for colour in ((0, 200, 60), (30, 60, 220), (200, 40, 200)):
        area = np.zeros((64, 64, 4), np.uint8)
        area[:] = (*colour, 255)
        codes = reduce_image(area, PIXEL_FORMATS[name], ImageOptions(name, dither=dither)).samples.colour
        light = np.zeros((16, 3))
        for ink in EPAPER_PALETTES[name]:
            light[ink.code] = LINEAR_OF_SRGB[np.array(ink.rgb)]
        mean = light[codes][16:, 16:].reshape(-1, 3).mean(axis=0)
        assert np.abs(mean - moved([colour], name)[0]).max() < 0.08 * 65535


@pytest.mark.parametrize(
    "dither", ["floyd-steinberg", "atkinson", "sierra-lite", "bayer2", "bayer4", "bayer8"]
)
@pytest.mark.parametrize("name", ["epd_bwr", "epd_bwy", "epd_bwry"])
def test_a_grey_picture_takes_black_and_white_only(name, dither):
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis, :].repeat(24, axis=0)
    rgba = np.dstack([ramp, ramp, ramp, np.full_like(ramp, 255)])
    codes = reduce_image(rgba, PIXEL_FORMATS[name], ImageOptions(name, dither=dither)).samples.colour
    assert set(np.unique(codes)) == {0, 1}


def test_a_photograph_of_many_colours_is_rounded_before_its_patterns_are_made():
    """32 levels of each channel; pictures of few colours keep each, and black and white stay."""
    noise = np.random.default_rng(2).integers(0, 256, (128, 128, 4), np.uint8)
    noise[..., 3] = 255
    noise[:8], noise[8:16] = (0, 0, 0, 255), (255, 255, 255, 255)
    row, options = PIXEL_FORMATS["epd_6color"], ImageOptions("epd_6color", dither="bayer8")
    codes = reduce_image(noise, row, options).samples.colour
    assert set(np.unique(codes[:8])) == {0}
    assert set(np.unique(codes[8:16])) == {1}
    small = noise[64:128, :64]
    alone = reduce_image(small, row, options).samples.colour
    assert (alone == codes[64:128, :64]).mean() > 0.85
