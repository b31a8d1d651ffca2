"""Pixel formats: one row per format, every fact about it. Free of numpy, so that planning may read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SampleKind(Enum):
    """What one value of ``Samples.colour`` is, and so which converter and packer a format takes."""

    GREY = "grey"  # uint8 [h, w], 0..2^bits-1, the highest value is white
    COVERAGE = "coverage"  # uint8 [h, w], 0..2^bits-1, the highest value covers fully
    INDEX = "index"  # uint8 [h, w] into Samples.palette
    RGB565 = "rgb565"  # uint16 [h, w], 5:6:5
    RGB = "rgb"  # uint8 [h, w, 3], R G B
    RGBA = "rgba"  # uint8 [h, w, 4], R G B A, straight alpha


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One pixel format of FORMAT.md, section 4.1.

    ``number`` stands in the index entry; ``bits`` is per pixel in the colour plane. ``has_alpha``:
    transparency survives (in the pixel, the alpha plane, the palette, or as coverage); without it a
    picture is laid over its background. ``has_alpha_plane``: a second plane of one byte per pixel.
    """

    name: str
    number: int
    bits: int
    samples: SampleKind
    has_alpha: bool
    description: str
    has_alpha_plane: bool = False

    @property
    def is_grey(self) -> bool:
        """Whether a pixel is a grey level."""
        return self.samples is SampleKind.GREY

    @property
    def is_coverage(self) -> bool:
        """Whether a pixel is coverage only and the reader chooses the colour."""
        return self.samples is SampleKind.COVERAGE

    @property
    def is_indexed(self) -> bool:
        """Whether a pixel is an index into a palette."""
        return self.samples is SampleKind.INDEX

    @property
    def levels_max(self) -> int:
        """The highest value of a grey level, coverage or index."""
        return (1 << self.bits) - 1

    @property
    def palette_max(self) -> int:
        """Colours that a palette of this format can hold; 0: no palette."""
        return 1 << self.bits if self.is_indexed else 0

    @property
    def has_byte_order(self) -> bool:
        """Whether a pixel is several bytes, so that their order means something."""
        return self.bits > 8

    @property
    def has_bit_order(self) -> bool:
        """Whether several pixels share a byte, so that their order in it means something."""
        return self.bits < 8


_ROWS = (
    PixelFormat("gray1", 0x41, 1, SampleKind.GREY, False, "black and white"),
    PixelFormat("gray2", 0x42, 2, SampleKind.GREY, False, "4 greys"),
    PixelFormat("gray4", 0x43, 4, SampleKind.GREY, False, "16 greys"),
    PixelFormat("gray8", 0x06, 8, SampleKind.GREY, False, "256 greys"),
    PixelFormat("a1", 0x0B, 1, SampleKind.COVERAGE, True, "shape of 1 bit, drawn in any colour"),
    PixelFormat("a2", 0x0C, 2, SampleKind.COVERAGE, True, "shape of 4 levels, drawn in any colour"),
    PixelFormat("a4", 0x0D, 4, SampleKind.COVERAGE, True, "shape of 16 levels, drawn in any colour"),
    PixelFormat("a8", 0x0E, 8, SampleKind.COVERAGE, True, "shape of 256 levels, drawn in any colour"),
    PixelFormat("i1", 0x07, 1, SampleKind.INDEX, True, "palette of 2 colours"),
    PixelFormat("i2", 0x08, 2, SampleKind.INDEX, True, "palette of 4 colours"),
    PixelFormat("i4", 0x09, 4, SampleKind.INDEX, True, "palette of 16 colours"),
    PixelFormat("i8", 0x0A, 8, SampleKind.INDEX, True, "palette of 256 colours"),
    PixelFormat("rgb565", 0x12, 16, SampleKind.RGB565, False, "65536 colours"),
    PixelFormat("rgb565a8", 0x14, 16, SampleKind.RGB565, True, "65536 colours and an alpha plane", True),
    PixelFormat("rgb888", 0x0F, 24, SampleKind.RGB, False, "16 million colours in 3 bytes"),
    PixelFormat("xrgb8888", 0x11, 32, SampleKind.RGB, False, "16 million colours in 4 bytes"),
    PixelFormat("argb8888", 0x10, 32, SampleKind.RGBA, True, "16 million colours and alpha"),
)

PIXEL_FORMATS: dict[str, PixelFormat] = {row.name: row for row in _ROWS}
"""Every pixel format by its name in the manifest."""
