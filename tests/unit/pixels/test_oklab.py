"""OKLab in whole numbers, against its author's definition in floating point."""

import numpy as np

from imgbuild.pixels.oklab import (
    LAB_ROWS,
    LINEAR_OF_SRGB,
    ROOT_ONE,
    Nearest,
    axes_of,
    colours_of,
    local_metric,
    srgb_of_linear,
)


def reference(rgb):
    """B. Ottosson's code, in floating point."""
    v = rgb / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    m1 = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
          [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
    m2 = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
          [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip
    return np.cbrt(light @ np.array(m1).T) @ np.array(m2).T


def lab_of(rgb):
    opaque = np.insert(np.asarray(rgb, np.uint8), 3, 255, axis=1)
    return axes_of(opaque)[:, :3] @ LAB_ROWS.T / 1024 / ROOT_ONE


def test_primaries_are_where_oklab_has_them():
    found = lab_of([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]])
    known = [
        [0.628, 0.2249, 0.1258],
        [0.8664, -0.2339, 0.1795],
        [0.452, -0.0325, -0.3115],
        [1, 0, 0],
        [0, 0, 0],
    ]
    np.testing.assert_allclose(found, known, atol=0.001)


def test_any_colour_is_close_to_the_definition_and_greys_are_grey():
    rgb = np.random.default_rng(0).integers(0, 256, (20000, 3))
    assert np.abs(lab_of(rgb) - reference(rgb)).max() < 0.0012
    greys = lab_of(np.arange(256).repeat(3).reshape(-1, 3))
    assert not greys[:, 1:].any()
    assert (np.diff(greys[:, 0]) > 0).all()


def test_the_table_of_srgb_is_the_same_on_any_machine():
    v = np.arange(256) / 255
    exact = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) * 65535
    assert np.abs(exact % 1 - 0.5).min() > 1e-3, "a last bit of pow() decides nothing"
    assert np.abs(exact - LINEAR_OF_SRGB).max() <= 0.5
    np.testing.assert_array_equal(srgb_of_linear(LINEAR_OF_SRGB), np.arange(256))


def test_colours_come_back_from_their_axes():
    rgba = np.random.default_rng(1).integers(0, 256, (20000, 4), np.uint8)
    rgba[:, 3] = 255
    back = colours_of(axes_of(rgba))
    away = np.abs(back.astype(int) - rgba)
    assert away.max() <= 8
    assert (away <= 1).mean() > 0.98
    greys = np.insert(np.arange(256).repeat(3).reshape(-1, 3), 3, 255, axis=1).astype(np.uint8)
    np.testing.assert_array_equal(colours_of(axes_of(greys)), greys)


def test_the_nearest_is_the_nearest_over_black_and_over_white():
    rng = np.random.default_rng(2)
    palette, rgba = (rng.integers(0, 256, (n, 4), np.uint8) for n in (40, 3000))

    def seen(colours):
        alpha = colours[:, 3:] / 255
        lab = reference(colours[:, :3]) * [1, 2, 2] * alpha  # a and b count twice, see CHROMA_WEIGHT
        return np.concatenate([lab, lab + (1 - alpha) * [1, 0, 0]], axis=1)

    away = ((seen(rgba)[:, np.newaxis] - seen(palette)) ** 2).sum(axis=2)
    found = Nearest(axes_of(palette)).find(axes_of(rgba))
    assert (away[np.arange(3000), found] <= away.min(axis=1) + 0.01).all()
    assert (found == away.argmin(axis=1)).mean() > 0.99


def test_no_sum_leaves_the_whole_numbers_of_a_float64():
    corners = np.array(np.meshgrid(*[[0, 255]] * 4)).T.reshape(-1, 4).astype(np.uint8)
    nearest, axes = Nearest(axes_of(corners)), axes_of(corners)
    assert (axes @ np.abs(nearest._factors) + np.abs(nearest._own)).max() < 2**53


def test_equally_near_colours_give_the_first():
    palette = np.array([[9, 9, 9, 255], [200, 0, 0, 255], [200, 0, 0, 255]], np.uint8)
    assert Nearest(axes_of(palette)).find(axes_of(palette)).tolist() == [0, 1, 1]


def test_the_metric_is_oklabs_distance_of_close_colours():
    light = np.random.default_rng(3).uniform(0.1, 0.9, (500, 3))
    step = np.random.default_rng(4).uniform(-0.002, 0.002, (500, 3))

    def lab(values):
        m1 = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
              [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
        m2 = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
              [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip
        return np.cbrt(values @ np.array(m1).T) @ np.array(m2).T * [1, 2, 2]

    r, g, b = step.T
    terms = np.stack([r * r, g * g, b * b, 2 * r * g, 2 * r * b, 2 * g * b])
    found = (local_metric(np.rint(light * 65535)) * terms.T).sum(axis=1) / (1 << 12)
    exact = ((lab(light + step) - lab(light)) ** 2).sum(axis=1)
    np.testing.assert_allclose(found, exact, rtol=0.1)
