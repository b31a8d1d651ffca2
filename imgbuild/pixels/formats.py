"""Pixel formats: one row per format, every fact about it. Free of numpy, so that planning may read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SampleKind(Enum):
    """What one value of ``Samples.colour`` is, and so which converter and packer a format takes."""

    GREY = "grey"  # uint8 [h, w], 0..levels_max, the highest value is white
    COVERAGE = "coverage"  # uint8 [h, w], 0..levels_max, the highest value covers fully
    INDEX = "index"  # uint8 [h, w] into Samples.palette
    INK = "ink"  # uint8 [h, w], the number that the controller of the e-paper gives an ink
    GREY_ALPHA = "grey_alpha"  # uint8 [h, w, 2], grey and alpha
    RGB565 = "rgb565"  # uint16 [h, w], 5:6:5; Samples.alpha where the format has alpha
    RGB = "rgb"  # uint8 [h, w, 3], R G B
    RGBA = "rgba"  # uint8 [h, w, 4], R G B A; straight alpha unless the option ``premultiplied`` is set
    LEVELS = "levels"  # uint8 [h, w, 3 or 4], R G B or R G B A, each 0..2^n-1 with the n of ``fields``


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One pixel format of FORMAT.md, section 4.1.

    ``number`` stands in the index entry; ``bits`` is per pixel in one plane, ``planes`` is 2 where the
    bits of a pixel lie in two planes of equal form. ``has_alpha``: transparency survives (in the pixel,
    the alpha plane, the palette, or as coverage); without it a picture is laid over its background.
    ``has_alpha_plane``: a second plane of one byte per pixel. ``fields``: bits of R, G, B and A in a
    pixel, where that is what a pixel holds. ``is_paged``: a byte holds 8 pixels of a column.
    ``can_invert``: the option ``invert`` means something. ``description`` says what the format can
    show (and so what it loses), ``layout`` where its bits lie, ``displays`` who takes it as it is,
    ``source`` where a controller's convention was found.
    """

    name: str
    number: int
    bits: int
    samples: SampleKind
    has_alpha: bool
    description: str
    has_alpha_plane: bool = False
    fields: tuple[int, int, int, int] = (0, 0, 0, 0)
    planes: int = 1
    is_paged: bool = False
    can_invert: bool = False
    can_premultiply: bool = False
    default_bit_order: str = "msb"
    layout: str = ""
    displays: str = ""
    source: str = ""

    @property
    def is_grey(self) -> bool:
        """Whether a pixel is a grey level and nothing else."""
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
    def has_inks(self) -> bool:
        """Whether a pixel is one of the few inks of an e-paper."""
        return self.samples is SampleKind.INK

    @property
    def levels_max(self) -> int:
        """The highest value of a grey level, coverage or index."""
        return (1 << self.bits * self.planes) - 1

    @property
    def palette_max(self) -> int:
        """Colours that a palette of this format can hold; 0: no palette."""
        return 1 << self.bits if self.is_indexed else 0

    @property
    def has_byte_order(self) -> bool:
        """Whether a pixel is several whole bytes, so that their order means something."""
        return self.bits > 8 and self.bits % 8 == 0

    @property
    def has_bit_order(self) -> bool:
        """Whether several pixels share a byte, so that their order in it means something."""
        return self.bits < 8

    def row_count(self, height_px: int) -> int:
        """Rows as stored, in each plane: rows of pixels, or pages of 8 rows."""
        return (height_px + 7) // 8 if self.is_paged else height_px

    def row_bits(self, width_px: int) -> int:
        """Bits of a stored row in the first plane, without padding."""
        return width_px * (8 if self.is_paged else self.bits)

    @property
    def unit_bytes(self) -> int:
        """Bytes of a pixel of the first plane, which codec rle repeats: 3 for two pixels of 12 bits."""
        return 3 if self.bits == 12 else max(1, self.bits // 8)

    def second_stride(self, stride_bytes: int) -> int:
        """Bytes of a row of the second plane beside a first of ``stride_bytes``; 0: only one plane."""
        return stride_bytes // 2 if self.has_alpha_plane else stride_bytes * (self.planes - 1)


_BITS = "{} pixels to a byte, the leftmost in the highest bits (bit_order: lsb: in the lowest)"
_LCD = "colour TFT (ST7789, ILI9341, …) with byte_order: big on SPI; framebuffers with little"
_FRAME = "framebuffers (LTDC, Linux fbdev, eLCDIF)"
_DRAWN = "none directly: drawn onto any surface"


def _grey(number: int, bits: int, description: str, displays: str) -> PixelFormat:
    layout = _BITS.format(8 // bits) if bits < 8 else "a byte per pixel"
    return PixelFormat(
        f"gray{bits}", number, bits, SampleKind.GREY, False, description, can_invert=True, displays=displays,
        layout=f"{layout}; highest value white (invert: 0 white)",
    )  # fmt: skip


def _coverage(number: int, bits: int) -> PixelFormat:
    layout = _BITS.format(8 // bits) if bits < 8 else "a byte per pixel"
    description = f"shape of {1 << bits} levels, drawn in any colour"
    if bits == 1:
        description = "shape of 1 bit, drawn in any colour"
    return PixelFormat(
        f"a{bits}", number, bits, SampleKind.COVERAGE, True, description, layout=layout, displays=_DRAWN
    )


def _indexed(number: int, bits: int) -> PixelFormat:
    layout = _BITS.format(8 // bits) if bits < 8 else "a byte per pixel"
    return PixelFormat(
        f"i{bits}", number, bits, SampleKind.INDEX, True, f"palette of {1 << bits} colours", displays=_DRAWN,
        layout=f"{layout}; palette entries B, G, R, A",
    )  # fmt: skip


def _two_inks(name: str, number: int, ink: str) -> PixelFormat:
    return PixelFormat(
        name, number, 1, SampleKind.INK, False, f"black, white and {ink}", planes=2, can_invert=True,
        layout=f"two planes of 1 bit: first 0 black, 1 white; second 1 {ink} (invert: true turns both over,"
        " black the first, colour the second)",
        displays="e-paper of SSD1675, SSD1680 to SSD1683 (0x24, 0x26) as it is; UC8151, UC8179, IL0373 and"
        " IL0398 (0x10, 0x13) by their DDX bits: 01 (reset) as it is, 11 (many panels' samples) invert:"
        " colour, 00 black, 10 true; IL91874 (0x10, 0x13) invert: black",
        source="UC8179 data sheet, R50h CDI; commands 24h, 26h of SSD1680; drivers of GxEPD2, Adafruit_EPD",
    )  # fmt: skip


_NUMBER = "as one number, low byte first (byte_order: big: high byte first)"
_BYTES_OF_565 = f"R5 G6 B5 {_NUMBER}"

_ROWS = (
    _grey(0x41, 1, "black and white", "Sharp memory LCD, ST7920, black and white e-paper"),
    _grey(0x42, 2, "4 greys", "grey e-paper with packed pixels (IT8951)"),
    _grey(0x43, 4, "16 greys", "SSD1322, SSD1327, IT8951 e-paper"),
    _grey(0x06, 8, "256 greys", "IT8951 e-paper, grey framebuffers"),
    _coverage(0x0B, 1),
    _coverage(0x0C, 2),
    _coverage(0x0D, 4),
    _coverage(0x0E, 8),
    _indexed(0x07, 1),
    _indexed(0x08, 2),
    _indexed(0x09, 4),
    _indexed(0x0A, 8),
    PixelFormat(
        "rgb565", 0x12, 16, SampleKind.RGB565, False, "65536 colours", fields=(5, 6, 5, 0),
        layout=_BYTES_OF_565, displays=_LCD,
    ),
    PixelFormat(
        "rgb565a8", 0x14, 16, SampleKind.RGB565, True, "65536 colours and an alpha plane", True,
        fields=(5, 6, 5, 8), layout=f"{_BYTES_OF_565}; all rows, then a plane of a byte alpha per pixel",
        displays=_DRAWN,
    ),
    PixelFormat(
        "rgb888", 0x0F, 24, SampleKind.RGB, False, "16 million colours in 3 bytes", fields=(8, 8, 8, 0),
        layout="B, G, R (byte_order: big: R, G, B)", displays=_FRAME,
    ),
    PixelFormat(
        "xrgb8888", 0x11, 32, SampleKind.RGB, False, "16 million colours in 4 bytes", fields=(8, 8, 8, 0),
        layout="B, G, R, 0xFF (byte_order: big: 0xFF, R, G, B)", displays=_FRAME,
    ),
    PixelFormat(
        "argb8888", 0x10, 32, SampleKind.RGBA, True, "16 million colours and alpha", fields=(8, 8, 8, 8),
        can_premultiply=True, layout="B, G, R, A (byte_order: big: A, R, G, B)",
        displays="framebuffers and their layers (LTDC, DMA2D)",
    ),
    PixelFormat(
        "al88", 0x15, 16, SampleKind.GREY_ALPHA, True, "256 greys and alpha",
        layout="grey, alpha (byte_order: big: alpha, grey)", displays=_DRAWN,
    ),
    PixelFormat(
        "argb8565", 0x13, 24, SampleKind.RGB565, True, "65536 colours and alpha in 3 bytes",
        fields=(5, 6, 5, 8), layout="R5 G6 B5 low byte, high byte, alpha (byte_order: big: the reverse)",
        displays=_DRAWN,
    ),
    PixelFormat(
        "argb1555", 0x16, 16, SampleKind.LEVELS, True, "32768 colours, clear or opaque", fields=(5, 5, 5, 1),
        layout=f"A1 R5 G5 B5 {_NUMBER}", displays="layers of LTDC",
    ),
    PixelFormat(
        "argb4444", 0x17, 16, SampleKind.LEVELS, True, "4096 colours and 16 levels of alpha",
        fields=(4, 4, 4, 4), layout=f"A4 R4 G4 B4 {_NUMBER}", displays="layers of LTDC",
    ),
    PixelFormat(
        "argb2222", 0x18, 8, SampleKind.LEVELS, True, "64 colours and 4 levels of alpha",
        fields=(2, 2, 2, 2), layout="A2 R2 G2 B2 from the highest bits", displays=_DRAWN,
    ),
    PixelFormat(
        "rgb332", 0x44, 8, SampleKind.LEVELS, False, "256 colours", fields=(3, 3, 2, 0),
        layout="R3 G3 B2 from the highest bits", displays="SSD1331 in its 256 colours, VGA of 8 bits",
    ),
    PixelFormat(
        "rgb444", 0x45, 12, SampleKind.LEVELS, False, "4096 colours", fields=(4, 4, 4, 0),
        layout="two pixels in three bytes: R0 G0, B0 R1, G1 B1, high nibble first",
        displays="colour TFT in their 12-bit mode (ST7735, ST7789: COLMOD 0x03)",
    ),
    PixelFormat(
        "rgb666", 0x46, 24, SampleKind.LEVELS, False, "262144 colours in 3 bytes", fields=(6, 6, 6, 0),
        layout="B, G, R, each in the upper 6 bits of its byte (byte_order: big: R, G, B)",
        displays="ILI9488 and ILI9486 on SPI (COLMOD 0x06), with byte_order: big",
    ),
    PixelFormat(
        "bgr888", 0x47, 24, SampleKind.RGB, False, "16 million colours in 3 bytes", fields=(8, 8, 8, 0),
        layout="R, G, B (byte_order: big: B, G, R)", displays="framebuffers that take R first",
    ),
    PixelFormat(
        "mono_page", 0x48, 1, SampleKind.GREY, False, "black and white", is_paged=True, can_invert=True,
        default_bit_order="lsb", displays="SSD1306, SSD1309, SH1106, ST7565, UC1701, PCD8544",
        layout="a byte is 8 pixels of a column, the top one in bit 0 (bit_order: msb: in bit 7); pages of 8"
        " rows from top to bottom; 1 lit (invert: 0 lit)",
    ),
    _two_inks("epd_bwr", 0x50, "red"),
    _two_inks("epd_bwy", 0x51, "yellow"),
    PixelFormat(
        "epd_gray4", 0x52, 1, SampleKind.GREY, False, "4 greys", planes=2, can_invert=True,
        layout="two planes of 1 bit: the high bit of the level, then the low bit; 3 white (invert: 0 white)",
        displays="grey e-paper of UC8151, IL0373, IL0398 (0x10, 0x13) as it is; SSD1680, SSD1677 (first plane"
        " to 0x26, second to 0x24) with invert: true",
        source="the waveforms (LUT) that panel makers give for 4 greys decide; no register does",
    ),
    PixelFormat(
        "epd_bwry", 0x53, 2, SampleKind.INK, False, "black, white, yellow and red",
        layout=f"{_BITS.format(4)}; 0 black, 1 white, 2 yellow, 3 red",
        displays="e-paper of 4 colours (JD79661, JD79660, JD79667: 0x10)",
        source="command 10h of JD79661; drivers of GxEPD2, Adafruit_EPD",
    ),
    PixelFormat(
        "epd_6color", 0x54, 4, SampleKind.INK, False, "6 colours of Spectra 6",
        layout=f"{_BITS.format(2)}; 0 black, 1 white, 2 yellow, 3 red, 5 blue, 6 green",
        displays="E Ink Spectra 6 (E6; GDEP073E01 and alike: 0x10)",
        source="drivers of the panel's makers (EPD_7in3e) and of GxEPD2",
    ),
    PixelFormat(
        "epd_7color", 0x55, 4, SampleKind.INK, False, "7 colours of ACeP",
        layout=f"{_BITS.format(2)}; 0 black, 1 white, 2 green, 3 blue, 4 red, 5 yellow, 6 orange",
        displays="E Ink Gallery, ACeP (AC057TC1, GDEY073D46: 0x10)",
        source="drivers of the panel's makers (EPD_7in3f) and of GxEPD2; 7, clean, is never written",
    ),
)  # fmt: skip

PIXEL_FORMATS: dict[str, PixelFormat] = {row.name: row for row in _ROWS}
"""Every pixel format by its name in the manifest."""
