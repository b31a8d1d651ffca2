"""Codec 4: the specification's examples, glyphs that end in others, and which model a font gets."""

import random
import re
import zlib

import numpy as np
import pytest
from c.program import RUNTIME
from train.glyph_files import header_text
from unit.glyphs.coded_glyph import decode_glyph

from imgbuild.codecs.range_coder import OpenStream
from imgbuild.codecs.range_glyphs import CodedGlyphs, encode_glyphs
from imgbuild.codecs.range_glyphs_events import model_gray, model_mono
from imgbuild.codecs.range_glyphs_tables import make_table
from imgbuild.codecs.range_glyphs_tails import join_streams
from imgbuild.glyph_tables import MODEL_OWN, TABLE_BYTES, TABLE_NAMES, read_glyph_table
from imgbuild.glyphs.storage import pack_streams, store_coded
from imgbuild.reader.glyph_plain import CodedPixels, decode_plain
from imgbuild.reader.glyph_streams import decode_together

GRAY = ((0, 9, 15, 15, 15, 15), (9, 15, 6, 0, 0, 0), (9, 15, 6, 0, 0, 0), (0, 9, 15, 15, 15, 15))
DEEP = tuple(tuple(17 * value for value in row) for row in GRAY)
MONO = ((0, 1, 1, 1), (1, 0, 0, 0), (1, 0, 0, 0), (0, 1, 1, 1))
EXAMPLES = [
    (1, 4, GRAY, "05 C1 93 07 20 21 3E 41"),
    (1, 8, DEEP, "05 C8 83 C1 1B 34 08 E3 9A"),
    (2, 4, GRAY, "0D 51 3E 56 7A A0 D3"),
    (3, 1, MONO, "EE 56 0D"),
    (4, 1, MONO, "E4 30 C4"),
]


def table_of(coded: CodedGlyphs) -> bytes:
    return coded.table or read_glyph_table(coded.model)


def bitmap(rows) -> np.ndarray:
    return np.array(rows, np.uint8)


def discs(count: int, bpp: int, side: int = 12) -> list[np.ndarray]:
    """Rings and discs of several sizes and places: edges, flat parts, blank rows; all different."""
    y, x = np.mgrid[0:side, 0:side]
    found = {}
    dice = random.Random(5)
    while len(found) < count:
        centre, radius = dice.uniform(3, side - 3), dice.uniform(2, side)
        distance = np.hypot(x - centre, y - dice.uniform(3, side - 3))
        value = np.clip(radius - distance + 0.5, 0, 1) * (2**bpp - 1)
        if dice.random() < 0.5:
            value -= np.clip(radius * 0.5 - distance + 0.5, 0, 1) * (2**bpp - 1)
        shape = np.clip(value, 0, None).round().astype(np.uint8)[: dice.randint(3, side)]
        if shape.any():
            found[shape.tobytes(), shape.shape] = shape
    return list(found.values())


@pytest.mark.parametrize(("model", "bpp", "rows", "expected"), EXAMPLES)
def test_the_examples_of_the_specification_mean_these_pixels(model, bpp, rows, expected) -> None:
    data, table = bytes.fromhex(expected), read_glyph_table(model)
    got, _ = decode_glyph(data, 0, len(rows[0]), len(rows), bpp, table)
    assert got == [list(row) for row in rows]
    text = (RUNTIME / "FORMAT.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| {model} | {TABLE_NAMES[model]} |"))
    assert f"| {len(table)} | {zlib.crc32(table):08X} |" in row
    assert f"{bpp} bpp: `{expected}`" in row


@pytest.mark.parametrize(("model", "bpp", "rows", "expected"), EXAMPLES)
def test_the_examples_of_the_specification_are_what_is_written(model, bpp, rows, expected) -> None:
    coded = encode_glyphs([bitmap(rows)], [bytes(99)], bpp)
    if coded.model == model:
        assert coded.pixels.hex(" ").upper() == expected
    assert (coded.offsets, coded.is_raw, coded.table) == ([0], [False], b"")


def test_the_c_header_and_the_package_hold_the_same_tables() -> None:
    tables = {name: read_glyph_table(model) for model, name in TABLE_NAMES.items()}
    assert (RUNTIME / "src" / "imgb_glyph_tables.h").read_text(encoding="ascii") == header_text(tables)
    for model, name in TABLE_NAMES.items():
        assert len(tables[name]) == TABLE_BYTES[model]
        assert min(tables[name]) >= 1


