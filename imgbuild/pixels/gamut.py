"""Colours that the mixtures of a few inks can show.

Dithering mixes inks, so it shows any colour of their convex hull in linear light and none outside of it. A
picture with other colours is first moved to the hull: otherwise error diffusion would chase them and heap up
an error that no ink can ever pay back. Black, white and red then differ from a photograph by CIEDE2000 19.0
instead of 23.3 (benchmark ``quality``, 3x3 px; 17.2 is what no dithering could better). The move is looked up
in a grid of colours and interpolated between the four corners of a tetrahedron, so that neighbours stay
neighbours and greys depend on greys only; colours of the hull do not move. Whole numbers decide.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imgbuild.pixels.oklab import LINEAR_OF_SRGB, LINEAR_ONE, ROOT_ONE, Nearest, axes_of_linear

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

_STEP = 17
"""Grid: sRGB values 0, 17, … 255."""
_NODES = 255 // _STEP + 1
_STRIDES = np.array([_NODES * _NODES, _NODES, 1])
_SHARES = 16
"""Mixtures of two inks, each with the darkest ink of a triangle by the grid's values."""
_CHUNK = 1 << 22


def move_into_reach(rgb: U8, inks: U8) -> F64:
    """The colours nearest to ``rgb`` in OKLab that ``inks`` can mix, as linear light (whole, 0..65535).

    ``rgb`` uint8 ``[h, w, 3]``, ``inks`` ``[n, 3]``, the result float64 ``[h, w, 3]``. Colours whose grid
    cell lies in the hull of the inks stay as they are.
    """
    moves = _find_moves(inks.tobytes())
    light = LINEAR_OF_SRGB[rgb].astype(np.float64)
    cell = np.minimum(rgb // _STEP, _NODES - 2).astype(np.intp)
    far = rgb - cell * _STEP
    order = np.argsort(-far, axis=2, kind="stable")
    weights = np.take_along_axis(far, order, axis=2).astype(np.float64)
    # From the cell's first corner along the channel that goes farthest, then the next, then the last.
    place = (cell[..., 0] * _NODES + cell[..., 1]) * _NODES + cell[..., 2]
    total = moves.take(place, axis=0) * (_STEP - weights[..., :1])
    for step in range(3):
        place += _STRIDES[order[..., step]]
        shorter = weights[..., step + 1 : step + 2] if step < 2 else 0
        total += moves.take(place, axis=0) * (weights[..., step : step + 1] - shorter)
    light += np.rint(total * (1.0 / _STEP))
    return np.clip(light, 0, LINEAR_ONE)


@lru_cache(maxsize=8)
def _find_moves(inks: bytes) -> F64:
    """For each colour of the grid how far it moves in light, ``[nodes^3, 3]``; 0 within the hull."""
    lights = LINEAR_OF_SRGB[np.frombuffer(inks, np.uint8).reshape(-1, 3)]
    ramp = LINEAR_OF_SRGB[np.arange(_NODES) * _STEP]
    grid = np.stack(np.meshgrid(ramp, ramp, ramp, indexing="ij"), axis=-1).reshape(-1, 3)
    triangles, is_solid = _find_surface(lights)
    is_outside = _is_outside(grid, lights, triangles) if is_solid else np.ones(len(grid), np.bool_)
    mixtures = np.unique(np.concatenate([_mix(lights[list(corners)]) for corners in triangles]), axis=0)
    nearest = Nearest(_axes(mixtures))
    outside, moves = np.flatnonzero(is_outside), np.zeros(grid.shape)
    chunk = max(1, _CHUNK // len(mixtures))
    for first in range(0, len(outside), chunk):
        some = outside[first : first + chunk]
        moves[some] = mixtures[nearest.find(_axes(grid[some]))] - grid[some]
    return moves


def _axes(lights: I64) -> F64:
    return axes_of_linear(lights.astype(np.float64), np.full(len(lights), float(ROOT_ONE)))


def _find_surface(lights: I64) -> tuple[list[tuple[int, int, int]], bool]:
    """Triangles of inks on the surface of their hull, and whether it has a volume; if not, all triangles."""
    triples = list(itertools.combinations(range(len(lights)), 3))
    surface = []
    is_solid = False
    for corners in triples:
        sides = _sides(lights, lights, corners)
        is_solid |= bool((sides != 0).any())
        if bool((sides >= 0).all() or (sides <= 0).all()):
            surface.append(corners)
    return surface, is_solid


def _sides(points: I64, lights: I64, corners: tuple[int, int, int]) -> I64:
    """On which side of a triangle's plane each point lies: positive, negative, 0 on it. Below 2^53."""
    a, b, c = lights[list(corners)] >> 2
    sides: I64 = ((points >> 2) - a) @ np.cross(b - a, c - a)
    return sides


def _is_outside(points: I64, lights: I64, triangles: list[tuple[int, int, int]]) -> NDArray[np.bool_]:
    is_outside = np.zeros(len(points), np.bool_)
    for corners in triangles:
        inner = np.sign(_sides(lights, lights, corners).sum())
        is_outside |= _sides(points, lights, corners) * inner < 0
    return is_outside


def _mix(corners: I64) -> I64:
    """Mixtures of three inks: the brighter two in 16 steps, each with the darkest in even steps of sRGB."""
    luminance = corners @ np.array([13933, 46871, 4732])
    dark, one, two = corners[np.argsort(luminance, kind="stable")]
    share = np.arange(_SHARES + 1)[:, np.newaxis]
    bright = (one * (_SHARES - share) + two * share) // _SHARES
    ramp = LINEAR_OF_SRGB[np.arange(_NODES) * _STEP][:, np.newaxis, np.newaxis]
    mixed = dark + ((bright - dark) * ramp + LINEAR_ONE // 2) // LINEAR_ONE
    return np.asarray(mixed.reshape(-1, 3), np.int64)
