"""imgbuild flash of several partitions, with the real tools: an update leaves alone what the device keeps."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
from e2e.test_formats_out import ok
from e2e.test_partitions import ASSETS, BLOCK, DATA, LOGS, SETTINGS, SWITCH, make_project
from fakes.tools import UsbDevice, build_fakeusb, read_log, usb_environment
from support import imgbuild, need_tool

pytestmark = pytest.mark.xdist_group("dfu")

BASE = 0x90000000
CHIP_BYTES = 8 << 20
MEMORY = ("@Flash /0x90000000/128*64Kg",)
"""A boot loader that writes all of the chip. Daisy's own ends at 0x907C0000: it cannot write the settings."""
DFU = ("--with", "dfu-util")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("project"))
    ok("build", "watch.yaml", "-o", "parts/", "-q", cwd=folder)
    for suffix in ("hex", "dfu"):
        ok("build", "watch.yaml", "-o", f"all.{suffix}", "-q", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("dfu-util")
    return build_fakeusb(tmp_path_factory.mktemp("fakeusb"))


class Daisy:
    """A Daisy Seed whose flash holds what it held before: old images, settings, and bytes of others."""

    def __init__(self, library: Path, folder: Path, project: Path) -> None:
        self.library, self.project, self.log = library, project, folder / "usb.log"
        self.device = UsbDevice(folder / "daisy", MEMORY, usb_id="0483:df11")
        self.device.folder.mkdir()
        self.old = random.Random(7).randbytes(CHIP_BYTES)
        self.device.memory(0).write_bytes(self.old)

    def flash(self, image: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        usb = usb_environment(self.library, self.log, self.device)
        return imgbuild("flash", image, *DFU, *arguments, cwd=self.project, **usb)

    @property
    def memory(self) -> bytes:
        return self.device.memory(0).read_bytes()

    @property
    def erased(self) -> set[int]:
        return {int(row[1], 16) for row in read_log(self.log) if row[0] == "erase"}

    def expect(self, *names: str) -> bytes:
        """The chip with the files of these partitions, and the erased switch record, in place of the old."""
        chip = bytearray(self.old)
        for name in names:
            start = {"assets": ASSETS, "logs": LOGS, "data": DATA, "settings": SETTINGS}[name] - BASE
            data = (self.project / f"parts/{name}.bin").read_bytes()
            chip[start : start + len(data)] = data
        if "assets" in names:
            start = SWITCH - BASE
            chip[start : start + 2 * BLOCK] = b"\xff" * (2 * BLOCK)
        return bytes(chip)


@pytest.fixture
def daisy(library: Path, tmp_path: Path, project: Path) -> Daisy:
    return Daisy(library, tmp_path, project)


@pytest.mark.parametrize("image", ["all.hex", "all.dfu", "parts", "parts/"])
def test_an_update_writes_what_is_named_and_nothing_else(daisy: Daisy, image: str) -> None:
    done = daisy.flash(image, "--manifest", "watch.yaml", "--only", "assets,data")
    assert done.returncode == 0, done.stderr
    assert daisy.memory == daisy.expect("assets", "data")
    blocks = (
        range(ASSETS, ASSETS + 2 * BLOCK, BLOCK),
        range(SWITCH, LOGS, BLOCK),
        range(DATA, DATA + 2 * BLOCK, BLOCK),
    )
    assert daisy.erased == {at for span in blocks for at in span}


def test_one_file_of_a_folder_goes_to_its_partition(daisy: Daisy) -> None:
    """The record that slot B counts is erased with it: else the device went on with its older image."""
    done = daisy.flash("parts/assets.bin", "--manifest", "watch.yaml", "--only", "assets")
    assert done.returncode == 0, done.stderr
    assert daisy.memory == daisy.expect("assets")


def test_a_partition_is_named_by_its_address_where_there_is_no_manifest(daisy: Daisy) -> None:
    done = daisy.flash(f"all.hex@{ASSETS:#x}", "--board", "daisy-seed")
    assert done.returncode == 0, done.stderr
    assert daisy.memory == daisy.expect("assets")
    done = daisy.flash(f"all.hex@{SETTINGS:#x}", "--board", "daisy-seed")
    assert done.returncode == 0, done.stderr
    assert daisy.memory == daisy.expect("assets", "settings")
    wrong = daisy.flash(f"all.hex@{SETTINGS + BLOCK:#x}", "--board", "daisy-seed")
    assert "error[IB522]: no flash image begins at 0x907F0000" in wrong.stderr


@pytest.mark.parametrize("how", [("--manifest", "watch.yaml"), ("--board", "daisy-seed")])
def test_settings_are_not_reset_unasked(daisy: Daisy, how: tuple[str, str]) -> None:
    done = daisy.flash("all.hex", *how)
    assert done.returncode == 2
    assert "error[IB715]: all.hex would reset what the device keeps in" in done.stderr
    assert daisy.memory == daisy.old
    assert not daisy.log.exists()


@pytest.mark.parametrize("image", ["all.hex", "parts"])
def test_all_is_for_a_new_device(daisy: Daisy, image: str) -> None:
    done = daisy.flash(image, "--manifest", "watch.yaml", "--all")
    assert done.returncode == 0, done.stderr
    assert daisy.memory == daisy.expect("assets", "logs", "data", "settings")


def test_a_file_without_anything_to_keep_is_written_at_once(library: Path, tmp_path: Path) -> None:
    text = (
        "version: 1\nname: watch\nflash: {board: daisy-seed}\npartitions:\n"
        "  - {name: one, size: 64K, assets: [{file: note.txt}]}\n"
        "  - {name: two, size: 256K, container: littlefs, assets: [{file: note.txt}]}\n"
    )
    make_project(tmp_path, text)
    ok("build", "watch.yaml", "-o", "all.hex", "-q", cwd=tmp_path)
    printed = ok("flash", "all.hex", "--manifest", "watch.yaml", *DFU, "--print", cwd=tmp_path)
    assert "0x900C0000..0x9010FFFF" in printed
    cautious = imgbuild("flash", "all.hex", "--board", "daisy-seed", *DFU, "--print", cwd=tmp_path)
    assert "error[IB715]" in cautious.stderr  # without the manifest the littlefs may be a writable one


def test_pages_larger_than_a_partition_reset_no_neighbour(
    project: Path, library: Path, tmp_path: Path
) -> None:
    """The device erases 1 MiB at once: the settings at its end would go with the data in front of them."""
    daisy = Daisy(library, tmp_path, project)
    coarse = UsbDevice(daisy.device.folder, ("@Flash /0x90000000/8*1Mg",), usb_id="0483:df11")
    usb = usb_environment(library, daisy.log, coarse)
    only = ("--manifest", "watch.yaml", "--only", "data")
    done = imgbuild("flash", "all.hex", *DFU, *only, cwd=project, **usb)
    assert done.returncode == 1
    assert "error[IB703]" in done.stderr
    assert "0x90100000..0x901FFFFF holds a part of reserved range 'partition assets'" in done.stderr
    assert daisy.memory == daisy.old


def test_json_tells_the_ranges_that_were_written(daisy: Daisy) -> None:
    done = daisy.flash("all.hex", "--manifest", "watch.yaml", "--only", "settings", "--json")
    document = json.loads(done.stdout)
    assert document["ranges"] == [{"address": SETTINGS, "bytes": 2 * BLOCK}]
    assert document["written_bytes"] == 2 * BLOCK
    assert daisy.memory == daisy.expect("settings")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("all.hex", "--board", "daisy-seed", "--only", "assets"), "--only takes partitions of a manifest"),
        (("all.hex@0x900C0000", "--manifest", "watch.yaml", "--only", "data"), "do not go together"),
        (("all.hex", "--manifest", "watch.yaml", "--only", "data", "--all"), "do not go together"),
        (("all.hex", "--manifest", "watch.yaml", "--only", "data", "--address", "0"), "address of its own"),
        (("parts", "--manifest", "watch.yaml", "--all", "--address", "0"), "has an address of its own"),
    ],
)  # fmt: skip
def test_options_that_contradict_each_other(project: Path, arguments: tuple[str, ...], message: str) -> None:
    done = imgbuild("flash", *arguments, *DFU, "--print", cwd=project)
    assert done.returncode == 2
    assert message in done.stderr


