"""Colours are rounded to the nearest value that a pixel format holds, never cut off."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from imgbuild.pixels.convert import (
    COVERAGE_NOTE,
    LUMA_WEIGHTS,
    TooManyColoursError,
    convert_image,
    flatten_image,
    luma,
    pack_rgb565,
    premultiply,
    quantise_levels,
)
from imgbuild.pixels.epaper import EPAPER_PALETTES, quantise_inks
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.palette import find_colours, index_colours, pack_colours, palette_of


def nearest(value: Fraction) -> int:
    """The nearest integer; a tie would be ambiguous and never occurs here."""
    assert value.denominator != 2
    return int(value + Fraction(1, 2))


def picture(*pixels: tuple[int, int, int, int]) -> np.ndarray:
    return np.array([pixels], np.uint8)


def row(values: np.ndarray) -> list:
    return values[0].tolist()


@pytest.mark.parametrize("levels_max", [1, 3, 15, 255])
def test_levels_are_the_nearest_for_every_value(levels_max):
    expected = [nearest(Fraction(v * levels_max, 255)) for v in range(256)]
    assert quantise_levels(np.arange(256, dtype=np.uint8), levels_max).tolist() == expected


def test_rgb565_is_the_nearest_for_every_value():
    ramp = np.arange(256, dtype=np.uint8)
    zero = np.zeros(256, np.uint8)
    five = [nearest(Fraction(v * 31, 255)) for v in range(256)]
    six = [nearest(Fraction(v * 63, 255)) for v in range(256)]
    assert pack_rgb565(np.stack([ramp, zero, zero], -1)).tolist() == [v << 11 for v in five]
    assert pack_rgb565(np.stack([zero, ramp, zero], -1)).tolist() == [v << 5 for v in six]
    assert pack_rgb565(np.stack([zero, zero, ramp], -1)).tolist() == five


def test_laying_over_a_background_is_the_nearest_for_every_value_and_alpha():
    values, alphas = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.stack([values, values, values, alphas], -1).astype(np.uint8)
    mixed = flatten_image(rgba, (0, 77, 255))
    for channel, behind in enumerate((0, 77, 255)):
        exact = values * alphas + behind * (255 - alphas)  # times 255; nearest is exact // 255 in the middle
        assert np.array_equal(mixed[..., channel], (2 * exact + 255) // 510)


def test_luma_is_bt709_and_keeps_greys():
    assert sum(LUMA_WEIGHTS) == 65536
    assert [round(weight / 65536, 4) for weight in LUMA_WEIGHTS] == [0.2126, 0.7152, 0.0722]
    ramp = np.arange(256, dtype=np.uint8)
    assert luma(np.stack([ramp] * 3, -1)).tolist() == list(range(256))
    # 255 * 0.2126 = 54.2, 255 * 0.7152 = 182.4, 255 * 0.0722 = 18.4
    assert row(luma(picture((255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)))) == [54, 182, 18]


def test_without_alpha_the_background_shows_black_if_none_is_given():
    clear = picture((200, 200, 200, 0), (200, 100, 0, 255))
    rgb888 = PIXEL_FORMATS["rgb888"]
    assert row(convert_image(clear, rgb888, None).samples.colour) == [[0, 0, 0], [200, 100, 0]]
    assert row(convert_image(clear, rgb888, (1, 2, 3)).samples.colour) == [[1, 2, 3], [200, 100, 0]]
    assert row(convert_image(clear, PIXEL_FORMATS["gray8"], (255, 255, 255)).samples.colour)[0] == 255
    assert row(convert_image(clear, PIXEL_FORMATS["rgb565"], (255, 255, 255)).samples.colour)[0] == 0xFFFF


def test_hidden_colour_is_cleared_where_there_is_alpha():
    clear = picture((200, 200, 200, 0), (200, 100, 0, 1))
    assert row(convert_image(clear, PIXEL_FORMATS["argb8888"], None).samples.colour) == [
        [0, 0, 0, 0],
        [200, 100, 0, 1],
    ]
    samples = convert_image(clear, PIXEL_FORMATS["rgb565a8"], None).samples
    # 200 * 31 / 255 = 24.3, 100 * 63 / 255 = 24.7
    assert row(samples.colour) == [0, (24 << 11) | (25 << 5)]
    assert samples.alpha is not None
    assert row(samples.alpha) == [0, 1]
    assert clear[0, 0].tolist() == [200, 200, 200, 0], "the decoded picture stays as it was"


def test_coverage_is_the_alpha():
    converted = convert_image(
        picture((9, 9, 9, 0), (9, 9, 9, 128), (9, 9, 9, 255)), PIXEL_FORMATS["a4"], None
    )
    assert row(converted.samples.colour) == [0, 8, 15]  # 128 * 15 / 255 = 7.53
    assert converted.notes == ()


def test_coverage_of_an_opaque_picture_is_its_brightness_and_says_so():
    converted = convert_image(picture((0, 0, 0, 255), (255, 255, 255, 255)), PIXEL_FORMATS["a1"], None)
    assert row(converted.samples.colour) == [0, 1]
    assert converted.notes == (COVERAGE_NOTE,)


def test_a_palette_is_exact_sorted_and_has_alpha():
    pixels = picture(
        (0, 0, 255, 255), (255, 0, 0, 255), (9, 9, 9, 0), (7, 7, 7, 0), (255, 0, 0, 128), (255, 0, 0, 255)
    )
    samples = convert_image(pixels, PIXEL_FORMATS["i2"], None).samples
    assert samples.palette is not None
    # clear first (one colour, whatever hid under it), then by alpha, red, green, blue
    assert samples.palette.tolist() == [[0, 0, 0, 0], [255, 0, 0, 128], [0, 0, 255, 255], [255, 0, 0, 255]]
    assert row(samples.colour) == [2, 3, 0, 0, 1, 3]


@pytest.mark.parametrize(("name", "fits"), [("i1", 2), ("i2", 4), ("i4", 16), ("i8", 256)])
def test_a_palette_holds_two_to_the_bits_colours_and_no_more(name, fits):
    def greys(count: int) -> np.ndarray:
        ramp = np.arange(count, dtype=np.uint16)
        rgba = np.stack([ramp & 255, ramp >> 8, ramp & 255, np.full(count, 255)], -1)
        return rgba.astype(np.uint8)[np.newaxis]

    samples = convert_image(greys(fits), PIXEL_FORMATS[name], None).samples
    assert samples.palette is not None
    assert samples.palette.shape == (fits, 4)
    assert np.array_equal(samples.palette[samples.colour[0]], greys(fits)[0])
    with pytest.raises(TooManyColoursError) as caught:
        convert_image(greys(fits + 1), PIXEL_FORMATS[name], None)
    assert caught.value.found == fits + 1


@pytest.mark.parametrize("colours", [1, 2, 200, 256, 257, 5000])
def test_colours_are_counted_exactly_in_large_pictures(colours):
    chance = np.random.default_rng(colours)
    values = np.unique(chance.integers(0, 1 << 24, 2 * colours, np.uint32))[:colours]
    # rare colours come late, where a first look does not see them
    flat = np.concatenate([np.full(20_000, values[0], np.uint32), chance.permutation(values)])
    rgba = palette_of(flat | np.uint32(0xFF000000))[np.newaxis]
    packed = pack_colours(rgba)
    found = find_colours(packed)
    assert found.size == colours
    if colours <= 256:
        assert np.array_equal(palette_of(found)[index_colours(packed, found)], rgba)


def test_the_table_says_what_formats_can_do():
    assert [f.name for f in PIXEL_FORMATS.values() if f.has_alpha_plane] == ["rgb565a8"]
    assert [f.name for f in PIXEL_FORMATS.values() if not f.has_alpha] == [
        "gray1", "gray2", "gray4", "gray8", "rgb565", "rgb888", "xrgb8888", "rgb332", "rgb444", "rgb666",
        "bgr888", "mono_page", "epd_bwr", "epd_bwy", "epd_gray4", "epd_bwry", "epd_6color", "epd_7color",
    ]  # fmt: skip
    assert len({f.number for f in PIXEL_FORMATS.values()}) == len(PIXEL_FORMATS) == 33
    assert all(f.layout and f.displays for f in PIXEL_FORMATS.values())


def test_premultiplied_colours_are_the_nearest_for_every_value_and_alpha():
    values, alphas = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.stack([values, values, values, alphas], -1).astype(np.uint8)
    exact = values * alphas  # times 255
    assert np.array_equal(premultiply(rgba)[..., 0], (2 * exact + 255) // 510)
    assert np.array_equal(premultiply(rgba)[..., 3], alphas)


def test_each_ink_is_its_own_nearest_and_every_ink_has_a_number():
    for name, inks in EPAPER_PALETTES.items():
        assert PIXEL_FORMATS[name].has_inks
        picture = np.array([[ink.rgb for ink in inks]], np.uint8)
        assert row(quantise_inks(picture, name)) == [ink.code for ink in inks]


def test_the_table_agrees_with_the_specification():
    text = (Path(__file__).parents[3] / "c_runtime" / "FORMAT.md").read_text(encoding="utf-8")
    section = text.split("### 4.1 Pixel formats")[1].split("Numbers up to")[0]
    listed = {}
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 4 and re.fullmatch(r"[0-9A-F]{2}( [0-9A-F]{2})*", cells[1]):
            numbers, names = cells[1].split(), cells[2].split()
            bits = cells[3].split(" + ")[0].split()
            for place, name in enumerate(names):
                listed[name] = (int(numbers[place], 16), int(bits[min(place, len(bits) - 1)]))
    assert listed == {f.name: (f.number, f.bits) for f in PIXEL_FORMATS.values()}
