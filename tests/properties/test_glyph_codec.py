"""Codec 4: any glyphs of any depth come back through three readers, and no damage is more than refused."""

import zlib
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.glyphs.font_payload import decode_payload
from unit.reader.samples import Item, entry_of

from imgbuild.errors import BuildError, Place
from imgbuild.glyphs.table import encode_font
from imgbuild.model import DecodedFont, DecodedGlyph, EncodedAsset, FontOptions, Kind, PlannedAsset
from imgbuild.reader.font import read_font

DEPTHS = st.sampled_from([1, 2, 3, 4, 8])


@st.composite
def fonts(draw: st.DrawFn) -> DecodedFont:
    """Glyphs between flat and noise: values repeat along rows and columns with a chance of their own."""
    bpp = draw(DEPTHS)
    count = draw(st.integers(1, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    calm = draw(st.floats(0, 1))
    levels = draw(st.sampled_from([2, 3, 1 << bpp]))
    glyphs = []
    for number in range(count):
        height, width = draw(st.integers(0, 14)), draw(st.integers(0, 14))
        box = rng.integers(0, levels, (height, width))
        box = box * ((1 << bpp) - 1) // (levels - 1)
        for y in range(1, height):
            keep = rng.random(width) < calm
            box[y, keep] = box[y - 1, keep]
        for x in range(1, width):
            keep = rng.random(height) < calm
            box[keep, x] = box[keep, x - 1]
        glyphs.append(DecodedGlyph(0x40 + number if number else -1, box.astype(np.uint8), 0, 0, 16))
    return DecodedFont(16, bpp, 13, -3, 0, -1, 1, tuple(glyphs), (), "")


def encode(font: DecodedFont, codec: str) -> EncodedAsset:
    options = FontOptions(font.size_px, font.bpp, (0x41,), codec=codec)
    planned = PlannedAsset("f", zlib.crc32(b"f"), Kind.FONT, "F", Path("f.ttf"), options, Place("m.yaml", 1))
    return encode_font(planned, font)


def read(asset: EncodedAsset, payload: bytes):
    item = Item(asset.name, payload, asset.kind, asset.width, asset.height, asset.pixel_format, asset.codec)
    return read_font(payload, entry_of(item))


@settings(deadline=None, max_examples=150)
@given(fonts(), st.sampled_from(["raw", "range", "auto"]))
def test_every_glyph_comes_back(font: DecodedFont, codec: str) -> None:
    asset = encode(font, codec)
    expected = [glyph.coverage.tolist() for glyph in font.glyphs]
    plain = decode_payload(asset.payload)["glyph_list"]
    assert [glyph["rows"] for glyph in plain] == expected
    one_by_one, all_at_once = read(asset, asset.payload), read(asset, asset.payload)
    assert [one_by_one.glyph(n).coverage.tolist() for n in range(len(expected))] == expected
    assert [glyph.coverage.tolist() for glyph in all_at_once.to_decoded().glyphs] == expected


@settings(deadline=None, max_examples=60)
@given(fonts())
def test_auto_is_never_larger_than_raw(font: DecodedFont) -> None:
    assert len(encode(font, "auto").payload) == min(
        len(encode(font, "raw").payload), len(encode(font, "range").payload)
    )


@settings(deadline=None, max_examples=300)
@given(fonts(), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_font_is_refused_or_read(font: DecodedFont, damage: list[tuple[float, int]]) -> None:
    asset = encode(font, "range")
    payload = bytearray(asset.payload)
    for place, value in damage:
        payload[int(place * (len(payload) - 1))] = value
    try:
        found = read(asset, bytes(payload)).to_decoded()
    except BuildError as error:
        codes = [item.code for item in error.diagnostics]
    else:
        codes = ["IB608"] if len(found.glyphs) > 65535 else []
    assert codes in ([], ["IB608"])
