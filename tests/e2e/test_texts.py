"""Strings, shaped texts and kerning, from the manifest to what a reader gets back."""

from __future__ import annotations

import json
import zlib
from importlib.metadata import distribution
from itertools import product
from pathlib import Path

import pytest
import uharfbuzz as hb
from support import build_image, imgbuild

from imgbuild.errors import Severity
from imgbuild.reader.font import read_font
from imgbuild.reader.runs import read_runs
from imgbuild.reader.strings import read_strings

ROBOTO = "package:font_roboto/files/Roboto-Regular.ttf"
HEAD = "version: 1\nname: demo\nflash: {board: spark-core}\nassets:\n"


def _roboto() -> bytes:
    return Path(
        str(distribution("font-roboto").locate_file("font_roboto/files/Roboto-Regular.ttf"))
    ).read_bytes()


def _font(image, name):
    entry = image.find(name)
    return read_font(image.payload(entry), entry)


def test_kerning_is_harfbuzz_s_pair_by_pair(tmp_path):
    size_px = 24
    image, _ = build_image(
        tmp_path,
        HEAD + f"  - {{font: '{ROBOTO}', name: body, size: {size_px}, characters: {{ranges: [ascii]}}}}\n",
    )
    font = _font(image, "body")
    face = hb.Face(_roboto())
    shaper = hb.Font(face)

    def width(text, is_kerned):
        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(shaper, buffer, {"kern": is_kerned, "liga": False})
        return sum(place.x_advance for place in buffer.glyph_positions)

    expected = {}
    for left, right in product(map(chr, range(0x20, 0x7F)), repeat=2):
        units = width(left + right, True) - width(left + right, False)
        sixteenths = int(abs(units) * size_px * 16 / face.upem + 0.5)
        if sixteenths:
            pair = font.glyph_index(ord(left)), font.glyph_index(ord(right))
            expected[pair] = sixteenths if units > 0 else -sixteenths
    assert len(expected) > 300
    assert font.kerning == expected


def test_kerning_may_be_left_out(tmp_path):
    entry = f"  - {{font: '{ROBOTO}', name: body, size: 24, kerning: false}}\n"
    image, _ = build_image(tmp_path, HEAD + entry)
    assert _font(image, "body").kerning == {}


STRINGS = """  - strings: strings/*.yaml
    name: ui
    shape: body
  - font: '{font}'
    name: body
    size: 20
    characters: {{strings: [ui]}}
"""


def _write_strings(folder: Path) -> None:
    (folder / "strings").mkdir()
    (folder / "strings/en.yaml").write_text("hello: Hello {name}\nmenu: {quit: Quit}\n", encoding="utf-8")
    (folder / "strings/de.yaml").write_text("hello: Gr\u00fc\u00df dich {name}\n", encoding="utf-8")


def test_strings_are_found_by_key_in_each_language(tmp_path):
    _write_strings(tmp_path)
    image, result = build_image(tmp_path, HEAD + STRINGS.format(font=ROBOTO))
    strings = read_strings(image.payload(image.find("ui")), "ui")
    assert [tag for tag, _ in strings.languages] == ["en", "de"]
    hello, quit_ = (strings.find(zlib.crc32(name)) for name in (b"hello", b"menu.quit"))
    assert [strings.text(hello, n) for n in (0, 1)] == ["Hello {name}", "Gr\u00fc\u00df dich {name}"]
    assert [strings.text(quit_, n) for n in (0, 1)] == ["Quit", "Quit"]
    warnings = [d for d in result.diagnostics if d.severity is Severity.WARNING]
    assert [d.code for d in warnings] == ["IB333"]
    assert "de lacks 1 of 2 texts: menu.quit" in warnings[0].message


def test_a_font_takes_the_characters_of_the_strings(tmp_path):
    _write_strings(tmp_path)
    image, _ = build_image(tmp_path, HEAD + STRINGS.format(font=ROBOTO))
    characters = "".join(map(chr, sorted(_font(image, "body").glyph_of)))
    assert characters == "".join(sorted(set("Hello {name}QuitGr\u00fc\u00df dich {name}")))


