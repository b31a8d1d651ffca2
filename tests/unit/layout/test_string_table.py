"""The strings payload: bytes by FORMAT.md section 6.2, and every text read back by the independent reader."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.layout.string_table import encode_strings, is_right_to_left
from imgbuild.model import GlyphRuns, Kind, PlannedAsset, ShapedLine, StringsOptions
from imgbuild.reader.strings import read_strings


def _encode(options: StringsOptions, **how: object) -> bytes:
    asset = PlannedAsset("ui", 1, Kind.STRINGS, "UI", Path("x"), options, Place("m.yaml"))
    return encode_strings(asset, **how).payload


def test_a_table_of_one_text_byte_by_byte() -> None:
    payload = _encode(StringsOptions(("en", "de"), ("hi",), (("Hello", "Hallo"),)))
    key = zlib.crc32(b"hi")
    assert (
        payload
        == b"".join(
            (
                struct.pack(
                    "<HHBBH", 1, 1, 2, 2, 0
                ),  # one string, one bucket, two languages, references of 2 bytes
                struct.pack("<I", zlib.crc32(b"hi\0")),
                struct.pack("<III", 24 + 32 + 2, 24 + 32 + 2 + 8, 16),
                b"\0en" + bytes(13),
                b"\0de" + bytes(13),
                payload[56:58],  # the displacement; that it leads to the slot is tested below
                struct.pack("<IHH", key, 0, 8),
                b"\x05\0Hello\0",
                b"\x05\0Hallo\0",
            )
        )
    )


@pytest.mark.parametrize("count", [1, 2, 3, 50, 1000])
def test_every_text_is_found_in_every_language(count: int) -> None:
    ids = tuple(sorted(f"text.{number}" for number in range(count)))
    rows = tuple((f"{name} \u00e4\u4e2d", f"{name} xx", f"{name} \u00e4\u4e2d") for name in ids)
    strings = read_strings(_encode(StringsOptions(("en", "de", "he-IL"), ids, rows)), "ui")
    assert strings.languages == (("en", False), ("de", False), ("he-IL", True))
    for name, row in zip(ids, rows, strict=True):
        slot = strings.find(zlib.crc32(name.encode()))
        assert slot is not None
        assert tuple(strings.text(slot, number) for number in range(3)) == row
    assert strings.find(zlib.crc32(b"no such text")) is None


def test_equal_texts_are_stored_once() -> None:
    ids = tuple(f"id{number:03}" for number in range(300))
    same = _encode(StringsOptions(("en",), ids, (("The same long text everywhere",),) * 300))
    assert same.count(b"The same long text everywhere") == 1


def test_large_tables_have_wider_references() -> None:
    ids = tuple(f"id{number:03}" for number in range(10))
    rows = tuple((name * 1500,) for name in ids)
    payload = _encode(StringsOptions(("en",), ids, rows))
    assert payload[5] == 3
    table = read_strings(payload, "ui").to_table()
    assert table.texts[zlib.crc32(b"id009")] == ("id009" * 1500,)


def test_texts_are_composed_and_shaped_ones_are_runs() -> None:
    line = ShapedLine(((77, 0, 0), (78, 100, -3)), 200, is_rtl=True)
    options = StringsOptions(
        ("en", "he"), ("a",), (("e\u0301", "\u05d0"),), "body", shaped=(((1, "\u05d0"), (line,)),)
    )
    table = read_strings(_encode(options, font_key=9, index_of={77: 5, 78: 6}), "ui").to_table()
    runs = GlyphRuns(9, (ShapedLine(((5, 0, 0), (6, 100, -3)), 200, is_rtl=True),))
    assert table.texts == {zlib.crc32(b"a"): ("\u00e9", runs)}


@pytest.mark.parametrize(
    ("tag", "is_rtl"), [("ar", True), ("he-IL", True), ("az-Arab", True), ("en", False), ("pa-Guru", False)]
)
def test_direction_of_languages(tag: str, is_rtl: bool) -> None:
    assert is_right_to_left(tag) is is_rtl


def _codes_of(payload: bytes) -> set[str]:
    try:
        read_strings(payload, "ui").to_table()
    except BuildError as error:
        return {item.code for item in error.diagnostics}
    return set()


def test_damaged_tables_are_refused_and_never_crash() -> None:
    ids = ("a", "b", "c")
    payload = _encode(StringsOptions(("en", "de"), ids, (("x", "y"), ("longer text", "z"), ("", "w"))))
    for at in range(len(payload)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            damaged = bytearray(payload)
            damaged[at] = value
            assert _codes_of(bytes(damaged)) <= {"IB608"}
    for length in range(len(payload)):
        with pytest.raises(BuildError):
            read_strings(payload[:length], "ui").to_table()
