"""Colours in OKLab and in linear light, in whole numbers: every machine decides alike.

Linear light is 0..65535. OKLab is not stored as L, a, b but as the three cube roots it is a linear function
of, 0..4096 each ("roots"), times the alpha, beside the alpha, 0..4096: four *axes*. The difference of two
colours is their squared distance in OKLab as seen over black, plus the one as seen over white, so opaque
colours differ by twice their squared distance, and a clear pixel has no colour at all. Arrays of axes are
float64, but hold whole numbers small enough (below 2^53 in every sum) that no operation ever rounds.

Sources: sRGB's transfer function, IEC 61966-2-1; OKLab's matrices, B. Ottosson, "A perceptual color space for
image processing" (2020, matrices of 2021-01-25).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

LINEAR_ONE = 65535
"""White in linear light."""
ROOT_ONE = 4096
"""A cube root of 1, and full alpha."""

CHROMA_WEIGHT = 4
"""Of squared differences of a and b against L: OKLab's a and b count half of what the eye (and CIELAB) gives
them, so that without it the nearest of black, white and red to a middle grey would be red."""

_LMS_SHIFT = 14
_LAB_SHIFT = 10
_LMS_OF_LINEAR = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_LAB_OF_ROOTS = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def _fixed(rows: tuple[tuple[float, ...], ...], shift: int, sums: tuple[int, ...]) -> I64:
    """``rows`` times ``2^shift``, rounded, each row's sum made exact at its largest number.

    Greys then stay greys: the sum of a row is what it does to three equal numbers.
    """
    fixed = np.array([[round(value * (1 << shift)) for value in row] for row in rows], np.int64)
    for row, total in zip(fixed, sums, strict=True):
        row[np.argmax(np.abs(row))] += (total << shift) - row.sum()
    return np.asarray(fixed, np.int64)


_LMS: F64 = _fixed(_LMS_OF_LINEAR, _LMS_SHIFT, (1, 1, 1)).T.astype(np.float64)
LAB_ROWS = _fixed(_LAB_OF_ROOTS, _LAB_SHIFT, (1, 0, 0))
"""L, a and b of the three roots, times 1024."""


def _srgb_table() -> I64:
    """Linear light of each of the 256 values; none lies close to the middle of two (a test looks)."""
    codes = np.arange(256) / 255
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.rint(linear * LINEAR_ONE), np.int64)


def _root_table() -> F64:
    """Cube roots of 0..65535 (1 is 65535) times 4096, rounded to the nearest; exact."""
    values = np.arange(LINEAR_ONE + 1, dtype=np.int64)
    roots = np.rint(np.cbrt(values / LINEAR_ONE) * ROOT_ONE).astype(np.int64)
    # root - 1/2 < exact <= root + 1/2, both sides cubed and made whole
    target = values * (8 * ROOT_ONE**3)
    roots += target > (2 * roots + 1) ** 3 * LINEAR_ONE
    roots -= target <= np.where(roots > 0, (2 * roots - 1) ** 3 * LINEAR_ONE, -1)
    return np.asarray(roots, np.float64)


LINEAR_OF_SRGB = _srgb_table()
"""Linear light 0..65535 of the sRGB values 0..255."""
_MIDDLES = LINEAR_OF_SRGB[:-1] + LINEAR_OF_SRGB[1:]
_ROOTS = _root_table()


def _difference_matrix() -> F64:
    """The symmetric 4x4 matrix G for which ``d @ G @ d`` is the difference of axes that lie ``d`` apart."""
    one = 1 << _LAB_SHIFT
    over_black = np.array([*LAB_ROWS[0], 0])
    over_white = np.array([*LAB_ROWS[0], -one])
    a, b = np.array([*LAB_ROWS[1], 0]), np.array([*LAB_ROWS[2], 0])
    chroma = 2 * CHROMA_WEIGHT
    rows = ((1, over_black), (1, over_white), (chroma, a), (chroma, b))
    matrix = np.zeros((4, 4))
    for weight, row in rows:
        matrix += weight * np.outer(row, row)
    return np.rint(matrix * (1.0 / 16))


DIFFERENCE = _difference_matrix()
"""Squared distances come out times ``(1024 * 4096)^2 / 16``."""


def srgb_of_linear(linear: I64) -> U8:
    """The sRGB value nearest in linear light, for numbers of 0..65535 (others are cut off)."""
    return np.searchsorted(_MIDDLES, 2 * linear, "left").astype(np.uint8)


def alpha_of(rgba: U8) -> F64:
    """The alpha ``[...]`` of ``[..., 4]`` on the scale 0..4096, rounded."""
    return np.rint(rgba[..., 3] * np.float64(ROOT_ONE) / 255)


def axes_of_linear(linear: F64, alpha: F64) -> F64:
    """Axes ``[n, 4]`` of whole numbers 0..65535 of linear light ``[n, 3]`` and alpha 0..4096 ``[n]``."""
    lms = linear @ _LMS
    lms += 1 << (_LMS_SHIFT - 1)
    lms *= 1.0 / (1 << _LMS_SHIFT)
    axes = np.empty((len(linear), 4))
    roots = _ROOTS.take(lms.astype(np.int64))
    np.multiply(roots, alpha[:, np.newaxis], out=axes[:, :3])
    axes[:, :3] *= 1.0 / ROOT_ONE
    np.rint(axes[:, :3], out=axes[:, :3])
    axes[:, 3] = alpha
    return axes


def axes_of(rgba: U8) -> F64:
    """Axes ``[n, 4]`` of colours ``[n, 4]`` (R G B A, sRGB, straight)."""
    linear = LINEAR_OF_SRGB[rgba[:, :3]].astype(np.float64)
    return axes_of_linear(linear, alpha_of(rgba))


def colours_of(axes: F64) -> U8:
    """The colours ``[n, 4]`` (R G B A) nearest to axes ``[n, 4]``; fully clear ones are 0 0 0 0."""
    alpha = np.clip(axes[:, 3], 0, ROOT_ONE)
    rgba = np.zeros((len(axes), 4), np.uint8)
    rgba[:, 3] = np.rint(alpha * 255 / ROOT_ONE)
    seen = rgba[:, 3] > 0
    roots = np.rint(axes[seen, :3] * ROOT_ONE / alpha[seen, np.newaxis]).astype(np.int64)
    # 4096^3 is 2^36; the inverse of the matrix below is whole, times 2^16
    cubes = np.clip(roots, 0, ROOT_ONE) ** 3 >> 16
    linear = (cubes @ _LINEAR_OF_LMS.T * LINEAR_ONE) >> 36
    rgba[seen, :3] = srgb_of_linear(np.clip(linear, 0, LINEAR_ONE))
    return rgba


_LINEAR_OF_LMS = _fixed(
    (
        (4.0767416621, -3.3077115913, 0.2309699292),
        (-1.2684380046, 2.6097574011, -0.3413193965),
        (-0.0041960863, -0.7034186147, 1.7076147010),
    ),
    16,
    (1, 1, 1),
)


METRIC_ONE = 1 << 12
"""What a metric is multiplied with."""
_DARKEST = 1273
"""The root of 0.03: a metric is made no finer below it."""


def local_metric(linear: F64) -> F64:
    """OKLab's squared distance as a quadratic form of linear light, right near each of ``linear`` ``[n, 3]``.

    The symmetric matrices ``J^T J`` as whole numbers ``[n, 6]`` (rr, gg, bb, rg, rb, gb), times METRIC_ONE;
    J is the derivative of OKLab. Only single operations on float64, which IEEE 754 rounds in one way.
    """
    lms = linear @ _LMS + (1 << (_LMS_SHIFT - 1))
    roots = np.maximum(_ROOTS.take((lms * (1.0 / (1 << _LMS_SHIFT))).astype(np.int64)), _DARKEST)
    slopes = (ROOT_ONE * ROOT_ONE / 3.0) / (roots * roots)  # of a cube root
    lab = LAB_ROWS * (1.0 / (1 << _LAB_SHIFT))
    lms_of = _LMS * (1.0 / (1 << _LMS_SHIFT))
    metric = np.zeros((len(linear), 6))
    for row, weight in zip(lab, (1.0, CHROMA_WEIGHT, CHROMA_WEIGHT), strict=True):
        red, green, blue = (
            (slopes[:, 0] * (row[0] * c[0]) + slopes[:, 1] * (row[1] * c[1])) + slopes[:, 2] * (row[2] * c[2])
            for c in lms_of
        )
        parts = (red * red, green * green, blue * blue, red * green, red * blue, green * blue)
        for column, part in enumerate(parts):
            metric[:, column] += part * weight
    return np.rint(metric * METRIC_ONE)


class Nearest:
    """Finds the nearest of up to 256 colours; of equally near ones the first."""

    def __init__(self, axes: F64) -> None:
        """``axes`` of the colours, ``[n, 4]``."""
        towards = axes @ DIFFERENCE
        self._factors: F64 = np.ascontiguousarray(-2 * towards.T)
        self._own: F64 = (towards * axes).sum(axis=1)

    def find(self, axes: F64) -> NDArray[np.intp]:
        """The index of the nearest colour for each of axes ``[n, 4]``."""
        score = axes @ self._factors
        score += self._own
        nearest: NDArray[np.intp] = score.argmin(axis=1)
        return nearest
