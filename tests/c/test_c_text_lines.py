"""Blocks of text: where lines break (by hand), what is cut, and the same pixels in both readers."""

from __future__ import annotations

import random

import pytest

from c import handmade as h
from c import samples, texts
from imgbuild.glyphs.kerning import Kerning, pack_kerning
from imgbuild.reader.compose import measure_text
from imgbuild.reader.textlines import TextStyle, block_size, lay_out

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.,!?()\u00a0\u3000"
CJK = "日本語文。、「」\uff08\uff09きゃくーッ한국"
MARKS = "\u0301\u0323\u0e34\u3099"
ALL = LETTERS + CJK + MARKS + "\u2010\u2026…é"
WIDTH = 10  # px of every character
HYPHEN, ELLIPSIS, STOP = 0x2010, 0x2026, 0x2E


@pytest.fixture(scope="module")
def bench(programs, tmp_path_factory):
    """``all``: a font with every character of the tests; ``few``: one without U+2010 and U+2026."""
    fonts = {"all": ALL, "few": LETTERS + CJK}
    assets = [h.font(name, texts.fixed_font(text)) for name, text in fonts.items()]
    return texts.Bench(programs, tmp_path_factory.mktemp("lines"), assets)


def lines_of(
    bench, text, width=0, *, font="all", lines=0, height=0, tab=0, spacing=0, ellipsis=0, how="read1"
):
    """Each line: its characters, and what is drawn behind them; both readers must say so."""
    said = bench.ask(
        [
            f"font {font}",
            f"style {width} {height} {lines} {tab} {spacing} 0 0 {ellipsis}",
            f"lines {texts.hexed(text)}",
        ],
        how,
    )
    rows = [line.split() for line in said[1:]]
    assert all(row[0] == "line" for row in rows), said
    found = [
        (bytes.fromhex(row[4] if len(row) > 4 else "").decode(), chr(int(row[2], 16)) * int(row[3]))
        for row in rows
    ]
    style = TextStyle(bench.fonts(font), width, height, lines, tab, spacing, ellipsis=bool(ellipsis))
    laid_out = lay_out(style, text)
    assert [(line.text, line.width_16) for line in laid_out] == [
        (a + b, int(row[1])) for (a, b), row in zip(found, rows, strict=True)
    ]
    return [(a, b) if b else a for a, b in found]


