"""The serial loader's C code on the strict chip, behind a wire that does what wires do."""

from __future__ import annotations

import random
import socket
import subprocess
import time

import pytest
from loader import images
from loader.device import CHIP_BYTES, REGION_BYTES, SECTOR, Device, Wire
from loader.scenes import Noise, cells_with, send, settle
from support import need_tool

from imgbuild.deliver.link_protocol import Loader
from imgbuild.deliver.link_update import Update
from imgbuild.errors import BuildError

# --- what is sent ---------------------------------------------------------------------------------


def test_a_new_image_then_one_sector_of_it() -> None:
    old, new = images.make_pack(), images.make_pack(change=1)
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        first = send(wire.link(), old, is_verified=True)
        assert settle(device).region[: len(old)] == old
        assert (first.written_sectors, first.verified_sectors) == (6, 6)
        middle = bytearray(old)
        middle[3 * SECTOR + 5] ^= 1
        before = wire.carried["down"]
        second = send(wire.link(), bytes(middle))
        # the sector itself, the header's and the end marker's, which are erased meanwhile
        assert (second.written_sectors, second.erased_sectors) == (3, 2)
        # CAN, then H S E E W S W S W S Q of 133 bytes, and for each sector four blocks of 1029 and an EOT
        assert wire.carried["down"] - before == 4 + 11 * 133 + 3 * (4 * 1029 + 1)
        assert settle(device).region[: len(old)] == bytes(middle)
        assert send(wire.link(), new).written_sectors == 3  # header and index, file, end marker
        assert settle(device).region[: len(new)] == new
        third = send(wire.link(), new)
        assert (third.attempts, third.written_sectors) == (0, 0)
        assert third.sent_bytes < 1000
        whole = send(wire.link(), new, is_whole=True)
        assert whole.written_sectors == 6


def test_more_than_256_blocks_and_a_rest() -> None:
    image = random.Random(3).randbytes(300 * 1024 + 77)
    with Device(cells_with(b"")) as device, Wire(device.line) as wire:
        outcome = send(wire.link(), image, is_verified=True)
        state = settle(device)
        assert state.region[: len(image)] == image
        assert state.region[len(image) :].count(0xFF) == REGION_BYTES - len(image)
        assert outcome.attempts == 1
        # CAN, H S W S S Q; 76 sectors of four blocks, and EOT
        assert outcome.sent_bytes == 4 + 6 * 133 + 76 * 4 * 1029 + 1


def test_blank_sectors_are_not_sent() -> None:
    old, new = images.make_littlefs(), images.make_littlefs(change=5)
    with Device(cells_with(random.Random(1).randbytes(len(old)))) as device, Wire(device.line) as wire:
        outcome = send(wire.link(), old, littlefs_block_bytes=SECTOR)
        assert settle(device).region[: len(old)] == old
        assert outcome.sent_bytes < 60_000  # of 262,144
        assert outcome.erased_sectors > 40
        send(wire.link(), new, littlefs_block_bytes=SECTOR)
        assert settle(device).region[: len(new)] == new


@pytest.mark.parametrize("model", ["sst25vf016b", "only-64k", "only-4k"])
def test_other_kinds_of_chips(model: str) -> None:
    region = (0x20000, 0x60000)
    size = 2 * CHIP_BYTES if model == "sst25vf016b" else CHIP_BYTES
    image = random.Random(5).randbytes(100_000)
    changed = image[:70_000] + b"changed" + image[70_007:]
    blank_chip = bytes([0]) * size
    with Device(blank_chip, model=model, region=region, chip_bytes=size) as device:
        with Wire(device.line) as wire:
            send(wire.link(), image, is_verified=True)
            send(wire.link(), changed, is_verified=True)
        state = device.look()
        assert state.violations == []
        assert state.cells[region[0] :][: len(image)] == changed
        assert state.cells[: region[0]] == bytes(region[0])
        assert state.cells[sum(region) :] == bytes(size - sum(region))


# --- the real sb ----------------------------------------------------------------------------------


def run_sb(device: Device, line: socket.socket, *paths: object) -> subprocess.CompletedProcess[bytes]:
    command = [need_tool("sb"), "-k", "-q", *map(str, paths)]
    return subprocess.run(command, stdin=line, stdout=line, stderr=subprocess.PIPE, timeout=60, check=False)


def test_the_real_sb_sends_the_whole_file(tmp_path) -> None:
    image = images.make_pack(count=100)  # 306 KiB: the number of blocks wraps round
    assert len(image) > 256 * 1024
    path = tmp_path / "ext.bin"
    path.write_bytes(image)
    with Device(cells_with(b""), scale=0.1) as device:
        assert run_sb(device, device.line, path).returncode == 0
        state = settle(device)
        assert (state.status, state.runs, state.written_bytes) == (0, 1, 0)  # the next run has begun
        assert state.region[: len(image)] == image


