"""Kerning: every pair that HarfBuzz moves when it shapes that pair alone, and bytes that say the same."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from itertools import product

import pytest
import uharfbuzz as hb
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from imgbuild.errors import BuildError
from imgbuild.glyphs.kerning import Kerning, find_kerning, pack_kerning, scale_kerning
from imgbuild.reader.kerning import read_kerning

LETTERS = "AVTo.\u0430\u0436"
FEATURES = """
languagesystem DFLT dflt;
languagesystem latn dflt;
languagesystem cyrl dflt;
@round = [o uni0430];
feature kern {
  pos A V -80;
  pos V A -60;
  pos T @round -120;
  pos o period -10;
} kern;
feature liga { sub A o by V; } liga;
"""


def _square() -> object:
    pen = TTGlyphPen(None)
    for number, point in enumerate([(0, 0), (0, 500), (400, 500), (400, 0)]):
        (pen.lineTo if number else pen.moveTo)(point)
    pen.closePath()
    return pen.glyph()


def make_font(features: str) -> bytes:
    """A font of squares with ``LETTERS``, 1000 units per em, each 500 wide."""
    names = {"A": "A", "V": "V", "T": "T", "o": "o", ".": "period", "\u0430": "uni0430", "\u0436": "uni0436"}
    builder = FontBuilder(1000, isTTF=True)
    order = [".notdef", *names.values()]
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(letter): name for letter, name in names.items()})
    builder.setupGlyf(dict.fromkeys(order, _square()))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    if features:
        addOpenTypeFeaturesFromString(builder.font, features)
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _width(font: hb.Font, text: str, *, is_kerned: bool) -> int:
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, {"kern": is_kerned, "liga": False})
    return sum(place.x_advance for place in buffer.glyph_positions)


def _unpack(data: bytes, glyphs: int) -> dict[tuple[int, int], int]:
    """FORMAT.md section 5.5 read pair by pair; values in 1/16 px."""
    form, bits, width, class_bytes, first, count, lefts, rights = struct.unpack_from("<BBBBHHHH", data)
    size = {1: "b", 2: "h"}[width]
    found = {}
    if form == 1:
        assert (class_bytes, first, lefts, rights) == (0, 0, 0, 0)
        pairs = [struct.unpack_from("<HH", data, 12 + 4 * n) for n in range(count)]
        assert pairs == sorted(pairs)
        values = struct.unpack_from(f"<{count}{size}", data, 12 + 4 * count)
        found = dict(zip(pairs, values, strict=True))
        assert len(data) == 12 + (4 + width) * count
    else:
        assert (form, class_bytes) == (2, 1)
        classes = data[12 : 12 + 2 * count]
        matrix = struct.unpack_from(f"<{lefts * rights}{size}", data, 12 + 2 * count)
        assert len(data) == 12 + 2 * count + width * lefts * rights
        for left, right in product(range(glyphs), repeat=2):
            if first <= left < first + count and first <= right < first + count:
                row, column = classes[2 * (left - first)], classes[2 * (right - first) + 1]
                if row and column and matrix[(row - 1) * rights + column - 1]:
                    found[left, right] = matrix[(row - 1) * rights + column - 1]
    return {pair: value << (4 - bits) for pair, value in found.items()}


def test_pairs_are_those_that_a_pair_shaped_alone_moves() -> None:
    data = make_font(FEATURES)
    font = hb.Font(hb.Face(data))
    pairs, upem = find_kerning(data, 0, [ord(letter) for letter in LETTERS])
    assert upem == 1000
    moved = {
        (ord(a), ord(b)): _width(font, a + b, is_kerned=True) - _width(font, a + b, is_kerned=False)
        for a, b in product(LETTERS, repeat=2)
    }
    # HarfBuzz never has letters of two scripts in one run
    del moved[ord("T"), 0x430]
    assert pairs == {pair: value for pair, value in moved.items() if value}
    assert pairs[ord("A"), ord("V")] == -80
    assert pairs[ord("o"), ord(".")] == -10


def test_a_table_whose_tag_is_no_text_is_passed_over() -> None:
    data = make_font(FEATURES).replace(b"post", b"\xff\xfe\x80\x81", 1)
    letters = [ord(letter) for letter in LETTERS]
    assert find_kerning(data, 0, letters) == find_kerning(make_font(FEATURES), 0, letters)


def test_a_font_without_kerning_has_none() -> None:
    assert find_kerning(make_font(""), 0, [ord(letter) for letter in LETTERS])[0] == {}


def test_values_are_rounded_to_a_sixteenth_of_a_pixel_and_what_vanishes_is_counted() -> None:
    # 20 px of 1000 units: 1 unit is 0.32/16 px
    kerning = scale_kerning({(65, 66): -80, (65, 67): 5, (66, 67): 1}, 1000, 20 * 64, {65: 1, 66: 2, 67: 3})
    assert kerning == Kerning({(1, 2): -26, (1, 3): 2}, found=3)


@pytest.mark.parametrize("step", [1, 4, 16, 300])
def test_bytes_say_the_same_as_the_pairs(step: int) -> None:
    few = Kerning({(1, 2): -3 * step, (9, 2): 7 * step})
    many = Kerning({(a, b): -step * (1 + a % 3) for a in range(5, 45) for b in range(10, 60) if b % 4})
    for kerning in (few, many):
        packed = pack_kerning(kerning)
        assert _unpack(packed, 64) == kerning.pairs
        assert read_kerning(memoryview(b"head" + packed), 4, 64, "font") == kerning.pairs


def test_damaged_kerning_is_refused_and_never_crashes() -> None:
    dense = {(a, b): 1 + (a * b) % 3 for a in range(1, 20) for b in range(1, 20)}
    for pairs in ({(1, 2): -3, (9, 2): 7}, dense):
        packed = pack_kerning(Kerning(pairs))
        for at in range(len(packed)):
            for value in (0, 1, 0x7F, 0xFF):
                damaged = bytearray(packed)
                damaged[at] = value
                with suppress(BuildError):
                    read_kerning(memoryview(bytes(damaged)), 0, 20, "font")
        for length in range(len(packed)):
            with pytest.raises(BuildError):
                read_kerning(memoryview(packed[:length]), 0, 20, "font")


def test_the_smaller_form_is_taken() -> None:
    assert pack_kerning(Kerning({(1, 500): -3}))[0] == 1
    assert pack_kerning(Kerning({(a, b): -3 for a in range(20) for b in range(20)}))[0] == 2
    assert pack_kerning(Kerning({})) == b""
