"""``pixel_format: auto``: the smallest format that loses nothing that the display can show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import Place
from imgbuild.model import DecodedImage, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.auto import choose_format, list_choices, show_colours
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.loss import read_stored

SIDE = 40


def opaque(*colours):
    """A picture of these colours in turn, opaque unless they have an alpha."""
    rgba = np.array([(*c, 255) if len(c) == 3 else c for c in colours], np.uint8)
    return rgba[np.arange(SIDE * SIDE) % len(rgba)].reshape(SIDE, SIDE, 4)


def noise(channels=4, seed=1):
    rgba = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    if channels == 3:
        rgba[..., 3] = 255
    return rgba


def choose(rgba, display=None):
    return choose_format(rgba, PIXEL_FORMATS[display] if display else None)


def ramp(levels, colour=(200, 30, 40)):
    return opaque(*[(*colour, alpha) for alpha in levels])


@pytest.mark.parametrize(
    ("levels", "name"),
    [
        ((0, 255), "a1"),
        ((0, 85, 170, 255), "a2"),
        (range(0, 256, 17), "a4"),
        (range(256), "a8"),
    ],
)
def test_one_colour_with_varying_alpha_becomes_coverage_and_keeps_its_colour(levels, name):
    choice = choose(ramp(levels))
    # two values, clear and one colour, are as well a palette of two: 8 bytes like the tint
    assert choice.pixel_format.name in ({"a1", "i1"} if name == "a1" else {name})
    if choice.pixel_format.is_coverage:
        assert choice.tint == (200, 30, 40)


@pytest.mark.parametrize(
    ("count", "name"), [(2, "i1"), (3, "i2"), (4, "i2"), (16, "i4"), (17, "i8"), (256, "i8")]
)
def test_few_colours_become_a_palette_where_that_is_smaller(count, name):
    colours = [(n, 255 - n, (7 * n) % 256, 255 if n % 2 else 9) for n in range(count)]
    assert choose(np.repeat(opaque(*colours), 3, axis=0)).pixel_format.name == name


def test_the_bytes_of_the_palette_count():
    tiny = opaque(*[(n, 2 * n, 3 * n) for n in range(60)])[:1]
    # i8: 40 + 160 B, rgb888: 120 B
    assert choose(tiny).pixel_format.name == "rgb888"


@pytest.mark.parametrize(("step", "name"), [(255, "gray1"), (85, "gray2"), (17, "gray4"), (1, "gray8")])
def test_grey_pictures_become_grey(step, name):
    choice = choose(opaque(*[(v, v, v) for v in range(0, 256, step)]))
    assert choice.pixel_format.name == name


def test_opaque_pictures_drop_their_alpha():
    assert choose(noise(3)).pixel_format.name == "rgb888"
    assert choose(noise(4)).pixel_format.name == "argb8888"


def test_the_colour_of_clear_pixels_does_not_count():
    rgba = noise(4)
    rgba[..., 3] = 0
    rgba[:5, :5] = (1, 2, 3, 255)
    assert choose(rgba).pixel_format.bits == 1


@pytest.mark.parametrize(
    ("display", "rgba", "name"),
    [
        ("rgb565", noise(3), "rgb565"),
        ("rgb565", noise(4), "rgb565a8"),
        ("gray4", noise(3), "gray4"),
        ("gray1", noise(3), "gray1"),
        ("rgb332", noise(3), "rgb332"),
        ("rgb888", noise(3), "rgb888"),
        ("epd_7color", noise(3), "rgb888"),  # dithered for: nothing is said of single colours
    ],
)
def test_the_display_decides_what_can_be_lost(display, rgba, name):
    assert choose(rgba, display).pixel_format.name == name


def test_colours_that_the_display_shows_alike_are_one():
    # 0..7 in blue are 0 or 1 in 5 bits: round(b * 31 / 255) is 0 up to 4, 1 from 5 on
    rgba = opaque(*[(80, 80, blue) for blue in range(8)])
    choice = choose(rgba, "rgb565")
    assert choice.pixel_format.name == "i1"
    assert choose(rgba).pixel_format.name == "i4"
    assert len(np.unique(choice.rgba.reshape(-1, 4), axis=0)) == 2


def test_exact_colours_are_kept_where_they_cost_nothing_more():
    rgba = opaque((1, 2, 3), (250, 128, 7))
    choice = choose(rgba, "rgb565")
    assert choice.pixel_format.name == "i1"
    assert np.array_equal(choice.rgba, rgba)


def test_what_is_shown_is_the_nearest_of_the_display():
    shown = show_colours(opaque((1, 2, 3), (131, 132, 133)), PIXEL_FORMATS["rgb565"])
    # 5 bits: 131 is 15.93 / 31, so 16 -> 131.6; 6 bits: 132 is 32.6 / 63, so 33 -> 133.6; 133 is 16.2, so 16
    assert shown is not None
    assert shown[0, :2].tolist() == [[0, 0, 0, 255], [132, 134, 132, 255]]
    assert show_colours(opaque((1, 2, 3)), PIXEL_FORMATS["argb8888"]) is None


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_chosen_is_stored_without_loss(seed):
    rng = np.random.default_rng(seed)
    colours = rng.integers(0, 256, (int(rng.choice([1, 2, 3, 5, 17, 300])), 4), np.uint8)
    if seed % 3 == 0:
        colours[:, :3] = colours[:1, :3]
    if seed % 4 == 1:
        colours[:, 3] = 255
    if seed % 5 == 2:
        colours[:, 1:3] = colours[:, :1]
    size = (int(rng.integers(1, 50)), int(rng.integers(1, 50)))
    rgba = colours[rng.integers(0, len(colours), size)]
    options = ImageOptions("auto")
    asset = PlannedAsset("icon", 1, Kind.BITMAP, "icon", Path("icon.png"), options, Place("demo.yaml"))
    encoded = encode_bitmap(asset, DecodedImage((rgba,), ""))
    wanted = np.where(rgba[..., 3:] == 0, 0, rgba)
    stored = read_stored(encoded)
    assert np.array_equal(np.where(stored[..., 3:] == 0, 0, stored), wanted)
    assert encoded.raw_bytes <= rgba.size


# --- what may be smaller once it is coded ------------------------------------------------------------


def names(rgba, display=None, **options):
    row = PIXEL_FORMATS[display] if display else None
    return [choice.pixel_format.name for choice in list_choices(rgba, row, **options)]


def test_the_smallest_raw_format_is_always_tried_and_first():
    for rgba in (noise(3), noise(4), ramp(range(256)), opaque((1, 2, 3), (4, 5, 6, 7))):
        for display in (None, "rgb565", "gray4"):
            assert names(rgba, display)[0] == choose(rgba, display).pixel_format.name


def test_few_colours_are_tried_without_their_palette_too():
    few = np.repeat(opaque(*[(n, 255 - n, 7 * n % 256, 255 if n % 2 else 9) for n in range(200)]), 3, axis=0)
    assert names(few) == ["i8", "argb8888"]
    assert names(few, "rgb565") == ["i8", "rgb565a8", "argb8565"]
    assert names(few, "rgb565", has_woven=False) == ["i8", "rgb565a8"]


def test_what_is_much_larger_is_not_tried():
    assert names(opaque((0, 0, 0), (255, 255, 255))) == ["gray1"]


def test_the_choices_hold_the_picture_that_the_display_shows():
    for choice in list_choices(noise(3), PIXEL_FORMATS["rgb565"]):
        assert np.array_equal(choice.rgba, show_colours(noise(3), PIXEL_FORMATS["rgb565"]))
