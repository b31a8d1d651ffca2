"""What `imgbuild build` promises to someone who runs it."""

import json
import os
from pathlib import Path

import pytest
from support import MANIFEST, imgbuild, make_project, save_png

OUTPUTS = ("ext.bin", "small_assets.h", "small_digest.h", "small_config.h")


def _snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path)
    return tmp_path


def _build(project: Path, *more: object) -> None:
    done = imgbuild("build", "small.yaml", "-o", "out/ext.bin", *more, cwd=project)
    assert done.returncode == 0, done.stderr


def test_a_build_writes_image_and_headers(project: Path) -> None:
    _build(project)
    assert {p.name for p in (project / "out").iterdir() if not p.name.startswith(".")} == set(OUTPUTS)
    assert (project / "out/ext.bin").read_bytes()[:4] == b"IMGB"


def test_same_inputs_same_bytes_anywhere(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("elsewhere")
    make_project(other)
    done = imgbuild(
        "build", "small.yaml", "-o", "x/y/ext.bin", cwd=other, PYTHONHASHSEED="7", TZ="Asia/Tokyo"
    )
    assert done.returncode == 0, done.stderr
    _build(project)
    for name in OUTPUTS:
        assert (project / "out" / name).read_bytes() == (other / "x/y" / name).read_bytes()


def test_an_unchanged_rebuild_touches_nothing(project: Path) -> None:
    _build(project)
    before = _snapshot(project / "out")
    done = imgbuild("build", "small.yaml", "-o", "out/ext.bin", cwd=project)
    assert "up to date" in done.stdout
    assert _snapshot(project / "out") == before


def test_a_touched_input_rewrites_no_output(project: Path) -> None:
    _build(project)
    before = {n: (project / "out" / n).stat().st_mtime_ns for n in OUTPUTS}
    os.utime(project / "icons/bell.png")
    _build(project)
    assert {n: (project / "out" / n).stat().st_mtime_ns for n in OUTPUTS} == before


def test_a_changed_pixel_leaves_the_assets_header_alone(project: Path) -> None:
    _build(project)
    before = _snapshot(project / "out")
    save_png(project / "icons/bell.png", seed=99)
    _build(project)
    after = _snapshot(project / "out")
    assert after["small_assets.h"] == before["small_assets.h"]
    assert after["small_config.h"] == before["small_config.h"]
    assert after["ext.bin"] != before["ext.bin"]
    assert after["small_digest.h"] != before["small_digest.h"]


def test_a_new_file_in_a_globbed_folder_is_noticed(project: Path) -> None:
    _build(project)
    save_png(project / "icons/new.png", seed=5)
    _build(project)
    rows = json.loads(imgbuild("ls", "out/ext.bin", "--json", cwd=project).stdout)["assets"]
    assert "icons/new" in [row["name"] for row in rows]


def test_a_deleted_output_is_made_again(project: Path) -> None:
    _build(project)
    (project / "out/small_assets.h").unlink()
    _build(project)
    assert (project / "out/small_assets.h").is_file()


def test_check_tells_outdated_outputs_and_writes_nothing(project: Path) -> None:
    missing = imgbuild("build", "small.yaml", "-o", "out/ext.bin", "--check", cwd=project)
    assert missing.returncode == 3
    assert not (project / "out").exists()
    _build(project)
    assert imgbuild("build", "small.yaml", "-o", "out/ext.bin", "--check", cwd=project).returncode == 0
    save_png(project / "icons/bell.png", seed=42)
    before = _snapshot(project / "out")
    done = imgbuild("build", "small.yaml", "-o", "out/ext.bin", "--check", cwd=project)
    assert done.returncode == 3
    assert "IB504" in done.stderr
    assert "out/ext.bin" in done.stderr
    assert _snapshot(project / "out") == before


def test_another_board_moves_the_region(project: Path) -> None:
    _build(project, "--board", "daisy-seed")
    assert "SMALL_BASE_ADDRESS" in (project / "out/small_assets.h").read_text()
    _build(project)
    header = (project / "out/small_assets.h").read_text()
    assert "SMALL_REGION_OFFSET UINT32_C(0x00080000)" in " ".join(header.split())
    assert "SMALL_BASE_ADDRESS" not in header


def test_warnings_are_told_again_when_nothing_is_to_do(project: Path) -> None:
    (project / "small.yaml").write_text(MANIFEST.replace("Hello 0123", "Hello \u4e2d"))
    first = imgbuild("build", "small.yaml", "-o", "out/ext.bin", cwd=project)
    again = imgbuild("build", "small.yaml", "-o", "out/ext.bin", cwd=project)
    assert "warning[IB302]" in first.stderr
    assert first.stderr == again.stderr
    assert "up to date" in again.stdout


def test_strict_turns_a_missing_character_into_an_error(project: Path) -> None:
    (project / "small.yaml").write_text("strict: true\n" + MANIFEST.replace("Hello 0123", "Hello \u4e2d"))
    done = imgbuild("build", "small.yaml", "-o", "out/ext.bin", cwd=project)
    assert done.returncode == 1
    assert "U+4E2D" in done.stderr
    assert not (project / "out").exists()


def test_an_input_outside_the_manifests_folder_needs_a_root(project: Path) -> None:
    folder = project / "manifests"
    folder.mkdir()
    text = MANIFEST.replace("icons/*.png", "../icons/*.png").replace("file: note", "file: ../note")
    (folder / "small.yaml").write_text(text)
    assert imgbuild("build", "manifests/small.yaml", "-o", "out/ext.bin", cwd=project).returncode == 0
    away = imgbuild("build", "small.yaml", "-o", "out/ext.bin", cwd=folder)
    assert away.returncode == 1
    assert "IB109" in away.stderr
    granted = imgbuild("build", "small.yaml", "-o", "out/ext.bin", "--root", "..", cwd=folder)
    assert granted.returncode == 0, granted.stderr


@pytest.mark.parametrize("layout", ["files", "pack"])
def test_littlefs_holds_the_same_assets(project: Path, layout: str) -> None:
    text = MANIFEST + f"container: {{littlefs: {{layout: {layout}}}}}\n"
    (project / "small.yaml").write_text(text)
    _build(project)
    image = project / "out/ext.bin"
    assert image.stat().st_size == 384 * 4096
    rows = json.loads(imgbuild("ls", image, "--json", cwd=project).stdout)["assets"]
    assert [row["name"] for row in rows] == ["icons/bell", "icons/home", "icons/wifi", "note.txt", "text"]
    assert imgbuild("verify", image, cwd=project).returncode == 0
    done = imgbuild("extract", image, "note.txt", "-o", "copy.txt", cwd=project)
    assert done.returncode == 0, done.stderr
    assert (project / "copy.txt").read_text() == "a plain file\n"


def test_pad_region_fills_the_region(project: Path) -> None:
    _build(project, "--pad", "region")
    data = (project / "out/ext.bin").read_bytes()
    assert len(data) == 0x180000
    assert set(data[-4096:]) == {0xFF}
