"""`imgbuild export` of fonts: C that compiles, and whose glyphs are those of the image."""

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from support import imgbuild, need_tool
from unit.flavours.lvgl_font_file import read_font_file

from imgbuild.cli.image_argument import open_image_file
from imgbuild.reader.font import read_font

MANIFEST = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: thin, size: 16, bpp: 1,
     characters: {ranges: [ascii, cyrillic]}}
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: soft, size: 20, fallback: thin,
     characters: {ranges: [ascii, latin-1, greek], text: '€'}}
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: three, size: 14, bpp: 3}
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: digits, size: 20,
     characters: {text: '0123456789'}}
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: huge, size: 200, bpp: 1,
     characters: {text: 'A@'}}
  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: lv, size: 20, flavour: lvgl9, codec: rle}
"""
LVGL_STUB = """
#include <stddef.h>
#include <stdint.h>
#define LV_USE_FONT_COMPRESSED 1
#define LV_FONT_FMT_TXT_LARGE 0
typedef struct {
  uint32_t bitmap_index : 20, adv_w : 12; uint8_t box_w, box_h; int8_t ofs_x, ofs_y;
} lv_font_fmt_txt_glyph_dsc_t;
typedef enum {
  LV_FONT_FMT_TXT_CMAP_FORMAT0_FULL, LV_FONT_FMT_TXT_CMAP_SPARSE_FULL,
  LV_FONT_FMT_TXT_CMAP_FORMAT0_TINY, LV_FONT_FMT_TXT_CMAP_SPARSE_TINY
} lv_font_fmt_txt_cmap_type_t;
typedef struct {
  uint32_t range_start; uint16_t range_length, glyph_id_start; const uint16_t *unicode_list;
  const void *glyph_id_ofs_list; uint16_t list_length; lv_font_fmt_txt_cmap_type_t type;
} lv_font_fmt_txt_cmap_t;
typedef struct {
  const void *glyph_ids; const int8_t *values; uint32_t pair_cnt : 30, glyph_ids_size : 2;
} lv_font_fmt_txt_kern_pair_t;
typedef struct {
  const int8_t *class_pair_values; const uint8_t *left_class_mapping, *right_class_mapping;
  uint8_t left_class_cnt, right_class_cnt;
} lv_font_fmt_txt_kern_classes_t;
typedef struct {
  const uint8_t *glyph_bitmap; const lv_font_fmt_txt_glyph_dsc_t *glyph_dsc;
  const lv_font_fmt_txt_cmap_t *cmaps; const void *kern_dsc; uint16_t kern_scale, cmap_num;
  uint8_t bpp : 4, kern_classes : 1, bitmap_format : 2, stride;
} lv_font_fmt_txt_dsc_t;
typedef struct lv_font_t {
  const void *dsc; const struct lv_font_t *fallback; void *user_data;
  int (*get_glyph_dsc)(void); int (*get_glyph_bitmap)(void); int32_t line_height, base_line;
  uint8_t subpx : 2; int8_t underline_position, underline_thickness;
} lv_font_t;
enum { LV_FONT_SUBPX_NONE };
static int lv_font_get_glyph_dsc_fmt_txt(void) { return 0; }
static int lv_font_get_bitmap_fmt_txt(void) { return 0; }
"""
GFX_STUB = """
#ifndef _GFXFONT_H_
#define _GFXFONT_H_
#include <stdint.h>
typedef struct { uint16_t bitmapOffset; uint8_t width, height, xAdvance; int8_t xOffset, yOffset; } GFXglyph;
typedef struct { uint8_t *bitmap; GFXglyph *glyph; uint16_t first, last; uint8_t yAdvance; } GFXfont;
#endif
"""
U8G2_STUB = "#include <stdint.h>\n#define U8X8_PROGMEM\n#define U8G2_FONT_SECTION(name)\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "small.yaml").write_text(MANIFEST)
    (folder / "lvgl").mkdir()
    (folder / "lvgl/lvgl.h").write_text(LVGL_STUB)
    (folder / "gfxfont.h").write_text(GFX_STUB)
    (folder / "u8g2.h").write_text(U8G2_STUB)
    done = imgbuild("build", "small.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def stored(folder: Path, name: str):
    image = open_image_file(folder / "ext.bin")
    return read_font(image.payload(image.find(name)), image.find(name)).to_decoded()


def characters(font) -> dict:
    return {glyph.codepoint: glyph for glyph in font.glyphs if glyph.codepoint >= 0}


def export(folder: Path, library: str, output: str, *arguments: str):
    done = imgbuild("export", "--c", library, "ext.bin", *arguments, "-o", output, cwd=folder)
    assert done.returncode == 0, done.stderr
    return (folder / output).read_text(), done.stderr


def run_c(folder: Path, source: str, body: str) -> list[str]:
    """The lines that ``body``, a main() with ``source`` included, prints."""
    gcc = need_tool("gcc")
    (folder / "main.c").write_text(
        f'#include <stdio.h>\n#include "{source}"\n'
        f"int main(void) {{ unsigned i; (void)i;\n{body}\nreturn 0; }}\n"
    )
    strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-cast-qual", "-I."]
    done = subprocess.run(
        [gcc, *strict, "main.c", "-o", "main"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return subprocess.run(
        ["./main"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()


# --- LVGL ----------------------------------------------------------------------------------------

LVGL_DUMP = """
  const lv_font_fmt_txt_dsc_t *d = NAME.dsc; unsigned n, k;
  printf("%d %d %d %d\\n", (int)NAME.line_height, (int)NAME.base_line, NAME.underline_position,
         NAME.underline_thickness);
  printf("%u %u %u %u\\n", d->bpp, d->bitmap_format, d->kern_classes, d->kern_scale);
  for (n = 0; n < d->cmap_num; n++) {
    const lv_font_fmt_txt_cmap_t *c = &d->cmaps[n];
    for (i = 0; i < c->range_length; i++) {
      unsigned id = 0;
      if (c->type == LV_FONT_FMT_TXT_CMAP_FORMAT0_TINY) id = c->glyph_id_start + i;
      else if (c->type == LV_FONT_FMT_TXT_CMAP_FORMAT0_FULL) {
        unsigned o = ((const uint8_t *)c->glyph_id_ofs_list)[i];
        if (o || !i) id = c->glyph_id_start + o;
      } else
        for (k = 0; k < c->list_length; k++)
          if (c->unicode_list[k] == i)
            id = c->glyph_id_start + (c->type == LV_FONT_FMT_TXT_CMAP_SPARSE_TINY ? k :
                 ((const uint16_t *)c->glyph_id_ofs_list)[k]);
      if (id) {
        const lv_font_fmt_txt_glyph_dsc_t *g = &d->glyph_dsc[id];
        printf("%u %u %u %u %u %d %d ", (unsigned)c->range_start + i, id, g->adv_w, g->box_w, g->box_h,
               g->ofs_x, g->ofs_y);
        for (k = 0; k < (g->box_w * g->box_h * d->bpp + 7u) / 8u + 1u && (g->box_w && g->box_h); k++)
          if (g->bitmap_index + k < sizeof NAME_bitmap) printf("%02x", d->glyph_bitmap[g->bitmap_index + k]);
        printf("\\n");
      }
    }
  }
