"""What a stored picture costs to draw: bytes from the flash, instructions to decode them, and the time.

An estimate by two figures for each codec and kind of pixels: instructions per pixel, and instructions per
stored byte, since what a picture costs follows from how many of its pixels needed bytes. They come from
``python -m tests.bench draw_cost``, which counts instructions on a Cortex-M4 under QEMU (reader compiled
with -Os, strips of 16 rows, five sets of pictures) and fits the figures; ``make bench`` measures again and
fails where the table is off by more than 15 %. Blending onto a surface comes on top; it is the same for all.

Time is a model, stated here and wherever it is printed: one bit per clock of a single-bit SPI bus, commands
and addresses left out; :data:`CYCLES_PER_INSTRUCTION` at :data:`CPU_HZ`; reading and decoding one after the
other, nothing cached.
"""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.model import Codec

CPU_HZ = 168_000_000
"""A common clock of a Cortex-M4 with a display."""
CYCLES_PER_INSTRUCTION = 1.4
"""An assumption: most instructions of a Cortex-M4 take 1 cycle, loads and taken branches 2 to 3 (ARM DDI
0439B, section 3.3)."""
BUS_MHZ = (20, 40, 80)

ASSUMED = (
    f"1 bit per clock of the bus; {CYCLES_PER_INSTRUCTION} cycles per instruction at"
    f" {CPU_HZ // 1_000_000} MHz (Cortex-M4); reading, then decoding"
)
"""The model in words."""

Figures = tuple[float, float]
"""Instructions per pixel, and per stored byte."""

RAW_BYTE = 1.27
"""Instructions per byte that is only copied."""

KIND_COSTS: dict[str, dict[Codec, Figures]] = {
    "rgb565": {Codec.RLE: (11.5, 9.5), Codec.LZ4: (3.2, 8.4), Codec.RANGE_PIXELS: (15.5, 262.3)},
    "rgb565a8": {Codec.RLE: (16.3, 11.8), Codec.LZ4: (6.9, 5.3), Codec.RANGE_PIXELS: (57.9, 207.8)},
    "rgb888": {Codec.RLE: (18.9, 0.9), Codec.LZ4: (5.9, 3.4), Codec.RANGE_PIXELS: (32.9, 193.7)},
    "argb8888": {Codec.RLE: (26.1, 0.6), Codec.LZ4: (8.0, 6.1), Codec.RANGE_PIXELS: (74.3, 190.6)},
    "a8": {Codec.RLE: (5.7, 17.7), Codec.LZ4: (2.0, 7.7), Codec.RANGE_PIXELS: (15.6, 312.3)},
    "a4": {Codec.RLE: (3.3, 19.1), Codec.LZ4: (0.9, 10.5), Codec.RANGE_PIXELS: (41.2, 495.7)},
    "i8": {Codec.RLE: (7.6, 5.2), Codec.LZ4: (2.5, 2.4), Codec.RANGE_PIXELS: (27.7, 191.6)},
    "i4": {Codec.RLE: (2.1, 13.7), Codec.LZ4: (0.6, 5.9), Codec.RANGE_PIXELS: (53.4, 247.6)},
    "gray8": {Codec.RLE: (7.1, 8.0), Codec.LZ4: (2.3, 4.1), Codec.RANGE_PIXELS: (21.0, 221.7)},
    "gray4": {Codec.RLE: (2.6, 16.2), Codec.LZ4: (0.9, 8.2), Codec.RANGE_PIXELS: (40.2, 407.9)},
}
"""By pixel format, printed by ``python -m tests.bench.draw_cost``."""

_OPAQUE = {
    Codec.RANGE_PIXELS: KIND_COSTS["rgb888"][Codec.RANGE_PIXELS],
    **{codec: KIND_COSTS["argb8888"][codec] for codec in (Codec.RLE, Codec.LZ4)},
}
"""xrgb8888: the colours of the one, the bytes of the other."""

OTHER_COSTS: dict[Codec, Figures] = {Codec.RLE: (6.6, 8.0), Codec.LZ4: (2.1, 5.0)}
"""Formats that were not measured: instructions per *decoded byte*, and per stored byte; like those above."""


@dataclass(frozen=True, slots=True)
class DrawCost:
    """What reading and decoding all of a picture takes."""

    pixels: int
    fetched_bytes: int
    instructions: int

    @property
    def instructions_per_pixel(self) -> float:
        """Of the whole picture's pixels."""
        return self.instructions / max(1, self.pixels)

    @property
    def cpu_ms(self) -> float:
        """Time of the instructions alone."""
        return self.instructions * CYCLES_PER_INSTRUCTION * 1000 / CPU_HZ

    def time_ms(self, bus_mhz: int) -> float:
        """Time on a single-bit bus of this clock, decoding included."""
        return self.fetched_bytes * 8 / (bus_mhz * 1000) + self.cpu_ms


def estimate_instructions(
    pixel_format: str, codec: Codec, pixels: int, decoded_bytes: int, stored_bytes: int
) -> float:
    """Instructions to decode ``pixels``, which take ``stored_bytes`` by ``codec``.

    Raises KeyError for a codec that is not ours, and for codec range of a format that it does not know.
    """
    if codec is Codec.RAW:
        return RAW_BYTE * decoded_bytes
    kind = _OPAQUE if pixel_format == "xrgb8888" else KIND_COSTS.get(pixel_format, {})
    measured = kind.get(codec)
    if measured is None:
        per_byte, per_stored_byte = OTHER_COSTS[codec]
        return per_byte * decoded_bytes + per_stored_byte * stored_bytes
    return measured[0] * pixels + measured[1] * stored_bytes


def cost_of(
    pixel_format: str, codec: Codec, pixels: int, decoded_bytes: int, *, pixel_bytes: int, stored_bytes: int
) -> DrawCost | None:
    """The cost of a picture of ours; None for codecs of others.

    ``pixel_bytes`` are those of all ``stored_bytes`` that are pixels: no header, no table, no palette.
    """
    try:
        instructions = estimate_instructions(pixel_format, codec, pixels, decoded_bytes, pixel_bytes)
    except KeyError:
        return None
    return DrawCost(pixels, stored_bytes, round(instructions))
