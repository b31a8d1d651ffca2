"""Bitmaps: every pixel format of FORMAT.md section 4.1 in every byte and bit order."""

from __future__ import annotations

import struct

import lz4.block
import numpy as np
import pytest
from unit.reader import handmade
from unit.reader.handmade import Item
from unit.reader.samples import entry_of

from imgbuild.errors import BuildError
from imgbuild.reader.bitmap import PIXEL_FORMATS, Bitmap, read_bitmap


def open_bitmap(payload: bytes, width: int, height: int, pixel_format: int, codec: int = 0) -> Bitmap:
    item = Item("pic", payload, 1, width, height, pixel_format, codec)
    return read_bitmap(payload, entry_of(item))


def refused(payload: bytes, width: int, height: int, pixel_format: int, codec: int = 0) -> str:
    with pytest.raises(BuildError) as caught:
        open_bitmap(payload, width, height, pixel_format, codec).samples()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB608"
    return diagnostic.message


BELOW_8_BITS = [
    (1, 0, 0b10110000_01000000, [1, 0, 1, 1, 0, 0, 0, 0, 0, 1]),
    (1, 2, 0b00001101_00000010, [1, 0, 1, 1, 0, 0, 0, 0, 0, 1]),
    (2, 0, 0b11_00_01_10_10_00_0000, [3, 0, 1, 2, 2]),
    (2, 2, 0b10_01_00_11_000000_10, [3, 0, 1, 2, 2]),
    (4, 0, 0xF07_0, [15, 0, 7]),
    (4, 2, 0x0F_07, [15, 0, 7]),
]


