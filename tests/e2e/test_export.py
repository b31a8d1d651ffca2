"""`imgbuild export` writes C that compiles, and whose arrays hold the pixels of the image."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild, need_tool

MANIFEST = """version: 1
name: small
flash: {board: spark-core}
assets:
  - {image: icon.png, name: ui/a1, pixel_format: a1, codec: lz4}
  - {image: icon.png, name: ui/page, pixel_format: mono_page}
  - {image: icon.png, name: ui/lsb, pixel_format: gray1, bit_order: lsb}
  - {image: icon.png, name: ui/a4, pixel_format: a4}
  - {image: icon.png, name: ui/i4, pixel_format: i4, codec: lz4}
  - {image: icon.png, name: ui/565, pixel_format: rgb565a8, codec: lz4}
  - {image: icon.png, name: ui/big, pixel_format: rgb565, byte_order: big}
  - {image: icon.png, name: ui/888, pixel_format: rgb888}
  - {image: icon.png, name: ui/packed, pixel_format: rgb565, flavour: lvgl9, codec: lz4}
  - {image: framed.png, name: ui/trimmed, pixel_format: a4, tint: '#ff8000', trim: true}
  - {image: framed.png, name: ui/small, pixel_format: a1, tint: '#ff8000', trim: true}
  - {image: framed.png, name: ui/soft, pixel_format: argb8888}
  - {image: framed.png, name: ui/patch, pixel_format: rgb565a8, nine_patch: {left: 3, top: 1, right: 2}}
"""
WIDTH, HEIGHT = 11, 5

LVGL_STUB = """
#include <stdint.h>
#define LV_IMAGE_HEADER_MAGIC 0x19
#define LV_IMAGE_FLAGS_PREMULTIPLIED 0x01
#define LV_IMAGE_FLAGS_COMPRESSED 0x08
enum { LV_COLOR_FORMAT_I4 = 9, LV_COLOR_FORMAT_A4 = 13, LV_COLOR_FORMAT_RGB888 = 15,
       LV_COLOR_FORMAT_RGB565 = 18,
       LV_COLOR_FORMAT_RGB565A8 = 20, LV_COLOR_FORMAT_A1 = 11, LV_COLOR_FORMAT_RGB565_SWAPPED = 27 };
