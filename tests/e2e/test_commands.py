"""The reading commands, as a person and as a script would use them."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import imgbuild, make_project, save_png

COMMANDS = ("build", "ls", "info", "extract", "export", "verify", "chips", "boards", "path", "explain")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    make_project(folder)
    done = imgbuild("build", "small.yaml", "-o", "ext.bin", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_command_has_help(tmp_path: Path) -> None:
    overview = imgbuild("--help", cwd=tmp_path).stdout
    for name in COMMANDS:
        assert name in overview
        done = imgbuild(name, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Usage:" in done.stdout


def test_version(tmp_path: Path) -> None:
    assert imgbuild("--version", cwd=tmp_path).stdout.startswith("imgbuild")


def test_ls_json_has_the_promised_keys(built: Path) -> None:
    document = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=built).stdout)
    assert document["schema_version"] == 1
    rows = {row["name"]: row for row in document["assets"]}
    assert set(rows["icons/bell"]) == {
        "key", "name", "kind", "pixel_format", "codec", "width", "height", "offset", "stored_bytes",
        "raw_bytes", "crc32",
    }  # fmt: skip
    assert rows["icons/bell"]["raw_bytes"] == 16 * 16 * 3
    assert rows["note.txt"]["stored_bytes"] == len("a plain file\n")
    assert "width" not in rows["note.txt"]
    assert rows["text"]["height"] == 16


def test_info_tells_what_the_image_is(built: Path) -> None:
    facts = json.loads(imgbuild("info", "ext.bin", "--json", cwd=built).stdout)
    assert facts["container"] == "flat"
    assert facts["assets"] == 5
    assert "assets" in imgbuild("info", "ext.bin", cwd=built).stdout


def test_extract_gives_the_picture_back(built: Path, tmp_path: Path) -> None:
    done = imgbuild("extract", "ext.bin", "icons/home", "-o", tmp_path / "home.png", cwd=built)
    assert done.returncode == 0, done.stderr
    source = np.asarray(Image.open(built / "icons/home.png").convert("RGBA")).astype(int)
    out = np.asarray(Image.open(tmp_path / "home.png").convert("RGBA")).astype(int)
    assert np.array_equal(out[..., 3], source[..., 3])
    visible = source[..., 3] > 0
    assert np.abs(out - source)[visible].max() <= 4  # half a step of 5 bits, rounded to the nearest


def test_extract_all_into_a_folder(built: Path, tmp_path: Path) -> None:
    assert imgbuild("extract", "ext.bin", "--all", "-o", tmp_path, cwd=built).returncode == 0
    names = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    assert names == ["icons/bell.png", "icons/home.png", "icons/wifi.png", "note.txt", "text.png"]


TRIMMED = """version: 1
name: small
flash: {board: spark-core}
container: CONTAINER
assets:
  - {image: disc.png, name: trimmed, pixel_format: argb8888, trim: true}
  - {image: disc.png, name: tinted, pixel_format: a8, tint: "#20C0FF", trim: true}
  - {image: disc.png, name: plain, pixel_format: a8}
  - {image: disc.png, name: whole, pixel_format: rgb565a8}
"""


@pytest.fixture(params=["flat", "{littlefs: {layout: files}}"])
def trimmed(request, tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A picture with clear borders of 5 px left, 3 above, 7 right, 2 below, built four times."""
    disc = np.zeros((15, 22, 4), np.uint8)
    disc[3:13, 5:15] = np.random.default_rng(4).integers(1, 256, (10, 10, 4))
    Image.fromarray(disc).save(tmp_path / "disc.png")
    (tmp_path / "small.yaml").write_text(TRIMMED.replace("CONTAINER", request.param))
    done = imgbuild("build", "small.yaml", "-o", "ext.bin", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path, disc


def test_ls_tells_where_a_trimmed_bitmap_belongs_and_its_tint(trimmed: tuple[Path, np.ndarray]) -> None:
    document = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=trimmed[0]).stdout)
    rows = {row["name"]: row for row in document["assets"]}
    place = {"x": 5, "y": 3, "full_width": 22, "full_height": 15}
    assert (rows["trimmed"]["width"], rows["trimmed"]["height"], rows["trimmed"]["trim"]) == (10, 10, place)
    assert (rows["tinted"]["trim"], rows["tinted"]["tint"]) == (place, "#20C0FF")
    assert not {"trim", "tint"} & (rows["whole"].keys() | rows["plain"].keys())
    assert "tint" not in rows["trimmed"]


