"""A sheet of sprites becomes named assets, each with exactly its pixels."""

from pathlib import Path

import numpy as np
import pytest
from support import build_image, save_png

from imgbuild.errors import BuildError
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.sources import sheet

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\nassets:\n"


def visible(rgba: np.ndarray) -> np.ndarray:
    """What is left of the colour where a pixel is fully clear: nothing."""
    return np.where(rgba[..., 3:] == 0, 0, rgba)


def pixels(image, name: str) -> np.ndarray:
    entry = image.find(name)
    return read_bitmap(image.payload(entry), entry).rgba()


def entry(sprites: str, name: str = "", source: str = "sheet.png") -> str:
    named = f"    name: {name}\n" if name else ""
    return f"{HEAD}  - image: {source}\n    pixel_format: argb8888\n    sprites: {sprites}\n{named}"


@pytest.mark.parametrize("grid", ["{columns: 4, rows: 2}", "{width: 6, height: 5}"])
def test_a_grid_is_cut_row_by_row(tmp_path: Path, grid: str) -> None:
    whole = save_png(tmp_path / "sheet.png", 24, 10)
    image, _ = build_image(tmp_path, entry(grid, '"ui/{index}-{column}-{row}"'))
    assert len(image.assets) == 8
    for index in range(8):
        row, column = divmod(index, 4)
        part = whole[5 * row : 5 * row + 5, 6 * column : 6 * column + 6]
        assert np.array_equal(pixels(image, f"ui/{index}-{column}-{row}"), visible(part))


def test_rectangles_are_cut_by_name(tmp_path: Path) -> None:
    whole = save_png(tmp_path / "sheet.png", 24, 10)
    rects = "{rects: {home: [0, 0, 7, 3], bell: [23, 9, 1, 1], all: [0, 0, 24, 10]}}"
    image, _ = build_image(tmp_path, entry(rects, '"ui/{stem}/{sprite}"'))
    assert [asset.name for asset in image.assets] == ["ui/sheet/all", "ui/sheet/bell", "ui/sheet/home"]
    assert np.array_equal(pixels(image, "ui/sheet/home"), visible(whole[:3, :7]))
    assert np.array_equal(pixels(image, "ui/sheet/bell"), visible(whole[9:, 23:]))
    assert np.array_equal(pixels(image, "ui/sheet/all"), visible(whole))


def test_without_a_name_sprites_lie_below_the_sheet(tmp_path: Path) -> None:
    save_png(tmp_path / "ui/a.png", 4, 2)
    save_png(tmp_path / "ui/b.png", 4, 2)
    image, _ = build_image(tmp_path, entry("{columns: 2, rows: 1}", source="ui/*.png"))
    assert [asset.name for asset in image.assets] == ["ui/a/0", "ui/a/1", "ui/b/0", "ui/b/1"]


def test_a_sprite_is_resized_after_it_was_cut(tmp_path: Path) -> None:
    save_png(tmp_path / "sheet.png", 24, 10)
    image, _ = build_image(tmp_path, entry("{columns: 4, rows: 2}") + "    resize: 12x10\n")
    assert {(asset.width, asset.height) for asset in image.assets} == {(12, 10)}


def test_one_sprite_needs_no_field_in_its_name(tmp_path: Path) -> None:
    save_png(tmp_path / "sheet.png", 24, 10)
    image, _ = build_image(tmp_path, entry("{rects: {x: [1, 2, 3, 4]}}", "logo"))
    assert [(a.name, a.width, a.height) for a in image.assets] == [("logo", 3, 4)]


def test_a_sheet_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_png(tmp_path / "sheet.png", 24, 10)
    decode, asked = sheet.decode_image, []
    monkeypatch.setattr(sheet, "decode_image", lambda path, *rest: asked.append(path) or decode(path, *rest))
    build_image(tmp_path, entry("{columns: 12, rows: 5}"))
    assert len(asked) == 1


def test_a_changed_sheet_is_decoded_again(tmp_path: Path) -> None:
    save_png(tmp_path / "sheet.png", 24, 10)
    build_image(tmp_path, entry("{columns: 4, rows: 2}"))
    whole = save_png(tmp_path / "sheet.png", 24, 10, seed=2)
    image, _ = build_image(tmp_path, entry("{columns: 4, rows: 2}"))
    assert np.array_equal(pixels(image, "sheet/0"), visible(whole[:5, :6]))


@pytest.mark.parametrize(
    ("sprites", "code"),
    [
        ("{rects: {a: [0, 0, 25, 1], b: [0, 0, 24, 11]}}", "IB260"),
        ("{columns: 5, rows: 2}", "IB261"),
        ("{width: 25, height: 10}", "IB261"),
        ("{columns: 48, rows: 10}", "IB261"),
        ("{columns: 4}", "IB105"),
        ("{columns: 4, height: 5}", "IB105"),
        ("{rects: {a: [0, 0, 0, 1]}}", "IB105"),
        ("{rects: {a: [0, 0, -1, 1]}}", "IB105"),
        ("{rects: {}}", "IB105"),
        ("{colums: 4, rows: 2}", "IB104"),
        ("4x2", "IB105"),
    ],
)
def test_a_sheet_that_cannot_be_cut_is_refused(tmp_path: Path, sprites: str, code: str) -> None:
    save_png(tmp_path / "sheet.png", 24, 10)
    with pytest.raises(BuildError) as caught:
        build_image(tmp_path, entry(sprites, '"ui/{sprite}"'))
    assert {d.code for d in caught.value.diagnostics} == {code}
    assert all(d.place and d.place.line for d in caught.value.diagnostics)
