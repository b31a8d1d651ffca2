"""SVG to sRGB pixels, through resvg in a process of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgbuild import limits
from imgbuild.errors import Place
from imgbuild.model import DecodedImage, Resize
from imgbuild.pixels.resize import contain_size, cover_size, resolve_resize
from imgbuild.sources.sourcefile import SourceFile, read_source
from imgbuild.sources.svgcheck import SvgRefusedError, inspect_svg
from imgbuild.sources.svgworker import WORKER, NotDrawnError

U8 = NDArray[np.uint8]

_FINE = 1 << 20

_SIZES: dict[str, Callable[[int, int, Resize], tuple[int, int]]] = {
    "contain": contain_size,
    "cover": cover_size,
    "stretch": lambda _width, _height, resize: (resize.width_px, resize.height_px),
    "none": lambda width, height, _resize: (max(1, round(width / _FINE)), max(1, round(height / _FINE))),
}
"""The size to draw at, from the proportions of the drawing and the box, by the way to fit."""


def decode_svg(path: Path, place: Place, asset_name: str, resize: Resize | None) -> DecodedImage:
    """The SVG in ``path`` drawn as uint8 ``[h, w, 4]``, sRGB, straight alpha.

    Without ``resize`` it comes in its natural size, rounded to whole px. With it, it is drawn at the
    very size that resizing needs, so that no pixel is scaled later: ``contain`` at the size that fits
    the box, ``cover`` at the size that fills it, ``stretch`` at the box's size. Raises BuildError: IB110,
    IB202 (too many pixels, or too large a file), IB204 (broken, no size, outside resources, DOCTYPE,
    text, or nested too deeply).
    """
    return decode_svg_source(read_source(path, place, asset_name), resize)


def decode_svg_source(source: SourceFile, resize: Resize | None) -> DecodedImage:
    """As decode_svg, of a file already read."""
    if len(source.data) > limits.SVG_BYTES_MAX:
        source.refuse(
            "IB202", f"has {len(source.data)} B; an SVG of at most {limits.SVG_BYTES_MAX} B is drawn"
        )
    try:
        drawing = inspect_svg(source.data)
    except SvgRefusedError as refused:
        source.refuse("IB204", f"cannot be drawn: {refused}", refused.hint)
    box = _target_size(drawing.width_px, drawing.height_px, resize)
    if box[0] * box[1] > limits.SOURCE_PIXELS_MAX:
        source.refuse(
            "IB202",
            f"would be drawn with {box[0]}x{box[1]} px, {box[0] * box[1]} pixels in all;"
            f" at most {limits.SOURCE_PIXELS_MAX} are accepted",
            "make it smaller with 'resize'",
        )
    pixels = _render(source, drawing.text_at(*box))
    return DecodedImage((pixels,), source.digest, drawing.notes, is_drawn=True)


def _target_size(width_px: float, height_px: float, resize: Resize | None) -> tuple[int, int]:
    """The box to draw in, px."""
    if resize is None:
        return max(1, round(width_px)), max(1, round(height_px))
    # Proportions as integers, finer than any side of a bitmap; a side of 0 would have none.
    width, height = max(1, round(width_px * _FINE)), max(1, round(height_px * _FINE))
    return _SIZES[resize.fit](width, height, _resolve(resize, width, height))


def _resolve(resize: Resize, width: int, height: int) -> Resize:
    return resize if resize.fit == "none" else resolve_resize(resize, width, height)


def _render(source: SourceFile, text: str) -> U8:
    try:
        png = WORKER.draw(text)
    except NotDrawnError as problem:
        source.refuse("IB204", f"cannot be drawn: {problem}", problem.hint)
    with Image.open(io.BytesIO(png), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("RGBA"))
