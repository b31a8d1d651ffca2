"""How much RAM the C reader's ``work`` needs at the most: what ``<PREFIX>_WORK_BYTES`` tells firmware."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imgbuild.glyph_tables import MODEL_OWN, own_table_bytes
from imgbuild.model import NATIVE, AssetOptions, Codec, DecodedFont, EncodedAsset, ImageOptions
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat
from imgbuild.units import align_up

_TEXT_STATE_BYTES = 256
"""State of a glyph being drawn and a window for its stored bytes (imgb_font_work_bytes)."""
_TEXT_STEP_BYTES = 64
"""A font's widest glyph is rounded up, so that another hinting moves the figure rarely."""


def work_bytes_of(assets: Iterable[EncodedAsset], options: Mapping[str, AssetOptions]) -> int:
    """Bytes of ``work`` that draw every bitmap and every text.

    Names, shapes and ``options`` decide it, and whether a font has a probability table of its own.
    """
    return max((_one(asset, options.get(asset.name)) for asset in assets), default=0)


def strip_work_bytes(strip_bytes: int) -> int:
    """``IMGB_WORK_BYTES`` of imgb.h: a strip and the margin for decoding it in place (FORMAT.md 4)."""
    return strip_bytes + strip_bytes // 256 + 32


def _one(asset: EncodedAsset, options: AssetOptions | None) -> int:
    if isinstance(asset.expected, DecodedFont):
        return _font_work_bytes(asset, asset.expected)
    if not isinstance(options, ImageOptions) or options.flavour != NATIVE:
        return 0
    pixel_format = PIXEL_FORMATS.get(options.pixel_format) or _chosen(asset)
    stride_bytes = align_up(-(-pixel_format.row_bits(asset.width) // 8), options.row_align_bytes)
    row_bytes = stride_bytes + pixel_format.second_stride(stride_bytes)
    rows = row_bytes if options.codec == "raw" else max(row_bytes, strip_work_bytes(options.strip_bytes))
    return rows + 4 * pixel_format.palette_max


def _font_work_bytes(asset: EncodedAsset, font: DecodedFont) -> int:
    """A row; coded: at 1 bpp a bit per pixel of another, and a table of the font's own (FORMAT.md 5.4)."""
    widest = max(glyph.coverage.shape[1] for glyph in font.glyphs)
    row_bytes = align_up(widest, _TEXT_STEP_BYTES)
    work_bytes = row_bytes + _TEXT_STATE_BYTES
    if asset.codec is Codec.RANGE_GLYPHS:
        work_bytes += row_bytes // 8 if font.bpp == 1 else 0
        work_bytes += own_table_bytes(font.bpp) if asset.payload[3] == MODEL_OWN else 0
    return work_bytes


def _chosen(asset: EncodedAsset) -> PixelFormat:
    """The format that ``pixel_format: auto`` chose."""
    return next(row for row in PIXEL_FORMATS.values() if row.number == asset.pixel_format)
