"""A trimmed bitmap is drawn where it belongs, coverage in its tint; a broken extension is refused."""

from __future__ import annotations

import struct

import pytest

from c import compose, samples
from c import handmade as h
from c.test_c_draw import SURFACE, draw, shown

UNKNOWN = b"\x07\x80\x03\0abc\0"


def trim(x, y, width=50, height=40):
    return struct.pack("<HHhhHH", 1, 8, x, y, width, height)


def tint(red, green, blue):
    return struct.pack("<HH4B", 2, 4, blue, green, red, 255)


def expected(picture, x, y, colour):
    screen = compose.Screen(*SURFACE)
    screen.bitmap(x, y, picture, colour)
    return shown(screen.rows)


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
@pytest.mark.parametrize("codec", [(h.RAW, 0), (h.LZ4, 4)])
@pytest.mark.parametrize("at", [(0, 0), (7, 3), (-5, -8), (32767, 0), (-32768, -32768)])
def test_the_trim_is_added_to_the_place(programs, tmp_path, how, codec, at):
    picture = samples.picture("rgb565a8", 37, 11)
    asset = h.bitmap("p", picture, *codec, 2, UNKNOWN + trim(*at))
    script = ["surface {} {} {} {} 0".format(*SURFACE), "bitmap p 12 4 0", "show"]
    assert draw(programs, tmp_path, how, [asset], script) == expected(picture, 12 + at[0], 4 + at[1], 0)


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
@pytest.mark.parametrize("pixel_format", ["a1", "a2", "a4", "a8"])
def test_coverage_is_drawn_in_its_tint(programs, tmp_path, how, pixel_format):
    picture = samples.picture(pixel_format, 37, 11)
    asset = h.bitmap("p", picture, extension=tint(200, 100, 50) + UNKNOWN + trim(2, 1))
    script = ["surface {} {} {} {} 0".format(*SURFACE), "bitmap p 12 4 ffff", "show"]
    wanted = expected(picture, 14, 5, compose.rgb565(200, 100, 50))
    assert draw(programs, tmp_path, how, [asset], script) == wanted


def test_a_tint_means_nothing_to_other_formats(programs, tmp_path):
    picture = samples.picture("rgb565", 9, 9)
    asset = h.bitmap("p", picture, extension=tint(1, 2, 3))
    script = ["surface {} {} {} {} 0".format(*SURFACE), "bitmap p 12 4 ffff", "show"]
    assert draw(programs, tmp_path, "read1", [asset], script) == expected(picture, 12, 4, 0)


@pytest.mark.parametrize(
    "extension",
    [
        struct.pack("<HHhhHH", 1, 12, 5, 5, 9, 9),  # longer than the extensions are
        struct.pack("<HHI", 9, 0xFFFF, 0),
        UNKNOWN + struct.pack("<HH", 2, 1),
    ],
)
@pytest.mark.parametrize("how", ["map1", "read1"])
def test_an_extension_that_leaves_the_header_is_refused(programs, tmp_path, how, extension):
    asset = h.bitmap("p", samples.picture("a8", 9, 9), extension=extension)
    script = ["surface {} {} {} {} 0".format(*SURFACE), "bitmap p 12 4 ffff", "show"]
    lines = draw(programs, tmp_path, how, [asset], script)
    assert lines == ["error -13", *shown(compose.Screen(*SURFACE).rows)]


def test_known_extensions_of_another_length_are_skipped(programs, tmp_path):
    picture = samples.picture("a8", 9, 9)
    odd = struct.pack("<HHhh", 1, 4, 5, 5) + struct.pack("<HHII", 2, 8, 0, 0)
    asset = h.bitmap("p", picture, extension=odd)
    script = ["surface {} {} {} {} 0".format(*SURFACE), "bitmap p 12 4 1234", "show"]
    assert draw(programs, tmp_path, "read1", [asset], script) == expected(picture, 12, 4, 0x1234)