"""
KERN_CLASSES = """
  printf("kern\\n");
  { const lv_font_fmt_txt_kern_classes_t *q = d->kern_dsc; unsigned a, b;
  for (a = 1; a < sizeof NAME_kern_lefts; a++) for (b = 1; b < sizeof NAME_kern_rights; b++) {
    unsigned l = q->left_class_mapping[a], r = q->right_class_mapping[b];
    if (l && r && q->class_pair_values[(l - 1) * q->right_class_cnt + r - 1])
      printf("%u %u %d\\n", a, b, q->class_pair_values[(l - 1) * q->right_class_cnt + r - 1]);
  } }
"""


@pytest.mark.parametrize("suffix", [".c", ".h"])
def test_lvgl_font_has_every_glyph_and_kerns_as_the_image_does(built, suffix):
    text, _ = export(built, "lvgl", f"soft{suffix}", "soft")
    assert 'its fallback font is "thin"' in text
    lines = run_c(built, f"soft{suffix}", (LVGL_DUMP + KERN_CLASSES).replace("NAME", "soft"))
    font = stored(built, "soft")
    wanted = characters(font)
    height, base, position, thickness = map(int, lines[0].split())
    tops = [glyph.y for glyph in wanted.values()]
    bottoms = [glyph.y - glyph.coverage.shape[0] for glyph in wanted.values()]
    assert base == -min(font.descent, *bottoms)
    assert height == max(font.ascent, *tops) + base
    assert (position, thickness) == (font.underline_position, font.underline_thickness)
    assert lines[1] == "4 0 1 16"
    at = lines.index("kern")
    ids = {}
    for line in lines[2:at]:
        fields = line.split()
        point, number, advance, width, rows, x, y = map(int, fields[:7])
        glyph = wanted[point]
        ids[point] = number
        assert (advance, rows, width) == (glyph.advance, *glyph.coverage.shape)
        if width:
            data = bytes.fromhex(fields[7])
            levels = np.array([byte >> shift & 15 for byte in data for shift in (4, 0)])
            assert np.array_equal(levels[: width * rows].reshape(rows, width), glyph.coverage), point
            assert (x, y) == (glyph.x, glyph.y - rows)
    assert set(ids) == set(wanted)
    kerned = {tuple(map(int, line.split()[:2])): int(line.split()[2]) for line in lines[at + 1 :]}
    points = [glyph.codepoint for glyph in font.glyphs]
    pairs = {(ids[points[a]], ids[points[b]]): v for (a, b), v in font.kern_pairs.items()}
    assert kerned == pairs
    assert len(pairs) > 500


def test_lvgl_glyphs_of_3_bpp_are_compressed_and_a_build_without_that_stops(built):
    text, _ = export(built, "lvgl", "three.h", "three")
    lines = run_c(built, "three.h", LVGL_DUMP.replace("NAME", "three"))
    assert lines[1].startswith("3 1 ")
    assert "#if !LV_USE_FONT_COMPRESSED\n#error" in text
    plain, _ = export(built, "lvgl", "soft_plain.h", "soft")
    soft, _ = export(built, "lvgl", "soft_rle.h", "soft", "--codec", "rle")
    assert len(soft) < len(plain)


def test_a_large_font_stops_a_build_of_lvgl_without_large_fonts(built):
    text, _ = export(built, "lvgl", "huge.h", "huge")
    assert "#error" not in text, "200 px high glyphs still fit"
    (built / "large.yaml").write_text(
        MANIFEST.split("assets:", maxsplit=1)[0]
        + "assets:\n  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: huge, size: 400, bpp: 1,"
        " characters: {text: 'A'}}\n"
    )
    assert imgbuild("build", "large.yaml", "-o", "large.bin", cwd=built).returncode == 0
    done = imgbuild("export", "--c", "lvgl", "large.bin", "huge", "-o", "large.h", cwd=built)
    assert done.returncode == 0
    assert "#if !LV_FONT_FMT_TXT_LARGE\n#error" in (built / "large.h").read_text()


# --- Adafruit GFX --------------------------------------------------------------------------------

GFX_DUMP = """
  unsigned code, k;
  printf("%u %u %u\\n", NAME.first, NAME.last, NAME.yAdvance);
  for (code = NAME.first; code <= NAME.last; code++) {
    const GFXglyph *g = NAME.glyph + (code - NAME.first);
    printf("%u %u %u %u %d %d ", code, g->width, g->height, g->xAdvance, g->xOffset, g->yOffset);
    for (k = 0; k < (g->width * g->height + 7u) / 8u; k++) printf("%02x", NAME.bitmap[g->bitmapOffset + k]);
    printf("\\n");
  }
