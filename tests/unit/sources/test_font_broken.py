"""A font that is no font, or a broken one, gives one clear error and never a crash."""

import random
import struct
from pathlib import Path

import pytest
from unit.sources.test_font import ASCII, PLACE, ROBOTO, SQUARE, decode, save
from unit.sources.tiny_fonts import TINY_BDF, tiny_font

from imgbuild.errors import BuildError
from imgbuild.sources.font import font_codepoints


def fault_of(path: Path, characters=(0x41,), **options) -> tuple[str, str, str | None]:
    with pytest.raises(BuildError) as caught:
        decode(path, characters, **options)
    (found,) = caught.value.diagnostics
    assert (found.place, found.asset) == (PLACE, "body")
    return found.code, found.message, found.hint


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", '"tiny.ttf" is empty, expected TrueType, OpenType, WOFF, BDF or PCF'),
        (
            b"\x89PNG\r\n",
            '"tiny.ttf" is no font (it starts with 89 50 4E 47), expected TrueType, OpenType, WOFF, BDF',
        ),
        (b"wOFF\0\1", 'font "tiny.ttf" is truncated: it ends in its table directory (6 B)'),
        (b"\x1f\x8b\x08", '"tiny.ttf" is gzip data, expected TrueType, OpenType, WOFF, BDF or PCF'),
        (b"<html>", '"tiny.ttf" is a text or web page, expected TrueType, OpenType, WOFF, BDF or PCF'),
        (b"\0\1\0\0", 'font "tiny.ttf" is truncated: it ends in its table directory (4 B)'),
        (b"ttcf\0\1", 'font "tiny.ttf" is truncated: it ends in its table directory (6 B)'),
        (b"\0\1\0\0" + bytes(100), 'font "tiny.ttf" cannot be read: '),
        (b"STARTFONT", 'font "tiny.ttf" cannot be read: '),
    ],
)
def test_what_is_no_font_is_told(tmp_path: Path, data: bytes, message: str) -> None:
    code, found, _ = fault_of(save(tmp_path, data))
    assert code == "IB301"
    assert found.startswith(message)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "none.ttf")[:2] == (
        "IB110", 'font file "none.ttf" cannot be read: no such file or directory'
    )  # fmt: skip
    assert fault_of(tmp_path)[0] == "IB110"


def test_a_truncated_font_is_refused_not_drawn_blank(tmp_path: Path) -> None:
    data = ROBOTO.read_bytes()
    for length in range(4, len(data) - 4, 9973):
        code, message, _ = fault_of(save(tmp_path, data[:length]), ASCII)
        assert code == "IB301"
        assert "truncated" in message


def test_the_table_that_is_cut_off_is_named(tmp_path: Path) -> None:
    data = tiny_font({0x41: SQUARE})
    code, message, _ = fault_of(save(tmp_path, data[:-8]))
    assert code == "IB301"
    assert f'table "post" ends at 0x{len(data):X}, the file at 0x{len(data) - 8:X}' in message


@pytest.mark.parametrize("table", ["head", "maxp", "cmap", "glyf", "loca"])
def test_a_font_without_a_table_it_needs_is_refused(tmp_path: Path, table: str) -> None:
    assert fault_of(save(tmp_path, tiny_font({0x41: SQUARE}, omit=(table,))))[0] in {"IB301", "IB307"}


def test_a_font_whose_glyphs_are_all_blank_is_refused(tmp_path: Path) -> None:
    assert fault_of(save(tmp_path, tiny_font({0x41: None, 0x42: None})), (0x41, 0x42))[:2] == (
        "IB301",
        (
            'all glyphs of font "tiny.ttf" are blank at 10 px: U+0041 "A" LATIN CAPITAL LETTER A, '
            'U+0042 "B" LATIN CAPITAL LETTER B'
        ),
    )


def test_no_wanted_character_is_told_by_name(tmp_path: Path) -> None:
    assert fault_of(ROBOTO, (0x4E2D,))[:2] == (
        "IB307",
        (
            'font "Roboto-Regular.ttf" has none of the characters asked for: '
            'U+4E2D "中" CJK UNIFIED IDEOGRAPH-4E2D'
        ),
    )


def test_no_characters_at_all_are_told() -> None:
    assert fault_of(ROBOTO, ()) == ("IB307", 'font "body" has no characters', "name some under 'characters'")


