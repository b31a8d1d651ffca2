"""Payloads whose checksums are right and whose fields are not: each is refused by its code."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from c import handmade as h
from c import samples
from c.program import run

FORMAT, KIND, UNSUPPORTED, ENTRY = -13, -15, -16, -11


def result(programs, tmp_path, asset, how):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset]))
    lines = run([programs.build("dump"), path, how]).splitlines()
    errors = [int(line.split()[1]) for line in lines if line.startswith("error")]
    return errors[0] if errors else 0


def patched(asset, at, layout, *values):
    field = struct.pack("<" + layout, *values)
    return replace(asset, payload=asset.payload[:at] + field + asset.payload[at + len(field) :])


RAW = h.bitmap("p", samples.picture("rgb565", 12, 9))
ALPHA = h.bitmap("p", samples.picture("rgb565a8", 12, 9), row_align=2)
STRIPS = h.bitmap("p", samples.picture("rgb565", 12, 9), h.LZ4, 4)
INDEXED = h.bitmap("p", samples.picture("i4", 12, 9))
TABLE, END = 24, struct.unpack_from("<3I", STRIPS.payload, 24)

BITMAPS = {
    "no width": (replace(RAW, width=0), FORMAT),
    "no height": (replace(RAW, height=0), FORMAT),
    "taller than its pixels": (replace(RAW, height=10), FORMAT),
    "wider than its stride": (replace(RAW, width=13), FORMAT),
    "a stride too large for the payload": (patched(RAW, 0, "I", 26), FORMAT),
    "a stride that wraps": (patched(RAW, 0, "I", 0xFFFFFFF8), FORMAT),
    "rows whose sum wraps to 1": (replace(patched(RAW, 0, "I", 6_700_417), height=641), FORMAT),  # 2^32 + 1
    "pixels outside": (patched(RAW, 12, "I", len(RAW.payload) - 9 * 24 + 1), FORMAT),
    "pixels far outside": (patched(RAW, 12, "I", 0xFFFFFF00), FORMAT),
    "strips in a raw bitmap": (patched(RAW, 8, "H", 4), FORMAT),
    "a payload without room for its header": (replace(RAW, payload=RAW.payload[:23]), FORMAT),
    "no alpha plane": (patched(ALPHA, 16, "I", 0), FORMAT),
    "alpha outside": (patched(ALPHA, 16, "I", len(ALPHA.payload) - 9 * 12 + 1), FORMAT),
    "no palette": (patched(INDEXED, 6, "H", 0), FORMAT),
    "more colours than indices": (patched(INDEXED, 6, "H", 17), FORMAT),
    "a palette outside": (patched(INDEXED, 20, "I", len(INDEXED.payload) - 60), FORMAT),
    "a palette at an odd place": (patched(INDEXED, 20, "I", 26), FORMAT),
    "strips of no rows": (patched(STRIPS, 8, "H", 0), FORMAT),
    "too few strips": (patched(STRIPS, 10, "H", 2), FORMAT),
    "too many strips": (patched(STRIPS, 10, "H", 4), FORMAT),
    "strips larger than any memory": (replace(patched(STRIPS, 0, "I", 0xFFFFFF), height=0xFFFF), FORMAT),
    "a table outside": (patched(STRIPS, 5, "B", 255), FORMAT),
    "strips outside": (patched(STRIPS, 12, "I", 0xFFFFFF00), FORMAT),
    "a strip beyond the payload": (patched(STRIPS, TABLE + 8, "I", END[2] + 1), FORMAT),
    "a strip that ends before it starts": (patched(STRIPS, TABLE + 4, "I", END[0] - 1), FORMAT),
    "a raw strip of another length": (patched(STRIPS, TABLE, "I", END[0] | 1 << 31), FORMAT),
    "a strip larger than its pixels": (
        replace(
            patched(STRIPS, TABLE, "I", 200), payload=patched(STRIPS, TABLE, "I", 200).payload + bytes(500)
        ),
        FORMAT,
    ),
    "a codec of later": (replace(RAW, codec=0x42), UNSUPPORTED),
    "a private codec": (replace(RAW, codec=0x80), UNSUPPORTED),
    "a pixel format of later": (replace(RAW, pixel_format=0x7E), UNSUPPORTED),
    "pixel format 0": (replace(RAW, pixel_format=0), UNSUPPORTED),
    "a name of no bytes": (replace(RAW, name=""), ENTRY),
    "a name of 64 bytes": (replace(RAW, name="n" * 64), ENTRY),
    "a kind of later": (replace(RAW, kind=99), 0),
}


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
def test_malformed_bitmaps(programs, tmp_path, how):
    for asset in (RAW, ALPHA, STRIPS, INDEXED):
        assert result(programs, tmp_path, asset, how) == 0
    found = {what: result(programs, tmp_path, asset, how) for what, (asset, _) in BITMAPS.items()}
    assert found == {what: code for what, (_, code) in BITMAPS.items()}


def small_font(**changes):
    """Glyphs of 5 x 2 px; ``changes`` go into the glyph of B."""
    shape = {"codepoint": 66, "advance": 90, "x": 0, "y": 2, "rows": [[1] * 5] * 2} | changes
    glyphs = [h.Glyph(-1, 80, 0, 2, [[1] * 5] * 2), h.Glyph(65, 100, 1, 3, [[2] * 5] * 2), h.Glyph(**shape)]
    return h.Font(4, glyphs)


FONT = h.font("f", small_font())
RECORD, SEGMENTS, RECORDS_AT, PIXELS_AT, PIXELS = (
    FONT.payload[15], 64, *struct.unpack_from("<III", FONT.payload, 0x1C),
)  # fmt: skip
BITS = struct.unpack_from("<6B", FONT.payload, 0x16)


def wider(asset):
    """The record's fields take one bit more than the record has."""
    spare = 8 * RECORD - sum(BITS) - 1
    return patched(asset, 0x16, "B", BITS[0] + spare + 1)


