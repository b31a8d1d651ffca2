"""The keys of pictures, from the manifest to what the readers draw; the report of what was lost."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild

from imgbuild.errors import Place
from imgbuild.model import Codec
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, pack_rgb565
from imgbuild.reader.pack import open_pack

HEAD = "version: 1\nname: demo\nflash: {board: spark-core}\n"


def icon(colour=(200, 30, 40), side=24):
    """A disc with soft edges on clear ground, off the middle."""
    rows, columns = np.mgrid[0:side, 0:side]
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[..., :3] = colour
    distance = np.hypot(rows - 10.3, columns - 15.6)
    rgba[..., 3] = np.clip((6.5 - distance) * 77, 0, 255)
    return rgba


@pytest.fixture
def build(tmp_path):
    def run(assets, *arguments, head=HEAD):
        (tmp_path / "m.yaml").write_text(f"{head}assets:\n{assets}")
        done = imgbuild("build", "m.yaml", "-o", "ext.bin", "--force", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done

    return run


def open_bitmaps(folder: Path):
    data = (folder / "ext.bin").read_bytes()
    pack = open_pack(data, Place("ext.bin"))
    return {
        entry.name: read_bitmap(memoryview(data)[entry.offset : entry.offset + entry.stored_bytes], entry)
        for entry in pack.entries
    }


def shot(bitmap, colour=0xFFFF):
    screen = Screen(40, 40)
    screen.draw_fill(0, 0, 40, 40, 0x39E7)
    screen.draw_bitmap(5, 6, bitmap, colour)
    return screen.pixels


@pytest.mark.parametrize("codec", ["raw", "lz4"])
def test_a_trimmed_picture_is_drawn_like_the_whole_one(tmp_path, build, codec):
    Image.fromarray(icon()).save(tmp_path / "icon.png")
    build(
        f"  - {{image: icon.png, name: whole, pixel_format: rgb565a8, codec: {codec}}}\n"
        f"  - {{image: icon.png, name: part, pixel_format: rgb565a8, codec: {codec}, trim: true}}\n"
    )
    bitmaps = open_bitmaps(tmp_path)
    assert (bitmaps["part"].width, bitmaps["part"].height) == (13, 13)
    assert bitmaps["part"].trim is not None
    assert bitmaps["whole"].trim is None
    assert np.array_equal(shot(bitmaps["whole"]), shot(bitmaps["part"]))


def test_an_icon_of_one_colour_becomes_coverage_and_keeps_its_colour(tmp_path, build):
    Image.fromarray(icon()).save(tmp_path / "icon.png")
    build(
        "  - {image: icon.png, name: whole, pixel_format: argb8888}\n"
        "  - {image: icon.png, name: small, pixel_format: auto}\n"
        "  - {image: icon.png, name: shape, pixel_format: a8}\n"
        "  - {image: icon.png, name: green, pixel_format: a8, tint: '#00ff00'}\n"
    )
    bitmaps = open_bitmaps(tmp_path)
    assert bitmaps["small"].pixel_format.name == "a8"
    assert bitmaps["small"].tint == (200, 30, 40)
    assert np.array_equal(shot(bitmaps["whole"]), shot(bitmaps["small"]))
    assert bitmaps["shape"].tint is None
    assert np.array_equal(shot(bitmaps["shape"], pack_rgb565(200, 30, 40)), shot(bitmaps["small"]))
    assert np.array_equal(shot(bitmaps["shape"], 0x07E0), shot(bitmaps["green"], 0x1234))


def test_auto_knows_the_display(tmp_path, build):
    rgb = np.random.default_rng(4).integers(0, 256, (20, 20, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    for display, name in (("rgb565", "rgb565"), ("gray2", "gray2"), ("rgb888", "rgb888")):
        head = f"{HEAD}display: {{pixel_format: {display}}}\n"
        build("  - {image: photo.png, pixel_format: auto}\n", head=head)
        bitmap = open_bitmaps(tmp_path)["photo"]
        assert bitmap.pixel_format.name == name


def test_every_key_at_once(tmp_path, build):
    Image.fromarray(icon(side=32)).save(tmp_path / "icon.png")
    build(
        "  - image: icon.png\n    pixel_format: argb8888\n    crop: {x: 6, y: 2, width: 20, height: 16}\n"
        "    resize: {width: 10, filter: box, linear: true}\n    rotate: 90\n    mirror: xy\n    gamma: 1.5\n"
        "    tint: '#0000ff'\n    alpha_threshold: 128\n    trim: true\n    icc: ignore\n"
    )
    bitmap = open_bitmaps(tmp_path)["icon"]
    assert bitmap.trim is not None
    assert (bitmap.trim.full_width_px, bitmap.trim.full_height_px) == (8, 10)
    seen = bitmap.rgba()[bitmap.rgba()[..., 3] > 0]
    assert np.unique(seen, axis=0).tolist() == [[0, 0, 255, 255]]


def test_an_svg_of_one_width_keeps_its_proportions_and_is_drawn_sharp(tmp_path, build):
    bar = '<rect x="3" width="3" height="6"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="6">{bar}</svg>'
    (tmp_path / "bar.svg").write_text(svg)
    done = build("  - {image: bar.svg, pixel_format: a8, resize: {width: 90}}\n")
    assert done.stderr == ""  # drawn larger, not scaled up
    bitmap = open_bitmaps(tmp_path)["bar"]
    assert (bitmap.width, bitmap.height) == (90, 60)
    assert np.unique(bitmap.samples().colour).tolist() == [0, 255]


def test_the_report_says_what_was_lost(tmp_path, build):
    rgb = np.random.default_rng(4).integers(0, 256, (20, 20, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    Image.fromarray(icon()).save(tmp_path / "icon.png")
    (tmp_path / "note.txt").write_text("hello")
    assets = (
        "  - {image: photo.png, pixel_format: rgb565}\n"
        "  - {image: icon.png, pixel_format: rgb888, background: '#ffffff', resize: 48x48}\n"
        "  - {image: icon.png, name: exact, pixel_format: auto}\n"
        "  - {file: note.txt}\n"
    )
    done = build(assets, "--report")
    losses = done.stdout.split("\n\n")[0]  # what drawing costs comes behind a blank line
    lines = {line.split()[0]: line for line in losses.splitlines()}
    assert "400 > " in lines["photo"]
    assert " dB" in lines["photo"]
    assert lines["icon"].endswith("transparency over the background; scaled up from 24x24")
    assert " same " in lines["exact"]
    assert " a8 " in lines["exact"]
    assert "note.txt" in lines
    report = {item["name"]: item for item in json.loads(build(assets, "--report", "--json").stdout)["report"]}
    assert report["photo"]["colours_before"] == 400
    assert 35 < report["photo"]["psnr_db"] < 50
    assert report["exact"]["psnr_db"] is None
    assert report["icon"]["is_alpha_flattened"]
    assert report["icon"]["is_upscaled"]
    assert "psnr_db" not in report["note.txt"]


def test_the_report_measures_files_for_others_by_their_pixels(tmp_path, build):
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    rgb = np.dstack(
        (np.tile(ramp, (32, 1)), np.tile(ramp[:, None], (1, 32)), np.full((32, 32), 99, np.uint8))
    )
    Image.fromarray(rgb).save(tmp_path / "photo.png")
    assets = "".join(
        f"  - {{image: photo.png, name: {name}, {options}}}\n"
        for name, options in {
            "fine": "flavour: jpeg, quality: 95",
            "coarse": "flavour: jpeg, quality: 5",
            "png": "flavour: png",
            "lvgl": "flavour: lvgl9, pixel_format: rgb565",
            "own": "pixel_format: rgb565",
        }.items()
    )
    rows = json.loads(build(assets, "--report", "--json").stdout)["report"]
    psnr_db = {row["name"].split(".")[0]: row["psnr_db"] for row in rows}
    assert psnr_db["png"] is None
    assert psnr_db["lvgl"] == psnr_db["own"]
    assert 30 < psnr_db["fine"] < 60
    assert psnr_db["coarse"] < psnr_db["fine"]


def test_a_report_is_printed_although_nothing_changed(tmp_path):
    Image.fromarray(icon()).save(tmp_path / "icon.png")
    (tmp_path / "m.yaml").write_text(f"{HEAD}assets:\n  - {{image: icon.png, pixel_format: auto}}\n")
    for _ in range(2):
        done = imgbuild("build", "m.yaml", "-o", "ext.bin", "--report", cwd=tmp_path)
        assert done.stdout.startswith("NAME")


def test_codecs_are_told_by_the_manifests_word() -> None:
    assert [codec.label for codec in Codec][:5] == ["raw", "rle", "lz4", "range", "range"]
