"""Which pictures :mod:`imgbuild.pixels.reduce` converts; apart from it, since most builds need none of it."""

from __future__ import annotations

from imgbuild.model import ImageOptions
from imgbuild.pixels.formats import PixelFormat, SampleKind


def is_reduced(pixel_format: PixelFormat, options: ImageOptions) -> bool:
    """Whether ``reduce_image`` converts the picture (else ``convert_image`` does)."""
    if pixel_format.samples is SampleKind.INK:
        return True
    if pixel_format.samples is SampleKind.INDEX:
        return options.palette is not None or finds_palette(options)
    return options.dither != "none"


def finds_palette(options: ImageOptions) -> bool:
    """Whether an indexed format's palette is to be found (and not given, or exact)."""
    return options.palette is None and (options.is_palette_optimal or options.dither != "none")


def palette_size(pixel_format: PixelFormat, options: ImageOptions) -> int:
    """How many colours an optimal palette may have."""
    return min(pixel_format.palette_max, options.colours or pixel_format.palette_max)
