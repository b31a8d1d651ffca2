"""Every pixel format through the command line: built, verified, listed, drawn again; and their options."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild

INKS = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (255, 255, 0)]


def save_png(path: Path, pixels: np.ndarray) -> None:
    Image.fromarray(pixels).save(path)


def formats(folder: Path) -> list[dict]:
    document = json.loads(imgbuild("formats", "--json", cwd=folder).stdout)
    assert document["schema_version"] == 1
    return document["pixel_formats"]


def make_picture(folder: Path) -> None:
    """Two colours, so that i1 holds them; black and white, so that every format does."""
    rows, columns = np.mgrid[0:13, 0:21]
    level = ((rows // 3 + columns // 4) % 2 * 255).astype(np.uint8)
    save_png(folder / "a.png", np.stack([level, level, level], -1))


def write_manifest(folder: Path, assets: str) -> None:
    text = f"version: 1\nname: demo\nflash: {{board: spark-core}}\nassets:\n{assets}"
    (folder / "demo.yaml").write_text(text)


def built_payload(folder: Path, name: str) -> tuple[dict, bytes]:
    """The row of ``ls`` and the payload's bytes."""
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=folder).stdout)["assets"]
    row = next(row for row in rows if row["name"] == name)
    data = (folder / "ext.bin").read_bytes()
    return row, data[row["offset"] : row["offset"] + row["stored_bytes"]]


def build(folder: Path) -> str:
    done = imgbuild("build", "demo.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("codec", ["raw", "rle", "lz4"])
def test_every_format_is_built_and_comes_back_as_it_was(tmp_path: Path, codec: str) -> None:
    make_picture(tmp_path)
    names = [row["name"] for row in formats(tmp_path)]
    assert len(names) == 33
    lines = [
        f"  - {{image: a.png, name: {name}, pixel_format: {name}, codec: {codec}, row_align: 4}}\n"
        for name in names
    ]
    write_manifest(tmp_path, "".join(lines))
    build(tmp_path)
    assert imgbuild("verify", "ext.bin", cwd=tmp_path).returncode == 0
    numbers = {row["name"]: row["number"] for row in formats(tmp_path)}
    listed = {
        row["name"]: row
        for row in json.loads(imgbuild("ls", "ext.bin", "--json", cwd=tmp_path).stdout)["assets"]
    }
    assert {name: row["pixel_format"] for name, row in listed.items()} == {name: name for name in numbers}
    source = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    assert imgbuild("extract", "ext.bin", "--all", "-o", "out", cwd=tmp_path).returncode == 0
    for name in names:
        drawn = np.asarray(Image.open(tmp_path / "out" / f"{name}.png").convert("RGBA"))
        shown = drawn[..., 3] if name in {"a1", "a2", "a4", "a8"} else drawn[..., 0]
        assert np.array_equal(shown, source), name


def test_each_format_says_how_its_bits_lie_and_who_takes_them(tmp_path: Path) -> None:
    for row in formats(tmp_path):
        assert row["layout"], row
        assert row["displays"], row
    text = imgbuild("formats", cwd=tmp_path).stdout
    assert "mono_page" in text
    assert "SSD1306" in imgbuild("formats", "page", cwd=tmp_path).stdout
    assert "rgb888" not in imgbuild("formats", "SSD1306", cwd=tmp_path).stdout


def test_mono_page_is_as_ssd1306_takes_it_unless_asked_otherwise(tmp_path: Path) -> None:
    picture = np.zeros((8, 2, 3), np.uint8)
    picture[0, 0] = 255  # the top left pixel
    save_png(tmp_path / "a.png", picture)
    write_manifest(
        tmp_path,
        "  - {image: a.png, name: plain, pixel_format: mono_page}\n"
        "  - {image: a.png, name: msb, pixel_format: mono_page, bit_order: msb}\n"
        "  - {image: a.png, name: dark, pixel_format: mono_page, invert: true}\n",
    )
    build(tmp_path)
    assert {name: built_payload(tmp_path, name)[1][24:].hex() for name in ("plain", "msb", "dark")} == {
        "plain": "0100",
        "msb": "8000",
        "dark": "feff",
    }


def test_e_paper_planes_follow_the_polarity_of_the_controller(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", np.array([INKS[:3]], np.uint8))
    write_manifest(
        tmp_path,
        "  - {image: a.png, name: plain, pixel_format: epd_bwr}\n"
        "  - {image: a.png, name: colour, pixel_format: epd_bwr, invert: colour}\n"
        "  - {image: a.png, name: both, pixel_format: epd_bwr, invert: true}\n",
    )
    build(tmp_path)
    found = {name: built_payload(tmp_path, name)[1] for name in ("plain", "colour", "both")}
    # black, white, red: 0 1 1 in the first plane, 0 0 1 in the second
    assert {name: data[24:].hex() for name, data in found.items()} == {
        "plain": "6020",
        "colour": "60c0",
        "both": "80c0",
    }
    assert [struct.unpack_from("<I", data, 16)[0] for data in found.values()] == [25] * 3


def test_premultiplied_colours_say_so_in_the_header(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", np.array([[(255, 100, 1, 128)]], np.uint8))
    write_manifest(tmp_path, "  - {image: a.png, name: a, pixel_format: argb8888, premultiplied: true}\n")
    build(tmp_path)
    payload = built_payload(tmp_path, "a")[1]
    # 100 * 128 / 255 = 50.2, 1 * 128 / 255 = 0.502
    assert (payload[4], payload[24:].hex()) == (4, "01328080")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pixel_format: rgb565, invert: true", "'invert' has no effect"),
        ("pixel_format: gray1, invert: colour", "'invert' has no effect"),
        ("pixel_format: rgb565a8, premultiplied: true", "'premultiplied' has no effect"),
        ("pixel_format: gray8, bit_order: lsb", "'bit_order' has no effect"),
        ("pixel_format: rgb444, byte_order: big", "'byte_order' has no effect"),
        ("pixel_format: gray1, invert: red", "expected true, false, colour or black"),
    ],
)
def test_an_option_that_means_nothing_for_a_format_is_refused(tmp_path: Path, line: str, said: str) -> None:
    make_picture(tmp_path)
    write_manifest(tmp_path, f"  - {{image: a.png, name: a, {line}}}\n")
    done = imgbuild("build", "demo.yaml", "-o", "ext.bin", cwd=tmp_path)
    assert done.returncode == 1
    assert said in done.stderr
