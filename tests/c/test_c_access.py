"""Rectangles, single strips, and how many reads each call costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from c import handmade as h
from c import samples
from c.program import run


def write(tmp_path, data):
    path = tmp_path / "pack.imgb"
    path.write_bytes(data)
    return path


def cut(picture, x, y, width, height):
    bits = h.PIXEL_FORMATS[picture.pixel_format][1]
    if picture.pixel_format in (*h.TWO_PLANES, "mono_page"):
        pages = 8 if picture.pixel_format == "mono_page" else 1
        part = [row[x : x + width] for row in picture.pixels[y * pages : (y + height) * pages]]
        cut_out = replace(picture, pixels=part)
        first, second = h.rows_of(cut_out, h.stride_of(cut_out, 1))
        return [f"row {a.hex()}" + (f" {second[n].hex()}" if second else "") for n, a in enumerate(first)]
    lines = []
    for row in range(y, y + height):
        line = "row " + h.pack_row(picture.pixels[row][x : x + width], bits, picture.order, 0).hex()
        lines.append(line + (f" {bytes(picture.alpha[row][x : x + width]).hex()}" if picture.alpha else ""))
    return lines


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
@pytest.mark.parametrize(("codec", "strip_rows"), [(h.RAW, 0), (h.RLE, 4), (h.LZ4, 4)])
@pytest.mark.parametrize(
    "pixel_format", ["rgb565", "rgb565a8", "a4", "i1", "rgb888", "argb8888", "rgb444", "epd_bwr", "mono_page"]
)
def test_a_rectangle_gives_its_pixels(programs, tmp_path, how, codec, strip_rows, pixel_format):
    height_px = 88 if pixel_format == "mono_page" else 11  # 11 rows as stored
    picture = samples.picture(pixel_format, 37, height_px)
    asset = h.bitmap("p", picture, codec, strip_rows, 2)
    path = write(tmp_path, h.pack([asset]))
    for x, y, width, height in [(8, 3, 16, 6), (0, 0, 37, 11), (32, 10, 5, 1), (16, 4, 8, 4)]:
        lines = run([programs.build("rect"), path, how, "p", *map(str, (x, y, width, height))]).splitlines()
        assert lines[:height] == cut(picture, x, y, width, height)
        colour, alpha = h.rows_of(picture, h.stride_of(picture, 2))
        strips = range(0, 11, 4) if codec else ()
        wanted = [
            f"strip {s} {min(4, 11 - s)} " + (b"".join(colour[s : s + 4] + alpha[s : s + 4])).hex()
            for s in strips
        ]
        assert lines[height + 1 :] == wanted


def test_a_rectangle_reads_only_its_strips_and_bytes(programs, tmp_path):
    picture = samples.picture("rgb565", 37, 11)
    raw = write(tmp_path, h.pack([h.bitmap("p", picture)]))
    lines = run([programs.build("rect"), raw, "read1", "p", "8", "3", "16", "6"]).splitlines()
    assert "reads 6" in lines  # one a row
    packed = write(tmp_path, h.pack([h.bitmap("p", picture, h.LZ4, 4)]))
    lines = run([programs.build("rect"), packed, "read1", "p", "8", "5", "16", "3"]).splitlines()
    assert "reads 2" in lines  # the one strip and its table entry


def test_rectangles_that_lie_outside_or_split_a_byte_are_refused(programs, tmp_path):
    path = write(tmp_path, h.pack([h.bitmap("p", samples.picture("a4", 37, 11))]))
    outside = [(0, 0, 38, 1), (30, 0, 8, 1), (0, 11, 1, 1), (2**32 - 2, 0, 8, 1), (0, 5, 8, 7)]
    said = [run([programs.build("rect"), path, "read1", "p", *map(str, r)]).splitlines()[-1] for r in outside]
    assert said == ["error -18"] * len(outside)
    split = [(1, 0, 8, 1), (0, 0, 7, 1)]
    said = [run([programs.build("rect"), path, "read1", "p", *map(str, r)]).splitlines()[-1] for r in split]
    assert said == ["error -1"] * len(split)


# --- read budgets -------------------------------------------------------------------------------


def counted(programs, path, how, *names):
    lines = [line.split() for line in run([programs.build("counts"), path, how, *names]).splitlines()]
    return [(call, name, *map(int, numbers)) for call, name, *numbers in lines]


@pytest.mark.parametrize("count", [1, 500, 20_000])
@pytest.mark.parametrize("how", ["read1", "read4"])
def test_looking_up_costs_at_most_three_short_reads(programs, tmp_path, count, how):
    longest = ("n" * 60 + "x{:05}")[-63:]
    names = [f"icons/{i}" for i in range(count - 1)] + [longest.format(7)[:63]]
    path = write(tmp_path, h.pack([h.file(n, b"abcd") for n in names]))
    asked = names[:: max(1, count // 200)] + names[-1:] + [f"missing/{i}" for i in range(200)]
    rows = counted(programs, path, how, *asked)
    assert rows[0][:4] == ("open", "-", 0, 2)
    limit = 64 if how == "read1" else 68  # a name read in whole words may touch one word more
    for call, name, result, reads, _, largest in rows[1:]:
        assert result == (-14 if name.startswith("miss") else 0), (call, name)
        assert reads <= {"find": 3, "get": 2}[call], (call, name)
        assert largest <= limit


@pytest.mark.parametrize("how", ["read1", "read4"])
def test_a_glyph_costs_three_reads_and_its_pixels_one_more(programs, tmp_path, how):
    path = write(tmp_path, h.pack([h.font("f", samples.font(4))]))
    rows = counted(programs, path, how, "f")
    fonts = [r for r in rows if r[0] in ("font_open", "index", "metrics", "pixels")]
    assert fonts[0][3] == 1
    assert [r[0] for r in fonts[1:]] == ["metrics", "pixels"] * 3 + ["metrics", "pixels"]
    for call, _, result, reads, size, _ in fonts[1:]:
        assert result == 0
        if call == "metrics":  # character map and record
            assert reads <= 3
        elif size <= 280:  # the window of IMGB_TEXT_WORK_BYTES
            assert reads <= (1 if how == "read1" else 3)


def test_rows_and_strips_cost_what_is_promised(programs, tmp_path):
    raw = h.bitmap("raw", samples.picture("rgb565a8", 36, 11), row_align=4)
    strips = h.bitmap("strips", samples.picture("rgb565a8", 36, 11), h.LZ4, 4, 2)
    path = write(tmp_path, h.pack([raw, strips]))
    for how in ("read1", "read4"):
        rows = counted(programs, path, how, "raw", "strips")
        cut = [i for i, r in enumerate(rows) if r[0] == "bitmap_open"]
        assert [rows[i][3] for i in cut] == [1, 1]
        raw_rows = [r[3] for r in rows[cut[0] : cut[1]] if r[0] == "row"]
        assert raw_rows == [1] * 11 + [2]  # a row is one read, its alpha one more
        if how == "read1":
            assert [r[3] for r in rows[cut[1] :] if r[0] == "row"] == [2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 2]
    mapped = counted(programs, path, "map1", "raw", "strips")
    assert [r[3] for r in mapped if r[0] == "row"] == [0] * 12 + [
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        1,
        0,
        0,
        1,
    ]  # table entries
