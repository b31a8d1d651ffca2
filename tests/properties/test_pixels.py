"""For any picture, order and alignment: unpacking the bytes gives the samples back.

The unpacker here reads one pixel at a time as FORMAT.md 4.1 tells it, with Python integers.
"""

from __future__ import annotations

import struct
from pathlib import Path

import lz4.block
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from imgbuild.errors import BuildError, Place
from imgbuild.model import DecodedImage, EncodedAsset, ImageOptions, Kind, PlannedAsset
from imgbuild.pixels.bitmap import encode_bitmap
from imgbuild.pixels.formats import PIXEL_FORMATS

# FORMAT.md 4.1 once more, written down independently: bits, and the fields of a pixel from the highest bits
LAYOUT = {
    "gray1": (1, (1,)), "gray2": (2, (2,)), "gray4": (4, (4,)), "gray8": (8, (8,)),
    "a1": (1, (1,)), "a2": (2, (2,)), "a4": (4, (4,)), "a8": (8, (8,)),
    "i1": (1, (1,)), "i2": (2, (2,)), "i4": (4, (4,)), "i8": (8, (8,)),
    "rgb565": (16, (16,)), "rgb565a8": (16, (16,)),
    "rgb888": (24, (8, 8, 8)), "xrgb8888": (32, (8, 8, 8, 8)), "argb8888": (32, (8, 8, 8, 8)),
}  # fmt: skip


def read_pixel(row: bytes, x: int, bits: int, order: int) -> int:
    """The value of pixel ``x`` of a row."""
    if bits >= 8:
        size = bits // 8
        return int.from_bytes(row[x * size : x * size + size], "big" if order & 1 else "little")
    per_byte = 8 // bits
    place = x % per_byte
    shift = bits * (place if order & 2 else per_byte - 1 - place)
    return row[x // per_byte] >> shift & ((1 << bits) - 1)


def used_bits_only(row: bytes, width: int, bits: int, order: int) -> bool:
    """Whether everything behind the last pixel of a row is 0."""
    used, spare = divmod(width * bits, 8)
    tail = row[used] & (0xFF << spare if order & 2 else 0xFF >> spare) & 0xFF if spare else 0
    return tail == 0 and not any(row[used + (1 if spare else 0) :])


def unpack(encoded: EncodedAsset, name: str) -> tuple[list, list | None]:
    """Colour fields and alpha of every pixel, read from the payload."""
    data, width, height = encoded.payload, encoded.width, encoded.height
    stride, order, _, palette_count, strip_rows, _strips, pixels, alpha, palette = struct.unpack_from(
        "<IBBHHHIII", data
    )
    bits, fields = LAYOUT[name]
    alpha_stride = stride // 2 if name == "rgb565a8" else 0
    colour_rows: list[bytes] = []
    alpha_rows: list[bytes] = []

    def take(block: bytes, rows: int) -> None:
        colour_rows.extend(block[y * stride : (y + 1) * stride] for y in range(rows))
        at = rows * stride
        alpha_rows.extend(block[at + y * alpha_stride : at + (y + 1) * alpha_stride] for y in range(rows))

    if encoded.codec == 0:
        assert alpha == (pixels + height * stride if alpha_stride else 0)
        take(data[pixels:], height)
    else:
        start = 0
        for number, first in enumerate(range(0, height, strip_rows)):
            (end,) = struct.unpack_from("<I", data, 24 + 4 * number)
            rows = min(strip_rows, height - first)
            stored = data[pixels + start : pixels + (end & 0x7FFFFFFF)]
            size = rows * (stride + alpha_stride)
            take(stored if end >> 31 else lz4.block.decompress(stored, uncompressed_size=size), rows)
            start = end & 0x7FFFFFFF
    assert all(used_bits_only(row, width, bits, order) for row in colour_rows)
    assert all(not any(row[width:]) for row in alpha_rows)
    values = [[read_pixel(row, x, bits, order) for x in range(width)] for row in colour_rows]
    if name.startswith("i"):
        entries = [data[palette + 4 * n : palette + 4 * n + 4] for n in range(palette_count)]
        return [[tuple(entries[v][c] for c in (2, 1, 0, 3)) for v in row] for row in values], None
    if len(fields) > 1:
        shifts = [8 * n for n in range(len(fields) - 1, -1, -1)]
        values = [[tuple(v >> shift & 255 for shift in shifts) for v in row] for row in values]
    return values, [list(row[:width]) for row in alpha_rows] if alpha_stride else None


pictures = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=19).flatmap(
    lambda shape: st.one_of(
        hnp.arrays(np.uint8, (*shape, 4)),
        # few colours, so that palettes and LZ4 have something to find
        hnp.arrays(np.uint8, (*shape, 4), elements=st.sampled_from([0, 255])),
    )
)


@settings(max_examples=400, deadline=None)
@given(
    rgba=pictures,
    options=st.builds(
        ImageOptions,
        pixel_format=st.sampled_from(sorted(PIXEL_FORMATS)),
        byte_order=st.sampled_from(["little", "big"]),
        bit_order=st.sampled_from(["msb", "lsb"]),
        codec=st.sampled_from(["raw", "lz4", "auto"]),
        row_align_bytes=st.sampled_from([1, 2, 3, 4, 32]),
        strip_bytes=st.sampled_from([160, 500, 8192]),
    ),
)
def test_any_bitmap_reads_back(rgba, options):
    name, strip_bytes = options.pixel_format, options.strip_bytes
    asset = PlannedAsset("x", 1, Kind.BITMAP, "X", Path("x.png"), options, Place("m.yaml"))
    try:
        encoded = encode_bitmap(asset, DecodedImage((rgba,), ""))
    except BuildError as error:
        encoded = None
        colours = len({tuple(pixel) if pixel[3] else (0,) for pixel in rgba.reshape(-1, 4).tolist()})
        assert error.diagnostics[0].code == "IB207"  # noqa: PT017 - either outcome is a right one
        assert colours > 2 ** int(name[1:])
    if encoded is None:
        return
    colour, alpha = unpack(encoded, name)
    samples = encoded.expected
    expected = samples.colour.tolist()
    if name.startswith("i"):
        expected = samples.palette[samples.colour].tolist()
    if name == "argb8888":
        expected = [[(a, r, g, b) for r, g, b, a in row] for row in expected]
    if name == "xrgb8888":
        expected = [[(255, r, g, b) for r, g, b in row] for row in expected]
    as_tuples = [[tuple(v) if isinstance(v, list) else v for v in row] for row in expected]
    assert colour == as_tuples
    assert alpha == (None if samples.alpha is None else samples.alpha.tolist())
    assert encoded.max_strip_bytes <= strip_bytes
