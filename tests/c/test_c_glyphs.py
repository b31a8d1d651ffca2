"""Coded glyphs in the C reader: every pixel of every model and depth comes back, in little memory."""

from __future__ import annotations

import random
import re
import struct
from dataclasses import replace

import pytest
from bench import c_size
from support import need_tool

from c import glyph_model, samples
from c import handmade as h
from c.glyph_model import CJK, LATIN, MONO7, MONO10, OWN
from c.program import HERE, RUNTIME, run
from c.test_c_malformed import patched, result

FORMAT, UNSUPPORTED = -13, -16

WAYS = ("map1", "mapx1", "read1", "read2", "read4")
MODELS = ((1, MONO7), (1, MONO10), (1, OWN), *((bpp, m) for bpp in (2, 3, 4, 8) for m in (LATIN, CJK, OWN)))


def blob(width: int, height: int, full: int, rng: random.Random) -> list[list[int]]:
    """A ring with soft edges, as letters have them: runs, repeated rows, all levels, now and then noise."""
    cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(1, max(width, height))
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            d = abs(((x - cx) ** 2 + (y - cy) ** 2) ** 0.5 - r)
            v = round(full * max(0.0, min(1.0, 2.5 - d)))
            row.append(rng.randrange(full + 1) if rng.random() < 0.02 else v)
        rows.append(row)
        if rng.random() < 0.3:
            rows.append(list(row))
    return rows[:height]


def coded_font(bpp: int, seed: int = 1, count: int = 30) -> h.Font:
    """Blobs of all sizes, noise that is stored raw, a blank, a single pixel, and large ones."""
    rng = random.Random(f"coded {bpp} {seed}")
    full = (1 << bpp) - 1
    glyphs = [h.Glyph(-1, 80, 0, 2, [[full] * 9] * 12), h.Glyph(0x20, 60, 0, 0, [])]
    for code in range(0x41, 0x41 + count):
        w, height = rng.randrange(1, 24), rng.randrange(1, 26)
        glyphs.append(h.Glyph(code, 90, 0, height, blob(w, height, full, rng)))
    noise = [[rng.randrange(full + 1) for _ in range(15)] for _ in range(9)]
    glyphs += [
        h.Glyph(0x100, 70, 0, 9, noise),
        h.Glyph(0x101, 70, 0, 9, [[full]]),
        h.Glyph(0x102, 70, 0, 9, blob(75, 96, full, rng)),
        h.Glyph(0x103, 70, 0, 9, [[0] * 40] * 30),
        h.Glyph(0x104, 70, 0, 9, [[full] * 41] * 3),
    ]
    return h.Font(bpp, glyphs)


def asset_of(name: str, font: h.Font, model: int) -> h.Asset:
    return glyph_model.font(name, font, model, glyph_model.own_table(font.bpp) if model == OWN else b"")


def listing(programs, path, how):
    return [line.rstrip() for line in run([programs.build("dump"), path, how]).splitlines()]


@pytest.mark.parametrize(("bpp", "model"), MODELS)
def test_every_pixel_of_a_coded_font_comes_back(programs, tmp_path, bpp, model):
    font = coded_font(bpp)
    asset = asset_of("f", font, model)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset]))
    for how in WAYS:
        lines = listing(programs, path, how)
        assert lines[2:] == samples.listing_of_font(font), how


def test_three_bits_a_pixel_stored_raw(programs, tmp_path):
    font = samples.font(3)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.font("f", font)]))
    for how in WAYS:
        assert listing(programs, path, how)[2:] == samples.listing_of_font(font), how


def test_three_bits_are_the_multiples_of_a_seventh(programs, tmp_path):
    """FORMAT.md 5.3: v * 255 / 7, rounded to the nearest."""
    glyph = h.Glyph(-1, 80, 0, 1, [list(range(8))])
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([h.font("f", h.Font(3, [glyph]))]))
    assert (
        listing(programs, path, "read1")[-1].split()[-1] == bytes([0, 36, 73, 109, 146, 182, 219, 255]).hex()
    )


# --- what the manual promises -------------------------------------------------------------------

LINE = re.compile(r"font (\S+) state (\d+) table (\d+) (\d+)")