"""


def check_gfx(lines, font, levels):
    wanted = characters(font)
    first, last, step = map(int, lines[0].split())
    assert (first, last) == (min(wanted), max(wanted))
    assert step == font.ascent - font.descent + font.line_gap
    for line in lines[1:]:
        fields = line.split()
        code, width, height, advance, x, y = map(int, fields[:6])
        glyph = wanted.get(code)
        if glyph is None:
            assert (width, height, advance) == (0, 0, 0)
            continue
        assert advance == (glyph.advance + 8) // 16
        ink = levels(glyph.coverage)
        sheet = np.zeros((100, 100), np.uint8)
        other = sheet.copy()
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(fields[6]), np.uint8)) if width else np.zeros(0)
        # the library draws from the cursor's row + yOffset on; that row is the one above the baseline
        sheet[49 + y : 49 + y + height, 40 + x : 40 + x + width] = bits[: width * height].reshape(
            height, width
        )
        other[50 - glyph.y : 50 - glyph.y + ink.shape[0], 40 + glyph.x : 40 + glyph.x + ink.shape[1]] = ink
        assert np.array_equal(sheet, other), code
    return len(lines) - 1 - len(wanted)


@pytest.mark.parametrize("suffix", [".c", ".h"])
def test_gfx_font_draws_the_same_pixels(built, suffix):
    text, warning = export(built, "gfx", f"thin{suffix}", "thin")
    lines = run_c(built, f"thin{suffix}", GFX_DUMP.replace("NAME", "thin"))
    holes = check_gfx(lines, stored(built, "thin"), lambda coverage: coverage)
    assert f'[IB374]: font "thin": {holes} of the {len(lines) - 1} glyphs' in warning
    assert "kerning pairs are left out" in text
    assert "never shows those above U+00FF" in text


def test_gfx_font_of_more_bits_needs_a_threshold(built):
    done = imgbuild("export", "--c", "gfx", "ext.bin", "digits", "-o", "no.h", cwd=built)
    assert (done.returncode, "[IB372]" in done.stderr, "--threshold 50" in done.stderr) == (1, True, True)
    assert not (built / "no.h").exists()
    for percent in (50, 100):
        text, _ = export(built, "gfx", "digits.h", "digits", "--threshold", str(percent))
        assert f"pixels are set from {percent} % coverage on" in text
        lines = run_c(built, "digits.h", GFX_DUMP.replace("NAME", "digits"))
        check_gfx(lines, stored(built, "digits"), lambda c, least=percent * 15: c.astype(int) * 100 >= least)


# --- U8g2 ----------------------------------------------------------------------------------------


class U8g2:
    """U8g2's font format, read from the description above u8g2_read_font_info and bdfconv."""

    def __init__(self, data):
        self.data = data
        self.bits0, self.bits1, *self.widths = data[2:9]
        self.starts = struct.unpack_from(">3H", data, 17)

    def find(self, code):
        at = 23
        if code <= 255:
            at += self.starts[1] if code >= ord("a") else self.starts[0] if code >= ord("A") else 0
            while self.data[at + 1]:
                if self.data[at] == code:
                    return at + 2
                at += self.data[at + 1]
            return None
        at = table = 23 + self.starts[2]
        while True:
            step, last = struct.unpack_from(">HH", self.data, table)
            at += step
            table += 4
            if last >= code:
                break
        while struct.unpack_from(">H", self.data, at)[0]:
            if struct.unpack_from(">H", self.data, at)[0] == code:
                return at + 3
            at += self.data[at + 2]
        return None

    def glyph(self, code):
        """Advance, x, y of the bottom row, pixels."""
        start = self.find(code)
        if start is None:
            return None
        bits = iter(np.unpackbits(np.frombuffer(self.data[start:], np.uint8), bitorder="little").tolist())

        def take(count):
            return sum(next(bits) << n for n in range(count))

        width, height = take(self.widths[0]), take(self.widths[1])
        x, y, advance = (take(count) - (1 << count >> 1) for count in self.widths[2:])
        pixels = []
        while len(pixels) < width * height:
            zeros, ones = take(self.bits0), take(self.bits1)
            pixels += [0] * zeros + [1] * ones
            while take(1):
                pixels += [0] * zeros + [1] * ones
        assert len(pixels) == width * height
        return advance, x, y, np.array(pixels, np.uint8).reshape(height, width)


