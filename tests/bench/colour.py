"""How different two pictures look: PSNR, and CIEDE2000 after G. Sharma, W. Wu, E. Dalal, Color Research and
Application 30 (2005), 21-30. Floating point, independent of the product's own colour arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

_XYZ_OF_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Linear sRGB to XYZ, D65 (IEC 61966-2-1)."""
_WHITE = _XYZ_OF_RGB.sum(axis=1)
_POW7 = 25.0**7


def linear(srgb: NDArray[np.integer]) -> F64:
    """Light 0..1 of sRGB values 0..255."""
    v = srgb / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def srgb(light: F64) -> F64:
    """sRGB values 0..255, not rounded, of light 0..1."""
    curved = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    return 255 * np.where(light <= 0.0031308, 12.92 * light, curved)


def lab(light: F64) -> F64:
    """CIE L* a* b* of linear light ``[..., 3]``."""
    t = light @ _XYZ_OF_RGB.T / _WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(one: F64, two: F64) -> F64:
    """The difference of two arrays of L* a* b*, ``[..., 3]`` to ``[...]``."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(one, -1, 0), np.moveaxis(two, -1, 0)
    c_mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 1.5 - 0.5 * np.sqrt(c_mean**7 / (c_mean**7 + _POW7))
    c1, c2 = np.hypot(g * a1, b1), np.hypot(g * a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, g * a1)) % 360, np.degrees(np.arctan2(b2, g * a2)) % 360
    is_grey = c1 * c2 == 0
    turn = h2 - h1
    turn = np.where(is_grey, 0, turn - 360 * np.sign(turn) * (np.abs(turn) > 180))
    d_l, d_c, d_h = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))
    total = h1 + h2
    h = np.where(np.abs(h1 - h2) <= 180, total / 2, np.where(total < 360, total / 2 + 180, total / 2 - 180))
    h = np.where(is_grey, total, h)
    return _weigh(d_l, d_c, d_h, ((l1 + l2) / 2, (c1 + c2) / 2, h))


def _weigh(d_l: F64, d_c: F64, d_h: F64, means: tuple[F64, F64, F64]) -> F64:
    l, c, h = means  # noqa: E741 - the paper's letter
    t = (
        1
        - 0.17 * np.cos(np.radians(h - 30))
        + 0.24 * np.cos(np.radians(2 * h))
        + 0.32 * np.cos(np.radians(3 * h + 6))
        - 0.20 * np.cos(np.radians(4 * h - 63))
    )
    s_l = 1 + 0.015 * (l - 50) ** 2 / np.sqrt(20 + (l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c, 1 + 0.015 * c * t
    turn = 60 * np.exp(-(((h - 275) / 25) ** 2))
    r_t = -np.sin(np.radians(turn)) * 2 * np.sqrt(c**7 / (c**7 + _POW7))
    x, y, z = d_l / s_l, d_c / s_c, d_h / s_h
    return np.sqrt(x * x + y * y + z * z + r_t * y * z)


def mean_of_neighbours(light: F64, side: int = 3) -> F64:
    """The mean of ``side`` x ``side`` pixels around each of ``[h, w, c]``: what an eye some way off sees."""
    height, width = light.shape[:2]
    pad = side // 2
    wide = np.pad(light, ((pad, pad), (pad, pad), (0, 0)), "edge")
    return sum(wide[y : y + height, x : x + width] for y in range(side) for x in range(side)) / side**2


def psnr(one: NDArray[np.generic], two: NDArray[np.generic]) -> float:
    """Decibels; infinite for equal pictures."""
    square = np.mean((np.asarray(one, float) - np.asarray(two, float)) ** 2)
    return float("inf") if square == 0 else float(10 * np.log10(255**2 / square))