def test_a_size_that_a_bdf_font_lacks_is_told_with_those_it_has(tmp_path: Path) -> None:
    path = save(tmp_path, TINY_BDF, "tiny.bdf")
    assert fault_of(path, size_px=16) == ("IB305", 'font "tiny.bdf" has 8 px, not 16 px', "use size: 8")


@pytest.mark.parametrize("size_px", [0, -1, 481, 500])
def test_a_size_out_of_range_is_told(size_px: int) -> None:
    assert fault_of(ROBOTO, size_px=size_px)[:2] == ("IB306", f"size {size_px} px is not in 1 to 480 px")


def test_a_glyph_that_would_eat_the_memory_is_refused_unrendered(tmp_path: Path) -> None:
    path = save(tmp_path, tiny_font({0x41: (-16000, -16000, 16000, 16000)}))
    code, message, _ = fault_of(path, size_px=480)
    assert code == "IB306"
    assert message == (
        'glyph U+0041 of font "tiny.ttf" cannot be drawn: it would have some 15362x15362 px, '
        "expected at most 14745600 pixels in all"
    )


def test_a_variable_font_gives_its_default_instance_and_a_note(tmp_path: Path) -> None:
    axis = struct.pack(">4siiiHH", b"wght", 100 << 16, 400 << 16, 900 << 16, 0, 256)
    fvar = struct.pack(">HHHHHHHH", 1, 0, 16, 2, 1, 20, 0, 8) + axis
    gvar = struct.pack(">HHHHIHHI", 1, 0, 1, 0, 26, 2, 0, 26) + bytes(6)
    path = save(tmp_path, tiny_font({0x41: SQUARE}, extra={b"fvar": fvar, b"gvar": gvar}))
    assert decode(path).notes == ("variable font: its default instance is used",)


def test_the_first_font_of_a_collection_is_used_with_a_note(tmp_path: Path) -> None:
    one = tiny_font({0x41: SQUARE})
    shift = 20
    count = struct.unpack_from(">H", one, 4)[0]
    moved = bytearray(one)
    for number in range(count):
        at = 12 + 16 * number + 8
        struct.pack_into(">I", moved, at, struct.unpack_from(">I", one, at)[0] + shift)
    path = save(tmp_path, struct.pack(">4sHHIII", b"ttcf", 1, 0, 2, shift, shift) + moved)
    decoded = decode(path)
    assert decoded.notes == ("collection of 2 fonts: the first is used",)
    assert decoded.glyphs[1].coverage.shape == (7, 5)


def survives(path: Path, **options) -> None:
    """Decoding ends with a font or with a diagnostic."""
    for run in (lambda: decode(path, ASCII, **options), lambda: font_codepoints(path)):
        try:
            run()
        except BuildError as error:
            found = {d.code for d in error.diagnostics}
            if not found <= {"IB301", "IB305", "IB306", "IB307"}:
                raise


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("hinting", ["light", "normal"])
def test_flipped_bytes_never_crash(tmp_path: Path, seed: int, hinting: str) -> None:
    rng = random.Random(seed)
    data = bytearray(ROBOTO.read_bytes())
    for _ in range(rng.choice([1, 10, 300])):
        data[rng.randrange(12 if seed % 2 else 0, len(data))] = rng.randrange(256)
    survives(save(tmp_path, bytes(data)), hinting=hinting)


@pytest.mark.parametrize("flavour", ["truetype", "cff"])
def test_a_small_font_with_any_byte_wrong_never_crashes(tmp_path: Path, flavour: str) -> None:
    data = tiny_font({0x41: SQUARE, 0x42: None}, flavour=flavour)
    for at in range(len(data)):
        for value in (0x00, 0xFF, data[at] ^ 0x80):
            survives(save(tmp_path, data[:at] + bytes([value]) + data[at + 1 :]))


def test_any_broken_bdf_never_crashes(tmp_path: Path) -> None:
    lines = TINY_BDF.splitlines(keepends=True)
    for number in range(len(lines)):
        survives(save(tmp_path, "".join(lines[: number + 1]), "t.bdf"), size_px=8)
        survives(save(tmp_path, "".join(lines[:number] + lines[number + 1 :]), "t.bdf"), size_px=8)
        for value in ("-1", "0", "65535", "99999999999", "x"):
            words = lines[number].split()
            changed = " ".join([words[0], *([value] * (len(words) - 1))]) + "\n"
            survives(
                save(tmp_path, "".join([*lines[:number], changed, *lines[number + 1 :]]), "t.bdf"), size_px=8
            )
