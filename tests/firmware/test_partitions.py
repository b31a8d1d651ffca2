"""A pack, a littlefs and settings on one chip: built, put onto the emulated board, written, read back."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from c.littlefs_sources import littlefs_folder
from firmware.example import REPOSITORY, Work, frame_script, require_tools, work_of
from littlefs import LittleFS
from support import imgbuild

from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen
from imgbuild.reader.container import open_image

pytestmark = pytest.mark.xdist_group("firmware")

EXAMPLE = REPOSITORY / "c_runtime" / "examples" / "partitions"
CHIP_BYTES = 8 << 20
ASSETS = slice(0x100000, 0x300000)
LOGS = slice(0x300000, 0x340000)
SETTINGS = slice(0x340000, 0x344000)
"""1 MiB into the chip begins the region; then in the order and of the sizes of the manifest."""
BLUE = 0x0010


def make(
    build: Path, *arguments: str, manifest: Path = EXAMPLE / "manifest.yaml"
) -> subprocess.CompletedProcess[str]:
    """``make`` in the example as a person would."""
    command = [
        "make", "-C", EXAMPLE, f"BUILD={build}", f"LFS={littlefs_folder()}", f"IMGBUILD_MANIFEST={manifest}",
        f"IMGBUILD={sys.executable} -m imgbuild", *arguments,
    ]  # fmt: skip
    hidden = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=120, check=False, errors="replace"
    )


def run(build: Path) -> list[str]:
    """One start of the device; what it said but for the frame."""
    done = make(build, "run", "-j2")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert not re.search("m25p80|smc|spi|flash", (build / "guest_errors.log").read_text(errors="replace"))
    lines = (build / "uart.log").read_text().splitlines()
    return lines[lines.index("END") + 1 :]


@dataclass(frozen=True)
class Device:
    build: Path
    delivered: bytes
    said: tuple[list[str], ...]

    @property
    def chip(self) -> bytes:
        return (self.build / "nor.bin").read_bytes()


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """The example built; everything on the chip that is none of ours holds bytes of others; three starts."""
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm", "srec_cat")
    build = tmp_path_factory.mktemp("partitions")
    done = make(build, "-j2")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    chip = bytearray((build / "nor.bin").read_bytes())
    assert len(chip) == CHIP_BYTES
    for gap in (slice(0, ASSETS.start), slice(SETTINGS.stop, CHIP_BYTES)):
        assert chip[gap].count(0xFF) == gap.stop - gap.start  # the file with addresses says nothing of it
        chip[gap] = random.Random(gap.start).randbytes(gap.stop - gap.start)
    (build / "nor.bin").write_bytes(chip)
    return Device(build, bytes(chip), (run(build), run(build), run(build)))


def test_what_the_device_wrote_is_there_when_it_starts_again(device: Device) -> None:
    logs: list[str] = []
    for starts, said in enumerate(device.said):
        logs.append(f"start {starts + 1}")
        assert said == [
            f"brightness: {80 + 7 * starts}",
            f"starts: {starts}",
            f"owner: {'somebody' if starts else 'nobody'}",
            *(["brightest"] if starts == 2 else []),
            *logs,
            "erasing the pack: refused",
            "RC=0",
        ]


def test_nothing_but_the_writable_partitions_changed(device: Device) -> None:
    before, after = device.delivered, device.chip
    assert after[: LOGS.start] == before[: LOGS.start]  # the pack, and what lies in front of it
    assert after[SETTINGS.stop :] == before[SETTINGS.stop :]
    assert after[LOGS] != before[LOGS]
    assert after[SETTINGS] != before[SETTINGS]


def test_the_icon_is_the_one_that_the_python_reader_draws(device: Device) -> None:
    frames = frame_script().read_frames((device.build / "uart.log").read_bytes())
    width, height, pixels = frames["sun"]
    image = open_image(device.chip[ASSETS])
    entry = image.find("weather/sun")
    screen = Screen(width, height)
    screen.draw_fill(0, 0, width, height, BLUE)
    screen.draw_bitmap(0, 0, read_bitmap(image.payload(entry), entry))
    drawn = np.frombuffer(pixels, ">u2").reshape(height, width)
    assert np.array_equal(drawn, screen.pixels)
    assert len(np.unique(drawn)) > 10


def test_littlefs_of_the_host_reads_the_file_that_the_device_wrote(device: Device) -> None:
    data = device.chip[LOGS]
    filesystem = LittleFS(block_size=4096, block_count=len(data) // 4096, name_max=0, mount=False)
    filesystem.context.buffer = bytearray(data)
    filesystem.mount()
    with filesystem.open("starts.log") as file:
        assert file.read() == "start 1\nstart 2\nstart 3\n"


@pytest.mark.parametrize(("name", "value"), [("brightness", "94"), ("starts", "3"), ("owner", "somebody")])
def test_the_host_reads_the_settings_that_the_device_stored(device: Device, name: str, value: str) -> None:
    (device.build / "settings.bin").write_bytes(device.chip[SETTINGS])
    manifest = ("--manifest", EXAMPLE / "manifest.yaml")
    # brightness: 80, 87, 94; the third start asked for 101, above the manifest's max
    done = imgbuild("settings", "get", "settings.bin", name, *manifest, cwd=device.build)
    assert (done.returncode, done.stdout) == (0, f"{value}\n")


# --- make --------------------------------------------------------------------------------------------

NOTHING = Work(image_builds=0, compiled=(), links=0)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of manifest and assets, the example built of it once; each test leaves it built."""
    require_tools("make", "arm-none-eabi-gcc", "srec_cat")
    folder = tmp_path_factory.mktemp("tree")
    shutil.copytree(REPOSITORY / "assets" / "icons" / "weather", folder / "icons")
    text = (EXAMPLE / "manifest.yaml").read_text().replace("../../../assets/icons/weather", "icons")
    (folder / "manifest.yaml").write_text(text)
    first = build(folder, "-j2")
    assert (first.image_builds, first.links) == (1, 1)
    return folder