@pytest.mark.parametrize("bpp", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("count", [1, 40, 400])
def test_three_decoders_give_the_pixels_back(bpp: int, count: int) -> None:
    bitmaps = discs(count, bpp)
    stored = store_coded(bitmaps, bpp)
    table = stored.table or read_glyph_table(stored.model)
    shared = CodedPixels(stored.pixels, bpp, table)
    coded = np.flatnonzero(~stored.is_raw)
    assert len(coded) > count // 2
    sides = np.array([one.shape for one in bitmaps], np.int64)
    together = decode_together(shared, stored.offsets[coded], sides[coded, 1], sides[coded, 0])
    for number, decoded in zip(coded.tolist(), together, strict=True):
        meant, offset = bitmaps[number], int(stored.offsets[number])
        height, width = meant.shape
        assert np.array_equal(decoded, meant)
        assert decode_plain(shared, offset, width, height) == meant.tobytes()
        if number < 60:
            rows, taken = decode_glyph(stored.pixels, offset, width, height, bpp, table)
            assert rows == meant.tolist()
            # how much a reader reads ahead at the most
            assert taken <= (meant.size * bpp + 7) // 8 + 3


def test_noise_stays_raw_beside_coded_glyphs() -> None:
    noise = np.random.default_rng(1).integers(0, 16, (9, 9), np.uint8)
    bitmaps = [bitmap(GRAY), noise]
    coded = encode_glyphs(bitmaps, pack_streams(bitmaps, 4), 4)
    assert coded.is_raw == [False, True]
    at = coded.offsets[1]
    assert coded.pixels[at : at + 41] == pack_streams([noise], 4)[0]


def test_equal_bitmaps_and_blank_ones_cost_nothing() -> None:
    blank = np.zeros((0, 0), np.uint8)
    once = store_coded([bitmap(GRAY)], 4)
    again = store_coded([bitmap(GRAY), blank, bitmap(GRAY)], 4)
    assert again.pixels == once.pixels
    assert again.offsets.tolist() == [0, 0, 0]
    assert again.is_raw.tolist() == [False, True, False]


def test_bitmaps_of_equal_pixels_and_other_sides_are_different_glyphs() -> None:
    tall, wide = np.ones((9, 2), np.uint8), np.ones((2, 9), np.uint8)
    stored = store_coded([tall, wide], 1)
    table = stored.table or read_glyph_table(stored.model)
    for offset, meant, is_raw in zip(stored.offsets.tolist(), (tall, wide), stored.is_raw, strict=True):
        assert is_raw or decode_plain(CodedPixels(stored.pixels, 1, table), offset, *meant.shape[::-1])


def test_a_font_unlike_any_other_gets_a_table_of_its_own() -> None:
    # stripes of two levels: no typeface looks like that
    rng = np.random.default_rng(3)
    stripes = [np.where(rng.integers(0, 2, (20, 1)) == 1, 5, 11) * np.ones((1, 20)) for _ in range(90)]
    bitmaps = [one.astype(np.uint8) for one in stripes]
    coded = encode_glyphs(bitmaps, pack_streams(bitmaps, 4), 4)
    assert coded.model == MODEL_OWN
    assert len(coded.table) == 716
    events = model_gray(bitmaps, 4)
    assert coded.table == make_table(np.bincount(events.events, minlength=2 * 717), 716)


def test_probabilities_are_those_of_the_counts() -> None:
    assert make_table(np.array([0, 0, 9, 0, 0, 1000, 30, 10]), 4) == bytes(
        [128, round(256 * 9.4 / 9.8), 1, round(256 * 30.4 / 40.8)]
    )


@pytest.mark.parametrize("pixels", [7, 10])
def test_contexts_of_one_bit_glyphs_are_the_pixels_around(pixels: int) -> None:
    box = bitmap([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]])
    events = model_mono([box], pixels).events.tolist()
    near = {7: ["W", "WW"], 10: ["W", "WW", "WWW"]}[pixels] + ["N", "NW", "NE", "NEE", "NN"]
    names = near + (["NNW", "NNE"] if pixels == 10 else [])
    for number, event in enumerate(events):
        y, x = divmod(number, 4)
        bits = ""
        for name in names:
            dx = len(re.findall("E", name)) - len(re.findall("W", name))
            row, column = y - len(re.findall("N", name)), x + dx
            bits += str(box[row, column]) if row >= 0 and 0 <= column < 4 else "0"
        assert event == 2 * int(bits, 2) + int(box[y, x])


@pytest.mark.parametrize("count", [0, 1, 2, 30, 700])
def test_each_stream_finds_what_it_needs_behind_its_bytes(count: int) -> None:
    dice = random.Random(count)
    streams = []
    for _ in range(count):
        data = dice.randbytes(dice.choice([0, 1, 2, 7])) if dice.random() < 0.9 else b"\x01\xff\xff"
        size = max(2**24, round(2 ** dice.uniform(24, 32)) - 1)
        # low + size stays in 32 bits where no byte could take a carry
        low = dice.randrange(0, 2**32 - (0 if data and data[0] < 255 else size))
        streams.append(OpenStream(data, low, size))
    tail = b"raw"
    joined, begins = join_streams(streams, tail)
    whole = joined + tail
    for stream, begin in zip(streams, begins, strict=True):
        length = len(stream.data)
        value = int.from_bytes((whole[begin:] + bytes(length + 4))[: length + 4], "big")
        low = int.from_bytes(stream.data, "big") << 32 | stream.low
        assert low <= value < low + stream.size
    ends = sum(len(stream.data) + 1 for stream in streams)
    assert len(joined) <= ends
    assert count < 700 or len(joined) < ends - count