def test_the_header_has_keys_of_texts_and_numbers_of_languages(tmp_path):
    _write_strings(tmp_path)
    (tmp_path / "m.yaml").write_text(HEAD + STRINGS.format(font=ROBOTO))
    done = imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    header = (tmp_path / "demo_assets.h").read_text()
    words = {
        line.split()[1]: line.split()[2] for line in header.splitlines() if line.startswith("#define DEMO_UI")
    }
    assert words["DEMO_UI_KIND"] == "IMGB_KIND_STRINGS"
    assert words["DEMO_UI_LANG_EN"] == "0"
    assert words["DEMO_UI_LANG_DE"] == "1"
    assert words["DEMO_UI_STR_MENU_QUIT"] == f"UINT32_C(0x{zlib.crc32(b'menu.quit'):08X})"


def test_extract_writes_strings_as_json(tmp_path):
    _write_strings(tmp_path)
    (tmp_path / "m.yaml").write_text(HEAD + STRINGS.format(font=ROBOTO))
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    assert imgbuild("extract", "ext.bin", "ui", "-o", "ui.json", cwd=tmp_path).returncode == 0
    document = json.loads((tmp_path / "ui.json").read_text(encoding="utf-8"))
    key = f"0x{zlib.crc32(b'hello'):08X}"
    assert document["texts"][key] == ["Hello {name}", "Gr\u00fc\u00df dich {name}"]


def test_a_changed_translation_is_built_again(tmp_path):
    _write_strings(tmp_path)
    (tmp_path / "m.yaml").write_text(HEAD + STRINGS.format(font=ROBOTO))
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    (tmp_path / "strings/de.yaml").write_text("hello: Hallo \u00d6\n", encoding="utf-8")
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", "--check", cwd=tmp_path).returncode == 3
    assert imgbuild("build", "m.yaml", "-o", "ext.bin", cwd=tmp_path).returncode == 0
    listed = json.loads(imgbuild("extract", "ext.bin", "ui", "-o", "ui.json", "--json", cwd=tmp_path).stdout)
    assert listed["files"][0]["name"] == "ui"
    assert "Hallo \u00d6" in (tmp_path / "ui.json").read_text(encoding="utf-8")


def test_a_shaped_text_names_glyphs_of_the_font_at_harfbuzz_s_places(tmp_path):
    text, size_px = "AVATAR To", 20
    manifest = HEAD + f"  - {{font: '{ROBOTO}', name: body, size: {size_px}, characters: {{text: x}}}}\n"
    image, _ = build_image(tmp_path, manifest + f"  - {{text: '{text}', name: title, shape: body}}\n")
    runs = read_runs(image.payload(image.find("title")), "title")
    font = _font(image, "body")
    assert runs.font_key == zlib.crc32(b"body")
    assert sorted(font.glyph_of) == [
        ord("x")
    ]  # the letters of the text are there, but no character leads to them
    face = hb.Face(_roboto())
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(hb.Font(face), buffer)
    pen, places = 0, []
    for place in buffer.glyph_positions:
        places.append(round((pen + place.x_offset) * size_px * 16 / face.upem))
        pen += place.x_advance
    (line,) = runs.lines
    assert [x for _, x, _ in line.glyphs] == pytest.approx(places, abs=1)
    same = [info.codepoint for info in buffer.glyph_infos]
    assert [same.index(gid) for gid in same] == [
        [g for g, _, _ in line.glyphs].index(glyph) for glyph, _, _ in line.glyphs
    ]
    for glyph, _, _ in line.glyphs:
        assert 0 < glyph < font.metrics.glyphs


def test_strings_that_need_it_are_shaped_and_the_others_stay_text(tmp_path):
    (tmp_path / "strings").mkdir()
    (tmp_path / "strings/en.yaml").write_text("a: A\nb: B\n", encoding="utf-8")
    (tmp_path / "strings/vi.yaml").write_text("a: 'q\u0302'\nb: '\u1ea4'\n", encoding="utf-8")
    image, _ = build_image(tmp_path, HEAD + STRINGS.format(font=ROBOTO))
    table = read_strings(image.payload(image.find("ui")), "ui").to_table()
    assert table.texts[zlib.crc32(b"b")] == ("B", "\u1ea4")
    plain, shaped = table.texts[zlib.crc32(b"a")]
    assert plain == "A"
    assert shaped.font_key == zlib.crc32(b"body")
    assert len(shaped.lines[0].glyphs) == 2