def build(tree: Path, *arguments: str) -> Work:
    """What one call of make did."""
    done = make(tree / "build", "IMGBUILD_FLAGS=", *arguments, manifest=tree / "manifest.yaml")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return work_of(done.stdout)


def change(path: Path, old: str, new: str) -> None:
    time.sleep(0.02)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_unchanged_tree_does_nothing(tree: Path) -> None:
    assert build(tree) == NOTHING


def test_a_changed_pixel_compiles_nothing(tree: Path) -> None:
    time.sleep(0.02)
    shutil.copy(tree / "icons" / "moon.png", tree / "icons" / "fog.png")
    assert build(tree) == Work(image_builds=1, compiled=(), links=0)
    assert build(tree) == NOTHING


def test_a_new_limit_of_a_setting_compiles_what_includes_its_header(tree: Path) -> None:
    change(tree / "manifest.yaml", "max: 100", "max: 99")
    assert build(tree) == Work(image_builds=1, compiled=("main.c",), links=1)
    change(tree / "manifest.yaml", "max: 99", "max: 100")
    assert build(tree).compiled == ("main.c",)


def test_a_moved_partition_compiles_what_includes_the_list(tree: Path) -> None:
    change(tree / "manifest.yaml", "size: 256K", "size: 260K")
    assert build(tree) == Work(image_builds=1, compiled=("logs.c", "main.c"), links=1)
    change(tree / "manifest.yaml", "size: 260K", "size: 256K")
    assert build(tree).image_builds == 1


@pytest.mark.parametrize(
    "name",
    ["all.hex", "watch_partitions.h", "watch_settings.h", "watch_logs_assets.h", "watch_assets_digest.h"],
)
def test_a_deleted_output_comes_back(tree: Path, name: str) -> None:
    content = (tree / "build" / name).read_bytes()
    (tree / "build" / name).unlink()
    assert build(tree).image_builds == 1
    assert (tree / "build" / name).read_bytes() == content
    assert build(tree) == NOTHING


