"""What each choice costs to draw: in the report, as text and JSON, in the summary and in ``info``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from support import imgbuild

MANIFEST = """version: 1
name: demo
flash: {chip: w25q64jv, mapped_at: 0x90000000}
display: {size: 320x240, pixel_format: rgb565}
defaults: {image: {codec: auto, prefer: size}}
assets:
  - image: slope.png
    name: slope
  - {image: slope.png, name: plain, codec: raw}
  - {file: notes.txt, name: notes}
"""


@pytest.fixture
def project(tmp_path):
    y, x = np.indices((48, 64))
    pixels = np.stack([4 * x, 5 * y, (x * y) % 256], axis=-1).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "slope.png")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    return tmp_path


def build(project, *options):
    done = imgbuild("build", "manifest.yaml", "-o", "ext.bin", *options, cwd=project)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_report_tells_the_choice_and_everything_that_was_tried(project):
    document = json.loads(build(project, "--report", "--json"))
    slope, plain, notes = document["report"]
    assert [trial["codec"] for trial in slope["tried"]] == ["raw", "rle", "lz4", "range"]
    (chosen,) = [trial for trial in slope["tried"] if trial["is_chosen"]]
    assert (chosen["codec"], chosen["draw"]) == (slope["codec"], slope["draw"])
    assert slope["draw"]["fetched_bytes"] == slope["stored_bytes"]
    assert slope["draw"]["fetched_bytes"] == min(t["draw"]["fetched_bytes"] for t in slope["tried"])
    raw = slope["tried"][0]["draw"]
    # raw: 64 x 48 px of 2 bytes behind a header of 24; one bit per clock at 20 MHz, and the copy
    assert raw["fetched_bytes"] == 6144 + 24
    assert raw["ms_at_20_mhz"] == pytest.approx(8 * 6168 / 20_000 + raw["cpu_ms"], abs=0.001)
    assert raw["instructions_per_pixel"] < slope["draw"]["instructions_per_pixel"]
    assert (plain["draw"], plain["tried"]) == (raw, [])
    assert "draw" not in notes


def test_the_text_has_a_line_for_each_and_says_what_is_assumed(project):
    lines = build(project, "--report").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("DRAW"))
    assert [line.split()[0] for line in lines[start + 1 : start + 6]] == [
        "slope", "tried", "tried", "tried", "plain",
    ]  # fmt: skip
    assert "AT 20 MHZ  AT 40 MHZ  AT 80 MHZ" in lines[start]
    assert "1 bit per clock" in lines[start + 6]


def test_the_report_goes_into_a_file_too(project):
    build(project, "--report-file", "out/report.json", "-q")
    report = json.loads((project / "out" / "report.json").read_text())["report"]
    assert report == json.loads(build(project, "--report", "--json"))["report"]
    build(project, "--report-file", "out/report.txt", "-q")
    assert "psnr" in (project / "out" / "report.txt").read_text().lower()


def test_summary_and_info_tell_what_drawing_all_once_takes(project):
    summary = build(project).splitlines()[-1]
    assert summary.startswith("drawing each of 2 pictures once: ")
    assert "ms from SPI of 20, 40, 80 MHz" in summary
    facts = json.loads(imgbuild("info", "ext.bin", "--json", cwd=project).stdout)
    listed = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=project).stdout)["assets"]
    stored = sum(asset["stored_bytes"] for asset in listed if asset["kind"] == "bitmap")
    assert facts["draw"]["pictures"] == 2
    assert facts["draw"]["fetched_bytes"] == stored
    assert "1.4 cycles per instruction" in facts["draw"]["assumed"]
    assert f"once: {stored} B" in imgbuild("info", "ext.bin", cwd=project).stdout


def test_an_animation_is_measured_over_all_its_frames(project):
    frames = [Image.new("RGB", (40, 30), (10 * n, 3, 250 - 7 * n)) for n in range(4)]
    frames[0].save(project / "move.webp", save_all=True, append_images=frames[1:], lossless=True, duration=50)
    manifest = MANIFEST.replace("assets:", "assets:\n  - {image: move.webp, name: move, animate: true}")
    (project / "manifest.yaml").write_text(manifest)
    move = json.loads(build(project, "--report", "--json"))["report"][0]
    assert (move["kind"], move["colours_before"], move["colours_after"]) == ("animation", 4, 4)
    assert move["psnr_db"] > 35
    assert [trial["codec"] for trial in move["tried"]] == ["raw", "rle", "lz4", "range"]
