"""What drawing does to every surface: numbers worked out by hand from FORMAT.md sections 8 and 8.1."""

from __future__ import annotations

import numpy as np
import pytest

from imgbuild.reader.compose import SURFACES, Screen
from imgbuild.reader.surface import Source


def one(
    surface: str, below: int, rgb: tuple[int, int, int], alpha: int, *, is_premultiplied: bool = False
) -> int:
    """One pixel of 8-bit R, G, B drawn over ``below``."""
    kind = SURFACES[surface]
    source = Source(
        None, np.array([[rgb]], np.uint8), np.array([[alpha]], np.uint8), is_premultiplied=is_premultiplied
    )
    return int(kind.blend(source, np.array([[below]], kind.dtype))[0, 0])


@pytest.mark.parametrize(
    ("surface", "below", "rgb", "alpha", "wanted"),
    [
        # luma of red (255 * 13933 + 32768) >> 16 = 54, of green 182, of blue 18; greys keep their value
        ("gray8", 7, (255, 0, 0), 255, 54),
        ("gray8", 7, (0, 255, 0), 255, 182),
        ("gray8", 7, (0, 0, 255), 255, 18),
        ("gray8", 7, (99, 99, 99), 255, 99),
        ("gray8", 200, (100, 100, 100), 128, 150),  # k = 129: (12900 + 200 * 127 + 128) >> 8
        ("gray8", 200, (100, 100, 100), 0, 200),
        ("mono", 0, (128, 128, 128), 128, 1),
        ("mono", 1, (127, 127, 127), 255, 0),
        ("mono", 1, (0, 0, 0), 127, 1),
        ("argb8888", 0x00123456, (10, 20, 30), 40, 0x280A141E),  # over nothing: as it is
        ("argb8888", 0xFF000000, (255, 255, 255), 128, 0xFF808080),  # (255 * 129 + 128) >> 8 = 128
        # w = 128 * 255, v = 128 * 127: A = (48896 + 127) / 255 = 192, R = (255 * 32640 + 24448) / 48896 = 170
        ("argb8888", 0x800000FF, (255, 0, 0), 128, 0xC0AA0055),
        ("argb8888", 0x80ABCDEF, (1, 2, 3), 0, 0x80ABCDEF),
        ("rgb565", 0x1234, (255, 0, 255), 255, 0xF81F),
        ("rgb565", 0x1234, (255, 0, 255), 0, 0x1234),
    ],
)
def test_one_pixel(surface, below, rgb, alpha, wanted):
    assert one(surface, below, rgb, alpha) == wanted


@pytest.mark.parametrize(
    ("surface", "below", "rgb", "alpha", "wanted"),
    [
        ("gray8", 200, (64, 64, 64), 128, 163),  # 64 + ((200 * 127 + 128) >> 8)
        ("gray8", 255, (255, 255, 255), 1, 255),
        ("mono", 0, (100, 100, 100), 199, 1),  # 25500 >= 25472
        ("mono", 1, (99, 99, 99), 199, 0),
        ("argb8888", 0x00FFFFFF, (20, 40, 60), 80, 0x504080BF),  # divided by the alpha: 63.75, 127.5, 191.25
    ],
)
def test_one_premultiplied_pixel(surface, below, rgb, alpha, wanted):
    assert one(surface, below, rgb, alpha, is_premultiplied=True) == wanted


def test_a_fill_of_5_6_5_reaches_every_surface_by_its_levels():
    wanted = {"rgb565": 0x8410, "gray8": 131, "mono": 1, "argb8888": 0xFF848284}  # 16/31, 32/63 of 255
    for surface, value in wanted.items():
        screen = Screen(3, 2, surface)
        screen.draw_fill(1, -5, 9, 6, 0x8410)
        assert screen.pixels.tolist() == [[0, value, value], [0, 0, 0]], surface


def test_the_bytes_in_memory():
    screen = Screen(2, 1)
    screen.pixels[:] = [[0x1234, 0xABCD]]
    assert (screen.to_bytes().hex(), screen.to_bytes(is_swapped=True).hex()) == ("3412cdab", "1234abcd")
    screen = Screen(1, 1, "argb8888")
    screen.pixels[:] = 0x80FF1020
    assert screen.to_bytes().hex() == "2010ff80"
    assert screen.to_rgb888().tolist() == [[[255, 16, 32]]]
    screen = Screen(2, 10, "mono")  # two pages: a byte is 8 pixels of a column
    screen.pixels[[0, 3, 9], [0, 0, 1]] = 1
    assert screen.to_bytes().hex() == "09000002"
    assert screen.to_bytes(is_swapped=True).hex() == "90000040"
    assert screen.to_rgb888()[[0, 1], 0].tolist() == [[255, 255, 255], [0, 0, 0]]
    screen = Screen(2, 1, "gray8")
    screen.draw_fill(1, 0, 1, 1, 0xFFFF)
    assert screen.to_bytes().hex() == "00ff"