# --- OpenOCD -----------------------------------------------------------------------------------------

CONFIG = """\
adapter driver dummy
transport select jtag
adapter speed 100
jtag newtap fake cpu -irlen 4 -expected-id 0
target create fake.cpu testee -chain-position fake.cpu
flash bank faux0 faux 0x90000000 0x800000 0 0 fake.cpu
"""


def test_openocd_writes_each_range_of_its_own(project: Path, tmp_path: Path) -> None:
    """The real tool, on a bank of blocks of 64 KiB: a gap between two ranges is no reason for one write."""
    need_tool("openocd")
    (tmp_path / "faux.cfg").write_text(CONFIG)
    how = ("--manifest", "watch.yaml", "--with", "openocd", "--config", tmp_path / "faux.cfg", "--no-verify")
    some = imgbuild("flash", "all.hex", *how, "--only", "assets,settings", cwd=project)
    assert some.returncode == 0, some.stderr
    spans = "0x900C0000..0x900DFFFF, 0x90160000..0x9017FFFF, 0x907E0000..0x907FFFFF"
    assert f"393216 B (384.0 KiB) at {spans} written with OpenOCD" in some.stdout
    printed = ok("flash", "all.hex", *how, "--only", "assets,settings", "--print", cwd=project)
    writes = [line for line in printed.splitlines() if line.startswith("imgb_write ")]
    assert writes == [
        "imgb_write image0.bin 0x900C0000 131072 $reserved",
        "imgb_write image1.bin 0x90160000 131072 $reserved",
        "imgb_write image2.bin 0x907E0000 131072 $reserved",
    ]
    assert "{partition logs} 0x90180000 0x901BFFFF {partition data} 0x901C0000 0x907DFFFF" in printed


def test_openocds_sectors_reset_no_neighbour(tmp_path: Path) -> None:
    """Partitions on blocks of 4 KiB, a bank that erases 64 KiB: the script itself refuses."""
    need_tool("openocd")
    text = (
        "version: 1\nname: watch\nflash: {chip: w25q64jv, mapped_at: 0x90000000}\npartitions:\n"
        "  - {name: one, size: 8K, assets: [{file: note.txt}]}\n"
        "  - {name: two, size: 8K, container: settings, settings: {volume: {type: u32}}}\n"
    )
    make_project(tmp_path, text)
    (tmp_path / "faux.cfg").write_text(CONFIG)
    ok("build", "watch.yaml", "-o", "all.hex", "-q", cwd=tmp_path)
    how = ("--manifest", "watch.yaml", "--with", "openocd", "--config", "faux.cfg", "--no-verify")
    done = imgbuild("flash", "all.hex", *how, "--only", "one", cwd=tmp_path)
    assert done.returncode == 1
    assert "error[IB703]: OpenOCD erases sector 0x90000000..0x9000FFFF" in done.stderr
    assert "'partition two' (0x90002000..0x90003FFF)" in done.stderr
    assert "auto erase enabled" not in done.stderr