def huge_glyph():
    """One glyph of 2^15 x 2^14 px at 8 bpp: 2^32 bits, which wrap to none."""
    bits = (0, 0, 0, 16, 16, 0)
    head = struct.pack("<HBBhhhhBBBBHhbb6B", 16, 8, 0, 12, -4, 0, 0, 0, 4, 0, 5, 1, 0, 0, 0, *bits)
    head += struct.pack("<IIIIIIHH8x", 64, 76, 0, 0, 0, 0, 0x8000, 0x4000)
    record = (0x8000 | 0x4000 << 16).to_bytes(5, "little")
    return h.Asset("f", h.FONT, head + record + bytes(7), 0, 16, 0x0E)


FONTS = {
    "a glyph whose bits wrap": (huge_glyph(), FORMAT),
    "5 bits a pixel": (patched(FONT, 2, "B", 5), FORMAT),
    "a model of later": (patched(FONT, 3, "B", 1), UNSUPPORTED),
    "a codec of later": (replace(FONT, codec=4), UNSUPPORTED),
    "5 fraction bits": (patched(FONT, 13, "B", 5), FORMAT),
    "no glyphs": (patched(FONT, 16, "H", 0), FORMAT),
    "more glyphs than records": (patched(FONT, 16, "H", 0xFFFF), FORMAT),
    "records of no bytes": (patched(FONT, 15, "B", 0), FORMAT),
    "records of 17 bytes": (patched(FONT, 15, "B", 17), FORMAT),
    "fields wider than a record": (wider(FONT), FORMAT),
    "an advance of 17 bits": (patched(patched(FONT, 0x16, "B", 17), 15, "B", 16), FORMAT),
    "records outside": (patched(FONT, 0x1C, "I", 0xFFFFFFF0), FORMAT),
    "pixels outside": (patched(FONT, 0x20, "I", PIXELS_AT + 1), FORMAT),
    "more pixels than there are": (patched(FONT, 0x24, "I", PIXELS + 1), FORMAT),
    "fewer pixels than the last glyph needs": (patched(FONT, 0x24, "I", PIXELS - 1), FORMAT),
    "a glyph wider than max_w": (patched(FONT, 0x34, "H", 4), FORMAT),
    "a glyph higher than max_h": (patched(FONT, 0x36, "H", 1), FORMAT),
    "segments outside": (patched(FONT, 14, "B", 255), FORMAT),
    "a segment of glyphs that are not there": (patched(FONT, SEGMENTS + 6, "H", 3), FORMAT),
    "pages outside": (patched(FONT, SEGMENTS + 8, "I", len(FONT.payload) - 9), FORMAT),
    "pages far outside": (patched(FONT, SEGMENTS + 8, "I", 0xFFFFFFF8), FORMAT),
    "a bitmap's payload": (replace(FONT, payload=RAW.payload), FORMAT),
    "a payload without room for its header": (replace(FONT, payload=FONT.payload[:63]), FORMAT),
}


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
def test_malformed_fonts(programs, tmp_path, how):
    assert result(programs, tmp_path, FONT, how) == 0
    found = {what: result(programs, tmp_path, asset, how) for what, (asset, _) in FONTS.items()}
    # a font that holds a bitmap may fail in more than one way; what counts is that it is refused
    other = found.pop("a bitmap's payload")
    assert other in (FORMAT, UNSUPPORTED)
    assert found == {what: code for what, (_, code) in FONTS.items() if what in found}


@pytest.mark.parametrize("how", ["mapx1", "read1"])
def test_an_index_without_a_colour_draws_nothing(programs, tmp_path, how):
    picture = samples.picture("i4", 3, 1)
    picture = replace(picture, pixels=[[0, 9, 1]], palette=[(0, 0, 255, 255), (255, 0, 0, 255)])
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.bitmap("p", picture)]))
    said = run([programs.build("draw"), path, how], "surface 0 0 3 1 0\nbitmap p 0 0 0\nshow\n")
    assert said == "f8001234001f\n"


