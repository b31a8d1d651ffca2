"""The bidirectional algorithm against Unicode's own conformance tests (Debian's unicode-data)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from support import need_file

from imgbuild.glyphs.bidi import embedding_levels, is_removed, visual_runs
from imgbuild.glyphs.bidi_classes import CLOSING_OF, bidi_class

UNICODE = "/usr/share/unicode"
CHARACTERS = {
    "L": "a", "R": "\u05d0", "AL": "\u0627", "EN": "0", "ES": "+", "ET": "$", "AN": "\u0660", "CS": ",",
    "NSM": "\u0300", "BN": "\u00ad", "B": "\u2029", "S": "\t", "WS": " ", "ON": "!", "LRE": "\u202a",
    "RLE": "\u202b", "PDF": "\u202c", "LRO": "\u202d", "RLO": "\u202e", "LRI": "\u2066", "RLI": "\u2067",
    "FSI": "\u2068", "PDI": "\u2069",
}  # fmt: skip
"""A character of each class that BidiTest.txt names."""


def lines_of(name: str) -> Iterator[str]:
    for line in need_file(f"{UNICODE}/{name}").read_text(encoding="utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text:
            yield text


def resolve(text: str, direction: str) -> tuple[list[str], list[int], int]:
    """As the conformance tests write it: levels (x: removed), the order of drawing, the paragraph's level."""
    levels, base = embedding_levels(text, direction)
    order = []
    for run in visual_runs(levels):
        places = range(run.start, run.end)
        order += places[::-1] if run.level & 1 else places
    shown = ["x" if is_removed(one) else str(level) for one, level in zip(text, levels, strict=True)]
    return shown, [place for place in order if shown[place] != "x"], base


def test_characters_of_unicodes_test() -> None:
    count = 0
    for line in lines_of("BidiCharacterTest.txt"):
        points, direction, base, levels, order = line.split(";")
        text = "".join(chr(int(point, 16)) for point in points.split())
        got = resolve(text, ("ltr", "rtl", "auto")[int(direction)])
        assert got == (levels.split(), [int(place) for place in order.split()], int(base)), line
        count += 1
    assert count > 90_000


def check_classes(step: int) -> int:
    """Every ``step``-th line of BidiTest.txt, in each direction that it names."""
    count, levels, order = 0, [""], [0]
    for number, line in enumerate(lines_of("BidiTest.txt")):
        if line.startswith("@Levels:"):
            levels = line.partition(":")[2].split()
        elif line.startswith("@Reorder:"):
            order = [int(place) for place in line.partition(":")[2].split()]
        elif line[0] != "@" and number % step == 0:
            classes, directions = line.split(";")
            text = "".join(CHARACTERS[name] for name in classes.split())
            for bit, direction in enumerate(("auto", "ltr", "rtl")):
                if int(directions) >> bit & 1:
                    assert resolve(text, direction)[:2] == (levels, order), (line, direction)
                    count += 1
    return count


def test_classes_of_unicodes_test_sampled() -> None:
    assert check_classes(29) > 20_000


@pytest.mark.soak
def test_classes_of_unicodes_test() -> None:
    assert check_classes(1) > 700_000


def test_brackets_are_those_of_unicode() -> None:
    pairs = {}
    for line in lines_of("BidiBrackets.txt"):
        one, other, kind = (part.strip() for part in line.split(";"))
        if kind == "o":
            pairs[chr(int(one, 16))] = chr(int(other, 16))
    canonical = {unicodedata.normalize("NFD", a): unicodedata.normalize("NFD", b) for a, b in pairs.items()}
    assert canonical == CLOSING_OF


def test_classes_are_those_of_unicode_also_of_what_is_not_assigned() -> None:
    classes: list[tuple[int, int, str]] = []
    missing: list[tuple[int, int, str]] = []
    names = {"Left_To_Right": "L", "Right_To_Left": "R", "Arabic_Letter": "AL", "European_Terminator": "ET"}
    for line in need_file(f"{UNICODE}/extracted/DerivedBidiClass.txt").read_text("utf-8").splitlines():
        text, is_missing = line.partition("#")[0], line.startswith("# @missing:")
        if is_missing:
            text = line.partition(":")[2]
        if ";" not in text:
            continue
        span, name = (part.strip() for part in text.split(";"))
        first, _, last = span.partition("..")
        row = (int(first, 16), int(last or first, 16), names[name] if is_missing else name)
        (missing if is_missing else classes).append(row)
    expected = ["L"] * 0x110000
    for first, last, name in missing + classes:
        expected[first : last + 1] = [name] * (last + 1 - first)
    assert len(missing) > 10
    given = {point for first, last, name in classes if name != "BN" for point in range(first, last + 1)}
    # what Python's Unicode or the file's has not got yet says nothing
    both = [p for p in range(0x110000) if (p in given) == (unicodedata.category(chr(p)) != "Cn")]
    assert len(both) > 1_000_000
    assert [hex(point) for point in both if bidi_class(chr(point)) != expected[point]] == []


def test_a_joiner_goes_with_the_letter_beside_it() -> None:
    # U+200D is of class BN: X9 takes it out, section 5.2 lets it stand
    assert embedding_levels("a \u0628\u200d b")[0] == [0, 0, 1, 1, 0, 0]
    assert embedding_levels("a \u200d\u0628 b")[0] == [0, 0, 1, 1, 0, 0]


def test_levels_end_at_125() -> None:
    text = "\u202b" * 200 + "a" + "\u202c" * 200 + "a"
    levels, base = embedding_levels(text)
    assert (base, max(levels)) == (0, 126)  # L in R of level 125
    assert levels[-1] == 0


def test_nothing() -> None:
    assert embedding_levels("") == ([], 0)
    assert visual_runs([]) == []
