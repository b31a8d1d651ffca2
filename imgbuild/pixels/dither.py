"""Dithering: ordered (Bayer) and by error diffusion, along wavefronts instead of pixel by pixel.

Everything is decided in linear light, in whole numbers: what the eye makes of neighbouring pixels is the mean
of their light, not of their sRGB values. So a dithered area has the lightness of its original.

A *target* says which values there are: :class:`Levels` (each channel for itself) or :class:`Colours` (a
palette, chosen from in OKLab). Arrays of pixels are ``[n, h, w, c]``: a batch of pictures of one size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from imgbuild.pixels.oklab import LINEAR_OF_SRGB, LINEAR_ONE, METRIC_ONE, ROOT_ONE, alpha_of, local_metric

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kernel:
    """Where the error of a pixel goes: shares ``(dx, dy, weight)`` of ``1 / 2^shift``, and the source."""

    shares: tuple[tuple[int, int, int], ...]
    shift: int
    source: str


KERNELS: dict[str, Kernel] = {
    "floyd-steinberg": Kernel(
        ((1, 0, 7), (-1, 1, 3), (0, 1, 5), (1, 1, 1)),
        4,
        "R. Floyd, L. Steinberg, An Adaptive Algorithm for Spatial Grey Scale, Proc. SID 17 (1976), 75-77",
    ),
    "atkinson": Kernel(
        ((1, 0, 1), (2, 0, 1), (-1, 1, 1), (0, 1, 1), (1, 1, 1), (0, 2, 1)),
        3,
        "B. Atkinson, for the Macintosh (1984): 6/8 of the error, so light and dark areas clear up",
    ),
    "sierra-lite": Kernel(
        ((1, 0, 2), (-1, 1, 1), (0, 1, 1)),
        2,
        "F. Sierra, Filter Lite, also Sierra-2-4A (1990)",
    ),
}
"""Kernels of error diffusion. Rows go from left to right; shares that leave the picture are dropped."""

BAYER_SIDES = {"bayer2": 2, "bayer4": 4, "bayer8": 8}
"""Ordered methods: B. E. Bayer, An optimum method for two-level rendition, IEEE ICC (1973)."""

DITHERS = ("none", *BAYER_SIDES, *KERNELS)

_SKEW = 2
"""Pixels with equal ``x + 2 y`` do not depend on each other: no kernel goes back more than 1 px in the next
row, 3 px in the one behind it."""


def bayer_matrix(side: int) -> NDArray[np.intp]:
    """Bayer's matrix of 2, 4 or 8 px a side: every number of 0..side^2-1 once; [[0, 2], [3, 1]] nested."""
    matrix = np.zeros((1, 1), np.intp)
    while len(matrix) < side:
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix


class Target(Protocol):
    """Values that a picture can take."""

    def features(self, light: F64, alpha: F64) -> F64:
        """What is known of pixels before any error comes to them: ``[m, c]`` and ``[m]`` to ``[m, f]``."""
        ...

    def choose(self, light: F64, features: F64) -> tuple[NDArray[np.intp], F64]:
        """The values for ``light`` ``[m, c]`` (whole), error included: levels or indices, and their light."""
        ...