typedef struct {
  uint32_t magic : 8, cf : 8, flags : 16, w : 16, h : 16, stride : 16, reserved_2 : 16;
} lv_image_header_t;
typedef struct {
  lv_image_header_t header;
  uint32_t data_size;
  const uint8_t *data;
  const void *reserved;
} lv_image_dsc_t;
"""
U8G2_STUB = "#define U8X8_PROGMEM\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    rng = np.random.default_rng(4)
    colours = rng.integers(0, 256, (6, 4), np.uint8)
    colours[:, 3] = (255, 255, 255, 130, 40, 0)
    Image.fromarray(colours[rng.integers(0, 6, (HEIGHT, WIDTH))]).save(folder / "icon.png")
    framed = np.zeros((8, 12, 4), np.uint8)
    framed[2:6, 5:9] = (10, 200, 30, 255)
    framed[2, 5, 3] = 140
    Image.fromarray(framed).save(folder / "framed.png")
    (folder / "small.yaml").write_text(MANIFEST)
    (folder / "lvgl").mkdir()
    (folder / "lvgl/lvgl.h").write_text(LVGL_STUB)
    (folder / "u8g2.h").write_text(U8G2_STUB)
    done = imgbuild("build", "small.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    done = imgbuild(
        "extract", "ext.bin", "ui/565", "ui/888", "ui/a1", "ui/packed.bin", "-o", "png", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder


def export(folder: Path, library: str, output: str, *names: str) -> str:
    done = imgbuild("export", "--c", library, "ext.bin", *names, "-o", output, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{output}\n"
    return (folder / output).read_text()


def values(folder: Path, source: str, expressions: list[str]) -> list[bytes]:
    """Compile a program that includes ``source`` and prints each ``(pointer, length)`` as hex."""
    gcc = need_tool("gcc")
    prints = "".join(
        f'  for (i = 0; i < ({length}); i++) printf("%02x", ((const unsigned char *)({pointer}))[i]);\n'
        '  printf("\\n");\n'
        for pointer, length in (e.split(";") for e in expressions)
    )
    main = f'#include <stdio.h>\n#include "{source}"\nint main(void) {{\n  unsigned long i;\n{prints}'
    main += "  return 0;\n}\n"
    (folder / "main.c").write_text(main)
    strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I."]
    done = subprocess.run(
        [gcc, *strict, "main.c", "-o", "main"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    out = subprocess.run(["./main"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return [bytes.fromhex(line) for line in out.splitlines()]


def shown(folder: Path, name: str) -> np.ndarray:
    return np.asarray(Image.open(folder / "png" / f"{name}.png").convert("RGBA"))


def source(folder: Path) -> np.ndarray:
    return np.asarray(Image.open(folder / "icon.png"))


@pytest.mark.parametrize("suffix", [".c", ".h"])
def test_u8g2_gets_xbm_with_the_leftmost_pixel_lowest(built, suffix):
    export(built, "u8g2", f"x{suffix}", "ui/a1", "ui/page", "ui/lsb")
    got = values(
        built,
        f"x{suffix}",
        ["ui_a1_bits;sizeof ui_a1_bits", "ui_page_bits;10", "ui_lsb_bits;sizeof ui_lsb_bits"],
    )
    bits = source(built)[..., 3] > 127
    assert got[0] == np.packbits(bits, axis=1, bitorder="little").tobytes()
    assert got[1] == got[2], "the same picture in page order and in rows"
    assert len(got[2]) == HEIGHT * 2


def test_gfx_gets_bits_with_the_leftmost_pixel_highest(built):
    text = export(built, "gfx", "g.h", "ui/a1")
    got = values(built, "g.h", ["ui_a1;sizeof ui_a1"])
    assert got[0] == np.packbits(source(built)[..., 3] > 127, axis=1).tobytes()
    assert f"#define ui_a1_width {WIDTH}\n#define ui_a1_height {HEIGHT}\n" in text


def test_gfx_gets_rgb565_words_and_a_mask_where_it_is_transparent(built):
    export(built, "gfx", "c.h", "ui/565", "ui/big", "ui/888")
    got = values(
        built, "c.h", ["ui_565;sizeof ui_565", "ui_565_mask;sizeof ui_565_mask", "ui_big;sizeof ui_big"]
    )
    rgba = source(built).astype(int)
    value = (
        (rgba[..., 0] * 249 + 1014 >> 11 << 11)
        | (rgba[..., 1] * 253 + 505 >> 10 << 5)
        | (rgba[..., 2] * 249 + 1014 >> 11)
    )
    value[rgba[..., 3] == 0] = 0
    assert np.array_equal(np.frombuffer(got[0], "=u2").reshape(HEIGHT, WIDTH), value)
    assert got[1] == np.packbits(rgba[..., 3] > 127, axis=1).tobytes()
    assert len(got[2]) == WIDTH * HEIGHT * 2, "values of the CPU's byte order, whatever the flash has"
    opaque = rgba[..., 3] == 255
    assert np.array_equal(np.frombuffer(got[2], "=u2").reshape(HEIGHT, WIDTH)[opaque], value[opaque])
    assert "ui_888_mask" not in (built / "c.h").read_text()


@pytest.mark.parametrize("suffix", [".c", ".h"])
def test_lvgl_gets_the_data_of_its_own_files(built, suffix):
    numbers = {"i4": 9, "a4": 13, "888": 15, "565": 20, "a1": 11, "big": 27}
    export(built, "lvgl", f"l{suffix}", *[f"ui/{name}" for name in numbers])
    wanted = [f"&ui_{name}.header;12" for name in numbers] + [
        f"ui_{name}.data;ui_{name}.data_size" for name in numbers
    ]
    got = values(built, f"l{suffix}", wanted)
    for header, data, (name, number) in zip(got[:6], got[6:], numbers.items(), strict=True):
        lvgl = MANIFEST.splitlines()
        line = next(line for line in lvgl if f"ui/{name}," in line).replace("codec: lz4", "codec: raw")
        folder = built / f"lvgl-{name}"
        folder.mkdir(exist_ok=True)
        shutil.copy(built / "icon.png", folder)
        (folder / "m.yaml").write_text("\n".join([*lvgl[:4], line.replace("}", ", flavour: lvgl9}"), ""]))
        assert imgbuild("build", "m.yaml", "-o", "m.bin", cwd=folder).returncode == 0
        assert imgbuild("extract", "m.bin", f"ui/{name}.bin", "-o", "out.bin", cwd=folder).returncode == 0
        file = (folder / "out.bin").read_bytes()
        assert (header, header[1], data) == (file[:12], number, file[12:])


def test_lvgl_files_of_the_image_become_descriptors(built):
    text = export(built, "lvgl", "p.c", "ui/packed.bin")
    assert ".flags = LV_IMAGE_FLAGS_COMPRESSED" in text
    got = values(built, "p.c", ["&ui_packed_bin.header;12", "ui_packed_bin.data;ui_packed_bin.data_size"])
    assert b"".join(got) == (built / "png/ui/packed.bin").read_bytes()


def test_what_the_librarys_structures_cannot_say_becomes_macros(built):
    text = export(built, "lvgl", "extra.h", "ui/trimmed", "ui/patch", "ui/i4")
    assert "#define ui_trimmed_trim_x 5\n#define ui_trimmed_trim_y 2\n" in text
    assert "#define ui_trimmed_tint 0xff8000\n" in text
    keeps = {"left": 3, "top": 1, "right": 2, "bottom": 0}
    assert "".join(f"#define ui_patch_keep_{side} {px}\n" for side, px in keeps.items()) in text
    assert "ui_i4_" not in text.replace("ui_i4_map", "")
    assert "#define ui_small_tint 0xff8000\n" in export(built, "gfx", "extra_gfx.h", "ui/small")
    text = export(built, "u8g2", "extra_u8g2.h", "ui/small")
    assert "#define ui_small_trim_x 5\n#define ui_small_trim_y 2\n" in text


def test_what_adafruit_gfx_cannot_show_is_told_above_the_array(built):
    text = export(built, "gfx", "soft.h", "ui/soft")
    assert "; half-transparent pixels are drawn from alpha 128 on, as if opaque" in text
    assert "; colours rounded to 5:6:5 */" in text
    assert "rounded" not in export(built, "gfx", "exact.h", "ui/565")


def test_the_same_name_twice_is_exported_once(built):
    assert export(built, "gfx", "t.h", "ui/a1", "ui/a1").count("PROGMEM[]") == export(
        built, "gfx", "t.h", "ui/a1"
    ).count("PROGMEM[]")


def test_the_output_must_be_c(built):
    done = imgbuild("export", "--c", "gfx", "ext.bin", "ui/a1", "-o", "x.txt", cwd=built)
    assert done.returncode == 2
    assert not (built / "x.txt").exists()


@pytest.mark.parametrize(
    ("library", "name"),
    [("u8g2", "ui/565"), ("u8g2", "ui/packed.bin"), ("gfx", "ui/a4"), ("lvgl", "ui/page")],
)
def test_what_a_library_cannot_draw_is_refused(built, library, name):
    done = imgbuild("export", "--c", library, "ext.bin", name, "-o", "no.c", cwd=built)
    assert done.returncode == 1
    assert "[IB264]" in done.stderr
    assert not (built / "no.c").exists()