@pytest.mark.parametrize("how", ["map1", "read1"])
@pytest.mark.parametrize(("pixel_format", "code"), [("epd_6color", 4), ("epd_6color", 15), ("epd_7color", 7)])
def test_an_ink_that_there_is_not_draws_nothing(programs, tmp_path, how, pixel_format, code):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.bitmap("p", h.Picture(pixel_format, [[code, 1]]))]))
    said = run([programs.build("draw"), path, how], "surface 0 0 2 1 0\nbitmap p 0 0 0\nshow\n")
    assert said == "1234ffff\n"


@pytest.mark.parametrize("how", ["map1", "read1"])
def test_colours_above_their_alpha_stop_at_white(programs, tmp_path, how):
    picture = h.Picture("argb8888", [[0x01FFFFFF, 0x00FFFFFF]], order=h.PREMULTIPLIED)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.bitmap("p", picture)]))
    said = run([programs.build("draw"), path, how], "surface 0 0 2 1 0\nbitmap p 0 0 0\nshow\n")
    assert said == "ffff1234\n"


def lz4_cases():
    """Blocks for 12 decoded bytes, each broken in one way."""
    return {
        "nothing": b"",
        "a literal beyond the source": b"\xc0" + b"a" * 11,
        "a literal beyond the strip": b"\xd0" + b"a" * 13,
        "a length that never ends": b"\xf0" + b"\xff" * 8,
        "half a distance": b"\x40abcd\x01",
        "distance 0": b"\x40abcd\x00\x00\x40abcd",
        "a distance before the start": b"\x40abcd\x05\x00\x40abcd",
        "a match beyond the strip": b"\x40abcd\x01\x00\x00",
        "too few bytes": b"\xb0" + b"a" * 11,
        "bytes behind the end": b"\xc0" + b"a" * 12 + b"\x00",
    }


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
def test_malformed_lz4(programs, tmp_path, how):
    def strip(block):
        head = struct.pack("<IBBHHHIII", 12, 0, 0, 0, 1, 1, 28, 0, 0) + struct.pack("<I", len(block))
        return h.Asset("p", h.BITMAP, head + block, 6, 1, h.PIXEL_FORMATS["rgb565"][0], h.LZ4, 12)

    good = b"\x40abcd\x04\x00\x40wxyz"  # 4 literals, a match of 4, 4 literals
    assert result(programs, tmp_path, strip(good), how) == 0
    cases = lz4_cases()
    found = {what: result(programs, tmp_path, strip(block), how) for what, block in cases.items()}
    assert found == dict.fromkeys(cases, FORMAT)


def rle_cases() -> dict[str, bytes]:
    """Strips of rgb565, 12 bytes decoded, that are wrong in one way each."""
    return {
        "nothing": b"",
        "no unit behind a control": b"\x84",
        "half a unit": b"\x84a",
        "units that are not there": b"\x05abcdefghijk",
        "no second byte": b"\x85abab\x40",
        "a run beyond the strip": b"\x85ab",
        "a long run beyond the strip": b"\xff\xffab",
        "a long literal beyond the strip": b"\x7f\xffabcdefghijkl",
        "too few units": b"\x83ab",
        "an item behind the end": b"\x84ab\x00ab",
    }


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
def test_malformed_runs(programs, tmp_path, how):
    def strip(items):
        head = struct.pack("<IBBHHHIII", 12, 0, 0, 0, 1, 1, 28, 0, 0) + struct.pack("<I", len(items))
        return h.Asset("p", h.BITMAP, head + items, 6, 1, h.PIXEL_FORMATS["rgb565"][0], h.RLE, 12)

    assert result(programs, tmp_path, strip(b"\x82ab\x01cdef"), how) == 0  # ab four times, cd, ef
    cases = rle_cases()
    found = {what: result(programs, tmp_path, strip(items), how) for what, items in cases.items()}
    assert found == dict.fromkeys(cases, FORMAT)


def test_runs_that_would_overtake_their_own_bytes_are_refused(programs, tmp_path):
    """Read to the end of the work buffer, the items of a strip are overwritten before they are read."""
    items = b"\xff\xffa" * 2 + b"\x00b" * 70  # 2 * 16449 + 70 bytes; the last 140 stored bytes give 70
    size = 2 * 16449 + 70
    assert size // 256 + 32 > 70
    tight = b"\xff\xffa" * 2 + b"\x00b" * 400  # 400 bytes more to read than there is room
    for data, decoded, code in ((items, size, 0), (tight, size + 330, FORMAT)):
        head = struct.pack("<IBBHHHIII", decoded, 0, 0, 0, 1, 1, 28, 0, 0) + struct.pack("<I", len(data))
        asset = h.Asset("p", h.BITMAP, head + data, decoded, 1, h.PIXEL_FORMATS["gray8"][0], h.RLE, decoded)
        assert result(programs, tmp_path, asset, "read1") == code
        assert result(programs, tmp_path, asset, "mapx1") == 0  # decoded elsewhere it is fine