@pytest.mark.parametrize(("bits", "order", "packed", "values"), BELOW_8_BITS)
@pytest.mark.parametrize("family", ["a", "gray", "i"])
def test_pixels_below_8_bits(bits, order, packed, values, family):
    number = next(n for n, f in PIXEL_FORMATS.items() if f.name == f"{family}{bits}")
    palette = bytes(range(4 * 16)) if family == "i" else b""
    payload = handmade.bitmap(packed.to_bytes(2, "big") * 2, 2, order, palette)
    bitmap = open_bitmap(payload, len(values), 2, number)
    assert bitmap.samples().colour.tolist() == [values, values]
    rgba = bitmap.rgba()[0].tolist()
    full = (1 << bits) - 1
    if family == "a":
        assert rgba == [[255, 255, 255, v * 255 // full] for v in values]
    elif family == "gray":
        assert rgba == [[v * 255 // full] * 3 + [255] for v in values]
    else:  # stored B G R A
        assert rgba == [[4 * v + 2, 4 * v + 1, 4 * v, 4 * v + 3] for v in values]


@pytest.mark.parametrize("number", [0x06, 0x0E, 0x0A])
def test_pixels_of_8_bits_with_a_padded_stride(number):
    palette = bytes(1024) if number == 0x0A else b""
    payload = handmade.bitmap(bytes([1, 200, 0, 0, 3, 4, 0, 0]), 4, 0, palette)
    assert open_bitmap(payload, 2, 2, number).samples().colour.tolist() == [[1, 200], [3, 4]]


@pytest.mark.parametrize(("order", "code"), [(0, "<H"), (1, ">H")])
def test_rgb565_in_both_byte_orders(order, code):
    values = [0xF800, 0x07E0, 0x001F, 0x1234]
    payload = handmade.bitmap(b"".join(struct.pack(code, v) for v in values), 4, order)
    bitmap = open_bitmap(payload, 2, 2, 0x12)
    assert bitmap.samples().colour.tolist() == [values[:2], values[2:]]
    assert bitmap.samples().colour.dtype == np.uint16
    assert bitmap.rgba()[0].tolist() == [[255, 0, 0, 255], [0, 255, 0, 255]]


def test_rgb565_expands_to_the_nearest_8_bit_value():
    values = list(range(0, 65536, 37))
    payload = handmade.bitmap(struct.pack(f"<{len(values)}H", *values), 2 * len(values))
    rgba = open_bitmap(payload, len(values), 1, 0x12).rgba()[0].tolist()
    for value, pixel in zip(values, rgba, strict=True):
        fields = (value >> 11) / 31, (value >> 5 & 63) / 63, (value & 31) / 31
        assert pixel == [*(round(f * 255) for f in fields), 255]


@pytest.mark.parametrize("order", [0, 1])
def test_rgb565a8_has_its_alpha_in_a_plane_behind_the_last_row(order):
    rows = [b"\x12\x34\x56\x78\0\0", b"\x9a\xbc\xde\xf0\0\0"]
    payload = handmade.bitmap(b"".join(rows), 6, order, alpha=bytes([1, 2, 0, 3, 4, 0]))
    samples = open_bitmap(payload, 2, 2, 0x14).samples()
    big = [[0x1234, 0x5678], [0x9ABC, 0xDEF0]]
    little = [[0x3412, 0x7856], [0xBC9A, 0xF0DE]]
    assert samples.colour.tolist() == (big if order else little)
    assert samples.alpha is not None
    assert samples.alpha.tolist() == [[1, 2], [3, 4]]
    assert open_bitmap(payload, 2, 2, 0x14).rgba()[..., 3].tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("number", "order", "stored", "expected"),
    [
        (0x0F, 0, [30, 20, 10], [10, 20, 30]),
        (0x0F, 1, [10, 20, 30], [10, 20, 30]),
        (0x10, 0, [30, 20, 10, 40], [10, 20, 30, 40]),
        (0x10, 1, [40, 10, 20, 30], [10, 20, 30, 40]),
        (0x11, 0, [30, 20, 10, 255], [10, 20, 30]),
        (0x11, 1, [255, 10, 20, 30], [10, 20, 30]),
    ],
)
def test_wide_pixels_in_both_byte_orders(number, order, stored, expected):
    payload = handmade.bitmap(bytes(stored * 2), len(stored) * 2, order)
    bitmap = open_bitmap(payload, 2, 1, number)
    assert bitmap.samples().colour.tolist() == [[expected, expected]]
    assert bitmap.rgba().tolist() == [[[*expected, 255][:4]] * 2]


def test_premultiplied_colours_are_divided_by_their_alpha():
    payload = handmade.bitmap(bytes([0, 64, 128, 128, 9, 9, 9, 0]), 8, 4)
    bitmap = open_bitmap(payload, 2, 1, 0x10)
    assert bitmap.samples().colour.tolist() == [[[128, 64, 0, 128], [9, 9, 9, 0]]]
    assert bitmap.rgba().tolist() == [[[255, 128, 0, 128], [0, 0, 0, 0]]]


def test_extensions_in_front_of_palette_and_pixels_are_skipped():
    extension = struct.pack("<HH4s", 7, 3, b"abc\0")
    payload = handmade.bitmap(b"\x80", 1, palette=bytes([1, 2, 3, 4, 5, 6, 7, 8]), extensions=extension)
    assert open_bitmap(payload, 1, 1, 0x07).rgba().tolist() == [[[7, 6, 5, 8]]]


def test_strips_coded_and_raw_give_rows_then_alpha_rows():
    colour = struct.pack("<12H", *range(12))
    alpha = bytes(range(100, 112))
    first = lz4.block.compress(colour[:16] + alpha[:8], store_size=False)
    last = colour[16:] + alpha[8:]
    payload = handmade.strips([(first, False), (last, True)], 8, 2)
    bitmap = open_bitmap(payload, 4, 3, 0x14, 2)
    samples = bitmap.samples()
    assert samples.colour.reshape(-1).tolist() == list(range(12))
    assert samples.alpha is not None
    assert samples.alpha.reshape(-1).tolist() == list(range(100, 112))
    assert (bitmap.max_strip_bytes, bitmap.raw_bytes) == (24, 36)


def test_strips_that_decode_to_another_size_are_refused():
    rows = bytes(8)
    for size in (7, 9):
        coded = lz4.block.compress(bytes(size), store_size=False)
        assert "strip 0" in refused(handmade.strips([(coded, False)], 4, 2), 4, 2, 0x06, 2)
        assert "strip 0" in refused(handmade.strips([(bytes(size), True)], 4, 2), 4, 2, 0x06, 2)
    assert "LZ4" in refused(handmade.strips([(b"\xff" * 9, False)], 4, 2), 4, 2, 0x06, 2)
    assert "LZ4" in refused(handmade.strips([(b"", False)], 4, 2), 4, 2, 0x06, 2)
    swapped = handmade.strips([(lz4.block.compress(rows, store_size=False), True)], 4, 2)
    assert "strip 0" in refused(swapped, 4, 2, 0x06, 2)


def header(**fields: int) -> bytes:
    """A gray8 bitmap of 4x2 px with some fields changed."""
    f = {"stride": 4, "order": 0, "ext": 0, "colours": 0, "rows": 0, "count": 0}
    f |= {"pixels": 24, "alpha": 0, "palette": 0} | fields
    return struct.pack("<IBBHHHIII", *f.values()) + bytes(8)


@pytest.mark.parametrize(
    "fields",
    [
        {"stride": 3},
        {"stride": 5},
        {"stride": 0xFFFFFFFF},
        {"pixels": 0},
        {"pixels": 25},
        {"pixels": 0xFFFFFFFF},
        {"alpha": 24},
        {"ext": 255},
        {"ext": 1},
        {"colours": 2, "palette": 24},
        {"palette": 24},
        {"rows": 1},
        {"count": 1},
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields):
    assert '"pic": ' in refused(header(**fields), 4, 2, 0x06)


@pytest.mark.parametrize(
    "fields",
    [
        {"colours": 0},
        {"colours": 257},
        {"colours": 3},
        {"palette": 0},
        {"palette": 26},
        {"palette": 0xFFFFFFFC},
    ],
)
def test_palettes_out_of_bounds_are_refused(fields):
    refused(header(**({"colours": 2, "palette": 24, "stride": 1} | fields)), 1, 1, 0x0A)


def test_a_colour_index_beyond_the_palette_is_refused():
    payload = handmade.bitmap(bytes([2]), 1, palette=bytes(8))
    assert "index 2 in a palette of 2" in refused(payload, 1, 1, 0x0A)


@pytest.mark.parametrize(
    ("payload", "width", "number"),
    [
        (handmade.bitmap(bytes([0x41]), 1), 2, 0x0B),
        (handmade.bitmap(bytes([0x05]), 1, 2), 2, 0x0B),
        (handmade.bitmap(bytes([1, 1]), 2), 1, 0x06),
        (handmade.bitmap(bytes(4), 4, alpha=bytes([0, 1])), 1, 0x14),
        (handmade.bitmap(bytes([1, 2, 3, 0]), 4), 1, 0x11),
    ],
)
def test_padding_that_the_format_fixes_is_checked(payload, width, number):
    refused(payload, width, 1, number)


def test_what_the_index_says_is_checked_too():
    assert "0x99" in refused(header(), 4, 2, 0x99)
    assert "codec 9" in refused(header(), 4, 2, 0x06, 9)
    refused(header(), 0, 2, 0x06)
    refused(header(), 65535, 65535, 0x06)
    refused(b"", 4, 2, 0x06)


@pytest.mark.parametrize(
    ("rows", "count", "ends", "pixels"),
    [
        (0, 1, [8], 28),
        (2, 2, [8, 8], 32),
        (1, 1, [8], 28),
        (1, 2, [6, 4], 32),
        (1, 2, [4, 9], 32),
        (1, 2, [4, 0x7FFFFFFF], 32),
        (1, 2, [4, 8], 24),
        (1, 2, [4, 8], 0xFFFFFFFF),
    ],
)
def test_strip_tables_out_of_bounds_are_refused(rows, count, ends, pixels):
    table = struct.pack(f"<{len(ends)}I", *(end | 0x80000000 for end in ends))
    head = struct.pack("<IBBHHHIII", 4, 0, 0, 0, rows, count, pixels, 0, 0)
    refused(head + table + bytes(8), 4, 2, 0x06, 2)


def test_a_small_payload_cannot_claim_gigabytes():
    payload = struct.pack("<IBBHHHIIII", 65535, 0, 0, 0, 65535, 1, 28, 0, 0, 4) + bytes(4)
    refused(payload, 1, 65535, 0x06, 2)
