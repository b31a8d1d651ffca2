"""Scripts that need shaping, from real fonts: drawn as FreeType's glyphs stand where hb-shape puts them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

import freetype
import numpy as np
import pytest
from support import build_image, need_file, need_tool

from imgbuild.reader.compose import Screen
from imgbuild.reader.font import read_font
from imgbuild.reader.runs import read_runs
from imgbuild.reader.textlines import TextStyle

FONTS = "/usr/share/fonts"
LOMA = f"{FONTS}/truetype/tlwg/Loma.ttf"
KHMER = f"{FONTS}/truetype/khmeros/KhmerOS.ttf"
LOHIT = f"{FONTS}/truetype/lohit-devanagari/Lohit-Devanagari.ttf"
EZRA = f"{FONTS}/truetype/ezra/SILEOT.ttf"
AMIRI = f"{FONTS}/opentype/fonts-hosny-amiri/Amiri-Regular.ttf"
DEJAVU = f"{FONTS}/truetype/dejavu/DejaVuSans.ttf"
SIZE_PX = 32
WIDTH_PX, HEIGHT_PX = 400, 120


@dataclass(frozen=True)
class Sample:
    """A text of one script and direction, so that it is a single run to hb-shape."""

    font: str
    text: str
    script: str
    language: str
    fewer: int  # glyphs than characters at least: what joins really is joined
    is_rtl: bool = False

    @property
    def direction(self) -> str:
        return "rtl" if self.is_rtl else "ltr"


NOT_JOINED = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # Persian, with U+200C
SAMPLES = {
    "thai-marks": Sample(LOMA, "ที่นี่ผู้ป่วย", "Thai", "th", 0),
    "thai-sara-am": Sample(LOMA, "น้ำ กำ", "Thai", "th", -2),
    "khmer-below": Sample(KHMER, "ភាសាខ្មែរ", "Khmr", "km", 1),
    "khmer-before": Sample(KHMER, "ស្រុក កើ", "Khmr", "km", 0),
    "devanagari-conjuncts": Sample(LOHIT, "क्षत्रिय विद्या", "Deva", "hi", 4),
    "devanagari-reph": Sample(LOHIT, "र्क हिन्दी", "Deva", "hi", 1),
    "hebrew-points": Sample(EZRA, "שָׁלוֹם בְּרֵאשִׁית", "Hebr", "he", 1, is_rtl=True),
    "arabic-marks": Sample(AMIRI, "مُحَمَّد", "Arab", "ar", 0, is_rtl=True),
    "arabic-joined": Sample(AMIRI, "السلام عليكم", "Arab", "ar", 0, is_rtl=True),
    "persian-not-joined": Sample(AMIRI, NOT_JOINED, "Arab", "fa", 1, is_rtl=True),
    "latin-ligatures": Sample(DEJAVU, "office afflict", "Latn", "en", 3),
}


@dataclass(frozen=True)
class Placed:
    """A glyph of the font file and its pen, in 1/16 px."""

    glyph: int
    x: int
    y: int


def harfbuzz(sample: Sample) -> tuple[list[Placed], int]:
    """What hb-shape says, in font units, as 1/16 px to the nearest; and the width."""
    done = subprocess.run(
        [
            need_tool("hb-shape"), "--output-format=json", "--no-glyph-names", "--remove-default-ignorables",
            f"--script={sample.script}", f"--language={sample.language}", f"--direction={sample.direction}",
            need_file(sample.font), sample.text,
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    upem = freetype.Face(sample.font).units_per_EM
    pen, placed = 0, []

    def sixteenths(units: int) -> int:
        return int(np.floor(units * SIZE_PX * 16 / upem + 0.5))

    for glyph in json.loads(done.stdout):
        placed.append(Placed(glyph["g"], sixteenths(pen + glyph["dx"]), sixteenths(glyph["dy"])))
        pen += glyph["ax"]
    return placed, sixteenths(pen)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Every sample in one image, with a font for each file."""
    manifest = "version: 1\nname: demo\nflash: {board: spark-core}\nassets:\n"
    files = sorted({sample.font for sample in SAMPLES.values()})
    folder = tmp_path_factory.mktemp("scripts")
    for number, file in enumerate(files):
        (folder / f"{number}.ttf").write_bytes(need_file(file).read_bytes())
        manifest += f"  - {{font: {number}.ttf, name: font{number}, size: {SIZE_PX}, hinting: none, "
        manifest += "characters: {text: ' '}}\n"
    for name, sample in SAMPLES.items():
        manifest += (
            f"  - {{text: {json.dumps(sample.text)}, name: {name}, shape: font{files.index(sample.font)}, "
        )
        manifest += f"language: {sample.language}}}\n"
    built, result = build_image(folder, manifest)
    assert [found for found in result.diagnostics if found.code in {"IB351", "IB352"}] == []
    return built, {name: f"font{files.index(sample.font)}" for name, sample in SAMPLES.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_glyphs_stand_where_hb_shape_puts_them(image, name) -> None:
    built, _fonts = image
    runs = read_runs(built.payload(built.find(name)), name)
    placed, width = harfbuzz(SAMPLES[name])
    (line,) = runs.lines
    assert [(x, y) for _, x, y in line.glyphs] == [(glyph.x, glyph.y) for glyph in placed]
    assert (line.width_16, line.is_rtl) == (width, SAMPLES[name].is_rtl)
    # the same glyph of the file is the same glyph of the asset, and no other
    pairs = {(ours, theirs.glyph) for (ours, _, _), theirs in zip(line.glyphs, placed, strict=True)}
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})
    assert 0 not in {glyph.glyph for glyph in placed}, "the font lacks something"
    assert len(placed) <= len(SAMPLES[name].text) - SAMPLES[name].fewer


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_drawn_are_freetype_s_glyphs_at_these_places(image, name) -> None:
    built, fonts = image
    entry = built.find(fonts[name])
    font = read_font(built.payload(entry), entry)
    runs = read_runs(built.payload(built.find(name)), name)
    screen = Screen(WIDTH_PX, HEIGHT_PX, "gray8")
    style = TextStyle((font,))
    screen.draw_runs(20, 20, style, runs, 0xFFFF)
    face = freetype.Face(SAMPLES[name].font)
    face.set_pixel_sizes(0, SIZE_PX)
    expected = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint16)
    for placed in harfbuzz(SAMPLES[name])[0]:
        face.load_glyph(placed.glyph, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_NO_HINTING)
        bitmap = face.glyph.bitmap
        rows = np.array(bitmap.buffer, np.uint8).reshape(bitmap.rows, bitmap.pitch)[:, : bitmap.width]
        left = 20 + (placed.x + 8 >> 4) + face.glyph.bitmap_left
        top = 20 + style.baseline(0) - (placed.y + 8 >> 4) - face.glyph.bitmap_top
        area = expected[top : top + bitmap.rows, left : left + bitmap.width]
        area += (255 - area) * rows.astype(np.uint16) // 255
    drawn = screen.pixels.astype(int)
    assert np.count_nonzero(drawn) > 200
    # 16 levels in place of 256; where glyphs overlap the difference may add up
    assert np.abs(drawn - expected).max() <= 24
