"""Update packages by the serial loader, on the emulated board: slots and in place as the manifest says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from firmware.example import REPOSITORY, require_tools
from firmware.test_serial_loader import find_port, free_port
from support import imgbuild, need_tool

from imgbuild.cli.ota_make import make
from imgbuild.deliver.link import LinkLostError, open_serial, open_tcp
from imgbuild.deliver.link_package import PackageDelivery
from imgbuild.deliver.link_protocol import DAMAGED, Loader
from imgbuild.errors import Place
from imgbuild.reader.update import read_update

pytestmark = pytest.mark.xdist_group("firmware")

EXAMPLE = REPOSITORY / "c_runtime" / "examples" / "serial_update"
BOARD = "qemu-ast1030"
WHERE = {"assets": slice(0x100000, 0x142000), "photos": slice(0x142000, 0x166000)}
"""1 MiB into the chip begins the region; then in the order and of the sizes of the manifest."""
SLOT_BYTES = 0x20000
NUMBER = {"assets": 0, "photos": 1}
WAY = {"assets": "--slots", "photos": "--in-place"}
OLD, NEW = "first light", "second light"
PARTITIONS = ("assets", "photos")


@dataclass(frozen=True)
class Built:
    """The firmware, the chip as it is delivered, the images and packages of the second version."""

    firmware: Path
    chip: bytes
    folder: Path

    def image(self, name: str) -> bytes:
        return (self.folder / "v2" / f"{name}.bin").read_bytes()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm", "srec_cat")
    folder = tmp_path_factory.mktemp("update")
    (folder / "icons").mkdir()
    for icon in (REPOSITORY / "assets" / "icons" / "weather").glob("*[nt].png"):
        shutil.copy(icon, folder / "icons")
    text = (EXAMPLE / "manifest.yaml").read_text().replace("../../../assets/icons/weather", "icons")
    (folder / "greeting.txt").write_text(OLD)
    (folder / "manifest.yaml").write_text(text)
    command = [
        "make", "-s", "-C", EXAMPLE, "all", f"BUILD={folder / 'build'}", "IMGBUILD_FLAGS=", "-j2",
        f"IMGBUILD_MANIFEST={folder / 'manifest.yaml'}", f"IMGBUILD={sys.executable} -m imgbuild",
    ]  # fmt: skip
    hidden = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | {"PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    run(folder, "build", "manifest.yaml", "-o", "v1/")
    shutil.copy(folder / "icons" / "sun.png", folder / "icons" / "moon.png")
    (folder / "greeting.txt").write_text(NEW)
    (folder / "manifest.yaml").write_text(text.replace("content_version: 1", "content_version: 2"))
    run(folder, "build", "manifest.yaml", "-o", "v2/")
    for name in PARTITIONS:
        given = ("--partition", name, "--board", BOARD, WAY[name])
        old, new = (f"{folder}/{version}/{name}.bin" for version in ("v1", "v2"))
        make_package(folder / f"{name}-whole.imgu", new, *given)
        make_package(folder / f"{name}-changed.imgu", new, "--from", old, *given)
        make_package(folder / f"{name}-older.imgu", old, *given)
    make_package(folder / "elsewhere.imgu", f"{folder}/v2/assets.bin", "--partition", "photographs")
    return Built(folder / "build" / "firmware.elf", (folder / "build" / "nor.bin").read_bytes(), folder)


def run(folder: Path, *arguments: str) -> None:
    done = imgbuild(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr


def make_package(path: Path, *arguments: str) -> None:
    done = CliRunner().invoke(make, [*arguments, "-o", str(path)])
    assert done.exit_code == 0, done.output


class Device:
    """A board of its own; each :meth:`on` is a start with power, until the firmware ends or power goes."""

    def __init__(self, built: Built, folder: Path) -> None:
        self.built, self.folder, self.starts = built, folder, 0
        (folder / "nor.bin").write_bytes(built.chip)

    @property
    def chip(self) -> bytes:
        return (self.folder / "nor.bin").read_bytes()

    @property
    def said(self) -> str:
        return (self.folder / f"uart{self.starts}.log").read_text("latin-1")

    @contextmanager
    def on(self, line: str) -> Iterator[subprocess.Popen[bytes]]:
        self.starts += 1
        log = self.folder / f"uart{self.starts}.log"
        log.touch()
        command = [
            "qemu-system-arm", "-M", "ast1030-evb,fmc-model=w25q64", "-no-reboot", "-display", "none",
            "-monitor", "none", "-chardev", f"{line},id=line,logfile={log}", "-serial", "chardev:line",
            "-d", "guest_errors", "-D", str(self.folder / "errors.log"),
            "-drive", f"if=mtd,format=raw,file={self.folder / 'nor.bin'}",
            "-kernel", str(self.built.firmware),
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()  # what the chip has done is in the file then
            process.communicate(timeout=30)
        errors = (self.folder / "errors.log").read_text(errors="replace").splitlines()
        assert [line for line in errors if re.search("m25p80|smc|spi|flash", line, re.IGNORECASE)] == []

    def flash(self, package: str, link: str = "--serial") -> subprocess.CompletedProcess[str]:
        """``imgbuild flash``; the firmware ends by itself where it applied the package."""
        port = free_port()
        line = f"socket,host=127.0.0.1,port={port},server=on,wait=on" if link == "--tcp" else "pty"
        with self.on(line) as process:
            address = f"127.0.0.1:{port}" if link == "--tcp" else find_port(process)
            path = self.built.folder / package
            for _ in range(50):
                done = imgbuild("flash", path, link, address, cwd=self.folder)
                if "IB724" not in done.stderr:  # QEMU does not listen yet
                    break
                time.sleep(0.1)
            if done.returncode == 0:
                process.wait(timeout=60)
        return done

    def boot(self) -> list[str]:
        """What it has, at a start that nobody calls at."""
        with self.on("null"):
            self.wait_for(lambda: "\nC" in self.said or "RC=" in self.said)
        return self.said.splitlines()[:2]

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        stop = time.monotonic() + 30
        while not is_there():
            assert time.monotonic() < stop, self.said
            time.sleep(0.05)


@pytest.fixture
def device(built: Built, tmp_path: Path) -> Device:
    return Device(built, tmp_path)


def told(name: str, version: int, text: str) -> str:
    at = WHERE[name].start + (SLOT_BYTES if name == "assets" and version == 2 else 0)
    return f"{NUMBER[name]}: version {version} at {at:06x}: {text}"


def check_updated(device: Device, name: str) -> None:
    """The partition boots the new image; the rest of the chip is as it was."""
    lines = {one: told(one, 1, OLD) for one in PARTITIONS} | {name: told(name, 2, NEW)}
    assert device.boot() == [lines[one] for one in PARTITIONS]
    chip, where, image = device.chip, WHERE[name], device.built.image(name)
    assert chip[: where.start] == device.built.chip[: where.start]
    assert chip[where.stop :] == device.built.chip[where.stop :]
    start = where.start + (SLOT_BYTES if name == "assets" else 0)
    assert chip[start : start + len(image)] == image


@pytest.mark.parametrize("kind", ["whole", "changed"])
@pytest.mark.parametrize("name", PARTITIONS)
def test_a_package_is_applied_and_the_next_start_has_the_new_pack(
    device: Device, name: str, kind: str
) -> None:
    link = "--tcp" if kind == "changed" else "--serial"
    done = device.flash(f"{name}-{kind}.imgu", link)
    assert done.returncode == 0, done.stderr
    assert "content_version 2 applied" in done.stdout
    assert f"applied to {NUMBER[name]}\nstatus 0\nRC=0" in device.said
    check_updated(device, name)
    if kind == "whole":
        again = device.flash(f"{name}-{kind}.imgu")
        assert again.returncode == 0, again.stderr
        assert "nothing to do: the board has this image already" in again.stdout


def test_the_real_sb_sends_a_package(device: Device) -> None:
    with device.on("pty") as process:
        done = run_sb(device, find_port(process), device.built.folder / "photos-whole.imgu")
        assert done.returncode == 0, done.stderr
        process.wait(timeout=60)
    assert "applied to 1\nstatus 0" in device.said
    check_updated(device, "photos")


def run_sb(device: Device, port: str, path: Path) -> subprocess.CompletedProcess[bytes]:
    subprocess.run(["stty", "-F", port, "raw", "-echo"], check=True)
    with Path(port).open("r+b", buffering=0) as line:
        return subprocess.run(
            [need_tool("sb"), "-k", "-q", path], stdin=line, stdout=line, stderr=subprocess.PIPE,
            timeout=120, check=False, cwd=device.folder,
        )  # fmt: skip


@pytest.mark.parametrize("name", PARTITIONS)
def test_after_a_power_cut_it_goes_on_where_it_was(device: Device, name: str) -> None:
    data = (device.built.folder / f"{name}-whole.imgu").read_bytes()
    port = free_port()
    with device.on(f"socket,host=127.0.0.1,port={port},server=on,wait=off") as process:
        device.wait_for(lambda: "\nC" in device.said)

        def cut(_what: str, done: int, total: int) -> None:
            if done > total * 3 // 4:
                process.terminate()
                process.wait(timeout=30)

        link = open_tcp(f"127.0.0.1:{port}")
        with pytest.raises(LinkLostError):
            PackageDelivery(Loader(link), data, read_update(data, Place("")), Place(""), cut).run()
        link.close()
    unfinished = f"{NUMBER[name]}: no image -55"
    assert device.boot()[NUMBER[name]] == (told(name, 1, OLD) if name == "assets" else unfinished)
    done = device.flash(f"{name}-whole.imgu")
    assert done.returncode == 0, done.stderr
    started_at = int(re.search(r"gone on at byte (\d+)", done.stdout)[1])
    assert started_at > len(data) // 4
    assert int(re.search(r"(\d+) bytes sent", done.stdout)[1]) < len(data) - started_at + 4000
    check_updated(device, name)


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        ("assets-older.imgu", "the board has a newer content_version"),
        ("photos-older.imgu", "the board has a newer content_version"),
        ("elsewhere.imgu", "the package is for another partition"),
    ],
)
def test_what_is_refused_erases_nothing(device: Device, package: str, reason: str) -> None:
    if "older" in package:
        assert device.flash(package.replace("older", "whole")).returncode == 0
    before = device.chip
    done = device.flash(package)
    assert done.returncode == 1
    assert "error[IB774]" in done.stderr
    assert f"the board refuses the package: {reason}\n" in done.stderr
    assert device.chip == before


def test_a_package_that_is_damaged_on_the_way_does_not_switch(device: Device, tmp_path: Path) -> None:
    data = bytearray((device.built.folder / "assets-whole.imgu").read_bytes())
    data[len(data) // 2] ^= 4
    (tmp_path / "bad.imgu").write_bytes(data)
    here = device.flash(str(tmp_path / "bad.imgu"))
    assert "error[IB763]" in here.stderr  # found before anything is sent
    with device.on("pty") as process:
        port = find_port(process)
        assert run_sb(device, port, tmp_path / "bad.imgu").returncode != 0
        link = open_serial(port)
        loader = Loader(link)
        loader.cancel()
        assert loader.hello().last_status == DAMAGED
        link.close()
    assert device.boot() == [told(name, 1, OLD) for name in PARTITIONS]
    assert device.flash("assets-whole.imgu").returncode == 0
    check_updated(device, "assets")
