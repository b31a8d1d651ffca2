"""Characters from ranges, text and files."""

from pathlib import Path

import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.glyphs.charset import NAMED_RANGES, collect_characters, describe_characters


def collect(*ranges: str | int, text: str = "", files: tuple[Path, ...] = (), **more):
    return collect_characters(list(ranges), text, list(files), **more)


def errors_of(*ranges: str | int, **more) -> list[tuple[str, str, str | None]]:
    with pytest.raises(BuildError) as caught:
        collect(*ranges, **more)
    return [(d.code, d.message, d.hint) for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("ascii", 0x20, 0x7E),
        ("ASCII", 0x20, 0x7E),
        ("latin-1", 0xA0, 0xFF),
        ("private-use", 0xE000, 0xF8FF),
        ("U+20-U+7E", 0x20, 0x7E),
        ("u+20 - 0x7e", 0x20, 0x7E),
        ("0x20-0x7E", 0x20, 0x7E),
        ("32-126", 32, 126),
        ("U+B0", 0xB0, 0xB0),
        ("176", 0xB0, 0xB0),
        (176, 0xB0, 0xB0),
        ("U+1F600-U+1F64F", 0x1F600, 0x1F64F),
    ],
)
def test_a_range_is_a_name_or_code_points(text: str | int, first: int, last: int) -> None:
    assert collect(text) == tuple(range(first, last + 1))


def test_characters_come_sorted_and_once() -> None:
    assert collect("U+43", "U+41-U+43", text="BBCé°") == (0x41, 0x42, 0x43, 0xB0, 0xE9)


def test_named_ranges_are_sorted_and_do_not_overlap() -> None:
    for name, spans in NAMED_RANGES.items():
        flat = [point for span in spans for point in span]
        assert flat == sorted(flat), name
        assert all(first <= last for first, last in spans), name


def test_line_ends_controls_and_byte_order_mark_of_text_are_not_characters() -> None:
    assert collect(text="\ufeffa\r\nb\tc\x7f\x85\u2028\u2029") == (0x61, 0x62, 0x63)


def test_no_break_space_and_soft_hyphen_are_kept() -> None:
    assert collect(text="\u00a0\u00ad") == (0xA0, 0xAD)


def test_every_character_of_a_text_file_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "de.yaml", tmp_path / "zh.txt"
    first.write_bytes("\ufeffgrün: ja\r\n".encode())
    second.write_bytes("中文\n".encode())
    assert collect(files=(first, second)) == tuple(sorted({ord(c) for c in "grün: ja中文"}))


def test_a_span_over_the_surrogates_leaves_them_out() -> None:
    assert collect("U+D7FF-U+E000") == (0xD7FF, 0xE000)


def test_all_asks_the_font_and_nothing_else_does() -> None:
    calls = []

    def available() -> tuple[int, ...]:
        calls.append(1)
        return (0xE001, 0xE000)

    assert collect("digits", available=available)[0] == 0x30
    assert not calls
    assert collect("all", "U+41", available=available) == (0x41, 0xE000, 0xE001)
    assert calls == [1]


def test_a_misspelt_name_gets_a_suggestion() -> None:
    assert errors_of("latin1") == [
        ("IB303", 'range "latin1" is neither a known name nor code points', 'did you mean "latin-1"?')
    ]


def test_a_range_that_resembles_nothing_gets_the_forms() -> None:
    ((code, message, hint),) = errors_of("???")
    assert (code, message) == ("IB303", 'range "???" is neither a known name nor code points')
    assert "U+20-U+7E" in hint
    assert "box-drawing" in hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("U+7E-U+20", 'range "U+7E-U+20" ends (U+0020) before it starts (U+007E)'),
        ("U+110000", 'range "U+110000" goes beyond U+10FFFF, the last code point, to U+110000'),
        ("U+20-U+FFFFFF", 'range "U+20-U+FFFFFF" goes beyond U+10FFFF, the last code point, to U+FFFFFF'),
        (
            "U+D800-U+DFFF",
            'range "U+D800-U+DFFF" holds only surrogates (U+D800 to U+DFFF), which are no characters',
        ),
    ],
)
def test_a_span_that_cannot_be_says_why(text: str, message: str) -> None:
    assert [found[:2] for found in errors_of(text)] == [("IB303", message)]


def test_all_errors_come_at_once_with_their_places(tmp_path: Path) -> None:
    bad = tmp_path / "latin.txt"
    bad.write_bytes(b"ok\nna\xefve")
    with pytest.raises(BuildError) as caught:
        collect_characters(
            ["asci", "ascii", "x"],
            "",
            [bad, tmp_path / "none.txt"],
            place=Place("m.yaml", 1),
            asset="body",
            range_places=[Place("m.yaml", 7), Place("m.yaml", 8), Place("m.yaml", 9)],
            file_places=[Place("m.yaml", 12)],
        )
    found = caught.value.diagnostics
    assert [(d.code, d.place.line, d.asset) for d in found] == [
        ("IB303", 7, "body"), ("IB303", 9, "body"), ("IB304", 12, "body"), ("IB304", 1, "body"),
    ]  # fmt: skip
    assert found[2].message == 'text file "latin.txt" is not UTF-8: byte 0xEF at offset 0x5 (line 2)'
    assert found[3].message == 'text file "none.txt" cannot be read: No such file or directory'


def test_a_huge_text_file_is_refused_unread(tmp_path: Path) -> None:
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    ((code, message, _),) = errors_of(files=(huge,))
    assert code == "IB304"
    assert message.endswith("at most 67108864 B (65536.0 KiB) are read")


def test_characters_are_named_for_people() -> None:
    assert describe_characters([0x4E2D]) == 'U+4E2D "中" CJK UNIFIED IDEOGRAPH-4E2D'
    assert describe_characters([0xB0, 0xA0, 0x301, 0xE000, 0x10, 0x1F600]) == (
        'U+00B0 "°" DEGREE SIGN, U+00A0 NO-BREAK SPACE, U+0301 COMBINING ACUTE ACCENT, U+E000 (private use), '
        'U+0010 (control), U+1F600 "😀" GRINNING FACE'
    )
    many = describe_characters(range(0x41, 0x41 + 11))
    assert many.endswith('U+0048 "H" LATIN CAPITAL LETTER H and 3 more')


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("gb2312-1", 3755, "\u554a", "\u5ea7"),  # GB 2312: row 16 begins with U+554A, row 55 ends with U+5EA7
        ("gb2312-2", 3008, "\u4e8d", "\u9f44"),
        ("jis-x0208-1", 2965, "\u4e9c", "\u8155"),
        ("jis-x0208-2", 3390, "\u5f0c", "\u7199"),
        ("ks-x1001-hangul", 2350, "\uac00", "\ud79d"),
        ("big5-1", 5401, "\u4e00", "\u7c72"),
    ],
)
def test_levels_of_east_asian_standards_have_their_characters(name, count, first, last):
    characters = collect_characters([name], "", [])
    assert len(characters) == count
    assert ord(first) in characters
    assert ord(last) in characters


def test_kana_is_hiragana_and_katakana():
    both = collect_characters(["hiragana", "katakana"], "", [])
    assert collect_characters(["kana"], "", []) == both
