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
    "al88": (16, (8, 8)), "argb8565": (24, (8, 16)), "argb1555": (16, (1, 5, 5, 5)),
    "argb4444": (16, (4, 4, 4, 4)), "argb2222": (8, (2, 2, 2, 2)), "rgb332": (8, (3, 3, 2)),
    "rgb444": (12, (4, 4, 4)), "bgr888": (24, (8, 8, 8)),
    "rgb666": (24, (6, -2, 6, -2, 6, -2)), "mono_page": (1, (1,)), "epd_bwr": (1, (1,)), "epd_bwy": (1, (1,)),
    "epd_gray4": (1, (1,)), "epd_bwry": (2, (2,)), "epd_6color": (4, (4,)), "epd_7color": (4, (4,)),
}  # fmt: skip
TWO_PLANES = ("epd_bwr", "epd_bwy", "epd_gray4")


def read_pixel(row: bytes, x: int, bits: int, order: int) -> int:
    """The value of pixel ``x`` of a row."""
    if bits == 12:
        return int("".join(f"{byte:08b}" for byte in row)[12 * x : 12 * x + 12], 2)
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
    is_lsb_first = order & 2 and bits < 8
    tail = row[used] & (0xFF << spare if is_lsb_first else 0xFF >> spare) & 0xFF if spare else 0
    return tail == 0 and not any(row[used + (1 if spare else 0) :])


def unpack(encoded: EncodedAsset, name: str) -> tuple[list, list | None]:
    """Colour fields and alpha of every pixel, read from the payload."""
    data, width, height = encoded.payload, encoded.width, encoded.height
    stride, order, _, palette_count, strip_rows, _strips, pixels, alpha, palette = struct.unpack_from(
        "<IBBHHHIII", data
    )
    bits, fields = LAYOUT[name]
    rows_stored = (height + 7) // 8 if name == "mono_page" else height
    second_stride = stride if name in TWO_PLANES else stride // 2 if name == "rgb565a8" else 0
    colour_rows: list[bytes] = []
    alpha_rows: list[bytes] = []

    def take(block: bytes, rows: int) -> None:
        colour_rows.extend(block[y * stride : (y + 1) * stride] for y in range(rows))
        at = rows * stride
        alpha_rows.extend(block[at + y * second_stride : at + (y + 1) * second_stride] for y in range(rows))

    if encoded.codec == 0:
        assert alpha == (pixels + height * stride if second_stride else 0)
        take(data[pixels:], rows_stored)
    else:
        start = 0
        for number, first in enumerate(range(0, rows_stored, strip_rows)):
            (end,) = struct.unpack_from("<I", data, 24 + 4 * number)
            rows = min(strip_rows, rows_stored - first)
            stored = data[pixels + start : pixels + (end & 0x7FFFFFFF)]
            size = rows * (stride + second_stride)
            take(stored if end >> 31 else lz4.block.decompress(stored, uncompressed_size=size), rows)
            start = end & 0x7FFFFFFF
    if name == "mono_page":
        return unpack_pages(colour_rows, width, height, order), None
    assert all(used_bits_only(row, width, bits, order) for row in colour_rows)
    values = [[read_pixel(row, x, bits, order) for x in range(width)] for row in colour_rows]
    if name in TWO_PLANES:
        assert all(used_bits_only(row, width, 1, order) for row in alpha_rows)
        return unpack_planes(values, alpha_rows, width, order, name), None
    if name.startswith("gray") and order & 8:
        values = [[v ^ ((1 << bits) - 1) for v in row] for row in values]
    assert all(not any(row[width:]) for row in alpha_rows)
    if name.startswith("i"):
        entries = [data[palette + 4 * n : palette + 4 * n + 4] for n in range(palette_count)]
        return [[tuple(entries[v][c] for c in (2, 1, 0, 3)) for v in row] for row in values], None
    if len(fields) > 1:
        values = [[split_fields(v, fields) for v in row] for row in values]
    return values, [list(row[:width]) for row in alpha_rows] if second_stride else None


def split_fields(value: int, fields: tuple[int, ...]) -> tuple[int, ...]:
    """The fields of a pixel from the highest bits on; of those below 0 the bits are unused and must be 0."""
    out: list[int] = []
    for bits in reversed(fields):
        field = value & ((1 << abs(bits)) - 1)
        value >>= abs(bits)
        if bits > 0:
            out.insert(0, field)
        else:
            assert field == 0
    return tuple(out)


def unpack_pages(pages: list[bytes], width: int, height: int, order: int) -> list[list[int]]:
    """A byte is 8 pixels of a column, from bit 7 down (order bit 1: from bit 0 up)."""
    bits = range(8) if order & 2 else range(7, -1, -1)
    rows = [[page[x] >> bit & 1 for x in range(width)] for page in pages for bit in bits]
    assert not any(any(row) for row in rows[height:])
    assert not any(any(page[width:]) for page in pages)
    return [[v ^ (order >> 3 & 1) for v in row] for row in rows[:height]]


def unpack_planes(
    first: list[list[int]], second_rows: list[bytes], width: int, order: int, name: str
) -> list[list[int]]:
    """Both planes in one: grey of 2 bits, or black 0, white 1, the ink of the second plane 2."""
    second = [[read_pixel(row, x, 1, order) ^ (order >> 4 & 1) for x in range(width)] for row in second_rows]
    first = [[v ^ (order >> 3 & 1) for v in row] for row in first]
    if name == "epd_gray4":
        return [[2 * a + b for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]
    return [[2 if b else a for a, b in zip(*rows, strict=True)] for rows in zip(first, second, strict=True)]


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
        invert=st.sampled_from([False, True, "colour", "black"]),
        is_premultiplied=st.booleans(),
        codec=st.sampled_from(["raw", "lz4"]),
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
    if name in ("argb8888", "argb1555", "argb4444", "argb2222"):
        expected = [[(a, r, g, b) for r, g, b, a in row] for row in expected]
    if name == "al88":
        expected = [[(a, level) for level, a in row] for row in expected]
    if name == "bgr888":
        expected = [[(b, g, r) for r, g, b in row] for row in expected]
    if name == "argb8565":
        pairs = zip(expected, samples.alpha.tolist(), strict=True)
        expected = [[(a, v) for v, a in zip(*rows, strict=True)] for rows in pairs]
    if name == "xrgb8888":
        expected = [[(255, r, g, b) for r, g, b in row] for row in expected]
    as_tuples = [[tuple(v) if isinstance(v, list) else v for v in row] for row in expected]
    assert colour == as_tuples
    assert alpha == (samples.alpha.tolist() if name == "rgb565a8" else None)
    assert encoded.max_strip_bytes <= strip_bytes
