"""The border of a 9-patch file (Android's NinePatch drawables): read, then cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import Place, fail
from imgbuild.model import DecodedImage, NinePatch

U8 = NDArray[np.uint8]

_BLACK = (0, 0, 0, 255)
_WHITE = (255, 255, 255, 255)
_RED = (255, 0, 0, 255)
"""Marks what Android calls layout bounds; nothing here uses them."""


def cut_border(decoded: DecodedImage, place: Place, asset_name: str) -> DecodedImage:
    """``decoded`` without its outermost pixels, with what these say as its ``nine_patch``.

    Black pixels of the first row and column mark the stretchable part, those of the last row and column
    the content box (without any, it is the stretchable part). Raises BuildError with IB266.
    """
    frame = decoded.frames[0]
    border = _Border(frame, place, asset_name)
    height_px, width_px = frame.shape[:2]
    if min(width_px, height_px) < 3:
        border.refuse(f"is {width_px}x{height_px} px, too small for a border of 1 px around it")
    across = border.stretch(frame[0, 1:-1], "first row")
    down = border.stretch(frame[1:-1, 0], "first column")
    content_across = border.content(frame[-1, 1:-1], "last row") or across
    content_down = border.content(frame[1:-1, -1], "last column") or down
    patch = NinePatch(
        (across[0], down[0], across[1], down[1]),
        (content_across[0], content_down[0], content_across[1], content_down[1]),
    )
    frames = tuple(np.ascontiguousarray(one[1:-1, 1:-1]) for one in decoded.frames)
    return replace(decoded, frames=frames, nine_patch=patch)


class _Border:
    def __init__(self, frame: U8, place: Place, asset_name: str) -> None:
        self._place, self._name = place, asset_name
        for x, y in ((0, 0), (-1, 0), (0, -1), (-1, -1)):
            if tuple(frame[y, x].tolist()) == _BLACK:
                self.refuse("has a black pixel in a corner of its border")

    def refuse(self, what: str) -> NoReturn:
        hint = "the border is 1 px: black marks, all else clear; without a border, name the file without '.9'"
        fail("IB266", f'9-patch "{self._name}" {what}', self._place, hint, self._name)

    def stretch(self, line: U8, where: str) -> tuple[int, int]:
        """Pixels before and behind the one run of black."""
        run = self.content(line, where)
        if run is None:
            self.refuse(f"has no black pixel in the {where} of its border, so nothing to stretch")
        return run

    def content(self, line: U8, where: str) -> tuple[int, int] | None:
        """As stretch; None without any black pixel."""
        is_black = (line == _BLACK).all(axis=1)
        is_free = (line[:, 3] == 0) | (line == _WHITE).all(axis=1) | (line == _RED).all(axis=1)
        if not bool((is_black | is_free).all()):
            at = int(np.flatnonzero(~(is_black | is_free))[0])
            found = bytes(line[at].tolist()).hex()
            self.refuse(
                f"has a pixel #{found} at {at + 1} of the {where} of its border, neither black nor clear"
            )
        marked = np.flatnonzero(is_black)
        if not marked.size:
            return None
        first, last = int(marked[0]), int(marked[-1])
        if last - first + 1 != marked.size:
            self.refuse(f"has several black runs in the {where} of its border, and one is supported")
        return first, len(line) - 1 - last