def test_the_real_sb_over_an_older_image_of_any_length(tmp_path) -> None:
    for length in (1, 127, 128, 129, 1023, 1024, 1025, 4096, 5000):
        image = random.Random(length).randbytes(length)
        path = tmp_path / "ext.bin"
        path.write_bytes(image)
        with Device(cells_with(images.make_pack()), scale=0.1) as device:
            assert run_sb(device, device.line, path).returncode == 0
            region = settle(device).region
        sectors = -(-length // SECTOR) * SECTOR
        assert region[:sectors] == image.ljust(sectors, b"\xff")
        rest = images.make_pack()[sectors:]
        assert region[sectors : sectors + len(rest)] == rest


def test_the_real_sb_with_noise_on_the_line(tmp_path) -> None:
    image = images.make_pack(count=30)
    path = tmp_path / "ext.bin"
    path.write_bytes(image)
    down = Noise(seed=4, every=10_000, limit=8)
    near, far = socket.socketpair()
    with Device(cells_with(b""), scale=0.1) as device, Wire(device.line, down=down, host=far):
        assert run_sb(device, near, path).returncode == 0
        assert settle(device).region[: len(image)] == image
    assert down.done == 8


@pytest.mark.parametrize(
    ("case", "status"), [("too large", -1204), ("another product", -1205), ("two files", -1206)]
)
def test_what_sb_may_not_send(tmp_path, case: str, status: int) -> None:
    old, paths = images.make_pack(), [tmp_path / "a.bin"]
    paths[0].write_bytes(images.make_pack(change=1))
    if case == "too large":
        paths[0].write_bytes(bytes(REGION_BYTES + 1))
    elif case == "another product":
        paths[0].write_bytes(images.make_pack(name="other"))
    else:
        paths.append(tmp_path / "b.bin")
        paths[1].write_bytes(b"second")
    with Device(cells_with(old), scale=0.1, pack_id=images.pack_id(old)) as device:
        assert run_sb(device, device.line, *paths).returncode != 0
        state = settle(device)
        assert state.status == status
        wanted = images.make_pack(change=1) if case == "two files" else old
        assert state.region[: len(old)] == wanted
        if case != "two files":
            assert state.written_bytes == 0


@pytest.mark.parametrize("is_same", [False, True])
@pytest.mark.parametrize("at", [200, 2000, 9000, 100_000])
def test_a_cut_of_sb_leaves_a_pack_that_is_refused(tmp_path, at: int, is_same: bool) -> None:
    old, path = images.make_pack(count=60), tmp_path / "ext.bin"  # more than is erased at once
    path.write_bytes(old if is_same else images.make_pack(change=1, count=60))
    near, far = socket.socketpair()
    with Device(cells_with(old), scale=0.1) as device:
        with Wire(device.line, cut_down=at, host=far, is_closed_by_cut=True):
            run_sb(device, near, path)
        region = settle(device).region
        # the header block alone has changed nothing
        assert region[: len(old)] == old if at == 200 else images.is_refused(region)


# --- wires ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kinds", [("flip",), ("lose",), ("double",), ("flip", "lose", "double")])
def test_noise_in_both_directions(seed: int, kinds: tuple[str, ...]) -> None:
    old, new = images.make_pack(), images.make_pack(change=1)
    down, up = Noise(seed, 2500, 6, kinds), Noise(seed + 50, 300, 3, kinds)
    with Device(cells_with(old)) as device, Wire(device.line, down, up) as wire:
        outcome = send(wire.link(), new, is_verified=True)
        assert settle(device).region[: len(new)] == new
        assert outcome.verified_sectors == 6
    assert down.done + up.done > 0


def test_noise_without_end_is_told_and_nothing_outside_is_touched() -> None:
    with Device(cells_with(images.make_pack())) as device:
        with Wire(device.line, Noise(1, 60, 1 << 30), bytes) as wire, pytest.raises(BuildError) as caught:
            send(wire.link(), images.make_pack(change=1))
        assert caught.value.diagnostics[0].code in ("IB725", "IB734")
        settle(device)


def test_a_slow_sender_is_not_asked_twice() -> None:
    """Half a second between bytes now and then, five seconds between blocks: within what YMODEM allows."""
    image = images.make_pack(count=3)

    def crawl(data: bytes) -> bytes:
        time.sleep(5 * 0.1 if len(data) > 1000 else 0.05)
        return data

    with Device(cells_with(b""), scale=0.1) as device, Wire(device.line, down=crawl) as wire:
        outcome = Update(Loader(wire.link(), scale=0.1), image).run()
        assert settle(device).region[: len(image)] == image
        assert outcome.attempts == 1
        assert outcome.sent_bytes < 1.2 * len(image)
