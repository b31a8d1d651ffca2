"""An animated picture from the manifest to the header, the listing and back to a file."""

from __future__ import annotations

import io
import json

import numpy as np
from PIL import Image
from support import imgbuild

MANIFEST = """version: 1
name: anim
flash: {board: spark-core}
display: {pixel_format: rgb565}
assets:
  - image: spin.gif
    animate: true
    codec: rle
  - image: spin.gif
    name: first
"""


def frames():
    made = []
    for step in range(4):
        pixels = np.zeros((24, 32, 3), np.uint8)
        pixels[4 + step : 12 + step, 6 * step : 6 * step + 8] = (255, 0, 0)
        made.append(pixels)
    return made


def build(tmp_path, manifest=MANIFEST):
    first, *rest = (Image.fromarray(frame) for frame in frames())
    first.save(tmp_path / "spin.gif", save_all=True, append_images=rest, duration=[40, 50, 60, 70], loop=0)
    (tmp_path / "anim.yaml").write_text(manifest)
    done = imgbuild("build", "anim.yaml", "-o", "ext.bin", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return done


def test_the_header_tells_size_and_frames(tmp_path):
    build(tmp_path)
    words = [line.split() for line in (tmp_path / "anim_assets.h").read_text().splitlines()]
    macros = {line[1]: line[2] for line in words if line[:1] == ["#define"] and len(line) == 3}
    assert macros["ANIM_SPIN_KIND"] == "IMGB_KIND_ANIMATION"
    sizes = [macros[f"ANIM_SPIN_{what}"] for what in ("WIDTH", "HEIGHT", "FRAMES")]
    assert sizes == ["32", "24", "4"]
    assert macros["ANIM_FIRST_KIND"] == "IMGB_KIND_BITMAP"


def test_the_listing_tells_frames_and_times(tmp_path):
    build(tmp_path)
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=tmp_path).stdout)["assets"]
    row = next(row for row in rows if row["name"] == "spin")
    assert (row["kind"], row["pixel_format"], row["codec"]) == ("animation", "rgb565", "rle")
    assert (row["frames"], row["plays"], row["duration_ms"]) == (4, 0, 220)


def test_extract_gives_an_apng_of_the_same_frames(tmp_path):
    build(tmp_path)
    assert imgbuild("extract", "ext.bin", "spin", "-o", "back.png", cwd=tmp_path).returncode == 0
    with Image.open(io.BytesIO((tmp_path / "back.png").read_bytes())) as back:
        assert back.n_frames == 4
        for number, meant in enumerate(frames()):
            back.seek(number)
            assert back.info["duration"] == [40, 50, 60, 70][number]
            assert np.array_equal(np.asarray(back.convert("RGB")), meant)


def test_in_littlefs_too(tmp_path):
    build(tmp_path, MANIFEST + "container: littlefs\n")
    assert imgbuild("verify", "ext.bin", cwd=tmp_path).returncode == 0
    rows = json.loads(imgbuild("ls", "ext.bin", "--json", cwd=tmp_path).stdout)["assets"]
    assert next(row for row in rows if row["name"] == "spin")["frames"] == 4


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    build(tmp_path)
    before = (tmp_path / "ext.bin").read_bytes()
    (tmp_path / "ext.bin").unlink()
    build(tmp_path)
    assert (tmp_path / "ext.bin").read_bytes() == before
