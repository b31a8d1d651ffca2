"""Kerning, fallback fonts, strings, glyph runs and glyph caches: what they say, read and refuse."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

import pytest

from c import handmade as h
from c import samples, texts
from c.program import HERE, RUNTIME, SOURCES, run
from c.texts import hexed, key_of
from imgbuild.glyphs.kerning import Kerning, pack_kerning
from imgbuild.glyphs.shape import pack_runs
from imgbuild.model import GlyphRuns, ShapedLine
from imgbuild.reader.runs import read_runs
from imgbuild.reader.textlines import TextStyle

FORMAT, NOT_FOUND, KIND, BUFFER, RANGE, CONTRACT, ARGUMENT = -13, -14, -15, -17, -18, -9, -1
HOWS = ["mapx1", "read1", "read4"]


@pytest.fixture
def bench(programs, tmp_path):
    return lambda *assets: texts.Bench(programs, tmp_path, list(assets))


def errors(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("error")]


# --- kerning ----------------------------------------------------------------------------------------

AV = texts.fixed_font("AVx")  # glyphs 1, 2 and 3


@pytest.mark.parametrize("how", HOWS)
def test_a_pair_moves_the_pen_by_its_distance(bench, how):
    for kerning in (
        texts.pairs_by_hand({(1, 2): -32, (2, 1): 5}),
        texts.classes_by_hand(1, [(1, 1), (2, 2)], [[0, -32], [5, 0]]),
        texts.classes_by_hand(1, [(1, 1), (2, 2)], [[0, -32], [5, 0]], width=2),
    ):
        said = bench(texts.with_tables(h.font("f", AV), kerning)).ask(
            ["font f", "pair 1 2", "pair 2 1", "pair 1 1", "pair 3 2", "pair 0 1", "pair 1 4"]
            + [f"measure {hexed(text)}" for text in ("AV", "AVA", "xAxVx")]
            + ["font f off", f"measure {hexed('AVA')}"],
            how,
        )
        assert said == [
            "fonts 1", "kern -32", "kern 5", "kern 0", "kern 0", "kern 0", f"error {RANGE}",
            "width 18", "width 29", "width 50", "fonts 1", "width 30",
        ]  # fmt: skip  # 2 px closer, then 5/16 px wider and rounded up


@pytest.mark.parametrize(
    ("bits", "value", "wanted"), [(0, -3, -48), (2, 7, 28), (3, -128, -256), (4, 127, 127)]
)
def test_distances_have_the_fraction_that_the_font_says(bench, bits, value, wanted):
    font = texts.with_tables(h.font("f", AV), texts.pairs_by_hand({(1, 2): value}, bits, 1))
    assert bench(font).ask(["font f", "pair 1 2"]) == ["fonts 1", f"kern {wanted}"]


@pytest.mark.parametrize("count", [1, 2, 17, 300])
def test_every_pair_is_found_in_either_form(bench, count):
    font = samples.font(2)
    pairs = texts.random_pairs(len(font.glyphs), count, count)
    asked = [*pairs, *((right, left) for left, right in pairs), (0, 0)]
    wanted = ["fonts 1", *(f"kern {pairs.get(pair, 0)}" for pair in asked)]
    for kerning in (texts.pairs_by_hand(pairs), pack_kerning(Kerning(pairs))):
        script = ["font f", *(f"pair {left} {right}" for left, right in asked)]
        assert bench(texts.with_tables(h.font("f", font), kerning)).ask(script) == wanted


def test_kerning_reads_what_is_promised_and_nothing_where_there_is_none(bench):
    plain, kerned = h.font("plain", AV), texts.classes_by_hand(1, [(1, 1), (2, 2)], [[0, -32], [5, 0]])
    pairs = texts.pairs_by_hand(texts.random_pairs(65535, 1, 2000))
    two = bench(plain, texts.with_tables(h.font("f", AV), kerned), texts.with_tables(h.font("p", AV), pairs))
    text = f"measure {hexed('AVAV')}"
    for name, opened, pair, line in (("plain", 0, 0, 0), ("f", 1, 3, 5 + 2), ("p", 1, 12, None)):
        script = [f"font {name}", "reads", "pair 1 2", "reads", text, "reads"]
        said = two.ask([*script, f"font {name} off", "reads", text, "reads"])
        reads = [int(row.split()[1]) for row in said if row.startswith("reads")]
        assert reads[0] == 4 + 2 + opened  # open, find; the font's header and that of its kerning
        assert reads[1] <= pair
        if line is not None:  # per glyph 2 more, and the first one's classes
            assert reads[2] == reads[4] + line


def test_kerning_that_is_left_out_is_not_looked_at(tmp_path):
    path, program = tmp_path / "pack.imgb", tmp_path / "texts"
    path.write_bytes(h.pack([texts.with_tables(h.font("f", AV), texts.pairs_by_hand({(1, 2): -32}))]))
    include = ["-I", RUNTIME / "src", "-I", HERE]
    run(["gcc", "-std=c99", "-DIMGB_CFG_KERN=0", *include, HERE / "texts.c", *SOURCES, "-o", program])
    said = run([program, path, "read1"], f"font f\nreads\nmeasure {hexed('AV')}\n").splitlines()
    assert said[1].startswith("reads 6 ")
    assert said[2] == "width 20"


KERNING = texts.classes_by_hand(1, [(1, 1), (2, 2)], [[0, -32], [5, 0]])
PAIRS = texts.pairs_by_hand({(1, 2): -32})
BAD_KERNING = {
    "an unknown form": b"\x03" + KERNING[1:],
    "form 0": b"\x00" + KERNING[1:],
    "5 fraction bits": KERNING[:1] + b"\x05" + KERNING[2:],
    "values of no bytes": KERNING[:2] + b"\x00" + KERNING[3:],
    "values of 3 bytes": KERNING[:2] + b"\x03" + KERNING[3:],
    "a class behind the matrix": KERNING[:8] + b"\x00\x00" + KERNING[10:],
    "a column behind the matrix": KERNING[:10] + b"\x01\x00" + KERNING[12:],
    "classes behind the payload": KERNING[:4] + b"\x00\x00\xff\xff" + KERNING[8:12],
    "values behind the payload": KERNING[:-3],
    "pairs behind the payload": PAIRS[:6] + b"\xff\xff" + PAIRS[8:],
    "pairs without values": PAIRS[:-2],
}


@pytest.mark.parametrize("how", HOWS)
def test_damaged_kerning_is_refused_not_believed(bench, how):
    for what, kerning in BAD_KERNING.items():
        font = texts.with_tables(h.font("f", AV), kerning)
        said = bench(font).ask(["font f", "pair 1 2", f"measure {hexed('AV')}"], how)
        assert errors(said) == [FORMAT, FORMAT], what
    for at in (2, 0xFFFFFFF4, len(h.font("f", AV).payload) - 8):
        font = h.font("f", AV)
        payload = font.payload[:0x28] + struct.pack("<I", at) + font.payload[0x2C:]
        assert errors(bench(replace(font, payload=payload)).ask(["font f"], how)) == [FORMAT]


# --- fallback ----------------------------------------------------------------------------------------


def chain(*names_and_next):
    """Fonts of one character each, 10, 20, 30... px wide, each with the font to ask next."""
    made = []
    for number, (name, follows) in enumerate(names_and_next):
        font = texts.fixed_font("abcdefghijkl"[number], 10 * (number + 1))
        made.append(texts.with_tables(h.font(name, font), b"", follows))
    return made


def test_a_character_comes_from_the_first_font_that_has_it(bench):
    three = bench(*chain(("f", "g"), ("g", "h"), ("h", "")))
    script = ["font f", *(f"measure {hexed(text)}" for text in ("a", "b", "c", "abc", "z"))]
    assert three.ask(script) == ["fonts 3", "width 10", "width 20", "width 30", "width 60", "width 10"]


def test_chains_end_where_they_turn_in_a_circle_or_get_too_long(bench):
    assert bench(*chain(("f", "g"), ("g", "f"))).ask(["font f"]) == ["fonts 2"]
    assert bench(*chain(("f", "f"))).ask(["font f"]) == ["fonts 1"]
    names = "abcdefghij"
    assert bench(*chain(*zip(names, names[1:] + "a", strict=True))).ask(["font a"]) == ["fonts 8"]


def test_a_fallback_that_is_missing_is_told(bench):
    lost = bench(*chain(("f", "nowhere")))
    assert lost.ask(["font f", f"measure {hexed('a')}"]) == ["fonts 1", f"error {NOT_FOUND}", "width 10"]
    assert errors(bench(*chain(("f", "x")), h.file("x", b"12")).ask(["font f"])) == [KIND]


# --- strings -----------------------------------------------------------------------------------------

LANGUAGES = [("en", False), ("de", False), ("de-CH", False), ("ar", True)]
SAID = {
    "hello": ["Hello", "Hallo", "Grüezi", "x" * 300],
    "bye": ["Bye", "", "Ade", "."],
    "shaped": ["plain", "plain", b"\x01\x02\x03", b"12345678"],
}


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("ref_bytes", [2, 3, 4])
def test_texts_are_found_in_the_language_that_was_switched_to(bench, how, ref_bytes):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID, ref_bytes)))
    script = ["strings s"]
    wanted = ["strings 3 0"]
    for tag, number, is_rtl in (
        ("de", 1, 0),
        ("AR", 3, 1),
        ("de-at", 1, 0),
        ("de-CH-1996", 2, 0),
        ("en", 0, 0),
    ):
        script += [f"language {tag}", f"get {key_of('hello'):x} 1000", f"get {key_of('bye'):x} 4"]
        wanted += [f"language {number} {is_rtl}"]
        wanted += [
            f"length {len(SAID[name][number].encode())} {hexed(SAID[name][number])}".rstrip()
            for name in ("hello", "bye")
        ]
    assert [line.rstrip() for line in table.ask(script, how)] == wanted


def test_a_language_that_there_is_not_changes_nothing(bench):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID)))
    said = table.ask(["strings s", "language de", "language fr", "language d", "language deu", "language"])
    assert said[1:] == ["language 1 0", *["language 1 0", f"error {NOT_FOUND}"] * 4]


@pytest.mark.parametrize("how", HOWS)
def test_a_buffer_too_small_is_told_how_much_is_needed(bench, how):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID)))
    key = f"{key_of('hello'):x}"
    for size in range(1, 6):
        assert table.ask(["strings s", f"get {key} {size}"], how)[1:] == ["length 5 ", f"error {BUFFER}"]
    for size in (6, 7, 8):
        assert table.ask(["strings s", f"get {key} {size}"], how)[1:] == [f"length 5 {hexed('Hello')}"]


def test_a_text_costs_at_most_three_reads(bench):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID)))
    for size, reads in ((1000, 3), (7, 3), (6, 4)):
        said = table.ask(["strings s", "reads", f"get {key_of('hello'):x} {size}", "reads"])
        assert said[-1].split()[1] == str(reads)
    many = texts.strings_by_hand(
        [(f"x{n}", False) for n in range(40)], {"id": [f"text {n}" for n in range(40)]}
    )
    said = bench(texts.strings("s", many)).ask(
        ["strings s", "language x39", "reads", f"get {key_of('id'):x} 100", "reads"]
    )
    assert said[-2:] == [f"length 7 {hexed('text 39')}", f"reads 4 {said[-1].split()[2]}"]


def test_mapped_texts_are_used_in_place(bench):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID)))
    script = ["strings s", *(f"map {key_of(name):x}" for name in ("hello", "bye", "nothing"))]
    script += ["language ar", f"map {key_of('shaped'):x}"]
    assert table.ask(script, "mapx1")[1:] == ["map Hello", "map Bye", "map NULL", "language 3 1", "map NULL"]
    assert table.ask(script[:2])[1:] == ["map NULL"]


def test_other_kinds_and_ids_are_told_apart(bench):
    table = bench(texts.strings("s", texts.strings_by_hand(LANGUAGES, SAID)), h.file("x", b"1234"))
    said = table.ask(["strings s", "language ar", f"get {key_of('shaped'):x} 50", "get 12345 50"])
    assert errors(said) == [KIND, NOT_FOUND]
    said = table.ask(["strings s", "require 12345678", "require 1", "strings x"])
    assert errors(said) == [CONTRACT, KIND]
    empty = bench(texts.strings("s", texts.strings_by_hand([("en", False)], {})))
    assert empty.ask(["strings s", "get 1 9"]) == ["strings 0 0", "length 0 ", f"error {NOT_FOUND}"]


ONE = texts.strings_by_hand([("en", False)], {"hello": ["Hello"]})
POOL = struct.unpack_from("<I", ONE, 0x10)[0]


def patched(payload, at, layout, value):
    field = struct.pack("<" + layout, value)
    return payload[:at] + field + payload[at + len(field) :]


BAD_STRINGS = {
    "too short": ONE[:39],
    "no language": patched(ONE, 4, "B", 0),
    "languages behind the payload": patched(ONE, 4, "B", 255),
    "references of 5 bytes": patched(ONE, 5, "B", 5),
    "references of 1 byte": patched(ONE, 5, "B", 1),
    "too many strings": patched(ONE, 0, "H", 0x8000),
    "more strings than slots": patched(ONE, 0, "H", 9),
    "more buckets than there are": patched(ONE, 2, "H", 0xFFFF),
    "slots outside": patched(ONE, 0xC, "I", 0xFFFFFFFC),
    "a pool outside": patched(ONE, 0x10, "I", 0xFFFFFFF0),
    "a pool too long": patched(ONE, 0x14, "I", 9),
    "a text behind the pool": patched(ONE, POOL - 2, "H", 8),
    "a text at the pool's end": patched(ONE, POOL - 2, "H", 6),
    "a text longer than the pool": patched(ONE, POOL, "H", 6),
    "a text of the largest length": patched(ONE, POOL, "H", 0x7FFF),
    "no room for the zero byte": patched(ONE, 0x14, "I", 7),
}


@pytest.mark.parametrize("how", HOWS)
def test_damaged_strings_are_refused_not_believed(bench, how):
    key = f"{key_of('hello'):x}"
    for what, payload in BAD_STRINGS.items():
        said = bench(texts.strings("s", payload)).ask(["strings s", f"get {key} 100", f"map {key}"], how)
        assert errors(said)[0] == FORMAT, what
        assert said[-1] == "map NULL", what
    unended = ONE[:-1] + b"!"
    assert bench(texts.strings("s", unended)).ask(["strings s", f"map {key}"], "mapx1")[1:] == ["map NULL"]


# --- glyph runs --------------------------------------------------------------------------------------

GLYPHS = len(samples.font(4).glyphs)


def some_runs(seed, lines=3):
    rng = random.Random(seed)
    made = []
    for _ in range(lines):
        glyphs = tuple(
            (rng.randrange(GLYPHS), rng.randrange(-200, 1200), rng.randrange(-90, 90))
            for _ in range(rng.randrange(9))
        )
        made.append(ShapedLine(glyphs, rng.randrange(-50, 1500), bool(rng.randrange(2))))
    return pack_runs(GlyphRuns(key_of("f"), tuple(made)))


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("cache", [0, 300, 20_000])
def test_runs_are_drawn_as_both_readers_have_them(bench, how, cache):
    font, rng = h.font("f", samples.font(4)), random.Random(cache)
    payloads = {f"r{n}": some_runs(n) for n in range(4)}
    table = texts.strings_by_hand([("ar", True)], {name: [data] for name, data in payloads.items()})
    made = bench(font, *(texts.runs(n, p) for n, p in payloads.items()), texts.strings("s", table))
    script, wanted = ["font f", "strings s", f"cache {cache}"], ["fonts 1", "strings 4 1"]
    for number in range(16):
        name, payload = list(payloads.items())[number % 4]
        x, y, align, width, lines = (
            rng.randrange(-20, 40),
            rng.randrange(-9, 9),
            number % 3,
            number % 5 * 30,
            number % 4,
        )
        screen = texts.new_screen(90, 60)
        style = TextStyle(made.fonts("f"), width, 0, lines, align=("left", "centre", "right")[align])
        screen.draw_runs(x, y, style, read_runs(payload, name), 0x7E3)
        how_told = f"said {key_of(name):x}" if number % 2 else f"runs {name}"
        script += [
            f"style {width} 0 {lines} 0 0 0 {align} 0",
            "surface 90 60",
            f"{how_told} {x} {y} 7e3",
            "show",
        ]
        wanted += texts.shown(screen)
    assert made.ask(script, how) == wanted


def test_runs_tell_their_size_and_refuse_another_font(bench):
    payload = texts.runs_by_hand("f", [([(1, 0, 0)], 100, 0), ([], 161, 1), ([(2, 0, 0)], -9, 0)])
    made = bench(h.font("f", AV), h.font("g", AV), texts.runs("r", payload))
    said = made.ask(
        ["font g", "runsize r", "surface 9 9", "runs r 0 0 ffff", "font f", "runs r 0 0 ffff", "runs f 0 0 1"]
    )
    assert said == ["fonts 1", "runs 11 3", f"error {ARGUMENT}", "fonts 1", f"error {KIND}"]


GOOD_RUNS = texts.runs_by_hand("f", [([(1, 0, 0), (2, 160, 0)], 320, 0), ([(3, 0, 0)], 160, 0)])
BAD_RUNS = {
    "too short": GOOD_RUNS[:7],
    "no lines": patched(GOOD_RUNS, 4, "H", 0),
    "more lines than there are": patched(GOOD_RUNS, 4, "H", 5),
    "more glyphs than there are": patched(GOOD_RUNS, 6, "H", 4),
    "the most of both": patched(GOOD_RUNS, 4, "I", 0xFFFFFFFF),
    "a line behind the glyphs": patched(GOOD_RUNS, 16, "H", 4),
    "a line that ends before it begins": patched(GOOD_RUNS, 16, "H", 1),
    "a glyph that the font has not": patched(GOOD_RUNS, 24, "H", 4),
    "a glyph far behind the font": patched(GOOD_RUNS, 24, "H", 0xFFFF),
}


@pytest.mark.parametrize("how", HOWS)
def test_damaged_runs_are_refused_not_believed(bench, how):
    for what, payload in BAD_RUNS.items():
        made = bench(h.font("f", AV), texts.runs("r", payload))
        assert errors(made.ask(["font f", "surface 40 20", "runs r 0 0 ffff"], how)) == [FORMAT], what


# --- caches ------------------------------------------------------------------------------------------


def test_text_in_the_cache_reads_no_flash(bench):
    made = bench(
        *chain(("f", "g"), ("g", "")), texts.runs("r", texts.runs_by_hand("f", [([(1, 0, 0)], 160, 0)]))
    )
    text = hexed("ab a?b")
    draw = ["surface 90 30", f"block 1 1 ffff {text}", "runs r 3 3 f00f", "show", "reads"]
    said = made.ask(["font f", "cache 2000", *draw, *draw], "read1")
    assert [row.split()[1] != "0" for row in said if row.startswith("reads")] == [True, True]
    reads = [int(row.split()[1]) for row in said if row.startswith("reads")]
    assert reads[1] == 6  # finding (3) and opening the runs, their line and their glyph
    assert said[1:31] == said[32:62]
    measured = made.ask(["font f", "cache 2000", *draw, "reads", f"size {text}", "reads"])
    assert measured[-1] == "reads 0 0"


def reads_of(made, size, drawn):
    script = ["font f", "surface 90 30", f"cache {size}"]
    for text in drawn:
        script += ["reads", f"block 1 1 ffff {hexed(text)}", "reads"]
    said = [int(row.split()[1]) for row in made.ask(script) if row.startswith("reads")]
    return [reads == 0 for reads in said[1::2]]


def test_the_glyph_not_used_for_the_longest_time_makes_room(bench):
    """A glyph of 9 x 7 px in 4 bits: 32 bytes, 32 bytes of pixels."""
    made = bench(h.font("f", texts.fixed_font("abcd")))
    assert reads_of(made, 128, "aabba") == [False, True, False, True, True]
    assert reads_of(made, 128, "ababcab") == [False, False, True, True, False, False, False]
    assert reads_of(made, 128, "abacab") == [False, False, True, False, True, False]
    assert reads_of(made, 64, "aaba") == [False, True, False, False]
    assert reads_of(made, 192, "abcadac") == [False, False, False, True, False, True, True]
    assert reads_of(made, 192, "abcadb") == [False, False, False, True, False, False]


@pytest.mark.parametrize("size", [1, 3, 31, 63])
def test_a_cache_too_small_keeps_nothing_and_harms_nothing(bench, size):
    made = bench(h.font("f", texts.fixed_font("abcd")))
    assert reads_of(made, size, "aaa") == [False, False, False]


# --- damage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["mapx1", "read4"])
def test_no_damaged_byte_of_texts_leads_out_of_bounds(programs, tmp_path, how):
    for asset in texts.small_assets():
        others = [texts.small_assets()[0]] if asset.name == "shaped" else []
        path = tmp_path / asset.name
        path.write_bytes(h.pack([asset, *others]))
        assert "damaged packs" in run([programs.build("mutate"), path, how])