@pytest.mark.parametrize("suffix", [".c", ".h"])
def test_u8g2_font_has_every_glyph(built, suffix):
    text, _ = export(built, "u8g2", f"thin_u{suffix}", "thin")
    assert 'U8G2_FONT_SECTION("thin")' in text
    body = '  for (i = 0; i < sizeof thin; i++) printf("%02x", thin[i]);\n'
    font = U8g2(bytes.fromhex(run_c(built, f"thin_u{suffix}", body)[0]))
    wanted = characters(stored(built, "thin"))
    assert max(wanted) > 0x400
    assert len([code for code in wanted if code > 255]) > 2 * 101, "a look-up table of several entries"
    for code in range(1, 0x600):
        got, glyph = font.glyph(code), wanted.get(code)
        if glyph is None:
            assert got is None, code
            continue
        advance, x, y, pixels = got
        height = glyph.coverage.shape[0]
        assert (advance, np.array_equal(pixels, glyph.coverage)) == ((glyph.advance + 8) // 16, True)
        if height:
            assert (x, y) == (glyph.x, glyph.y - height)
    data = font.data
    assert data[0] == len(wanted) & 255
    assert data[13] == wanted[ord("A")].y, "the ascent of A"
    assert struct.unpack_from("b", data, 14)[0] == wanted[ord("g")].y - wanted[ord("g")].coverage.shape[0]


def test_u8g2_glyph_of_too_many_bytes_is_named(built):
    done = imgbuild("export", "--c", "u8g2", "ext.bin", "huge", "-o", "no.c", cwd=built)
    assert done.returncode == 1
    assert '[IB373]: font "huge": the width (px) of U+0040' in done.stderr


# --- what is no use ------------------------------------------------------------------------------


def test_lvgl_font_file_in_the_image_is_what_lvgl_loads(built):
    done = imgbuild("extract", "ext.bin", "lv.bin", "-o", "lv.bin.out", cwd=built)
    assert done.returncode == 0
    file = read_font_file((built / "lv.bin.out").read_bytes())
    soft = stored(built, "soft")
    wanted = {code: glyph for code, glyph in characters(soft).items() if code < 127}
    assert set(file.characters) == set(wanted)
    for code, glyph in wanted.items():
        got = file.glyphs[file.characters[code]]
        assert (got.advance, np.array_equal(got.pixels, glyph.coverage)) == (glyph.advance, True)
    points = [glyph.codepoint for glyph in soft.glyphs]
    pairs = {(points[a], points[b]): v for (a, b), v in soft.kern_pairs.items()}
    kerned = {
        (a, b): file.kerning.get((file.characters[a], file.characters[b]), 0) for a in wanted for b in wanted
    }
    assert kerned == {pair: pairs.get(pair, 0) for pair in kerned}
    done = imgbuild("export", "--c", "lvgl", "ext.bin", "lv.bin", "-o", "no.c", cwd=built)
    assert (done.returncode, "font file of LVGL 9 already" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--c", "gfx", "thin", "--codec", "rle"),
        ("--c", "lvgl", "soft", "--threshold", "50"),
        ("--c", "gfx", "soft", "--threshold", "0"),
    ],
)
def test_choices_of_another_library_are_refused(built, arguments):
    done = imgbuild("export", "ext.bin", *arguments, "-o", "no.c", cwd=built)
    assert done.returncode == 2
    assert not (built / "no.c").exists()