@pytest.mark.parametrize("how", ["map1", "mapx1", "read1", "read4"])
def test_work_reads_and_skipped_rows(programs, tmp_path, how):
    fonts = {
        f"{bpp}/{model}": asset_of(f"{bpp}/{model}", coded_font(bpp, 2, 9), model) for bpp, model in MODELS
    }
    fonts["raw"] = h.font("raw", coded_font(3, 2, 9))
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack(list(fonts.values())))
    lines = run([programs.build("glyphs"), "rules", path, how]).splitlines()
    found = {m[1]: tuple(map(int, m.groups()[1:])) for m in map(LINE.fullmatch, lines) if m}
    assert len(found) == len(lines), [line for line in lines if not LINE.fullmatch(line)]
    assert sorted(found) == sorted(fonts)
    for name, (state, reads, size) in found.items():
        bpp, model = name.split("/") if name != "raw" else ("3", "0")
        own = model == str(OWN) and how.startswith("read")
        table = (128 if bpp == "1" else 716) if own else 0
        assert (reads > 0, size >= table) == (own, True), name
        assert how == "read4" or (reads, size) == (int(own), table), name
        bits = (75 + 15) // 8 if bpp == "1" else 0
        assert state == 1 + 75 + 2 + bits + table + 16, name


def test_a_coded_glyph_that_fits_the_window_is_read_at_once(programs, tmp_path):
    font = coded_font(4)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset_of("f", font, LATIN)]))
    rows = [line.split() for line in run([programs.build("counts"), path, "read1", "f"]).splitlines()]
    pixels = [list(map(int, row[2:])) for row in rows if row[0] == "pixels"]
    assert pixels
    for code, reads, size, _ in pixels:
        assert (code, reads) == (0, 1)
        assert size <= 24 * 26 // 2 + 3


@pytest.mark.parametrize(("bpp", "model"), [(1, MONO10), (3, CJK), (4, LATIN), (8, LATIN)])
@pytest.mark.parametrize("how", ["map1", "read1"])
def test_a_coded_font_draws_what_the_raw_one_draws(programs, tmp_path, how, bpp, model):
    """Cut off at every side too, where rows are skipped and left out."""
    font = coded_font(bpp)
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset_of("coded", font, model), h.font("raw", font)]))
    said = {}
    for name in ("coded", "raw"):
        script = "surface 0 0 60 40 0\n"
        for y in (-3, 7, 18, 47):
            script += f"text {name} -7 {y} f81f ABC XYZ\n"
        said[name] = run([programs.build("draw"), path, how], script + "show\n")
    assert said["coded"] == said["raw"]
    assert "f81f" in said["raw"]


def test_work_without_room_for_a_fonts_own_table_is_refused(programs, tmp_path):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset_of("f", coded_font(4), OWN)]))
    script = "surface 0 0 60 40 0\ntext f 0 30 f81f A\n"
    assert run([programs.build("draw"), path, "read1"], script).startswith("error -17")
    assert run([programs.build("draw"), path, "map1"], script).startswith("end ")


def test_twenty_thousand_glyphs_of_random_bytes_do_no_harm(programs):
    good, failed = map(int, run([programs.build("glyphs"), "random", "20000", "3"]).split())
    assert good == 20_000
    assert failed > 2_000


# --- damage -------------------------------------------------------------------------------------


def small(bpp: int, model: int) -> h.Asset:
    rng = random.Random(5)
    full = (1 << bpp) - 1
    codes = [-1, *range(0x41, 0x46), 0xE4]
    glyphs = [h.Glyph(c, 60, 0, 9, blob(9 + i % 3, 8 + i % 2, full, rng)) for i, c in enumerate(codes)]
    return asset_of(f"{bpp}-{model}", h.Font(bpp, glyphs, dense=((0x41, 0x45),)), model)


@pytest.mark.parametrize("how", ["mapx1", "read1"])
@pytest.mark.parametrize(("bpp", "model"), [(4, LATIN), (1, MONO10), (1, OWN), (8, CJK)])
def test_no_damage_makes_the_reader_leave_its_bounds(programs, tmp_path, bpp, model, how):
    data = h.pack([small(bpp, model)])
    path = tmp_path / "pack.imgb"
    path.write_bytes(data)
    said = run([programs.build("mutate"), path, how])
    tried, opened = (int(said.split()[i]) for i in (0, 3))
    assert tried > 6 * len(data)
    assert opened > tried // 2


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_a_failing_read_gives_the_ports_own_code(programs, tmp_path, how):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([small(4, LATIN), small(2, OWN), small(1, OWN), small(1, MONO7)]))
    lines = run([programs.build("faults"), path, how]).splitlines()
    assert lines[0].endswith(" result 0")
    assert lines[1:] == []