BREAKS = {
    # spaces: the line ends before them, the next begins behind them
    "one two three": (7, ["one two", "three"]),
    "one  two": (5, ["one", "two"]),
    "one two ": (3, ["one", "two"]),
    "one   ": (3, ["one"]),
    "  ab cd": (4, ["  ab", "cd"]),
    "ab\u3000cd": (3, ["ab", "cd"]),
    "ab\tcd": (3, ["ab", "cd"]),
    # longer than a line
    "abcdefgh": (3, ["abc", "def", "gh"]),
    "ab abcdefgh": (4, ["ab", "abcd", "efgh"]),
    "a": (0.5, ["a"]),
    "abc": (0.5, ["a", "b", "c"]),
    " abc": (0.5, [" a", "b", "c"]),
    # hyphens
    "well-known": (6, ["well-", "known"]),
    "-12 -34": (4, ["-12", "-34"]),
    "3-4-5": (3, ["3-4", "-5"]),
    "a--b": (3, ["a--", "b"]),
    "é-é": (2, ["é-", "é"]),
    "a\u2010b c": (2, ["a\u2010", "b", "c"]),
    # soft hyphens: seen at a break only, and only where they fit
    "over\u00adwhelm": (6, [("over", "\u2010"), "whelm"]),
    "over\u00adrun": (7, ["over\u00adrun"]),
    "over\u00adall": (4, ["over", "all"]),
    "a\u00adb\u00adcd": (3, [("a\u00adb", "\u2010"), "cd"]),
    "ab \u00adcd": (3, ["ab", "cd"]),
    # may break, may not
    "ab\u200bcd": (3, ["ab", "cd"]),
    "ab\u200b cd": (3, ["ab", "cd"]),
    "\u200bab": (1, ["\u200ba", "b"]),
    "ab\u00a0cd ef": (5, ["ab\u00a0cd", "ef"]),
    "ab\u00a0cde": (4, ["ab\u00a0c", "de"]),
    # marks stay with what they are on, though this font gives them a width
    "abc\u0301d": (3, ["abc\u0301", "d"]),
    "abc\u0323\u0301d": (3, ["abc\u0323\u0301", "d"]),
    "a\u0301\u0301b": (1, ["a\u0301\u0301", "b"]),
    "abc\u0301 d": (3, ["abc\u0301", "d"]),
    "ab \u0301c": (3, ["ab", "\u0301c"]),
    "\u0301\u0301\u0301": (1, ["\u0301\u0301\u0301"]),
    "日か\u3099": (2, ["日か\u3099"]),
    # line feeds
    "a\nb": (9, ["a", "b"]),
    "a\n\nb": (9, ["a", "", "b"]),
    "a\n": (9, ["a"]),
    "a \n b": (9, ["a", " b"]),
    "a\r\nb": (9, ["a", "b"]),
    "\n": (9, [""]),
    "": (9, []),
    "abc def\ng": (3, ["abc", "def", "g"]),
    # ideographs, kana, hangul
    "日本語文": (2, ["日本", "語文"]),
    "日本。語": (2, ["日", "本。", "語"]),
    "日本、。語": (3, ["日", "本、。", "語"]),
    "「日本」": (2, ["「日", "本」"]),
    "日「本」": (2, ["日", "「本", "」"]),
    "日\uff08本\uff09語": (3, ["日", "\uff08本\uff09", "語"]),
    "日本きゃく": (3, ["日本", "きゃく"]),
    "きーく": (2, ["きー", "く"]),
    "日(本)": (2, ["日", "(本", ")"]),
    "日本!語": (2, ["日", "本!", "語"]),
    "한국한국": (3, ["한국한", "국"]),
    "abc日本": (4, ["abc日", "本"]),
    "日abc": (3, ["日", "abc"]),
    "日\u00a0本": (2, ["日\u00a0", "本"]),
    "ab日本 cd": (5, ["ab日本", "cd"]),
}  # fmt: skip


@pytest.mark.parametrize("text", BREAKS, ids=ascii)
def test_lines_break_where_they_may(bench, text):
    characters, wanted = BREAKS[text]
    found = lines_of(bench, text, int(characters * WIDTH))
    # what has no glyph may stand where lines begin and end
    unseen = "\r\u200b\u00ad"
    stripped = [(a[0].strip(unseen), a[1]) if isinstance(a, tuple) else a.strip(unseen) for a in found]
    assert stripped == [
        (a[0].strip(unseen), a[1]) if isinstance(a, tuple) else a.strip(unseen) for a in wanted
    ]


def test_without_a_width_only_line_feeds_break(bench):
    assert lines_of(bench, "one two three\nfour 日本語") == ["one two three", "four 日本語"]
    assert lines_of(bench, "one two", -7) == ["one two"]


def test_a_font_without_a_hyphen_breaks_with_a_minus(bench):
    assert lines_of(bench, "over\u00adwhelm", 60, font="few") == [("over", "-"), "whelm"]


def test_text_that_does_not_fit_is_cut_with_an_ellipsis(bench):
    assert lines_of(bench, "one two three", 70, lines=1, ellipsis=1) == [("one tw", "…")]
    assert lines_of(bench, "one two three", 50, lines=1, ellipsis=1) == [("one", "…")]
    assert lines_of(bench, "one two", 70, lines=1, ellipsis=1) == ["one two"]
    assert lines_of(bench, "one two", 69, lines=1, ellipsis=1) == [("one t", "…")]
    assert lines_of(bench, "one two three four", 50, lines=2, ellipsis=1) == ["one", ("two", "…")]
    assert lines_of(bench, "one two", 5, lines=1, ellipsis=1) == [("", "…")]
    assert lines_of(bench, "a\nb", lines=1, ellipsis=1) == [("a", "…")]
    assert lines_of(bench, "a\n", lines=1, ellipsis=1) == ["a"]
    assert lines_of(bench, "abc\nb", 30, lines=1, ellipsis=1) == [("ab", "…")]
    assert lines_of(bench, "one two three", 70, lines=1) == ["one two"]


