"""9-patches: Android's border or insets become stretch metadata, and stretch as FORMAT.md 8.2 says."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import build_image

from imgbuild.errors import BuildError
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen

WIDTH, HEIGHT = 9, 7
HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"


def source(seed: int = 3) -> np.ndarray:
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    pixels[..., 3] |= 1
    return pixels


def bordered(pixels: np.ndarray, **marks: tuple[int, int]) -> np.ndarray:
    """``pixels`` in a clear border; each mark is (first, last) pixel of a side, counted inside the border."""
    framed = np.zeros((HEIGHT + 2, WIDTH + 2, 4), np.uint8)
    framed[1:-1, 1:-1] = pixels
    lines = {"top": framed[0], "left": framed[:, 0], "bottom": framed[-1], "right": framed[:, -1]}
    for side, (first, last) in marks.items():
        lines[side][first + 1 : last + 2] = (0, 0, 0, 255)
    return framed


def build(folder: Path, name: str, pixels: np.ndarray, options: str):
    Image.fromarray(pixels).save(folder / name)
    text = f"{HEAD}  - {{image: {name}, {options}}}\n"
    image, _ = build_image(folder, text)
    entry = image.assets[0]
    return read_bitmap(image.payload(entry), entry), entry, bytes(image.payload(entry))


def test_androids_border_becomes_insets_and_is_cut_off(tmp_path):
    framed = bordered(source(), top=(2, 4), left=(1, 5), bottom=(3, 3), right=(2, 6))
    bitmap, entry, payload = build(tmp_path, "button.9.png", framed, "pixel_format: argb8888")
    assert (entry.name, entry.width, entry.height) == ("button", WIDTH, HEIGHT)
    assert bitmap.nine_patch.stretch == (2, 1, 4, 1)
    assert bitmap.nine_patch.content == (3, 2, 5, 0)
    assert np.array_equal(bitmap.rgba(), source())
    assert struct.unpack_from("<HH8H", payload, 24) == (3, 16, 2, 1, 4, 1, 3, 2, 5, 0)


def test_without_content_marks_the_content_is_the_stretchable_part(tmp_path):
    bitmap, _, _ = build(
        tmp_path, "b.9.png", bordered(source(), top=(2, 4), left=(1, 5)), "pixel_format: rgb565a8"
    )
    assert bitmap.nine_patch.content == bitmap.nine_patch.stretch == (2, 1, 4, 1)


def test_white_is_clear_and_red_means_nothing_here(tmp_path):
    framed = bordered(source(), top=(2, 4), left=(1, 5))
    framed[0, 1] = framed[-1, 2] = (255, 255, 255, 255)
    framed[-1, 5] = (255, 0, 0, 255)
    bitmap, _, _ = build(tmp_path, "b.9.png", framed, "pixel_format: rgb565")
    assert bitmap.nine_patch.content == (2, 1, 4, 1)


@pytest.mark.parametrize("codec", ["raw", "lz4"])
@pytest.mark.parametrize("pixel_format", ["a4", "i8", "rgb565a8"])
def test_insets_are_given_in_the_manifest(tmp_path, pixel_format, codec):
    options = (
        f"pixel_format: {pixel_format}, codec: {codec}, nine_patch: {{left: 1, top: 2, right: 3, bottom: 4}}"
    )
    bitmap, _, _ = build(tmp_path, "b.png", source(), options)
    assert bitmap.nine_patch.stretch == bitmap.nine_patch.content == (1, 2, 3, 4)
    assert (bitmap.width, bitmap.height) == (WIDTH, HEIGHT)


def test_lvgls_header_still_stands_in_front_of_the_pixels(tmp_path):
    options = "pixel_format: rgb565, lvgl_header: true, nine_patch: {left: 1, top: 1, right: 1, bottom: 1}"
    bitmap, _, payload = build(tmp_path, "b.png", source(), options)
    assert bitmap.nine_patch.stretch == (1, 1, 1, 1)
    assert payload[bitmap.pixels - 12] == 0x19


# --- stretching ----------------------------------------------------------------------------------


def by_hand(length: int, size: int, before: int, behind: int) -> list[int]:
    """FORMAT.md 8.2, one column at a time."""
    left = min(before, length)
    right = min(behind, length - left)
    middle = length - left - right
    shown = []
    for i in range(length):
        if i < left:
            shown.append(i)
        elif i >= length - right:
            shown.append(size - (length - i))
        else:
            shown.append(before + (i - left) * (size - before - behind) // middle)
    return shown


@pytest.mark.parametrize(
    "box", [(0, 0, 9, 7), (2, 3, 30, 20), (1, 1, 4, 2), (-5, -3, 22, 15), (5, 5, 1, 1), (0, 0, 7, 40)]
)
def test_a_nine_patch_is_stretched_from_the_nearest_pixel(tmp_path, box):
    options = "pixel_format: rgb565, nine_patch: {left: 2, top: 1, right: 3, bottom: 4}"
    bitmap, _, _ = build(tmp_path, "b.png", source(), options)
    x, y, width, height = box
    screen = Screen(32, 24)
    screen.draw_nine_patch(box, bitmap)
    colour = bitmap.samples().colour
    wanted = np.zeros((24, 32), np.uint16)
    for row, from_row in enumerate(by_hand(height, HEIGHT, 1, 4)):
        for column, from_column in enumerate(by_hand(width, WIDTH, 2, 3)):
            if 0 <= x + column < 32 and 0 <= y + row < 24:
                wanted[y + row, x + column] = colour[from_row, from_column]
    assert np.array_equal(screen.pixels, wanted)


def test_in_its_own_size_a_nine_patch_is_the_bitmap(tmp_path):
    options = "pixel_format: rgb565a8, nine_patch: {left: 2, top: 1, right: 3, bottom: 4}"
    bitmap, _, _ = build(tmp_path, "b.png", source(), options)
    stretched, plain = Screen(20, 20), Screen(20, 20)
    stretched.draw_nine_patch((3, 4, WIDTH, HEIGHT), bitmap)
    plain.draw_bitmap(3, 4, bitmap)
    assert np.array_equal(stretched.pixels, plain.pixels)


# --- bad input -----------------------------------------------------------------------------------


def refused(folder: Path, name: str, pixels: np.ndarray, options: str) -> list[str]:
    with pytest.raises(BuildError) as caught:
        build(folder, name, pixels, f"pixel_format: rgb565, {options}" if options else "pixel_format: rgb565")
    return [d.code for d in caught.value.diagnostics]


@pytest.mark.parametrize(
    "pixels",
    [
        bordered(source()),
        bordered(source(), top=(2, 4)),
        bordered(source(), top=(2, 2), left=(1, 5)) | bordered(source(), top=(6, 6)),
        bordered(source(), top=(-1, 4), left=(1, 5)),
        np.dstack([source()[..., :3], np.full((HEIGHT, WIDTH), 255, np.uint8)]),
        np.zeros((2, 9, 4), np.uint8),
    ],
    ids=["nothing marked", "one side marked", "two runs", "black corner", "no border at all", "too small"],
)
def test_a_border_that_says_nothing_clear_is_refused(tmp_path, pixels):
    assert refused(tmp_path, "b.9.png", pixels, "") == ["IB266"]


@pytest.mark.parametrize("insets", ["left: 5, right: 4", "top: 7", "left: 9"])
def test_something_must_be_left_to_stretch(tmp_path, insets):
    assert refused(tmp_path, "b.png", source(), f"nine_patch: {{{insets}}}") == ["IB267"]


@pytest.mark.parametrize("option", ["resize: 4x4", "trim: true", "rotate: 90", "mirror: x"])
def test_options_that_would_move_the_marks_do_not_apply(tmp_path, option):
    framed = bordered(source(), top=(2, 4), left=(1, 5))
    assert refused(tmp_path, "b.9.png", framed, option) == ["IB118"]
    assert refused(tmp_path, "b.png", source(), f"nine_patch: {{left: 1}}, {option}") == ["IB118"]


def test_files_of_others_have_no_place_for_it(tmp_path):
    framed = bordered(source(), top=(2, 4), left=(1, 5))
    assert refused(tmp_path, "b.9.png", framed, "flavour: lvgl9") == ["IB266"]
    assert refused(tmp_path, "b.png", source(), "flavour: lvgl9, nine_patch: {left: 1}") == ["IB118"]
