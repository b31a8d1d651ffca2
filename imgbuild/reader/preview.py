"""Assets as PNG, decoded from the packed bytes, so that a preview cannot lie."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import BuildError
from imgbuild.limits import SOURCE_PIXELS_MAX
from imgbuild.model import Kind
from imgbuild.reader.animation import ReadAnimation, read_animation
from imgbuild.reader.bitmap import Bitmap, fail_malformed, read_bitmap
from imgbuild.reader.container import Image
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.pack import Entry
from imgbuild.reader.picture import PICTURE_CODECS, read_picture

_SHEET_PX = 640
_GAP_PX = 2


def preview_png(image: Image, entry: Entry) -> bytes:
    """A bitmap as it is drawn, an animation as APNG, or all glyphs of a font in rows; PNG bytes.

    A bitmap whose clear borders were trimmed has them again; coverage has its tint, or white, as colour.
    Raises BuildError on damage: IB607 where the payload's CRC-32 does not fit, IB608.
    """
    payload = image.checked_payload(entry)
    try:
        if entry.kind == Kind.BITMAP and entry.codec in PICTURE_CODECS:
            return encode_png(read_picture(payload, entry))
        if entry.kind == Kind.BITMAP:
            return encode_png(_on_canvas(read_bitmap(payload, entry)))
        if entry.kind == Kind.ANIMATION:
            return _encode_apng(read_animation(payload, entry))
        return encode_png(_glyph_sheet(read_font(payload, entry)))
    except BuildError as error:  # payloads do not know whose they are
        raise BuildError(*(replace(item, place=image.place) for item in error.diagnostics)) from error


def _on_canvas(bitmap: Bitmap) -> NDArray[np.uint8]:
    """R G B A of the whole picture, clear where borders were trimmed; what lies outside it is cut off."""
    rgba, trim = bitmap.rgba(), bitmap.trim
    if trim is None:
        return rgba
    if not 0 < trim.full_width_px * trim.full_height_px <= SOURCE_PIXELS_MAX:
        size = f"{trim.full_width_px}x{trim.full_height_px}"
        fail_malformed(bitmap.name, f"trimmed from {size} px, expected 1 to {SOURCE_PIXELS_MAX} pixels")
    canvas = np.zeros((trim.full_height_px, trim.full_width_px, 4), np.uint8)
    left, top = max(trim.x_px, 0), max(trim.y_px, 0)
    part = rgba[top - trim.y_px :, left - trim.x_px :]
    target = canvas[top:, left:]
    height, width = (min(sides) for sides in zip(part.shape[:2], target.shape[:2], strict=True))
    target[:height, :width] = part[:height, :width]
    return canvas


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """PNG of uint8 ``[h, w]``, ``[h, w, 3]`` or ``[h, w, 4]``."""
    from PIL import Image as PillowImage

    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _encode_apng(animation: ReadAnimation) -> bytes:
    """Every frame whole, with its delay; a PNG that is no animation where there is one frame."""
    from PIL import Image as PillowImage

    frames = [PillowImage.fromarray(rgba) for rgba in animation.rgba_frames()]
    delays_ms = [frame.delay_ms for frame in animation.frames]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, "PNG", save_all=True, append_images=frames[1:], duration=delays_ms,
        loop=animation.plays, disposal=0, blend=0,
    )  # fmt: skip
    return buffer.getvalue()


def _glyph_sheet(font: Font) -> NDArray[np.uint8]:
    """Black glyphs on white, each on its baseline in a cell of the font's largest glyph."""
    glyphs = [font.glyph(index) for index in range(font.metrics.glyphs)]
    top = max((glyph.y for glyph in glyphs), default=0)
    bottom = min((glyph.y - glyph.coverage.shape[0] for glyph in glyphs), default=0)
    left = min((glyph.x for glyph in glyphs), default=0)
    right = max((glyph.x + glyph.coverage.shape[1] for glyph in glyphs), default=0)
    cell_w, cell_h = right - left + _GAP_PX, top - bottom + _GAP_PX
    columns = max(1, min(len(glyphs), _SHEET_PX // cell_w))
    rows = -(-len(glyphs) // columns)
    sheet = np.full((rows * cell_h + _GAP_PX, columns * cell_w + _GAP_PX), 255, np.uint8)
    levels8 = font.levels8
    for number, glyph in enumerate(glyphs):
        height, width = glyph.coverage.shape
        y = number // columns * cell_h + _GAP_PX + top - glyph.y
        x = number % columns * cell_w + _GAP_PX + glyph.x - left
        sheet[y : y + height, x : x + width] -= levels8[glyph.coverage]
    return sheet
