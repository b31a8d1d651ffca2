"""Inks of e-papers: which number a controller gives each, and the colour that stands for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Ink:
    """One ink: ``code`` is the pixel's value (FORMAT.md 4.1), ``rgb`` the colour that readers draw for it."""

    name: str
    code: int
    rgb: Rgb


_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)
_RED = (255, 0, 0)
_YELLOW = (255, 255, 0)
_BLUE = (0, 0, 255)
_GREEN = (0, 255, 0)
_ORANGE = (255, 130, 0)

EPAPER_PALETTES: dict[str, tuple[Ink, ...]] = {
    "epd_bwr": (Ink("black", 0, _BLACK), Ink("white", 1, _WHITE), Ink("red", 2, _RED)),
    "epd_bwy": (Ink("black", 0, _BLACK), Ink("white", 1, _WHITE), Ink("yellow", 2, _YELLOW)),
    "epd_bwry": (
        Ink("black", 0, _BLACK),
        Ink("white", 1, _WHITE),
        Ink("yellow", 2, _YELLOW),
        Ink("red", 3, _RED),
    ),
    "epd_6color": (
        Ink("black", 0, _BLACK),
        Ink("white", 1, _WHITE),
        Ink("yellow", 2, _YELLOW),
        Ink("red", 3, _RED),
        Ink("blue", 5, _BLUE),
        Ink("green", 6, _GREEN),
    ),
    "epd_7color": (
        Ink("black", 0, _BLACK),
        Ink("white", 1, _WHITE),
        Ink("green", 2, _GREEN),
        Ink("blue", 3, _BLUE),
        Ink("red", 4, _RED),
        Ink("yellow", 5, _YELLOW),
        Ink("orange", 6, _ORANGE),
    ),
}
"""Inks by pixel format, black and white first.

The numbers are those that the controllers take: two planes of UC8151 and SSD1680 (2: the bit of the second
plane), JD79661 (2 bits), Spectra 6 and ACeP panels (4 bits).
"""

_WEIGHTS = (2, 4, 3)
"""Of the squared differences of R, G and B: the eye sees green best."""


def quantise_inks(rgb: U8, format_name: str) -> U8:
    """The nearest ink's code for each pixel: uint8 ``[h, w, 3]`` to ``[h, w]``; of equals the first ink."""
    inks = EPAPER_PALETTES[format_name]
    best = np.full(rgb.shape[:2], np.iinfo(np.int32).max, np.int32)
    codes = np.zeros(rgb.shape[:2], np.uint8)
    for ink in inks:
        distance = np.zeros(rgb.shape[:2], np.int32)
        for channel, weight in enumerate(_WEIGHTS):
            difference = rgb[..., channel].astype(np.int32) - ink.rgb[channel]
            distance += weight * difference * difference
        is_nearer = distance < best
        best[is_nearer] = distance[is_nearer]
        codes[is_nearer] = ink.code
    return codes
