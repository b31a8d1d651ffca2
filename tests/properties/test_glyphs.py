"""What holds for any font: every character is found, every field comes back as it went in."""

import itertools
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.glyphs.font_payload import decode_payload, find_glyph

from imgbuild.errors import Place
from imgbuild.glyphs.charmap import SEGMENT_SPAN_MAX, choose_segments
from imgbuild.glyphs.charset import collect_characters
from imgbuild.glyphs.raster import make_glyph
from imgbuild.glyphs.storage import store_raw
from imgbuild.glyphs.table import encode_font, pack_records
from imgbuild.model import DecodedFont, DecodedGlyph, FontOptions, Kind, PlannedAsset

PLACE = Place("m.yaml", 1)

runs = st.lists(
    st.tuples(st.integers(0x20, 0x10FFFF) | st.integers(0x20, 0x800), st.integers(1, 200)),
    min_size=1,
    max_size=40,
)
characters = runs.map(
    lambda chosen: sorted(
        {c for start, length in chosen for c in range(start, min(start + length, 0x110000))}
    )
)


def encode(glyphs: list[DecodedGlyph], bpp: int) -> bytes:
    font = DecodedFont(16, bpp, 13, -3, 0, -1, 1, tuple(glyphs), (), "")
    options = FontOptions(16, bpp, tuple(g.codepoint for g in glyphs[1:]))
    return encode_font(PlannedAsset("f", 1, Kind.FONT, "F", Path("f.ttf"), options, PLACE), font).payload


def blank(codepoint: int, **values: int) -> DecodedGlyph:
    return DecodedGlyph(
        codepoint, np.ones((1, 1), dtype=np.uint8), values.get("x", 0), values.get("y", 0), 16
    )


@settings(deadline=None, max_examples=150)
@given(characters)
def test_the_map_finds_exactly_the_characters(points: list[int]) -> None:
    payload = encode([blank(-1), *map(blank, points)], 1)
    for number, point in enumerate(points, 1):
        assert find_glyph(payload, point) == number
    own = set(points)
    near = {c + d for c in points for d in (-65, -64, -1, 1, 63, 64)} | {0, 0x10FFFF, 0xFFFFFFFF}
    for point in near - own:
        if point >= 0:
            assert find_glyph(payload, point) is None


@settings(deadline=None, max_examples=150)
@given(characters)
def test_segments_are_sorted_apart_and_few(points: list[int]) -> None:
    segments = choose_segments(tuple(points))
    assert len(segments) <= max(8, 2 * (points[-1] - points[0]) // SEGMENT_SPAN_MAX + 2)
    assert all(a.last < b.first for a, b in itertools.pairwise(segments))
    assert all(s.last - s.first < SEGMENT_SPAN_MAX for s in segments)


glyph_values = st.tuples(
    st.integers(-32768, 32767),
    st.integers(-128, 3000),
    st.integers(-128, 3000),
    st.integers(0, 9),
    st.integers(0, 9),
)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(glyph_values, min_size=1, max_size=30),
    st.sampled_from([1, 2, 3, 4, 8]),
    st.integers(0, 2**32 - 1),
)
def test_every_glyph_comes_back(values: list[tuple[int, ...]], bpp: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    glyphs = [
        DecodedGlyph(
            n - 1 if n == 0 else 0x40 + n, rng.integers(0, 2**bpp, (h, w), dtype=np.uint8), x, y, advance
        )
        for n, (advance, x, y, w, h) in enumerate(values)
    ]
    decoded = decode_payload(encode(glyphs, bpp))
    for glyph, back in zip(glyphs, decoded["glyph_list"], strict=True):
        assert (back["advance"], back["x"], back["y"]) == (glyph.advance, glyph.x, glyph.y)
        assert back["rows"] == glyph.coverage.tolist()
    assert decoded["max_w"] == max(v[3] for v in values)
    assert decoded["max_h"] == max(v[4] for v in values)


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), min_size=4, max_size=4), min_size=1, max_size=20))
def test_records_hold_each_field_in_as_many_bits_as_it_needs(rows: list[list[int]]) -> None:
    table = np.array(rows, dtype=np.int64)
    fields = {name: table[:, column] >> (5 * column) for column, name in enumerate("abcd")}
    widths = {name: int(values.max()).bit_length() for name, values in fields.items()}
    data = pack_records(fields, {**widths})
    size = len(data) // len(rows)
    assert size == (sum(widths.values()) + 7) // 8
    for number in range(len(rows)):
        value = int.from_bytes(data[number * size : (number + 1) * size], "little")
        for name, width in widths.items():
            assert value & ((1 << width) - 1) == fields[name][number]
            value >>= width
        assert value == 0


@given(
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20), st.sampled_from([1, 2, 3, 4, 8])
)
def test_offsets_stay_inside_the_pixels(shapes: list[tuple[int, int]], bpp: int) -> None:
    bitmaps = [np.full(shape, number & 1, dtype=np.uint8) for number, shape in enumerate(shapes)]
    stored = store_raw(bitmaps, bpp)
    for bitmap, offset in zip(bitmaps, stored.offsets.tolist(), strict=True):
        assert offset + (bitmap.size * bpp + 7) // 8 <= len(stored.pixels)
    assert len(stored.pixels) <= sum((bitmap.size * bpp + 7) // 8 for bitmap in bitmaps)


@given(
    st.integers(0, 12),
    st.integers(0, 12),
    st.integers(0, 2**32 - 1),
    st.integers(-50, 50),
    st.integers(-50, 50),
)
def test_trimming_moves_no_ink(height: int, width: int, seed: int, left: int, top: int) -> None:
    rng = np.random.default_rng(seed)
    coverage = (rng.random((height, width)) < 0.1).astype(np.uint8) * 7
    glyph = make_glyph(0x41, coverage, left, top, 16)
    before = {(left + c, top - r) for r, c in zip(*(a.tolist() for a in np.nonzero(coverage)), strict=True)}
    after = {
        (glyph.x + c, glyph.y - r)
        for r, c in zip(*(a.tolist() for a in np.nonzero(glyph.coverage)), strict=True)
    }
    assert before == after


@given(st.text(max_size=200))
def test_text_gives_its_characters_sorted_and_once(text: str) -> None:
    points = collect_characters([], text, [])
    assert list(points) == sorted(set(points))
    assert set(points) <= {ord(c) for c in text}
    assert {ord(c) for c in text if c.isalnum()} <= set(points)
