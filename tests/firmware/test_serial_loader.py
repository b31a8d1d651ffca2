"""The serial loader as a firmware: ``imgbuild flash`` and the real ``sb`` against QEMU's SPI NOR model."""

from __future__ import annotations

import os
import random
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from firmware.example import require_tools
from loader import images
from support import imgbuild, need_tool

EXAMPLE = Path(__file__).parents[2] / "c_runtime" / "examples" / "serial_loader"
MIB = 1 << 20
REGION, REGION_BYTES, SECTOR = 0x80000, 0x180000, 0x1000
SIZES = {"w25q64": 8 * MIB, "sst25vf016b": 2 * MIB}
AROUND = random.Random(11).randbytes(REGION)

pytestmark = pytest.mark.xdist_group("firmware")


def build(folder: Path, model: str) -> None:
    require_tools("make", "arm-none-eabi-gcc", "qemu-system-arm")
    (folder / "nor.bin").write_bytes(AROUND.ljust(SIZES[model], b"\xff"))
    command = ["make", "-s", "-C", str(EXAMPLE), "all", f"BUILD={folder}", f"MODEL={model}"]
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def running(folder: Path, model: str, serial: str = "pty") -> Iterator[str]:
    """The board, on: yields where its serial port is. It has to end by itself, after the update."""
    command = [
        "qemu-system-arm", "-M", f"ast1030-evb,fmc-model={model}", "-no-reboot", "-display", "none",
        "-monitor", "none", "-serial", serial, "-d", "guest_errors", "-D", str(folder / "errors.log"),
        "-drive", f"if=mtd,format=raw,file={folder / 'nor.bin'}",
        "-kernel", str(folder / "serial_loader.elf"),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield find_port(process) if serial == "pty" else ""
        process.wait(timeout=60)
    finally:
        process.kill()
        process.communicate()


def find_port(process: subprocess.Popen[bytes]) -> str:
    said, stop = b"", time.monotonic() + 20
    while time.monotonic() < stop and process.stdout is not None:
        if select.select([process.stdout], [], [], 1)[0]:
            said += os.read(process.stdout.fileno(), 4096)
            if found := re.search(rb"(/dev/pts/\d+)", said):
                return found[1].decode()
    raise RuntimeError(f"QEMU tells no pseudo terminal: {said!r}")


def check(folder: Path, image: bytes) -> None:
    chip = (folder / "nor.bin").read_bytes()
    assert chip[:REGION] == AROUND
    assert chip[REGION : REGION + len(image)] == image
    assert chip[REGION + len(image) :].count(0xFF) == len(chip) - REGION - len(image)
    lines = (folder / "errors.log").read_text(errors="replace").splitlines()
    assert [line for line in lines if re.search("m25p80|smc|spi|flash", line, re.IGNORECASE)] == []


@pytest.mark.parametrize("model", ["w25q64", "sst25vf016b"])
def test_whole_then_one_file_changed_over_a_serial_port(tmp_path: Path, model: str) -> None:
    build(tmp_path, model)
    count = 20 if model == "w25q64" else 9  # the SST25 takes two bytes at a time
    old, new = images.make_pack(count=count), images.make_pack(change=1, count=count)
    sent = []
    for image in (old, new):
        (tmp_path / "ext.bin").write_bytes(image)
        with running(tmp_path, model) as port:
            done = imgbuild("flash", "ext.bin", "--serial", port, "--verify", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        check(tmp_path, image)
        sent.append(int(re.search(r"(\d+) bytes sent", done.stdout)[1]))
    print(f"{model}: {len(old)} bytes: {sent[0]} sent whole, {sent[1]} after a change of one file")
    assert len(old) < sent[0] < 1.1 * len(old)
    assert sent[1] < 5 * SECTOR


def test_over_a_socket(tmp_path: Path) -> None:
    build(tmp_path, "w25q64")
    image = images.make_pack(count=20)
    (tmp_path / "ext.bin").write_bytes(image)
    port = free_port()
    with running(tmp_path, "w25q64", f"tcp:127.0.0.1:{port},server=on,wait=on"):
        for _ in range(50):
            done = imgbuild("flash", "ext.bin", "--tcp", f"127.0.0.1:{port}", cwd=tmp_path)
            if "IB724" not in done.stderr:
                break
            time.sleep(0.1)
        assert done.returncode == 0, done.stderr
    check(tmp_path, image)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_real_sb(tmp_path: Path) -> None:
    build(tmp_path, "w25q64")
    image = images.make_pack(count=30)
    (tmp_path / "ext.bin").write_bytes(image)
    with running(tmp_path, "w25q64") as port:
        subprocess.run(["stty", "-F", port, "raw", "-echo"], check=True)
        with Path(port).open("r+b", buffering=0) as line:
            done = subprocess.run(
                [need_tool("sb"), "-k", "-q", "ext.bin"], cwd=tmp_path, stdin=line, stdout=line,
                stderr=subprocess.PIPE, timeout=120, check=False,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
    check(tmp_path, image)
