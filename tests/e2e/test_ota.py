"""A device fetches packages from a file server, over lost connections and power cuts, and switches."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from c.update_images import PACK_ID, make_body, make_pack
from click.testing import CliRunner
from e2e.ota_server import Served, http_server, tcp_sender, ymodem_sender
from support import ROOT, imgbuild, need_tool

from imgbuild.cli.ota_make import make
from imgbuild.deliver import ymodem
from imgbuild.deliver.link import open_tcp
from imgbuild.deliver.link_protocol import DAMAGED, Loader

DEVICE = ROOT / "c_runtime" / "examples" / "ota_device"
SIM = ROOT / "tests" / "sim"
BYTES, SECTOR = 0x40000, 0x1000
OLD, NEW = make_pack(make_body(100_000), 1), make_pack(make_body(100_000, (9_000, 41_000)), 2)
OLDER = make_pack(make_body(50_000), 0)
POWER_CUT = 9


@pytest.fixture(scope="session", params=["file", "chip"])
def device(request, tmp_path_factory):
    """The example's program, its flash a file or the strict chip."""
    folder = tmp_path_factory.mktemp("ota") / request.param
    command = ["make", "-s", "-C", DEVICE, f"OUT={folder}", "CFLAGS=-g -O1 -fsanitize=address,undefined"]
    if request.param == "chip":
        chip = [ROOT / "tests" / "c" / "ota_flash_chip.c", SIM / "nor_chip.c", SIM / "nor_bus.c"]
        command += ["FLASH_SRCS=" + " ".join(map(str, chip)), f"LIBS=-I{SIM}"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "ota_device"


PACKAGES = {
    "whole": ("new.bin",),
    "changed": ("new.bin", "--from", "old.bin"),
    "named": ("new.bin", "--board", "watch-1", "--partition", "assets"),
    "older": ("older.bin",),
    "slots": ("new.bin", "--slots"),
    "in-place": ("new.bin", "--in-place"),
}


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """Packages by name, made by the command's own function."""
    folder = tmp_path_factory.mktemp("packages")
    for name, image in (("old", OLD), ("new", NEW), ("older", OLDER)):
        (folder / f"{name}.bin").write_bytes(image)
    made = {}
    for name, (image, *arguments) in PACKAGES.items():
        given = [f"{folder / a}" if a.endswith(".bin") else a for a in (image, *arguments)]
        done = CliRunner().invoke(make, [*given, "-o", f"{folder / name}.imgu", "--sector", "4K"])
        assert done.exit_code == 0, done.output
        made[name] = (folder / f"{name}.imgu").read_bytes()
    return made


class Board:
    """One device with the old image."""

    def __init__(self, program: Path, folder: Path, way: str) -> None:
        self.program, self.flash, self.way = program, folder / "flash.bin", way
        assert "boot: no image" in self()[1]
        data = bytearray(self.flash.read_bytes())
        self.start = 0x10000 if len(data) > BYTES else 0  # of the partition in the file
        data[self.start : self.start + len(OLD)] = OLD
        self.flash.write_bytes(data)

    def __call__(self, *arguments: object) -> tuple[int, str]:
        command = [self.program, self.flash, BYTES, SECTOR, self.way, "--product", f"{PACK_ID:X}", *arguments]
        done = subprocess.run(
            [str(c) for c in command], capture_output=True, text=True, check=False, timeout=60
        )
        assert not done.stderr, done.stderr
        return done.returncode, done.stdout

    @property
    def version(self) -> int:
        """The version that the device boots."""
        out = self()[1]
        return int(out.split("version ")[1].split()[0]) if "version " in out else 0

    def holds(self, image: bytes) -> bool:
        """Whether the slot that boots has exactly this image."""
        slot = 1 if self.way == "slots" and " in slot 1" in self()[1] else 0
        at = self.start + slot * (BYTES // SECTOR // 2 - 1) * SECTOR
        return self.flash.read_bytes()[at : at + len(image)] == image


@pytest.fixture(params=["slots", "in-place"])
def board(request, device, tmp_path):
    board = Board(device, tmp_path, request.param)
    assert board.version == 1
    return board


@pytest.mark.parametrize("name", ["whole", "changed"])
def test_an_update_from_a_file_server(board, packages, name):
    served = Served(packages[name])
    with http_server(served) as url:
        code, out = board(url)
        assert (code, out.count("version 2")) == (0, 1), out
        again, out = board(url)
    assert again == 1
    assert "update: -51" in out  # the same image is there
    assert board.holds(NEW)


@pytest.mark.parametrize("has_ranges", [True, False])
def test_lost_connections_go_on_where_they_were(board, packages, has_ranges):
    data = packages["whole"]
    served = Served(data, 11_000 if has_ranges else 0, has_ranges)
    with http_server(served) as url:
        assert board(url)[0] == 0
    assert board.holds(NEW)
    if has_ranges:
        assert len(served.ranges) == -(-len(data) // 11_000)
        assert served.ranges[1] <= 11_000  # from where it was, no byte twice
        assert served.sent == len(data)


def test_after_a_power_cut_it_asks_for_what_is_missing(board, packages):
    data = packages["whole"]
    served = Served(data)
    with http_server(served) as url:
        assert board("--cut", 330, url)[0] == POWER_CUT
        assert board.version == (1 if board.way == "slots" else 0)
        served.ranges.clear()
        code, out = board(url)
    assert code == 0, out
    assert board.holds(NEW)
    assert served.ranges[0] == 0
    assert max(served.ranges) > 0, "sectors that are there are not fetched again"


def test_a_server_that_gives_up_leaves_the_old_image(board, packages):
    data = packages["whole"]
    with http_server(Served(data[:9_000])) as url:
        code, out = board(url)
    assert code == 1
    assert "update: -53" in out
    assert board.version == (1 if board.way == "slots" else 0)
    with http_server(Served(data)) as url:
        assert board(url)[0] == 0
    assert board.holds(NEW)


def test_a_tcp_stream(board, packages):
    data = packages["changed"]
    with tcp_sender(data, cuts=(3_000, 5_000)) as url:
        code, out = board(url)
    assert code == 0, out
    assert board.holds(NEW)


def test_the_real_sender_of_ymodem(board, packages, tmp_path):
    path = tmp_path / "update.imgu"
    path.write_bytes(packages["changed"])
    with ymodem_sender(need_tool("sb"), path) as (url, codes):
        code, out = board(url)
    assert code == 0, out
    assert board.holds(NEW)
    assert codes == [0]


@pytest.mark.parametrize(
    ("options", "code"),
    [(("--product", "12345678"), -44), (("--board", "1"), -45), (("--partition", "1"), -46)],
)
def test_what_is_for_something_else_is_refused_before_the_first_erase(board, packages, options, code):
    before = board.flash.read_bytes()
    with http_server(Served(packages["named"])) as url:
        # an option given twice: the last one counts
        assert f"update: {code}" in board(*options, url)[1]
    assert board.flash.read_bytes() == before


def test_older_versions_only_by_force(board, packages):
    before = board.flash.read_bytes()
    with http_server(Served(packages["older"])) as url:
        assert "update: -49" in board(url)[1]
        assert board.flash.read_bytes() == before
        assert board("--force", url)[0] == 0
    assert board.holds(OLDER)


def test_another_base_is_refused_before_the_first_erase(board, packages):
    data = bytearray(board.flash.read_bytes())
    data[board.start + 30_000] ^= 1
    board.flash.write_bytes(data)
    with http_server(Served(packages["changed"])) as url:
        assert "update: -50" in board(url)[1]
    assert board.flash.read_bytes() == data


@pytest.mark.parametrize(("way", "other"), [("slots", "in-place"), ("in-place", "slots")])
def test_a_package_for_the_other_way_is_refused(device, packages, tmp_path, way, other):
    board = Board(device, tmp_path, other)
    with http_server(Served(packages[way])) as url:
        assert "update: -47" in board(url)[1]
    assert struct.unpack_from("<I", packages[way], 0x28)[0] == 1 + (way == "in-place")


# --- by the serial loader: the host sends, the device listens -----------------------------------------


@contextmanager
def listening(board: Board, *arguments: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The device while it takes packages; its address."""
    command = [
        board.program, board.flash, BYTES, SECTOR, board.way, "--product", f"{PACK_ID:X}", *arguments,
        "loader://127.0.0.1:0",
    ]  # fmt: skip
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("boot: ")
        yield f"127.0.0.1:{process.stdout.readline().split()[-1]}", process
    finally:
        process.kill()
        process.communicate()


def flash(folder: Path, package: bytes, address: str) -> subprocess.CompletedProcess[str]:
    (folder / "update.imgu").write_bytes(package)
    return imgbuild("flash", "update.imgu", "--tcp", address, cwd=folder)


@pytest.mark.parametrize("name", ["whole", "changed"])
def test_flash_sends_a_package_to_the_loader(board, packages, tmp_path, name):
    with listening(board) as (address, process):
        done = flash(tmp_path, packages[name], address)
        assert done.returncode == 0, done.stderr
        sent = int(re.search(r"(\d+) bytes sent", done.stdout)[1])
        assert process.wait(timeout=20) == 0
    assert board.holds(NEW)
    assert len(packages[name]) < sent < 1.1 * len(packages[name]) + 2500
    with listening(board) as (address, _):
        again = flash(tmp_path, packages[name], address)
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing to do: the board has this image already" in again.stdout


def test_the_loader_goes_on_after_a_cut_connection(board, packages, tmp_path):
    data = packages["whole"]
    with listening(board) as (address, process):
        link = open_tcp(address)
        loader = Loader(link)
        loader.cancel()
        assert loader.hello().takes_packages
        loader.send_package(0, data[:20_000])
        link.close()  # in the middle of a block's sector
        done = flash(tmp_path, data, address)
        assert done.returncode == 0, done.stderr
        assert process.wait(timeout=20) == 0
        assert process.stdout is not None
        assert "the line was closed, 20000 bytes wanted next" in process.stdout.read()
    # in place each sector is noted, in slots each sixteenth
    assert ("gone on at byte" in done.stdout) == (board.way == "in-place")
    sent = int(re.search(r"(\d+) bytes sent", done.stdout)[1])
    assert (sent < len(data) - 10_000) == (board.way == "in-place")
    assert board.holds(NEW)


def test_a_power_cut_while_the_loader_takes_a_package(board, packages, tmp_path):
    data = packages["whole"]
    with listening(board, "--cut", 330) as (address, process):
        lost = flash(tmp_path, data, address)
        assert process.wait(timeout=20) == POWER_CUT
    assert lost.returncode == 4
    assert "error[IB736]" in lost.stderr
    assert board.version == (1 if board.way == "slots" else 0)
    with listening(board) as (address, process):
        done = flash(tmp_path, data, address)
        assert done.returncode == 0, done.stderr
        assert process.wait(timeout=20) == 0
    assert int(re.search(r"gone on at byte (\d+)", done.stdout)[1]) > 10_000
    assert board.holds(NEW)


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("older", (), "the board has a newer content_version"),
        ("named", ("--board", "1"), "the package is for another board"),
        ("named", ("--partition", "1"), "the package is for another partition"),
    ],
)
def test_what_the_loader_refuses_erases_nothing(board, packages, tmp_path, name, options, reason):
    before = board.flash.read_bytes()
    with listening(board, *options) as (address, process):
        done = flash(tmp_path, packages[name], address)
        assert process.wait(timeout=20) == 1
    assert done.returncode == 1
    assert f"error[IB774]: {address}: the board refuses the package: {reason}\n" in done.stderr
    assert board.flash.read_bytes() == before


def test_a_package_damaged_on_the_way_is_not_applied(board, packages):
    data = bytearray(packages["whole"])
    data[len(data) // 2] ^= 1
    with listening(board) as (address, process):
        link = open_tcp(address)
        loader = Loader(link)
        loader.cancel()
        loader.hello()
        with pytest.raises(ymodem.CancelledError):
            loader.send_package(0, bytes(data))
        assert loader.hello().last_status == DAMAGED
        link.close()
        assert process.wait(timeout=20) == 1
    assert board.version == (1 if board.way == "slots" else 0)
    with http_server(Served(packages["whole"])) as url:
        assert board(url)[0] == 0
    assert board.holds(NEW)