class Levels:
    """Channels with evenly spaced levels; level ``l`` shows ``round(l * 255 / most)`` (FORMAT.md, 4.1).

    ``is_linear``: the values are light already (coverage), else they are sRGB.
    """

    def __init__(self, most: Sequence[int], *, is_linear: bool = False) -> None:
        self.most = tuple(most)
        self.is_linear = is_linear
        self.values = [(np.arange(m + 1) * 510 + m) // (2 * m) for m in most]
        self.lights = [light_of(values, is_linear=is_linear) for values in self.values]
        ramp = np.arange(LINEAR_ONE + 1)
        self._levels = np.concatenate([np.searchsorted(li[:-1] + li[1:], 2 * ramp) for li in self.lights])
        self._lights = np.concatenate([li[lv] for li, lv in zip(self.lights, self._split(), strict=True)])
        self._lights = self._lights.astype(np.float64)
        self._starts = np.arange(len(most)) * float(LINEAR_ONE + 1)

    def _split(self) -> list[NDArray[np.intp]]:
        return np.split(self._levels, len(self.most))

    def features(self, light: F64, alpha: F64) -> F64:
        """As in :class:`Target`: none."""
        del alpha
        return np.empty((len(light), 0))

    def choose(self, light: F64, features: F64) -> tuple[NDArray[np.intp], F64]:
        """As in :class:`Target`: the levels nearest in light, ``[m, c]``."""
        del features
        places = np.clip(light, 0, LINEAR_ONE)
        places += self._starts
        indices = places.astype(np.intp)
        return self._levels.take(indices), self._lights.take(indices)


class Colours:
    """A palette ``[n, 4]`` (R G B A, at most 256); of equally near colours the first.

    The difference of colours is OKLab's, made linear at the pixel's own colour (``local_metric``): a pixel
    with much error asks for colours outside of what can be seen, where OKLab itself is bent. Measured by the
    benchmark ``quality`` with Floyd-Steinberg, CIEDE2000 after a 3x3 mean, against OKLab itself: 6 inks 9.8
    (10.4), EGA's 16 colours 5.3 (7.6), 16 optimal colours 2.6 (2.8). Colours that inks cannot mix must not
    come here: :mod:`.gamut` moves them.
    """

    def __init__(self, palette: U8) -> None:
        self.lights = LINEAR_OF_SRGB[palette[:, :3]].astype(np.float64)
        alpha = alpha_of(palette)
        red, green, blue = np.rint(self.lights * (1.0 / _COARSE)).T
        squares = (red * red, green * green, blue * blue, 2 * red * green, 2 * red * blue, 2 * green * blue)
        factors = [*squares, -2 * red, -2 * green, -2 * blue, -2 * alpha, alpha * alpha]
        self._factors: F64 = np.array(factors)

    def features(self, light: F64, alpha: F64) -> F64:
        """As in :class:`Target`: the metric (6), room for metric times light (3), alpha, and 1, weighted."""
        features = np.zeros((len(light), 11))
        shown = np.rint(alpha * alpha * (2.0 / ROOT_ONE**2) * 64) * (1.0 / 64)
        metric = local_metric(light)
        metric[:, :3] += ((metric[:, 0] + metric[:, 1] + metric[:, 2]) * (_LIGHT_SHARE / 3))[:, np.newaxis]
        features[:, :6] = np.rint(metric * shown[:, np.newaxis])
        features[:, 9] = alpha * _ALPHA_WEIGHT
        features[:, 10] = _ALPHA_WEIGHT
        return features

    def choose(self, light: F64, features: F64) -> tuple[NDArray[np.intp], F64]:
        """As in :class:`Target`: indices ``[m]``."""
        red, green, blue = np.rint(light.T * (1.0 / _COARSE))
        rr, gg, bb, rg, rb, gb = features.T[:6]
        scored = features.copy()
        scored[:, 6] = rr * red + rg * green + rb * blue
        scored[:, 7] = rg * red + gg * green + gb * blue
        scored[:, 8] = rb * red + gb * green + bb * blue
        indices = (scored @ self._factors).argmin(axis=1)
        return indices, self.lights.take(indices, axis=0)


_LIGHT_SHARE = 0.5
"""How much the plain distance in light counts beside OKLab's: it holds together what the palette makes up for
late. Measured likewise, against none: 6 inks 9.7 (10.1), 7 inks 9.3 (9.7)."""
_COARSE = 8
"""Palettes are compared in light of 0..8192, so that no sum leaves the 53 bits of a float64."""
_ALPHA_WEIGHT = float(METRIC_ONE * (LINEAR_ONE // _COARSE + 1) ** 2 // ROOT_ONE**2)
"""Alpha from none to full counts like L from black to white."""


def light_of(values: NDArray[np.integer], *, is_linear: bool) -> I64:
    """Linear light 0..65535 of values 0..255."""
    return values.astype(np.int64) * 257 if is_linear else LINEAR_OF_SRGB[values]


# --- error diffusion -------------------------------------------------------------------------------


_ERROR_ROOM = (LINEAR_ONE + 1) // 2
"""Light plus error stays within -1/2..3/2: what lies outside a palette's reach must not add up."""


def diffuse(light: F64, alpha: F64 | None, target: Target, kernel: Kernel) -> NDArray[np.intp]:
    """Choices for ``light`` ``[n, h, w, c]`` (whole, 0..65535), each pixel's error spread by ``kernel``.

    ``alpha`` (0..4096, ``[n, h, w]``, None: all opaque) weighs the error that a pixel gives: clear pixels
    give none, and what falls on them is dropped. The shares of the errors are added, divided by ``2^shift``
    and rounded (half up); the sum of light and error is cut off at -1/2 and 3/2 of white. Returns
    ``[n, h, w, …]``: levels of each channel or indices.
    """
    count, height, width, channels = light.shape
    wide = max(width, _SKEW + 1)  # so that a step down along a front is a step ahead in memory
    flat = np.zeros((height, wide, count, channels))
    flat[:, :width] = light.transpose(1, 2, 0, 3)
    gives = np.zeros((height, wide, count))
    gives[:, :width] = ROOT_ONE if alpha is None else alpha.transpose(1, 2, 0)
    features = target.features(flat.reshape(-1, channels), gives.reshape(-1))
    pixels = height * wide
    wave = _Wave(
        flat.reshape(pixels, count, channels),
        None if alpha is None and wide == width else gives.reshape(pixels, count, 1),
        features.reshape(pixels, count, features.shape[1]),
    )
    chosen = wave.run(height, wide, target, kernel)
    chosen = chosen.reshape(height, wide, *chosen.shape[1:])[:, :width]
    return np.moveaxis(chosen, 2, 0)


_ROWS = 2
"""Rows that an error may go down: a margin above the first row."""


@dataclass(slots=True)
class _Wave:
    """Pixels ``[h * w, n, c]``, what they give of their error ``[h * w, n, 1]``, and their features."""

    light: F64
    gives: F64 | None
    features: F64

    def run(self, height: int, width: int, target: Target, kernel: Kernel) -> NDArray[np.intp]:
        """Front after front; errors of the last fronts stand in a ring, one line of ``height`` each."""
        pixels, count, channels = self.light.shape
        reach = max(dx + _SKEW * dy for dx, dy, _ in kernel.shares)
        ring = np.zeros((reach + 1, _ROWS + height, count, channels))
        sources = [(dx + _SKEW * dy, _ROWS - dy, float(weight)) for dx, dy, weight in kernel.shares]
        chosen: NDArray[np.intp] | None = None
        step = width - _SKEW
        for front in range(width + _SKEW * (height - 1)):
            first = max(0, -((width - 1 - front) // _SKEW))
            last = min(height - 1, front // _SKEW)
            at = slice(front + first * step, front + last * step + 1, step)
            error = np.zeros((last + 1 - first, count, channels))
            for back, row, weight in sources:
                error += ring[(front - back) % len(ring), row + first : row + last + 1] * weight
            line = ring[front % len(ring)]
            line[_ROWS + max(0, first - reach) : _ROWS + first] = 0
            picked = self._settle(at, error, kernel.shift, target, line[_ROWS + first : _ROWS + last + 1])
            if chosen is None:
                chosen = np.zeros((pixels, *picked.shape[1:]), np.intp)
            chosen[at] = picked
        return np.zeros((0, count), np.intp) if chosen is None else chosen

    def _settle(self, at: slice, light: F64, shift: int, target: Target, line: F64) -> NDArray[np.intp]:
        """Choose the pixels ``at``; ``light`` comes as the sum of shares, ``line`` takes their errors."""
        light *= 1.0 / (1 << shift)
        light += 0.5
        np.floor(light, out=light)
        light += self.light[at]
        np.maximum(light, -_ERROR_ROOM, out=light)
        np.minimum(light, LINEAR_ONE + _ERROR_ROOM, out=light)
        rows, count, channels = light.shape
        features = self.features[at].reshape(rows * count, -1) if self.features.shape[2] else _NO_FEATURES
        indices, shown = target.choose(light.reshape(-1, channels), features)
        np.subtract(light, shown.reshape(light.shape), out=line)
        if self.gives is not None:
            line *= self.gives[at]
            line *= 1.0 / ROOT_ONE
            np.floor(line, out=line)
        return indices.reshape(rows, count, *indices.shape[1:])


_NO_FEATURES = np.empty((0, 0))


# --- ordered ---------------------------------------------------------------------------------------


def order_levels(values: U8, target: Levels, side: int) -> NDArray[np.intp]:
    """Levels for ``values`` ``[n, h, w, c]`` (0..255) by Bayer's matrix of ``side`` px.

    Between the levels below and above, the upper one is taken on as many of the matrix's ``side^2`` places as
    give the mean nearest to the value's light.
    """
    places = bayer_matrix(side)
    height, width = values.shape[1:3]
    threshold = places[np.arange(height)[:, np.newaxis] % side, np.arange(width) % side]
    levels = np.empty(values.shape, np.intp)
    for channel, most in enumerate(target.most):
        below, count = _order_table(target.lights[channel], most, side * side, target.is_linear)
        plane = values[..., channel]
        levels[..., channel] = below[plane] + (threshold < count[plane])
    return levels


def _order_table(lights: I64, most: int, cells: int, is_linear: bool) -> tuple[I64, I64]:
    """For each value the level below, and on how many of ``cells`` places the level above it is taken."""
    light = light_of(np.arange(256), is_linear=is_linear)
    below = np.minimum(np.searchsorted(lights, light, "right") - 1, most - 1)
    gap = lights[below + 1] - lights[below]
    return below, (2 * (light - lights[below]) * cells + gap) // (2 * gap)


_PATTERN_ELEMENTS = 1 << 22
"""Scores computed at once, 8 bytes each."""
_SMALL_PALETTE = 32


def order_colours(light: F64, alpha: F64, target: Colours, side: int) -> NDArray[np.intp]:
    """Indices for *distinct* colours: ``[m, side^2]``, one for each place of Bayer's matrix.

    ``light`` ``[m, 3]``, ``alpha`` ``[m]``. For each colour as many palette colours are gathered as the
    matrix has places (but at most 32, or 16 of a large palette: then each stands for several), each the
    nearest to the colour plus the error of those before it; sorted by luminance they are the pattern (T.
    Knoll, US patent 6606166, expired 2019, without its threshold factor). Only opaque colours gather errors.
    """
    cells = side * side
    steps = min(cells, 32 if len(target.lights) <= _SMALL_PALETTE else 16)
    luminance = target.lights @ np.array([13933.0, 46871.0, 4732.0])
    rank = np.argsort(np.argsort(luminance, kind="stable"), kind="stable")
    of_rank = np.argsort(rank)
    chunk = max(1, _PATTERN_ELEMENTS // max(len(rank), cells))
    parts = []
    for first in range(0, len(light), chunk):
        some, clear = light[first : first + chunk], alpha[first : first + chunk]
        gathered = np.empty((len(some), steps), np.intp)
        error = np.zeros_like(some)
        features = target.features(some, clear)
        shares = clear[:, np.newaxis] == ROOT_ONE
        for step in range(steps):
            wanted = np.clip(some + error, -_ERROR_ROOM, LINEAR_ONE + _ERROR_ROOM)
            indices, shown = target.choose(wanted, features)
            error += np.where(shares, some - shown, 0)
            gathered[:, step] = rank[indices]
        gathered.sort(axis=1)
        parts.append(of_rank[np.repeat(gathered, cells // steps, axis=1)])
    return np.concatenate(parts) if parts else np.empty((0, cells), np.intp)