GRAY, MONO = small(4, LATIN), small(1, MONO7)
WITH_TABLE = small(4, OWN)
MALFORMED = {
    "Latin for 1 bpp": (patched(MONO, 3, "B", LATIN), FORMAT),
    "mono for 4 bpp": (patched(GRAY, 3, "B", MONO10), FORMAT),
    "a model of later": (patched(GRAY, 3, "B", 5), UNSUPPORTED),
    "no model": (patched(GRAY, 3, "B", 0), UNSUPPORTED),
    "a model in a raw font": (replace(GRAY, codec=0), UNSUPPORTED),
    "codec range of pictures": (replace(GRAY, codec=3), UNSUPPORTED),
    "a table outside": (patched(WITH_TABLE, 0x2C, "I", len(WITH_TABLE.payload) - 715), FORMAT),
    "a table far outside": (patched(WITH_TABLE, 0x2C, "I", 0xFFFFFFF0), FORMAT),
    "a glyph behind the pixels": (patched(GRAY, 0x24, "I", 0), FORMAT),
}


@pytest.mark.parametrize("how", ["mapx1", "read1"])
def test_malformed_coded_fonts(programs, tmp_path, how):
    for asset in (GRAY, MONO, WITH_TABLE):
        assert result(programs, tmp_path, asset, how) == 0
    found = {what: result(programs, tmp_path, asset, how) for what, (asset, _) in MALFORMED.items()}
    assert found == {what: code for what, (_, code) in MALFORMED.items()}


def test_bytes_behind_the_pixels_count_as_zeros(programs, tmp_path):
    """A glyph whose code ends with zeros may leave them out at the very end."""
    blank = h.Glyph(-1, 80, 0, 2, [[0] * 16] * 16)
    asset = glyph_model.font("f", h.Font(4, [blank]), LATIN)
    stored = struct.unpack_from("<I", asset.payload, 0x24)[0]
    assert stored < 4, "the test's premise: fewer bytes than the decoder starts with"
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack([asset]))
    for how in WAYS:
        assert listing(programs, path, how)[-1].split()[-1] == "00" * 256


# --- options ------------------------------------------------------------------------------------

SWITCHES = {"LATIN": LATIN, "CJK": CJK, "MONO7": MONO7, "MONO10": MONO10}


@pytest.mark.parametrize("switch", [*SWITCHES, "GRAY", "MONO", "RANGE"])
def test_what_is_left_out_is_refused_and_leaves_no_table(tmp_path, switch):
    """The picture codec is left out too: coded glyphs need its range decoder all the same."""
    include = ["-I", RUNTIME / "src", "-I", HERE]
    options = [f"-DIMGB_CFG_GLYPH_{switch}=0", "-DIMGB_CFG_RANGE=0", "-Wall", "-Wextra", "-Werror"]
    sources = [p for p in sorted((RUNTIME / "src").glob("imgb*.c")) if p.name != "imgb_lfs.c"]
    program = tmp_path / "dump"
    run(["gcc", "-std=c99", "-O1", *options, *include, HERE / "dump.c", *sources, "-o", program])
    out = {
        "GRAY": ("latin", "cjk"),
        "MONO": ("mono7", "mono10"),
        "RANGE": ("latin", "cjk", "mono7", "mono10"),
    }
    left_out = out.get(switch, (switch.lower(),))
    symbols = run(["nm", program])
    assert {n for n in glyph_model.NAMES.values() if f" r imgb_glyph_{n}\n" in symbols} == set(
        glyph_model.NAMES.values()
    ) - set(left_out)
    for bpp, model in ((4, LATIN), (4, CJK), (1, MONO7), (1, MONO10), (4, OWN), (1, OWN)):
        path = tmp_path / "pack.imgb"
        path.write_bytes(h.pack([small(bpp, model)]))
        last = run([program, path, "read1"]).splitlines()[-1]
        decoder = "GRAY" if bpp > 1 else "MONO"
        is_out = switch in (decoder, "RANGE") or SWITCHES.get(switch) == model
        assert (last == f"error {UNSUPPORTED}") == is_out, (switch, model, last)


@pytest.mark.parametrize("cpu", c_size.CPUS)
def test_decoding_a_glyph_keeps_the_stack_of_every_call(cpu):
    need_tool("arm-none-eabi-gcc")
    stacks = c_size.measure_stack(cpu)
    calls = ("imgb_font_open", "imgb_font_keep_table", "imgb_glyph_rows_begin", "imgb_glyph_rows_next")
    assert {call: stacks[call] for call in calls if stacks[call] > c_size.STACK_BUDGET} == {}
