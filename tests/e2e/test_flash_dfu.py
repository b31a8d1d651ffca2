"""imgbuild flash with the real dfu-util; behind libusb stand DfuSe devices of our own (tests/fakes)."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from fakes.tools import (
    DAISY,
    SPARK_CORE,
    ST_ROM,
    UsbDevice,
    build_fakeusb,
    read_log,
    save_image,
    usb_environment,
)
from support import imgbuild, need_tool

pytestmark = pytest.mark.xdist_group("dfu")
SPARK_BYTES, DAISY_BYTES = 512 * 4096, 64 * 4096 + 120 * 65536


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    need_tool("dfu-util")
    return build_fakeusb(tmp_path_factory.mktemp("fakeusb"))


@pytest.fixture
def bench(library, tmp_path):
    return Bench(library, tmp_path)


class Bench:
    """A folder with an image, and devices on the USB ports."""

    def __init__(self, library, folder):
        self.library, self.folder, self.log = library, folder, folder / "usb.log"
        self.image = save_image(folder / "ext.bin")

    def device(self, name, memories, **more):
        return UsbDevice(self.folder / name, memories, **more)

    def flash(self, *arguments, devices=(), image="ext.bin", **environment):
        usb = usb_environment(self.library, self.log, *devices)
        return imgbuild("flash", image, *arguments, cwd=self.folder, **usb, **environment)

    def written(self):
        return [row for row in read_log(self.log) if row[0] in ("erase", "program", "NOT_ERASED")]


def fill(device, alt, size):
    """Old bytes everywhere in a memory: none of them may change but where the image goes."""
    device.folder.mkdir(exist_ok=True)
    old = random.Random(alt).randbytes(size)
    device.memory(alt).write_bytes(old)
    return old


def test_spark_core_gets_the_image_where_it_is_free_and_nowhere_else(bench):
    device = bench.device("core", SPARK_CORE)
    old = fill(device, 1, SPARK_BYTES)

    result = bench.flash("--board", "spark-core", devices=[device])

    assert result.returncode == 0, result.stderr
    assert result.stdout == (
        "ext.bin: 20480 B (20.0 KiB) at 0x00080000..0x00084FFF written and compared with dfu-util\n"
    )
    end = 0x80000 + len(bench.image)
    assert device.memory(1).read_bytes() == old[:0x80000] + bench.image + old[end:]
    assert not device.memory(0).exists(), "the other alternate setting was written"
    erased = [(int(row[1], 16), int(row[2])) for row in bench.written() if row[0] == "erase"]
    assert erased == [(0x80000 + 4096 * n, 4096) for n in range(5)]
    assert not [row for row in bench.written() if row[0] == "NOT_ERASED"]


def test_daisy_is_erased_by_its_pages_of_64_kib(bench):
    device = bench.device("daisy", DAISY, usb_id="0483:df11")
    old = fill(device, 0, DAISY_BYTES)

    result = bench.flash("--board", "daisy-seed", "--with", "dfu-util", "--leave", devices=[device])

    assert result.returncode == 0, result.stderr
    image = bench.image + b"\xff" * (0x10000 - len(bench.image))
    assert device.memory(0).read_bytes() == old[:0xC0000] + image + old[0xD0000:]
    rows = read_log(bench.log)
    assert [row[1:3] for row in rows if row[0] == "erase"] == [["900c0000", "65536"]]
    assert rows[-1][0] == "leave"


@pytest.mark.parametrize("suffix", ["hex", "srec", "elf", "dfu", "uf2"])
def test_an_addressed_image_goes_where_its_file_says(bench, suffix):
    device = bench.device("core", SPARK_CORE)
    family = ["--uf2-family", "none"] if suffix == "uf2" else []
    made = imgbuild(
        "convert", "ext.bin", "-o", f"ext.{suffix}", "--board", "spark-core", *family, cwd=bench.folder
    )
    assert made.returncode == 0, made.stderr

    result = bench.flash("--board", "spark-core", devices=[device], image=f"ext.{suffix}")

    assert result.returncode == 0, result.stderr
    assert device.memory(1).read_bytes()[0x80000:][: len(bench.image)] == bench.image


def test_st_rom_boot_loader_in_place_of_daisys_is_told_by_its_memory(bench):
    rom = bench.device("rom", ST_ROM, usb_id="0483:df11")

    result = bench.flash("--board", "daisy-seed", "--with", "dfu-util", devices=[rom])

    assert result.returncode == 4
    assert (
        "error[IB709]: the device names its memory '@Internal Flash  /0x08000000/08*128Kg'" in result.stderr
    )
    assert "cannot write 0x900C0000..0x900C4FFF" in result.stderr
    assert "ST's ROM" in result.stderr
    assert not bench.log.exists()


def test_a_device_without_the_alternate_setting_is_refused(bench):
    device = bench.device("core", SPARK_CORE[:1])

    result = bench.flash("--board", "spark-core", devices=[device])

    assert result.returncode == 1
    assert "error[IB710]: the device has no alternate setting 1; it has 0: @Internal Flash" in result.stderr
    assert not bench.log.exists()


def test_no_device_and_another_device(bench):
    other = bench.device("other", DAISY, usb_id="0483:df11")
    none = bench.flash("--board", "spark-core")
    wrong = bench.flash("--board", "spark-core", devices=[other])

    assert none.returncode == wrong.returncode == 4
    assert "error[IB708]: 1d50:607f is not on any port: no device is in DFU mode" in none.stderr
    assert "hold MODE while resetting" in none.stderr
    assert "error[IB708]: 1d50:607f is not on any port: there is 0483:df11" in wrong.stderr
    assert not bench.log.exists()


def test_of_two_devices_one_must_be_named(bench):
    one, two = (bench.device(name, SPARK_CORE, serial=name) for name in ("AA", "BB"))

    both = bench.flash("--board", "spark-core", devices=[one, two])
    named = bench.flash("--board", "spark-core", "--serial-number", "BB", devices=[one, two])

    assert both.returncode == 4
    assert "error[IB708]: 2 devices are in DFU mode: AA at 1-1, BB at 1-2" in both.stderr
    assert named.returncode == 0, named.stderr
    assert not one.memory(1).exists()
    assert two.memory(1).read_bytes()[0x80000:][: len(bench.image)] == bench.image


def test_pages_of_the_device_that_reach_into_a_reserved_range_are_refused(bench):
    device = bench.device("coarse", (SPARK_CORE[0], "@SPI Flash/0x00000000/2*1Mg"))

    result = bench.flash("--board", "spark-core", devices=[device])

    assert result.returncode == 1
    assert (
        "error[IB703]: the device erases pages of 1048576 B (1024.0 KiB): 0x00000000..0x000FFFFF"
        in result.stderr
    )
    assert not bench.log.exists()


def test_a_byte_that_was_not_written_is_found_when_read_back(bench):
    device = bench.device("core", SPARK_CORE)
    at = next(n for n, byte in enumerate(bench.image) if byte and n > 5000)

    result = bench.flash("--board", "spark-core", devices=[device], FAKEUSB_STUCK=hex(0x80000 + at))

    assert result.returncode == 1
    assert (
        f"error[IB707]: read back, 1 of 20480 B (20.0 KiB) differ, the first at 0x{0x80000 + at:08X}"
        in result.stderr
    )

    unseen = bench.flash(
        "--board", "spark-core", "--no-verify", devices=[device], FAKEUSB_STUCK=hex(0x80000 + at)
    )
    assert unseen.returncode == 0
    assert "written with dfu-util" in unseen.stdout


def test_a_failing_tool_is_told_with_its_last_words_and_exit_code(bench):
    device = bench.device("core", SPARK_CORE)

    result = bench.flash("--board", "spark-core", devices=[device], FAKEUSB_FAIL="3")

    assert result.returncode == 4
    assert "error[IB706]: dfu-util failed (exit code 74); its last words:" in result.stderr
    assert "status(6) = Program memory function failed" in result.stderr


def test_a_file_for_another_alternate_setting_is_refused_where_dfu_util_answers_0(bench):
    device = bench.device("core", SPARK_CORE)
    made = imgbuild("convert", "ext.bin", "-o", "ext.dfu", "--board", "spark-core", cwd=bench.folder)
    assert made.returncode == 0, made.stderr
    usb = usb_environment(bench.library, bench.log, device)
    alone = subprocess.run(
        ["dfu-util", "-d", ",1d50:607f", "-a", "0", "-D", "ext.dfu"],
        cwd=bench.folder, env={**os.environ, **usb}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert alone.returncode == 0, "dfu-util tells of its silence now: the check can go"
    assert not bench.log.exists()

    result = bench.flash("--board", "spark-core", "--alt", "0", devices=[device], image="ext.dfu")

    assert result.returncode == 1
    assert "error[IB710]: ext.dfu is for alternate setting 1, not 0" in result.stderr
    from imgbuild.addressed import Piece
    from imgbuild.deliver.dfu_util import judge_downloaded

    silent = judge_downloaded(alone.stdout + alone.stderr, Piece(0x80000, bench.image))
    assert [found.code for found in silent] == ["IB707"]


def test_json_tells_what_was_run(bench):
    result = bench.flash("--board", "spark-core", "--json", devices=[bench.device("core", SPARK_CORE)])

    told = json.loads(result.stdout)
    assert told["ranges"] == [{"address": 0x80000, "bytes": 20480}]
    assert told["commands"][0] == ["dfu-util", "--list"]
    assert told["commands"][1] == [
        "dfu-util",
        "-d",
        ",1d50:607f",
        "-a",
        "1",
        "-s",
        "0x00080000",
        "-D",
        "image.bin",
    ]
    assert told["tool_version"].startswith("0.")
    assert told["written_bytes"] == 20480
    assert told["is_verified"] is True
    assert result.stderr == ""


def test_on_a_terminal_the_tools_progress_is_passed_through(bench):
    usb = usb_environment(bench.library, bench.log, bench.device("core", SPARK_CORE))
    ours, terminal = os.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "imgbuild", "flash", "ext.bin", "--board", "spark-core"],
        cwd=bench.folder, env={**os.environ, **usb}, stdout=subprocess.PIPE, stderr=terminal,
    )  # fmt: skip
    os.close(terminal)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # Linux ends a terminal that nobody holds so
        pass
    assert running.wait(timeout=30) == 0
    running.stdout.close()
    os.close(ours)
    assert b"Erase   " in seen
    assert b"100%        20480 bytes" in seen
    assert b"Found DFU" not in seen, "what is only asked is not shown"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_tool_and_leaves_no_file(bench, number):
    device, private = bench.device("core", SPARK_CORE), bench.folder / "private"
    private.mkdir()
    usb = usb_environment(bench.library, bench.log, device)
    environment = {**os.environ, **usb, "FAKEUSB_HANG": "2", "TMPDIR": str(private), "NO_COLOR": "1"}
    running = subprocess.Popen(
        [sys.executable, "-m", "imgbuild", "flash", "ext.bin", "--board", "spark-core"],
        cwd=bench.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    limit = time.monotonic() + 30
    while not [row for row in read_log(bench.log) if row[0] == "program"] and time.monotonic() < limit:
        time.sleep(0.05)
    assert list(private.iterdir()), "the image is handed over in a private folder"
    [folder] = private.iterdir()
    assert folder.stat().st_mode & 0o077 == 0

    running.send_signal(number)
    _, stderr = running.communicate(timeout=30)  # also waits for the child, which holds the pipe

    assert running.returncode == 130
    assert "interrupted: dfu-util was ended; the chip may hold a part of the image" in stderr
    assert not list(private.iterdir())
