"""Stand-ins: a libusb with DfuSe devices behind it, programs that record how they are called."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support import need_tool

HERE = Path(__file__).parent
SOURCES = (HERE / "fakeusb.c", HERE / "fakeusb_device.c")
SPARK_CORE = (
    "@Internal Flash  /0x08000000/20*001Ka,108*001Kg",
    "@SPI Flash : SST25x/0x00000000/512*04Kg",
)
"""Memories of the Spark Core's boot loader, as its dfu-util --list shows them."""
DAISY = ("@Flash /0x90000000/64*4Kg/0x90040000/60*64Kg/0x90400000/60*64Kg",)
"""Of Daisy's boot loader."""
ST_ROM = ("@Internal Flash  /0x08000000/08*128Kg", "@Option Bytes   /0x5200201C/01*88 e")
"""Of the DFU boot loader in the ROM of an STM32H750."""


@dataclass(frozen=True)
class UsbDevice:
    """A DfuSe device of ``fakeusb.c``; its memories are kept in ``folder``."""

    folder: Path
    memories: tuple[str, ...]
    usb_id: str = "1d50:607f"
    serial: str = "0001"

    @property
    def line(self) -> str:
        """The device's line of FAKEUSB."""
        return "|".join((self.usb_id, self.serial, str(self.folder), *self.memories))

    def memory(self, alt: int) -> Path:
        """The file with a memory's bytes."""
        return self.folder / f"alt{alt}.bin"


def build_fakeusb(folder: Path) -> Path:
    """Compile the stand-in for libusb."""
    made = folder / "fakeusb.so"
    flags = [
        "-std=gnu99",
        "-shared",
        "-fPIC",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-pedantic",
        "-Wshadow",
    ]
    subprocess.run([need_tool("cc"), *flags, "-Werror", "-o", made, *SOURCES], check=True)
    return made


def usb_environment(library: Path, log: Path, *devices: UsbDevice) -> dict[str, str]:
    """What a program needs to see ``devices`` in place of the machine's USB ports."""
    for device in devices:
        device.folder.mkdir(exist_ok=True)
    lines = "\n".join(device.line for device in devices)
    return {"LD_PRELOAD": str(library), "FAKEUSB": lines, "FAKEUSB_LOG": str(log)}


def read_log(log: Path) -> list[list[str]]:
    """The operations that reached the devices: word, address, size, "alt", number."""
    text = log.read_text() if log.exists() else ""
    return [line.replace("NOT ERASED", "NOT_ERASED").split() for line in text.splitlines()]


_SCRIPT = """#!/bin/sh
{{ printf '%s\\n' call "$@"; }} >>'{folder}/{name}.calls'
cp -f -- * '{folder}/files/' 2>/dev/null
case " $* " in *" {version_words} "*) cat '{folder}/{name}.version'; exit 0 ;; esac
cat '{folder}/{name}.says'
exit {status}
"""


@dataclass(frozen=True)
class FakeProgram:
    """A program that records its calls and the files it finds, prints a text and ends with a status."""

    name: str
    folder: Path

    @property
    def calls(self) -> list[list[str]]:
        """Arguments of each call."""
        path = self.folder / f"{self.name}.calls"
        text = path.read_text() if path.exists() else ""
        return [part.splitlines() for part in text.split("call\n")[1:]]

    def file(self, name: str) -> bytes:
        """A file that lay in the folder where the program ran."""
        return (self.folder / "files" / name).read_bytes()


def write_program(
    folder: Path,
    name: str,
    says: str = "",
    status: int = 0,
    version: str = "",
    version_words: str = "--version",
) -> FakeProgram:
    """Write such a program into ``folder``."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.says").write_text(says)
    (folder / f"{name}.version").write_text(version)
    path = folder / name
    path.write_text(_SCRIPT.format(folder=folder, name=name, version_words=version_words, status=status))
    path.chmod(0o755)
    return FakeProgram(name, folder)


def path_with(folder: Path) -> str:
    """A PATH with ``folder`` in front."""
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@cache
def image_bytes(size: int) -> bytes:
    """A sound flash image with one file of ``size`` random bytes, padded to 4 KiB."""
    from imgbuild.build import BuildRequest, build

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "noise.dat").write_bytes(random.Random(size).randbytes(size))
        (folder / "m.yaml").write_text(
            "version: 1\nname: demo\nflash: {board: spark-core}\nassets:\n  - file: noise.dat\n"
        )
        result = build(BuildRequest(folder / "m.yaml", folder / "ext.bin", folder))
        return bytes(result.image.data)


def save_image(path: Path, size: int = 20_000) -> bytes:
    """Write such an image; returns its bytes."""
    data = image_bytes(size)
    path.write_bytes(data)
    return data
