"""A picture fills the box it was given, without dark or coloured fringes."""

from __future__ import annotations

import numpy as np
import pytest

from imgbuild.model import Resize
from imgbuild.pixels.resize import contain_size, cover_size, resize_image


def disc(side: int, colour: tuple[int, int, int], hidden: tuple[int, int, int]) -> np.ndarray:
    """A disc of one colour on clear ground that hides another colour."""
    y, x = np.mgrid[:side, :side]
    is_inside = (x - side / 2 + 0.5) ** 2 + (y - side / 2 + 0.5) ** 2 < (side * 0.4) ** 2
    rgba = np.empty((side, side, 4), np.uint8)
    rgba[...] = (*hidden, 0)
    rgba[is_inside] = (*colour, 255)
    return rgba


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
@pytest.mark.parametrize("side", [32, 17, 100])
def test_hidden_colour_does_not_shine_at_the_edges(hidden, side):
    resized = resize_image(disc(64, (200, 40, 90), hidden), Resize(side, side))
    edge = resized[(resized[..., 3] > 64) & (resized[..., 3] < 255)]
    assert len(edge) > 20
    # Every pixel of the disc has one colour: scaled, each is that colour with less alpha.
    assert np.abs(edge[:, :3].astype(int) - (200, 40, 90)).max() <= 1
    # and what is clear hides nothing
    assert not resized[resized[..., 3] == 0].any()


def test_a_flat_colour_stays_what_it_is():
    for alpha in (255, 128, 3):
        flat = np.full((40, 30, 4), (250, 120, 10, alpha), np.uint8)
        resized = resize_image(flat, Resize(13, 7, "stretch"))
        assert resized.shape == (7, 13, 4)
        assert (resized[..., 3] == alpha).all()
        assert np.abs(resized[..., :3].astype(int) - (250, 120, 10)).max() == 0


def test_a_picture_of_the_right_size_is_untouched():
    chance = np.random.default_rng(1).integers(0, 256, (6, 9, 4), np.uint8)
    for fit in ("contain", "cover", "stretch"):
        assert np.array_equal(resize_image(chance, Resize(9, 6, fit)), chance)
    assert resize_image(chance, None) is chance


def test_contain_centres_in_the_full_box_with_clear_margins():
    resized = resize_image(np.full((4, 8, 4), 255, np.uint8), Resize(8, 9))
    assert resized.shape == (9, 8, 4)
    # 5 rows are left over: 2 above, 3 below; the picture's pixels are untouched
    assert resized[:, 0, 3].tolist() == [0, 0, 255, 255, 255, 255, 0, 0, 0]
    assert not resized[:2].any()


def test_contain_scales_up_as_well():
    resized = resize_image(np.full((4, 8, 4), 255, np.uint8), Resize(32, 32))
    assert resized[..., 3].any(axis=1).sum() == 16


def test_cover_cuts_the_middle_out():
    wide = np.zeros((4, 12, 4), np.uint8)
    wide[..., 3] = 255
    wide[:, 4:8, 0] = 255
    assert (resize_image(wide, Resize(4, 4, "cover"))[..., 0] == 255).all()
    assert resize_image(wide, Resize(4, 4, "cover")).shape == (4, 4, 4)
    scaled = resize_image(wide, Resize(8, 8, "cover"))
    assert scaled.shape == (8, 8, 4)
    assert scaled[:, 1:7, 0].min() > 230  # the columns at the cut are mixed with what lies beyond it


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 7), (640, 481)])
@pytest.mark.parametrize("box", [(1, 1), (32, 32), (31, 2), (2, 31)])
@pytest.mark.parametrize("fit", ["contain", "cover", "stretch"])
def test_the_result_always_has_the_size_of_the_box(size, box, fit):
    rgba = np.full((size[1], size[0], 4), 200, np.uint8)
    assert resize_image(rgba, Resize(*box, fit)).shape == (box[1], box[0], 4)


@pytest.mark.parametrize(
    ("size", "box", "inner", "outer"),
    [
        ((100, 50), (32, 32), (32, 16), (64, 32)),
        ((50, 100), (32, 32), (16, 32), (32, 64)),
        ((3, 2), (10, 10), (10, 7), (15, 10)),  # 10 * 2 / 3 = 6.67
        ((1000, 1), (10, 10), (10, 1), (10000, 10)),  # never less than a pixel
        ((7, 7), (9, 5), (5, 5), (9, 9)),
    ],
)
def test_sizes_that_fit_and_fill_a_box(size, box, inner, outer):
    assert contain_size(*size, Resize(*box)) == inner
    assert cover_size(*size, Resize(*box)) == outer
