"""--base keeps the layout of a released image; diff tells what changed since and what an update takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import imgbuild, make_project, save_png

MANIFEST = """version: 1
name: many
flash: {board: spark-core}
assets:
  - {image: icons/*.png, name: "icons/{stem}", pixel_format: rgb565a8}
"""
SECTOR = 4096


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """200 icons of 20x20 px, released."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(200):
        save_png(folder / "icons" / f"i{number:03}.png", 20, 20, number)
    (folder / "many.yaml").write_text(MANIFEST)
    assert build(folder, "released.bin", None).returncode == 0
    return folder


def build(folder: Path, image: str, base: str | None, *options: str):
    keep = () if base is None else ("--base", base)
    return imgbuild("build", "many.yaml", "-o", image, *keep, *options, cwd=folder)


def sectors(old: bytes, new: bytes) -> set[int]:
    """Numbers of the sectors of ``new`` that are to be written over ``old``."""
    old = old.ljust(len(new), b"\xff")
    return {n // SECTOR for n in range(0, len(new), SECTOR) if old[n : n + SECTOR] != new[n : n + SECTOR]}


def edited(project: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "icons").mkdir(parents=True)
    for path in project.glob("icons/*.png"):
        (folder / "icons" / path.name).write_bytes(path.read_bytes())
    for name in ("many.yaml", "released.bin"):
        (folder / name).write_bytes((project / name).read_bytes())
    return folder


def test_the_same_manifest_gives_the_same_bytes(project):
    done = build(project, "again.bin", "released.bin")
    assert done.returncode == 0, done.stderr
    assert (project / "again.bin").read_bytes() == (project / "released.bin").read_bytes()
    told = imgbuild("diff", "released.bin", "again.bin", "--exit-code", cwd=project)
    assert (told.returncode, told.stdout) == (0, "released.bin and again.bin: equal, 200 assets\n")


def test_one_icon_changed_touches_its_sectors_an_index_sector_header_and_end_marker(project, tmp_path):
    folder = edited(project, tmp_path)
    save_png(folder / "icons" / "i100.png", 20, 20, 999)
    assert build(folder, "next.bin", "released.bin").returncode == 0
    old, new = ((folder / name).read_bytes() for name in ("released.bin", "next.bin"))
    assert len(sectors(old, new)) <= 2 + 3


def test_one_larger_icon_touches_few_sectors_where_a_fresh_layout_touches_half(project, tmp_path):
    folder = edited(project, tmp_path)
    save_png(folder / "icons" / "i100.png", 24, 20, 999)
    assert build(folder, "next.bin", "released.bin").returncode == 0
    assert build(folder, "fresh.bin", None).returncode == 0
    old, new, fresh = ((folder / f"{name}.bin").read_bytes() for name in ("released", "next", "fresh"))
    assert len(sectors(old, new)) <= 2 + 2 + 3
    assert len(sectors(old, fresh)) > 30
    assert imgbuild("verify", "next.bin", cwd=folder).returncode == 0


def test_one_icon_added_moves_no_other_but_those_that_the_index_grows_into(project, tmp_path):
    folder = edited(project, tmp_path)
    save_png(folder / "icons" / "new.png", 20, 20, 999)
    assert build(folder, "next.bin", "released.bin").returncode == 0
    told = json.loads(imgbuild("diff", "released.bin", "next.bin", "--json", cwd=folder).stdout)
    assert [(a["name"], a["status"]) for a in told["assets"] if a["what"] != ["moved"]] == [
        ("icons/new", "added")
    ]
    assert len([a for a in told["assets"] if a["what"] == ["moved"]]) <= 1


def test_the_released_image_is_an_input_of_the_build(project, tmp_path):
    folder = edited(project, tmp_path)
    assert build(folder, "next.bin", "released.bin", "--depfile", "next.d").returncode == 0
    assert str(folder / "released.bin") in (folder / "next.d").read_text()
    assert "up to date" in build(folder, "next.bin", "released.bin", "--depfile", "next.d").stdout
    save_png(folder / "icons" / "i100.png", 24, 20, 999)
    assert build(folder, "released.bin", None).returncode == 0
    assert "up to date" not in build(folder, "next.bin", "released.bin", "--depfile", "next.d").stdout
    assert "up to date" not in build(folder, "next.bin", None, "--depfile", "next.d").stdout


def test_an_output_never_replaces_the_released_image(project, tmp_path):
    folder = edited(project, tmp_path)
    save_png(folder / "icons" / "i100.png", 24, 20, 999)
    before = (folder / "released.bin").read_bytes()
    done = build(folder, "released.bin", "released.bin")
    assert done.returncode == 1
    assert "error[IB503]" in done.stderr
    assert (folder / "released.bin").read_bytes() == before


def test_the_released_image_may_be_a_hex_file(project, tmp_path):
    folder = edited(project, tmp_path)
    assert imgbuild("convert", "released.bin", "-o", "r.hex", "--address", "0", cwd=folder).returncode == 0
    assert build(folder, "next.bin", "r.hex").returncode == 0
    assert (folder / "next.bin").read_bytes() == (folder / "released.bin").read_bytes()


def test_diff_tells_assets_blocks_and_times(tmp_path):
    make_project(tmp_path)
    assert imgbuild("build", "small.yaml", "-o", "old.bin", cwd=tmp_path).returncode == 0
    save_png(tmp_path / "icons" / "wifi.png", 20, 20, 9)
    (tmp_path / "icons" / "bell.png").rename(tmp_path / "icons" / "ring.png")
    assert imgbuild("build", "small.yaml", "-o", "new.bin", "--base", "old.bin", cwd=tmp_path).returncode == 0
    told = imgbuild("diff", "old.bin", "new.bin", "--board", "spark-core", cwd=tmp_path)
    assert told.returncode == 0
    lines = told.stdout.splitlines()
    assert lines[0] == "old.bin -> new.bin: 1 added, 1 removed, 3 changed, 1 as before"
    assert any("shape 16x16 -> 20x20" in line and line.startswith("changed  icons/wifi") for line in lines)
    assert any(line.startswith("contract hash: 0x") for line in lines)
    assert "erase blocks of 4 KiB: 1 of 1 differ" in told.stdout
    for way in ("sst25vf016b alone", "serial 115200", "serial 921600", "DFU", "SWD"):
        assert any(line.startswith(way) and "~" in line for line in lines), way
    assert imgbuild("diff", "old.bin", "new.bin", "--exit-code", cwd=tmp_path).returncode == 1


def test_json_of_diff_has_a_fixed_shape(tmp_path):
    make_project(tmp_path)
    imgbuild("build", "small.yaml", "-o", "old.bin", cwd=tmp_path)
    (tmp_path / "note.txt").write_text("another note\n")
    imgbuild("build", "small.yaml", "-o", "new.bin", cwd=tmp_path)
    done = imgbuild("diff", "old.bin", "new.bin", "--json", "--chip", "w25q64jv", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert set(told) == {"schema_version", "old", "new", "assets", "updates", "facts", "is_equal"}
    assert told["is_equal"] is False
    whole, *changed = told["updates"]
    assert set(whole) == {"update", "sent_bytes", "programmed_bytes", "chip", "ways"}
    assert [one["erase_bytes"] for one in changed] == [4096, 65536]
    assert changed[0]["ranges"] == [{"offset": 0, "size": 4096}]
    assert changed[0]["chip"]["is_estimate"] is False
    assert [way["way"] for way in whole["ways"]] == ["serial 115200", "serial 921600", "DFU", "SWD"]
    assert all(way["is_estimate"] for way in whole["ways"])


def test_diff_refuses_what_it_cannot_read(tmp_path):
    make_project(tmp_path)
    imgbuild("build", "small.yaml", "-o", "old.bin", cwd=tmp_path)
    cases = {
        ("old.bin", "none.bin"): (1, "IB612"),
        ("old.bin", "small.yaml"): (1, "IB601"),
        ("old.bin", "old.bin", "--chip", "w25q64j"): (1, "did you mean 'w25q64jv'?"),
        ("old.bin", "old.bin", "--board", "spark-cor"): (1, "IB401"),
        ("old.bin", "old.bin", "--board", "spark-core", "--chip", "w25q64jv"): (2, "do not go together"),
    }
    for arguments, (code, text) in cases.items():
        done = imgbuild("diff", *arguments, cwd=tmp_path)
        assert done.returncode == code, arguments
        assert text in done.stderr, arguments
