"""Every dither on every format: exact pictures stay exact, alpha and hidden pixels are left alone."""

import numpy as np
import pytest

from imgbuild.model import ImageOptions
from imgbuild.palettes import can_dither
from imgbuild.pixels.convert import convert_image
from imgbuild.pixels.dither import DITHERS
from imgbuild.pixels.epaper import EPAPER_PALETTES
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.reduce import reduce_image
from imgbuild.pixels.reduced import is_reduced

DITHERED = [name for name in DITHERS if name != "none"]
SMALL = [name for name in PIXEL_FORMATS if can_dither({"pixel_format": name})]
EXACT = [0, 255]
"""Values that every format has, of each channel and of coverage."""


def opaque(rgb):
    return np.insert(np.asarray(rgb, np.uint8), 3, 255, axis=2)


def reduced(rgba, pixel_format, dither="none", **options):
    row = PIXEL_FORMATS[pixel_format]
    return reduce_image(rgba, row, ImageOptions(pixel_format, dither=dither, **options)).samples


@pytest.mark.parametrize("dither", DITHERED)
@pytest.mark.parametrize("pixel_format", [n for n in SMALL if not PIXEL_FORMATS[n].is_indexed])
def test_what_the_format_shows_exactly_is_not_dithered(pixel_format, dither):
    rng = np.random.default_rng(3)
    rgb = rng.choice(EXACT, (11, 19, 1)).repeat(3, axis=2)
    row = PIXEL_FORMATS[pixel_format]
    found = reduced(opaque(rgb), pixel_format, dither)
    expected = convert_image(opaque(rgb), row, None).samples
    np.testing.assert_array_equal(found.colour, expected.colour)


@pytest.mark.parametrize("dither", DITHERED)
@pytest.mark.parametrize("pixel_format", SMALL)
def test_any_picture_of_any_size_takes_any_dither(pixel_format, dither):
    rng = np.random.default_rng(4)
    for size in ((1, 1), (1, 5), (6, 1), (7, 10)):
        rgba = rng.integers(0, 256, (*size, 4), np.uint8)
        samples = reduced(rgba, pixel_format, dither)
        assert samples.colour.shape[:2] == size


@pytest.mark.parametrize("dither", DITHERED)
def test_the_alpha_plane_is_not_touched_and_hidden_colours_do_not_matter(dither):
    rng = np.random.default_rng(5)
    rgba = rng.integers(0, 256, (20, 24, 4), np.uint8)
    rgba[4:9, 3:12, 3] = 0
    other = rgba.copy()
    other[4:9, 3:12, :3] = rng.integers(0, 256, (5, 9, 3))
    first, second = (reduced(picture, "rgb565a8", dither) for picture in (rgba, other))
    np.testing.assert_array_equal(first.alpha, rgba[..., 3])
    np.testing.assert_array_equal(first.colour, second.colour)


@pytest.mark.parametrize("dither", DITHERS)
@pytest.mark.parametrize("pixel_format", EPAPER_PALETTES)
def test_only_inks_of_the_paper_are_used(pixel_format, dither):
    rgba = opaque(np.random.default_rng(6).integers(0, 256, (16, 16, 3)))
    codes = {ink.code for ink in EPAPER_PALETTES[pixel_format]}
    assert set(reduced(rgba, pixel_format, dither).colour.reshape(-1).tolist()) <= codes


def test_the_nearest_ink_is_the_one_that_looks_nearest():
    rgb = [[[90, 90, 90], [200, 200, 200], [190, 30, 20], [240, 220, 60], [30, 50, 160]]]
    names = {ink.code: ink.name for ink in EPAPER_PALETTES["epd_6color"]}
    found = [names[code] for code in reduced(opaque(rgb), "epd_6color").colour[0].tolist()]
    assert found[1:] == ["white", "red", "yellow", "blue"]
    assert found[0] in {"black", "white"}, "a grey is no colour"


def test_inks_chosen_by_how_they_look_are_stored_as_inks():
    looks = ((60, 60, 60, 255), (180, 180, 180, 255), (130, 40, 30, 255))
    rgba = opaque([[[50, 50, 50], [190, 190, 190], [140, 40, 40]]])
    assert reduced(rgba, "epd_bwr", palette=looks).colour.tolist() == [[0, 1, 2]]


def test_a_given_palette_is_stored_as_it_is_in_its_order():
    given = ((255, 255, 255, 255), (0, 0, 0, 255), (255, 255, 255, 255), (255, 0, 0, 255))
    samples = reduced(opaque([[[250, 5, 5], [255, 255, 255], [10, 10, 10]]]), "i4", palette=given)
    assert samples.palette.tolist() == [list(colour) for colour in given]
    assert samples.colour.tolist() == [[3, 0, 1]]


def test_an_opaque_palette_shows_the_background_through_what_is_clear():
    given = ((0, 0, 0, 255), (255, 255, 255, 255), (0, 0, 255, 255))
    rgba = np.array([[[9, 9, 9, 0], [255, 255, 255, 255]]], np.uint8)
    assert reduced(rgba, "i2", palette=given, background=(0, 0, 255)).colour.tolist() == [[2, 1]]


def test_clear_pixels_take_the_clear_entry():
    given = ((0, 0, 0, 255), (200, 10, 10, 255), (200, 10, 10, 0), (255, 255, 255, 255))
    rgba = np.array([[[255, 255, 255, 0], [210, 0, 0, 255]]] * 5, np.uint8)
    for dither in DITHERS:
        assert reduced(rgba, "i2", dither, palette=given).colour[:, 0].tolist() == [2] * 5


def test_coverage_is_dithered_as_coverage_not_as_brightness():
    rgba = np.full((64, 64, 4), 128, np.uint8)
    assert abs(reduced(rgba, "a1", "bayer8").colour.mean() - 128 / 255) < 0.01
    grey = reduced(opaque(np.full((64, 64, 3), 128)), "gray1", "bayer8").colour.mean()
    assert abs(grey - 0.2159) < 0.01, "128 is 21.6 % of white's light (IEC 61966-2-1)"


def test_without_dither_and_palette_nothing_is_reduced_but_inks():
    asked = {name for name, row in PIXEL_FORMATS.items() if is_reduced(row, ImageOptions(name))}
    assert asked == set(EPAPER_PALETTES)