def test_extract_gives_borders_and_tint_back(trimmed: tuple[Path, np.ndarray]) -> None:
    folder, disc = trimmed
    assert imgbuild("extract", "ext.bin", "--all", "-o", "out", cwd=folder).returncode == 0
    found = {path.stem: np.asarray(Image.open(path)) for path in (folder / "out").iterdir()}
    assert {name: pixels.shape for name, pixels in found.items()} == dict.fromkeys(found, (15, 22, 4))
    assert np.array_equal(found["trimmed"], disc)
    for name, colour in (("tinted", (0x20, 0xC0, 0xFF)), ("plain", (255, 255, 255))):
        assert np.array_equal(found[name][..., 3], disc[..., 3])
        assert (found[name][disc[..., 3] > 0][:, :3] == colour).all()


@pytest.mark.parametrize("more", [[], ["--raw"]])
def test_extract_reports_a_damaged_asset_and_writes_the_others(built: Path, tmp_path: Path, more) -> None:
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=built).stdout)["assets"]
    data = bytearray((built / "ext.bin").read_bytes())
    for name in ("icons/home", "note.txt"):
        data[next(row["offset"] + row["stored_bytes"] - 2 for row in rows if row["name"] == name)] ^= 1
    (tmp_path / "bad.bin").write_bytes(data)
    done = imgbuild("extract", "bad.bin", "--all", "-o", "out", "--json", *more, cwd=tmp_path)
    assert done.returncode == 1
    assert [line.partition(": payload CRC-32")[0] for line in done.stderr.splitlines()] == [
        'bad.bin: error[IB607]: "icons/home"', 'bad.bin: error[IB607]: "note.txt"',
    ]  # fmt: skip
    suffix = ".bin" if more else ".png"
    names = sorted(path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("out/**/*.*"))
    assert names == [f"icons/bell{suffix}", f"icons/wifi{suffix}", f"text{suffix}"]
    document = json.loads(done.stdout)
    assert [one["name"] for one in document["files"]] == ["icons/bell", "icons/wifi", "text"]
    assert [(one["code"], one["asset"]) for one in document["diagnostics"]] == [
        ("IB607", "icons/home"), ("IB607", "note.txt"),
    ]  # fmt: skip


def test_extract_of_an_unknown_name_suggests_one(built: Path) -> None:
    done = imgbuild("extract", "ext.bin", "icons/bel", cwd=built)
    assert done.returncode == 1
    assert "IB611" in done.stderr
    assert "icons/bell" in done.stderr


def test_verify_names_a_damaged_asset(built: Path, tmp_path: Path) -> None:
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=built).stdout)["assets"]
    offset = next(row["offset"] for row in rows if row["name"] == "note.txt")
    data = bytearray((built / "ext.bin").read_bytes())
    data[offset] ^= 1
    (tmp_path / "bad.bin").write_bytes(data)
    done = imgbuild("verify", "bad.bin", cwd=tmp_path)
    assert done.returncode == 1
    assert "IB607" in done.stderr
    assert "note.txt" in done.stderr
    report = json.loads(imgbuild("verify", "bad.bin", "--json", cwd=tmp_path).stdout)
    assert report["is_valid"] is False


def test_boards_and_chips_can_be_searched(tmp_path: Path) -> None:
    assert "0x080000" in imgbuild("boards", "spark", cwd=tmp_path).stdout
    chips = json.loads(imgbuild("chips", "w25q64", "--json", cwd=tmp_path).stdout)["chips"]
    assert any(chip["size_bytes"] == 8 * 1024 * 1024 for chip in chips)
    assert all(chip["source"] for chip in chips)


def test_path_leads_to_the_reader(tmp_path: Path) -> None:
    folder = Path(imgbuild("path", cwd=tmp_path).stdout.strip())
    assert (folder / "src/imgb.h").is_file()
    assert (folder / "imgbuild.mk").is_file()


def test_explain(tmp_path: Path) -> None:
    assert "erase" in imgbuild("explain", "IB407", cwd=tmp_path).stdout
    assert imgbuild("explain", "IB999", cwd=tmp_path).returncode == 2


def test_a_misspelt_command_is_answered(tmp_path: Path) -> None:
    done = imgbuild("biuld", cwd=tmp_path)
    assert done.returncode == 2
    assert "build" in done.stderr


def test_output_into_a_closed_pipe_is_no_error(built: Path) -> None:
    command = f"{sys.executable} -m imgbuild explain | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=built, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_ctrl_c_leaves_the_old_outputs(tmp_path: Path) -> None:
    make_project(tmp_path)
    for number in range(300):
        save_png(tmp_path / f"icons/more{number}.png", 96, 96, number)
    (tmp_path / "ext.bin").write_bytes(b"the released image")
    command = [sys.executable, "-m", "imgbuild", "build", "small.yaml", "-o", "ext.bin"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    maps = Path(f"/proc/{process.pid}/maps")
    for _ in range(2000):  # until it is at work: numpy is loaded for the pixels
        if "_multiarray_umath" in maps.read_text():
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in message
    assert (tmp_path / "ext.bin").read_bytes() == b"the released image"
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".tmp")] == []
