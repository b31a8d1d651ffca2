"""Every manifest of the repository builds, without a warning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from firmware.example import MANIFEST, REPOSITORY

MANIFESTS = sorted(MANIFEST.parent.glob("*.yaml"))


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_builds_without_a_word(manifest: Path, tmp_path: Path) -> None:
    has_partitions = "partitions" in yaml.safe_load(manifest.read_text(encoding="utf-8"))
    output = tmp_path / ("ext.hex" if has_partitions else "ext.bin")
    command = [sys.executable, "-m", "imgbuild", "build", manifest, "-o", output, "--json"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    if has_partitions:
        assert len(report["partitions"]) > 1
        return
    assert report["image_bytes"] == (tmp_path / "ext.bin").stat().st_size <= report["region_bytes"]


def test_the_demo_holds_what_it_promises(tmp_path: Path) -> None:
    """At least 40 icons of several sizes, PNG and SVG, a photograph, five fonts and two plain files."""
    arguments = [MANIFEST, "-o", tmp_path / "ext.bin"]
    subprocess.run(
        [sys.executable, "-m", "imgbuild", "build", *arguments], cwd=REPOSITORY, check=True, timeout=120
    )
    listed = subprocess.run(
        [sys.executable, "-m", "imgbuild", "ls", tmp_path / "ext.bin", "--json"],
        cwd=REPOSITORY, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assets = json.loads(listed.stdout)["assets"]
    names = [asset["name"] for asset in assets]
    icons = [name for name in names if name.startswith(("weather/", "forecast/", "large/", "status/", "ui/"))]
    assert len(icons) >= 40
    assert len([name for name in names if name.startswith("ui/")]) >= 10
    assert "photos/valley" in names
    assert len([asset for asset in assets if asset["kind"] == "font"]) == 5
    assert len([asset for asset in assets if asset["kind"] == "file"]) == 2
    formats = {asset.get("pixel_format") for asset in assets if asset["kind"] == "bitmap"}
    assert {"rgb565", "rgb565a8", "a4", "a8", "gray4", "i8", "rgb888", "argb8888"} <= formats
