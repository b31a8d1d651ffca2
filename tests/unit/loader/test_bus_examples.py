"""The bus functions that come with the loaders, on registers that look at each access."""

from __future__ import annotations

import ctypes
import random

import pytest
from unit.loader.host_loader import HostLoader

from imgbuild.loader.board import BoardChoice

BASE = 0x90000000
IMAGE = random.Random(6).randbytes(5000)
BOARDS = {
    "stm32f407": (BoardChoice("stm32f407-w25q64jv", region="0x100000:0x20000"), 0x100000),
    "stm32h750": (BoardChoice("daisy-seed", chip="w25q64jv", region="0x100000:0x20000"), 0x100000),
}


@pytest.fixture(params=list(BOARDS))
def bus(request: pytest.FixtureRequest) -> str:
    return request.param


def load(bus: str, kind: str = "stldr") -> HostLoader:
    return HostLoader(kind, BOARDS[bus][0], bus, "w25q64")


def test_a_bus_example_drives_its_registers_and_the_chip_by_the_rules(bus: str) -> None:
    stldr, region = load(bus), BOARDS[bus][1]
    start = BASE + region
    stldr.chip.poke(region, bytes(0x10000))
    assert stldr("Init") == 1, stldr.complaints
    data = stldr.put(IMAGE)
    assert stldr("SectorErase", start, start + len(IMAGE) - 1) == 1
    assert stldr("Write", start, len(IMAGE), data) == 1
    assert stldr("Verify", start, data, len(IMAGE) // 4, 0) == sum(IMAGE) << 32
    stldr.put(bytes(600))
    assert stldr("Read", start + 1, 500, data) == 1
    assert stldr.take(501) == IMAGE[1:501] + b"\0"
    assert stldr("Write", BASE, 16, data) == 0
    assert stldr.chip.peek(region, len(IMAGE)) == IMAGE
    assert stldr.complaints == ""


def test_a_bus_example_may_be_started_again(bus: str) -> None:
    stldr = load(bus)
    assert [stldr("Init") for _ in range(3)] == [1, 1, 1]
    assert stldr.complaints == ""


def test_a_controller_that_does_not_move_is_given_up(bus: str) -> None:
    stldr = load(bus)
    assert stldr("Init") == 1
    stldr.lib.fake_break(1)
    assert stldr("Init") == 0
    assert stldr("SectorErase", BASE + BOARDS[bus][1], BASE + BOARDS[bus][1]) == 0


def test_registers_without_a_clock_are_noticed(bus: str) -> None:
    """The fakes do look: a call before Init meets registers that have no clock."""
    stldr = load(bus)
    assert stldr("Read", BASE, 1, stldr.put(b"x")) == 0
    assert "no clock" in stldr.complaints


def test_the_window_of_quadspi_shows_the_flash_after_each_call() -> None:
    stldr, region = load("stm32h750"), BOARDS["stm32h750"][1]
    seen = ctypes.create_string_buffer(256)

    def window() -> bytes:
        assert stldr.lib.fake_window_read(region, seen, 256) == 0
        return seen.raw

    stldr.chip.poke(region, IMAGE[:256])
    assert stldr.lib.fake_window_read(region, seen, 256) == -1  # not mapped yet
    assert stldr("Init") == 1
    assert window() == IMAGE[:256]
    assert stldr("SectorErase", BASE + region, BASE + region) == 1
    assert window() == b"\xff" * 256
    assert stldr("Write", BASE + region, 256, stldr.put(IMAGE[256:512])) == 1
    assert window() == IMAGE[256:512]
    assert stldr("Write", BASE, 256, stldr.put(bytes(256))) == 0  # refused, and still mapped
    assert window() == IMAGE[256:512]
    assert stldr.complaints == ""
