"""PNGs of 16 bits per sample, rounded to 8: Pillow's own decoder keeps their high bytes only.

Its row decoder is asked twice: once for the samples as big-endian numbers, which gives the high bytes, and
once as little-endian ones, which gives the low bytes. Grey with alpha has as many bytes as RGBA of 8 bits and
comes at once.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

U8 = NDArray[np.uint8]
U16 = NDArray[np.uint16]

_LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}


def round_wide(wide: NDArray[np.integer]) -> U8:
    """0..65535 to 0..255, rounded to the nearest."""
    return ((wide.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def decode_wide_png(picture: Image.Image, data: bytes) -> U8 | None:
    """uint8 ``[h, w, 4]`` of a PNG that was opened, not yet loaded; ``data`` is its file.

    None if it is not 16 bits deep, or grey without alpha (Pillow's mode ``I;16``). Raises what Pillow raises.
    """
    tiles = getattr(picture, "tile", None)
    layout = tiles[0][3] if picture.format == "PNG" and tiles else None
    if layout == "LA;16B":
        return _decode_grey_alpha(picture)
    if layout not in _LOW_BYTES:
        return None
    picture.load()
    wide = np.asarray(picture).astype(np.uint16) << np.uint16(8)
    with Image.open(io.BytesIO(data), formats=["PNG"]) as again:
        _set_layout(again, _LOW_BYTES[layout])
        again.load()
        wide |= np.asarray(again)
    return _with_alpha(wide, picture.info.get("transparency"))


def _decode_grey_alpha(picture: Image.Image) -> U8:
    _set_layout(picture, "RGBA")
    picture.load()
    samples: U16 = np.ascontiguousarray(np.asarray(picture)).view(">u2").astype(np.uint16)
    return round_wide(samples)[..., [0, 0, 0, 1]]


def _with_alpha(wide: U16, clear: object) -> U8:
    """R G B A of 8 bits; ``clear`` is the colour that tRNS makes clear, compared in 16 bits."""
    if wide.shape[2] == 4:
        return round_wide(wide)
    rgba = np.full((*wide.shape[:2], 4), 255, np.uint8)
    rgba[..., :3] = round_wide(wide)
    if isinstance(clear, tuple):
        rgba[(wide == np.array(clear, np.uint16)).all(axis=2), 3] = 0
    return rgba


def _set_layout(picture: Image.Image, layout: str) -> None:
    picture.tile = [tile._replace(args=layout) for tile in picture.tile]  # type: ignore[attr-defined]
