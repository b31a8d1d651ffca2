"""Pictures as strips of every kind of pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild.codecs.range_pixels.batch import PixelStrip
from imgbuild.pixels.convert import clear_hidden_colour, luma, pack_rgb565, quantise_levels

U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]

STRIP_ROWS = 16
STRIP_BYTES = 8192
BYTES_PER_PIXEL = {"alpha8": 1.0, "alpha4": 0.5, "colour565": 3.0, "colour888": 4.0, "indexed8": 1.0,
                   "indexed4": 0.5, "gray8": 1.0, "gray4": 0.5}  # fmt: skip


def is_opaque(rgba: U8) -> bool:
    """Whether nothing of a picture shines through."""
    return bool((rgba[..., 3] == 255).all())


def planes_of(rgba: U8, kind: str) -> tuple[I32 | None, I32 | None] | None:
    """Colour and alpha values, int32 ``[h, w]``; None where the kind has no use for the picture."""
    if kind.startswith("alpha"):
        if is_opaque(rgba):
            return None
        return None, quantise_levels(rgba[..., 3], (1 << int(kind[5:])) - 1).astype(np.int32)
    if kind.startswith("gray"):
        flat = rgba[..., :3] * np.uint16(1)
        flat = (flat * rgba[..., 3:] // 255).astype(np.uint8)
        return quantise_levels(luma(flat), (1 << int(kind[4:])) - 1).astype(np.int32), None
    if kind.startswith("indexed"):
        return index_picture(rgba, 1 << int(kind[7:])), None
    clear = clear_hidden_colour(rgba)
    alpha = None if is_opaque(rgba) else rgba[..., 3].astype(np.int32)
    if kind == "colour565":
        colour = pack_rgb565(clear).astype(np.int32)
        colour[rgba[..., 3] == 0] = 0
        return colour, alpha
    wide = clear.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2], alpha


def index_picture(rgba: U8, colours: int) -> I32:
    """Indices into a palette of at most ``colours``, sorted by alpha, then by brightness."""
    picture = Image.fromarray(clear_hidden_colour(rgba), "RGBA")
    method = Image.Quantize.FASTOCTREE if not is_opaque(rgba) else Image.Quantize.MEDIANCUT
    mode = picture if method is Image.Quantize.FASTOCTREE else picture.convert("RGB")
    reduced = mode.quantize(colours, method=method, dither=Image.Dither.NONE)
    chosen = np.asarray(reduced.convert("RGBA")).reshape(-1, 4)
    unique, indices = np.unique(chosen, axis=0, return_inverse=True)
    order = np.lexsort((luma(unique), unique[:, 3]))
    place = np.empty(len(unique), np.int32)
    place[order] = np.arange(len(unique))
    return place[indices].reshape(rgba.shape[:2])


def strips_of(rgba: U8, kind: str) -> list[PixelStrip]:
    """Strips of 16 rows, fewer where 8 KiB hold no more; none of pictures that the kind has no use for."""
    planes = planes_of(rgba, kind)
    height, width = rgba.shape[:2]
    if planes is None or width < 2:
        return []
    row_bytes = width * (BYTES_PER_PIXEL[kind] - (kind.startswith("colour") and planes[1] is None))
    rows = min(STRIP_ROWS, int(STRIP_BYTES // row_bytes))
    colour, alpha = planes
    return [
        PixelStrip(
            None if colour is None else colour[y : y + rows], None if alpha is None else alpha[y : y + rows]
        )
        for y in range(0, height, rows)
    ]