# --- a folder, a released image, flashing ------------------------------------------------------------

MAKEFILE = """
IMGBUILD_MANIFEST   := manifest.yaml
IMGBUILD_PARTITIONS := assets logs
IMGBUILD_SETTINGS   := settings
IMGBUILD_OUT        := parts/
include $(shell $(IMGBUILD) path)/imgbuild.mk
all: $(IMGBUILD_IMAGE) $(IMGBUILD_HEADERS)
"""


def make_here(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-C", folder, f"IMGBUILD={sys.executable} -m imgbuild", *arguments]
    hidden = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.fixture
def parts(tree: Path, tmp_path: Path) -> Path:
    """A Makefile that asks for a folder, built once."""
    require_tools("make")
    shutil.copytree(tree / "icons", tmp_path / "icons")
    shutil.copy(tree / "manifest.yaml", tmp_path)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    done = make_here(tmp_path, "all")
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_a_folder_has_a_file_for_each_partition_and_is_built_once(parts: Path) -> None:
    images = {path.name for path in (parts / "parts").glob("*.bin")}
    assert images == {"assets.bin", "logs.bin", "settings.bin"}
    assert work_of(make_here(parts, "all").stdout) == NOTHING
    (parts / "parts" / "logs.bin").unlink()
    assert work_of(make_here(parts, "all").stdout).image_builds == 1
    assert (parts / "parts" / "logs.bin").is_file()


def test_names_that_the_manifest_lacks_fail_make(parts: Path) -> None:
    done = make_here(parts, "all", "IMGBUILD_SETTINGS=values")
    assert done.returncode != 0
    assert 'imgbuild.mk: no parts/values.bin: set IMGBUILD_NAME to the "name"' in done.stderr


def test_a_released_image_keeps_its_layout_and_is_an_input(parts: Path) -> None:
    released = parts / "released"
    shutil.copytree(parts / "parts", released)
    changed = released / "assets.bin"
    shutil.copy(parts / "icons" / "rain.png", parts / "icons" / "alert.png")  # first by name
    base = ("IMGBUILD_BASE=released",)
    done = make_here(parts, "all", *base)
    assert (done.returncode, work_of(done.stdout).image_builds) == (0, 1), done.stderr
    assert "--base released" in done.stdout
    before, after = open_image(changed), open_image(parts / "parts/assets.bin")
    kept = {asset.name: asset.offset for asset in before.assets}
    now = {asset.name: asset.offset for asset in after.assets}
    assert "weather/alert" in now
    moved = [name for name in kept if now[name] != kept[name]]
    assert len(moved) <= 1  # the index grows by a row, over the first payload
    assert work_of(make_here(parts, "all", *base).stdout) == NOTHING
    assert work_of(make_here(parts, "all").stdout).image_builds == 1  # another command
    fresh = {asset.name: asset.offset for asset in open_image(parts / "parts/assets.bin").assets}
    assert len([name for name in kept if fresh[name] != kept[name]]) > 10


def test_make_imgbuild_flash_builds_and_calls_flash(parts: Path) -> None:
    """What is printed is what would be run: the partition's own file at its own address."""
    args = "IMGBUILD_FLASH_ARGS=--only assets --with flashrom --programmer dummy --print"
    done = make_here(parts, "imgbuild-flash", args)
    assert done.returncode == 0, done.stderr
    assert "imgbuild flash parts/ --manifest manifest.yaml --only assets" in done.stdout
    assert "at 0x80100000..0x80" in done.stdout
    refused = make_here(parts, "imgbuild-flash", "IMGBUILD_FLASH_ARGS=--with flashrom --print")
    assert refused.returncode != 0
    assert "error[IB715]" in refused.stderr