def test_characters_that_a_lvgl_font_file_lacks_are_told_again_from_the_cache(built):
    lines = MANIFEST.splitlines()
    entry = lines[-1].replace("codec: rle", "characters: {text: 'aæ中'}")
    (built / "lacking.yaml").write_text("\n".join([*lines[:4], entry, ""]))
    for _ in range(2):
        done = imgbuild(
            "build", "lacking.yaml", "-o", "lack/l.bin", cwd=built, IMGBUILD_CACHE_DIR=str(built / "cache")
        )
        assert done.returncode == 0
        assert '[IB302]: font "lv.bin": Roboto-Regular.ttf lacks 1 of the characters' in done.stderr
        (built / "lack/l.bin").unlink()


def test_a_lvgl_font_file_is_no_font_for_our_reader(built):
    head = MANIFEST.splitlines()[:4]
    fonts = [
        "  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: lv, size: 20, flavour: lvgl9}",
        "  - {font: 'package:font_roboto/files/Roboto-Regular.ttf', name: a, size: 20, fallback: lv.bin}",
        "  - {text: 'fi', name: t, shape: lv.bin}",
    ]
    for entry, code in ((fonts[1], "IB316"), (fonts[2], "IB350")):
        (built / "wrong.yaml").write_text("\n".join([*head, fonts[0], entry, ""]))
        done = imgbuild("build", "wrong.yaml", "-o", "w.bin", cwd=built)
        assert done.returncode == 1
        assert f"[{code}]" in done.stderr
