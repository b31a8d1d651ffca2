"""Fonts from the manifest to the reader: sizes, merged sources, fallbacks, what the build says of them."""

import struct
from pathlib import Path

import pytest
from support import build_image
from unit.sources.made_fonts import data_of, make_font, make_variable

from imgbuild.errors import BuildError
from imgbuild.model import DecodedFont

HEAD = "version: 1\nname: demo\nflash: {board: spark-core}\nassets:\n"
TALL, FLAT = (100, 0, 600, 700), (100, 0, 600, 300)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text.ttf").write_bytes(data_of(make_font({"A": TALL, "H": TALL})))
    (tmp_path / "icons.ttf").write_bytes(data_of(make_font({"\uf015": FLAT, "\uf1eb": FLAT, "Z": FLAT})))
    (tmp_path / "wide.ttf").write_bytes(make_variable())
    return tmp_path


def fonts_of(folder: Path, assets: str) -> tuple[dict[str, DecodedFont], list[str]]:
    _image, result = build_image(folder, HEAD + assets)
    fonts = {asset.name: asset.expected for asset in result.assets if isinstance(asset.expected, DecodedFont)}
    return fonts, [f"{found.code} {found.message}" for found in result.diagnostics]


@pytest.mark.parametrize(
    ("size", "em_64"),
    [
        ("20", 20 * 64),
        ("15.5", 992),
        ("15px", 15 * 64),
        ("12pt", 16 * 64),  # at 96 dpi
        ("12pt, dpi: 141", 1504),  # 12 * 141 / 72 = 23.5 px
        ("{cap_height: 14}", 20 * 64),  # capitals of 0.7 em
        ("{line_height: 10}", 10 * 64),  # lines of 1 em
    ],
)
def test_each_way_to_give_a_size(folder: Path, size: str, em_64: int) -> None:
    fonts, _ = fonts_of(
        folder, f"  - {{font: text.ttf, name: a, size: {size}, hinting: none, characters: {{text: H}}}}\n"
    )
    assert fonts["a"].size_64 == em_64
    assert fonts["a"].size_px == (em_64 + 32) // 64


def test_sources_are_merged_mapped_and_read_back(folder: Path) -> None:
    assets = """\
  - font: text.ttf
    name: body
    size: 10
    hinting: none
    characters: {text: AZ}
    merge:
      - font: icons.ttf
        characters: {ranges: [U+F015, U+F1EB]}
        map: {U+F015: U+E000}
        shift: -2
      - font: icons.ttf
      - {font: wide.ttf, axes: {wght: 900}, characters: {text: H}, size: 20}
"""
    _image, result = build_image(folder, HEAD + assets)
    font = result.assets[0].expected
    assert isinstance(font, DecodedFont)
    shapes = {glyph.codepoint: (*glyph.coverage.shape, glyph.y) for glyph in font.glyphs[1:]}
    assert shapes == {
        0x41: (7, 5, 7), 0x48: (14, 10, 14), 0x5A: (3, 5, 3), 0xE000: (3, 5, 1), 0xF1EB: (3, 5, 1)
    }  # fmt: skip
    assert {path.name for path in result.plan.inputs} >= {"text.ttf", "icons.ttf", "wide.ttf"}
    assert result.diagnostics == ()


def test_a_span_of_code_points_is_moved_together(folder: Path) -> None:
    merge = "merge: [{font: icons.ttf, characters: {ranges: [all]}, map: {U+F000-U+F0FF: U+E000}}]"
    fonts, _ = fonts_of(
        folder, f"  - {{font: text.ttf, name: a, size: 9, characters: {{text: A}}, {merge}}}\n"
    )
    assert [glyph.codepoint for glyph in fonts["a"].glyphs] == [-1, 0x41, 0x5A, 0xE015, 0xF1EB]


def test_a_fallback_is_stored_and_its_characters_are_not_missed(folder: Path) -> None:
    assets = """\
  - {font: text.ttf, name: a, size: 10, characters: {text: AZ}, fallback: b}
  - {font: icons.ttf, name: b, size: 10, characters: {text: Z}}
"""
    _image, result = build_image(folder, HEAD + assets)
    body, icons = result.assets
    assert struct.unpack_from("<I", body.payload, 0x30) == (icons.key,)
    assert struct.unpack_from("<I", icons.payload, 0x30) == (0,)
    assert result.diagnostics == ()


def test_a_fallback_that_was_not_asked_for_the_character_does_not_count(folder: Path) -> None:
    assets = """\
  - {font: text.ttf, name: a, size: 10, characters: {text: AZ}, fallback: b}
  - {font: icons.ttf, name: b, size: 10, characters: {ranges: [U+F015]}}
"""
    _, told = fonts_of(folder, assets)
    (message,) = told
    assert message.startswith('IB302 font "a": text.ttf lacks 1 of the characters asked for: U+005A')
    assert message.endswith('; "b" (icons.ttf) has U+005A "Z" LATIN CAPITAL LETTER Z')


def test_nine_fonts_in_a_row_are_too_many(folder: Path) -> None:
    def row(number: int, count: int) -> str:
        fallback = f", fallback: f{number + 1}" if number + 1 < count else ""
        return f"  - {{font: text.ttf, name: f{number}, size: 9, characters: {{text: A}}{fallback}}}\n"

    fonts_of(folder, "".join(row(number, 8) for number in range(8)))
    with pytest.raises(BuildError, match=r"IB316: .* 9 fonts follow each other as fallbacks, at most 8"):
        fonts_of(folder, "".join(row(number, 9) for number in range(9)))


def test_a_changed_source_of_a_merge_is_no_longer_taken_from_the_cache(folder: Path, monkeypatch) -> None:
    from imgbuild.build import BuildRequest, build

    monkeypatch.setenv("IMGBUILD_CACHE_DIR", str(folder / "cache"))
    path = folder / "manifest.yaml"
    merge = "merge: [{font: icons.ttf, characters: {text: Z}}]"
    path.write_text(HEAD + f"  - {{font: text.ttf, name: a, size: 9, characters: {{text: A}}, {merge}}}\n")
    request = BuildRequest(path, folder / "ext.bin", folder, uses_cache=True)
    first = build(request).image.data
    assert build(request).image.data == first
    (folder / "icons.ttf").write_bytes(data_of(make_font({"Z": TALL})))
    assert build(request).image.data != first
