"""A nine-patch drawn by the C reader has the pixels of FORMAT.md 8.2, on every band, from any flash."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from support import build_image

from c.program import run
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen

FORMATS = ("a4", "i4", "rgb565", "rgb565a8", "argb8888", "gray2", "mono_page")
INSETS = "{left: 3, top: 2, right: 4, bottom: 5}"
WIDTH, HEIGHT = 12, 10
BOXES = [(0, 0, 12, 10), (3, 2, 40, 30), (-9, -7, 50, 44), (5, 5, 5, 4), (2, 2, 2, 2), (30, 20, 60, 9),
         (1, 1, 8, 40), (10, 3, 7, 7), (0, 0, 1, 1), (-39, 0, 40, 10), (-40, 0, 40, 10), (47, 31, 9, 9),
         (48, 32, 9, 9)]  # fmt: skip
SCREEN = (48, 32)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nine")
    colours = np.random.default_rng(5).integers(0, 256, (14, 4), np.uint8)
    colours[0] = 0
    pixels = colours[np.random.default_rng(6).integers(0, 14, (HEIGHT, WIDTH))]
    Image.fromarray(pixels).save(folder / "b.png")
    entries = [
        f"  - {{image: b.png, name: {name}-{codec}, pixel_format: {name}, nine_patch: {INSETS}, {more}}}\n"
        for name in FORMATS
        for codec, more in (("raw", "codec: raw"), ("lz4", "codec: lz4, strip_bytes: 128"))
    ]
    entries.append("  - {image: b.png, name: plain, pixel_format: rgb565}\n")
    image, _ = build_image(
        folder, "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n" + "".join(entries)
    )
    path = folder / "pack.imgb"
    path.write_bytes(bytes(image.pack.data))
    return image, path


def wanted(image, name: str, box: tuple[int, int, int, int], colour: int) -> np.ndarray:
    entry = image.find(name)
    screen = Screen(*SCREEN)
    screen.draw_nine_patch(box, read_bitmap(image.payload(entry), entry), colour)
    return screen.pixels


def parse(line: str, width: int, is_swapped: bool = False) -> np.ndarray:
    values = np.array([int(line[at : at + 4], 16) for at in range(0, len(line), 4)], np.uint16)
    return (values.byteswap() if is_swapped else values).reshape(-1, width)


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_every_format_is_stretched_exactly(programs, made, how):
    image, path = made
    cases = [(f"{name}-{codec}", box) for name in FORMATS for codec in ("raw", "lz4") for box in BOXES]
    lines = [
        f"{name} 0 0 {SCREEN[0]} {SCREEN[1]} {i % 2} {x} {y} {w} {h} a53c"
        for i, (name, (x, y, w, h)) in enumerate(cases)
    ]
    said = run([programs.build("nine_patch"), path, how], "\n".join(lines) + "\n").splitlines()
    assert len(said) == len(cases)
    for i, (line, (name, box)) in enumerate(zip(said, cases, strict=True)):
        got = parse(line.split()[0], SCREEN[0], bool(i % 2))
        assert np.array_equal(got, wanted(image, name, box, 0xA53C)), (name, box)


def test_bands_make_up_the_screen(programs, made):
    image, path = made
    box = (4, -3, 37, 31)
    lines = [
        f"rgb565a8-lz4 {x} {y} 16 8 0 {box[0]} {box[1]} {box[2]} {box[3]} 0"
        for y in range(0, 32, 8)
        for x in range(0, 48, 16)
    ]
    said = run([programs.build("nine_patch"), path, "read1"], "\n".join(lines) + "\n").splitlines()
    bands = [parse(line.split()[0], 16) for line in said]
    rows = [np.hstack(bands[at : at + 3]) for at in range(0, 12, 3)]
    assert np.array_equal(np.vstack(rows), wanted(image, "rgb565a8-lz4", box, 0))


def test_each_row_is_read_once_and_hidden_ones_not_at_all(programs, made):
    _, path = made
    lines = [
        "rgb565-raw 0 0 48 32 0 0 0 48 32 0",
        "rgb565-raw 0 0 48 2 0 0 0 48 32 0",
        "rgb565-raw 0 0 48 32 0 90 0 9 9 0",
    ]
    said = run([programs.build("nine_patch"), path, "read1"], "\n".join(lines) + "\n").splitlines()
    assert [int(line.split()[1]) for line in said] == [HEIGHT, 2, 0]


def test_the_insets_are_told_and_a_plain_bitmap_has_none(programs, made):
    _, path = made
    said = run([programs.build("nine_patch"), path, "read4"], "patch a4-lz4\npatch plain\n").splitlines()
    assert said == ["patch 3 2 4 5 3 2 4 5", "error -14"]


def test_nothing_is_drawn_far_away_or_for_no_size(programs, made):
    _, path = made
    far = [(2**31 - 1, 0), (-(2**31), 0), (0, 2**31 - 1), (0, -(2**31))]
    lines = [f"rgb565-raw 0 0 8 8 0 {x} {y} 65535 65535 0" for x, y in far]
    lines += ["rgb565-raw 0 0 8 8 0 0 0 0 9 0", "rgb565-raw 0 0 8 8 0 0 0 9 -5 0"]
    said = run([programs.build("nine_patch"), path, "read1"], "\n".join(lines) + "\n").splitlines()
    assert said == ["0" * 256 + " 0"] * 6
    assert (
        run([programs.build("nine_patch"), path, "read1"], "rgb565-raw 0 0 8 8 0 0 0 65536 9 0\n")
        == "error -1\n"
    )


def test_the_largest_size_is_stretched_right(programs, made):
    image, path = made
    entry = image.find("rgb565-raw")
    colour = read_bitmap(image.payload(entry), entry).samples().colour
    said = run(
        [programs.build("nine_patch"), path, "map1"], "rgb565-raw 60000 65000 4 4 0 0 0 65535 65535 0\n"
    )
    column = [3 + (i - 3) * 5 // (65535 - 7) for i in range(60000, 60004)]
    row = [2 + (i - 2) * 3 // (65535 - 7) for i in range(65000, 65004)]
    assert np.array_equal(parse(said.split()[0], 4), colour[np.ix_(row, column)])