def test_an_ellipsis_stands_behind_the_marks_of_the_last_character(bench):
    assert lines_of(bench, "ab\u0301cdef", 40, lines=1, ellipsis=1) == [("ab\u0301", "…")]
    assert lines_of(bench, "ab\u0301\u0323cdef", 30, lines=1, ellipsis=1) == [("ab\u0301\u0323", "…")]
    assert lines_of(bench, "abc\u0301def", 30, lines=1, ellipsis=1) == [("ab", "…")]


def test_a_font_without_an_ellipsis_takes_three_full_stops(bench):
    assert lines_of(bench, "one two three", 70, font="few", lines=1, ellipsis=1) == [("one", "...")]
    assert lines_of(bench, "one two three", 80, font="few", lines=1, ellipsis=1) == [("one t", "...")]


def test_lines_below_the_height_are_left_out(bench):
    """Ascent 12, descent 4, line gap 1: n lines are 16 + 17 (n - 1) px high."""
    for height, wanted in ((0, 3), (50, 3), (49, 2), (33, 2), (32, 1), (1, 1)):
        assert len(lines_of(bench, "a\nb\nc", height=height)) == wanted
    assert lines_of(bench, "a\nb\nc", height=33, ellipsis=1) == ["a", ("b", "…")]


def test_sizes_are_those_of_the_lines(bench):
    style = ["font all", "style 70 0 0 0 0 0 0 0"]
    assert bench.ask([*style, f"size {texts.hexed('one two three')}"])[1:] == ["size 70 33 2"]
    assert bench.ask([*style, "size"])[1:] == ["size 0 0 0"]
    assert bench.ask(["font all", "style 0 0 0 0 8 20 0 0", f"size {texts.hexed('ab' + chr(10) + 'c')}"])[
        1:
    ] == [
        "size 21 36 2"  # half a px between the two letters, rounded up
    ]


def test_tabs_lead_to_the_next_stop(bench):
    style = ["font all", "style 0 0 0 25 0 0 0 0"]
    said = bench.ask(
        [*style, *(f"size {texts.hexed(text)}" for text in ("a\tb", "abc\tb", "\tb", "ab\t\tb"))]
    )
    assert said[1:] == ["size 35 16 1", "size 60 16 1", "size 35 16 1", "size 60 16 1"]


def test_lines_stand_left_in_the_middle_or_right(bench):
    """ "abc" is 30 px wide, with 1 px of nothing at the end of each letter."""
    wanted = {
        (0, 0): [0, 0], (50, 0): [0, 0], (0, 1): [-15, -5], (50, 1): [10, 20], (51, 1): [10, 20],
        (0, 2): [-30, -10], (50, 2): [20, 40],
    }  # fmt: skip
    for (width, align), lefts in wanted.items():
        script = ["font all", f"style {width} 0 0 0 0 0 {align} 0", "surface 100 40"]
        rows = bench.ask([*script, f"block 40 0 ffff {texts.hexed('abc' + chr(10) + 'd')}", "show"])[1:]
        for row, left in zip((rows[8], rows[8 + 17]), lefts, strict=True):
            pixels = [row[i : i + 4] for i in range(0, len(row), 4)]
            assert next(x for x, pixel in enumerate(pixels) if pixel != "1234") == 40 + left


# --- both readers ----------------------------------------------------------------------------------

