"""The screen that a Cortex-M4 draws out of SPI flash is the one that the Python reader draws."""

from __future__ import annotations

import re
import subprocess
import sys
import zlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import freetype
import numpy as np
import pytest
import yaml
from e2e.demo_screen import HEIGHT_PX, WIDTH_PX, Item, draw_screen, read_items
from firmware.example import MANIFEST, REPOSITORY, U16, VIEWER, Run, require_tools
from numpy.typing import NDArray
from PIL import Image, ImageOps

pytestmark = pytest.mark.xdist_group("firmware")

TABLES = {"screen": "demo_items.def", "pieces": "pieces_items.def"}
REGION_OFFSET_BYTES = 512 * 1024  # of board qemu-ast1030, and "seek" of the Makefile's dd
PSNR_MIN_DB = 35.0


def rgb_of(frame: U16) -> NDArray[np.uint8]:
    """Levels of 5 and 6 bits as the nearest of 8 bits, ``[height, width, 3]``."""
    wide = frame.astype(np.float64)
    red, green, blue = wide // 2048, wide // 32 % 64, wide % 32
    return np.rint(np.stack([red / 31, green / 63, blue / 31], axis=-1) * 255).astype(np.uint8)


def psnr_db(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal to noise ratio over all channels."""
    error = np.mean((one.astype(np.float64) - other.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else float("inf")


# --- the same pixels as the Python reader ------------------------------------------------------


@pytest.mark.parametrize("label", TABLES)
def test_the_firmware_draws_what_the_python_reader_draws(firmware_run: Run, label: str) -> None:
    image = (firmware_run.build / "ext.bin").read_bytes()
    expected = draw_screen(image, TABLES[label])
    drawn = firmware_run.frames[label]
    assert drawn.shape == (HEIGHT_PX, WIDTH_PX)
    different = np.argwhere(drawn != expected)
    assert len(different) == 0, f"{len(different)} pixels differ, the first at (y, x) = {different[0]}"


@pytest.mark.parametrize("label", TABLES)
def test_read_commands_and_the_mapped_window_give_the_same_frame(firmware_run: Run, label: str) -> None:
    assert f"{label} pixels that differ: 0" in firmware_run.log.splitlines()
    assert len(np.unique(firmware_run.frames[label])) > 1000  # and it is a picture, not one colour


def test_the_firmware_ends_in_order(firmware_run: Run) -> None:
    assert firmware_run.log.splitlines()[-1] == "RC=0"
    assert "FAULT" not in firmware_run.log
    assert firmware_run.log.splitlines()[0] == "flash ef4017"  # W25Q64JV data sheet, 8.1.1


def test_the_makefile_turns_the_frame_into_a_png(firmware_run: Run) -> None:
    with Image.open(firmware_run.build / "frame.png") as png:
        assert np.array_equal(np.asarray(png), rgb_of(firmware_run.frames["screen"]))


@pytest.mark.parametrize("label", TABLES)
def test_the_host_viewer_draws_the_same_in_bands(firmware_run: Run, label: str) -> None:
    require_tools("make", "cc")
    build = firmware_run.build
    subprocess.run(["make", "-C", str(VIEWER), f"OUT={build}"], check=True, capture_output=True, timeout=120)
    png = build / "screen.png"
    if label != "screen":
        png = build / f"{label}.png"
        subprocess.run([build / "viewer", build / "ext.bin", png, label], check=True, timeout=60)
    with Image.open(png) as opened:
        assert np.array_equal(np.asarray(opened), rgb_of(firmware_run.frames[label]))


# --- the right pixels --------------------------------------------------------------------------


def source_picture(name: str) -> Image.Image:
    """A picture of the demo as Pillow alone decodes and resizes it, over black."""
    entry = manifest_entry(name)
    with Image.open((MANIFEST.parent / entry["image"]).resolve()) as opened:
        rgba = opened.convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba).convert("RGB")
    if "resize" in entry:
        assert entry["resize"]["fit"] == "cover"
        box = (entry["resize"]["width"], entry["resize"]["height"])
        picture = ImageOps.fit(picture, box, Image.Resampling.LANCZOS)
    return picture


@cache
def manifest_entries() -> tuple[dict, ...]:
    return tuple(yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["assets"])


def manifest_entry(name: str) -> dict:
    return next(entry for entry in manifest_entries() if entry["name"] == name)


@pytest.mark.parametrize("name", ["photos/valley", "logo", "spinner", "colour-chart"])
def test_a_picture_is_the_one_that_pillow_decodes(firmware_run: Run, name: str) -> None:
    item = next(item for item in read_items("pieces_items.def") if item.name == name)
    expected = np.asarray(source_picture(name))
    height, width = expected.shape[:2]
    drawn = firmware_run.frames["pieces"][item.y : item.y + height, item.x : item.x + width]
    assert psnr_db(rgb_of(drawn), expected) >= PSNR_MIN_DB


def font_face(entry: dict) -> freetype.Face:
    source = entry["font"]
    if source.startswith("package:"):
        package, _, inside = source.removeprefix("package:").partition("/")
        path = Path(str(files(package))) / inside
    else:
        path = (MANIFEST.parent / source).resolve()
    face = freetype.Face(str(path))
    face.set_pixel_sizes(0, entry["size"])
    return face


def freetype_levels(face: freetype.Face, character: str, bpp: int) -> NDArray[np.uint8]:
    """FreeType's bitmap of a character, light hinting, as the nearest of 2^bpp levels.

    Of the 256 steps of coverage the first and the last 256 / 2^bpp are blank and full (CONTRIBUTING.md,
    "Glyph coverage").
    """
    if face.is_scalable:
        face.load_char(character, freetype.FT_LOAD_RENDER | freetype.FT_LOAD_TARGET_LIGHT)
    else:
        face.load_char(character, freetype.FT_LOAD_RENDER)
    bitmap = face.glyph.bitmap
    rows = np.array(bitmap.buffer, np.uint8).reshape(bitmap.rows, bitmap.pitch)
    if bitmap.pixel_mode == freetype.FT_PIXEL_MODE_MONO:
        return np.unpackbits(rows, axis=1)[:, : bitmap.width]
    top, step = 2**bpp - 1, 256 // 2**bpp
    coverage = rows[:, : bitmap.width]
    levels = np.rint(coverage * (top / 255))
    levels[coverage < step] = 0
    levels[coverage >= 256 - step] = top
    return levels.astype(np.uint8)


def white_on_black(levels: NDArray[np.uint8], bpp: int) -> U16:
    """5:6:5 values of white text on black, FORMAT.md section 8 worked out for these two colours."""
    coverage = levels.astype(np.uint32) * (255 // (2**bpp - 1))
    weight = coverage + coverage // 128
    green, red_blue = (63 * weight + 128) // 256, (31 * weight + 128) // 256
    return (red_blue * 2048 + green * 32 + red_blue).astype(np.uint16)


def text_items() -> list[Item]:
    return [item for item in read_items("pieces_items.def") if item.macro == "TEXT"]


@pytest.mark.parametrize("item", text_items(), ids=lambda item: f"{item.name}-{item.text!a}")
def test_a_glyph_is_the_bitmap_that_freetype_renders(firmware_run: Run, item: Item) -> None:
    entry = manifest_entry(item.name)
    face = font_face(entry)
    is_fixed = not face.is_scalable
    assert len(item.text) == 1 or is_fixed, "only fonts with advances of whole px stand in lines here"
    pen = item.x
    for character in item.text:
        expected = white_on_black(freetype_levels(face, character, entry["bpp"]), entry["bpp"])
        height, width = expected.shape
        left, top = pen + face.glyph.bitmap_left, item.y - face.glyph.bitmap_top
        drawn = firmware_run.frames["pieces"][top : top + height, left : left + width]
        assert np.array_equal(drawn, expected), f"{character!r} at {left}, {top}"
        pen += face.glyph.advance.x // 64


# --- what firmware relies on -------------------------------------------------------------------


def test_keys_of_the_header_are_those_of_the_names(firmware_run: Run) -> None:
    header = (firmware_run.build / "demo_assets.h").read_text(encoding="utf-8")
    for item in read_items("demo_items.def"):
        if item.macro == "BITMAP_KEY":
            found = re.search(rf"#define {item.key} +UINT32_C\((0x[0-9A-F]+)\)", header)
            assert found, item.key
            assert int(found[1], 16) == zlib.crc32(item.name.encode())


def test_the_reserved_part_of_the_chip_stays_erased(firmware_run: Run) -> None:
    chip = (firmware_run.build / "nor.bin").read_bytes()
    image = (firmware_run.build / "ext.bin").read_bytes()
    assert len(chip) == 8 * 1024 * 1024
    assert chip[:REGION_OFFSET_BYTES].count(0xFF) == REGION_OFFSET_BYTES
    assert chip[REGION_OFFSET_BYTES : REGION_OFFSET_BYTES + len(image)] == image


def test_opening_takes_two_reads_and_no_mapping_of_payloads(firmware_run: Run) -> None:
    assert firmware_run.count("read open", "reads") == 2
    assert firmware_run.count("read open", "maps") == 0
    assert firmware_run.count("read open", "bytes") <= 72  # header and end marker


def test_mapped_flash_is_used_in_place(firmware_run: Run) -> None:
    """What is mapped is not also copied through read()."""
    assert firmware_run.count("screen by map", "bytes") < firmware_run.count("screen by read", "bytes") / 4


def test_a_damaged_frame_is_refused(firmware_run: Run, tmp_path: Path) -> None:
    log = bytearray((firmware_run.build / "uart.log").read_bytes())
    log[log.index(b"FRAME") + 2000] ^= 1
    (tmp_path / "uart.log").write_bytes(log)
    script = REPOSITORY / "c_runtime/examples/qemu-cortex-m4/frame_to_png.py"
    command = [sys.executable, script, tmp_path / "uart.log", "screen", tmp_path / "frame.png"]
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode != 0
    assert not (tmp_path / "frame.png").exists()