ALPHABET = (
    'ab c-AV. \t\n\u00ad\u200b\u00a0\u4e00\u3042\u3001\u3043(\uff08\r\u2010\uac00Wx\u0416\u2603"e\u3000 '
    "\u0301\u0301\u3099"
)
SECOND = [0x41, 0x3000, 0x3001, 0x3042, 0x3043, 0x4E00, 0xAC00, 0xFF08]
CACHES = {"none": 0, "far too small": 10, "small": 400, "large": 5000}
SIZE = 90, 50


def two_fonts(rng, seed):
    """A font of letters with kerning and a fallback of ideographs, which kerns, too."""
    first = samples.font(rng.choice([1, 2, 4, 8]), seed)
    codes = [*SECOND, *([0x2010, 0x2026] if seed % 2 else [])]
    second = [h.Glyph(-1, 100, 0, 5, [[3] * 4] * 4)]
    for code in sorted(codes):
        rows = [[rng.randrange(16) for _ in range(5)] for _ in range(4)]
        second.append(h.Glyph(code, rng.randrange(60, 200), rng.randrange(-2, 3), rng.randrange(2, 12), rows))
    pairs = texts.random_pairs(len(first.glyphs), seed, 2000)
    kerning = pack_kerning(Kerning(pairs)) if seed % 3 else texts.pairs_by_hand(pairs)
    small = pack_kerning(Kerning(texts.random_pairs(len(second), seed, 40)))
    return [
        texts.with_tables(h.font("f", first), kerning, "g"),
        texts.with_tables(h.font("g", h.Font(4, second, page_span=0x8000)), small, "f"),
    ]


def random_style(rng):
    return {
        "width": rng.choice([0, -5, 1, 30, 60, 100, 200]), "height": rng.choice([0, 0, 30, 60, -3]),
        "max_lines": rng.choice([0, 0, 1, 2, 3]), "tab": rng.choice([0, 1, 24, 7]),
        "letter_spacing": rng.choice([0, 0, 8, -9, 40]), "line_height": rng.choice([0, 0, 9, -4]),
        "align": rng.choice([0, 1, 2]), "ellipsis": rng.choice([0, 1]),
    }  # fmt: skip


def drawn_by_both(bench, fonts, rng, cache):
    script, wanted = ["font f", f"cache {cache}"], ["fonts 2"]
    for _ in range(25):
        text = texts.hexed("".join(rng.choice(ALPHABET) for _ in range(rng.randrange(40))))
        values = random_style(rng)
        named = {"align": ("left", "centre", "right")[values["align"]], "ellipsis": bool(values["ellipsis"])}
        style = TextStyle(fonts, **{**values, **named})
        x, y = rng.randrange(-30, 60), rng.randrange(-20, 20)
        screen = texts.new_screen(*SIZE)
        lines = screen.draw_block(x, y, style, bytes.fromhex(text), 0x7E3)
        width, height = block_size(style, lines)
        script += [
            "style " + " ".join(map(str, values.values())), "surface 90 50",
            f"block {x} {y} 7e3 {text}", "show",
            f"size {text}", f"measure {text}", "surface 90 50", f"text {x} {y} fff0 {text}", "show",
        ]  # fmt: skip
        wanted += [*texts.shown(screen), f"size {width} {height % 2**32} {len(lines)}"]
        wanted.append(f"width {measure_text(fonts, bytes.fromhex(text))}")
        screen = texts.new_screen(*SIZE)
        end = screen.draw_text(x, y, fonts, bytes.fromhex(text), 0xFFF0)
        wanted += [f"end {end}", *texts.shown(screen)]
    return script, wanted


@pytest.mark.parametrize("how", ["mapx1", "read1", "read4"])
@pytest.mark.parametrize("cache", CACHES)
def test_both_readers_draw_the_same_blocks_kerned_and_with_fallbacks(programs, tmp_path, how, cache):
    seed = len(how) * 7 + len(cache)
    rng = random.Random(seed)
    bench = texts.Bench(programs, tmp_path, two_fonts(rng, seed))
    script, wanted = drawn_by_both(bench, bench.fonts("f", "g"), rng, CACHES[cache])
    assert bench.ask(script, how) == wanted
