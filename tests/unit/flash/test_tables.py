"""The chips and boards known: plausible, sourced, and safe for the devices that they describe."""

import re

import pytest

from imgbuild.flash.region import free_ranges, free_region_of
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.model import Range

CHIPS = list(load_chips().values())
BOARDS = list(load_boards().values())


@pytest.mark.parametrize("chip", CHIPS, ids=lambda c: c.name)
def test_every_chip_is_plausible_and_has_a_source(chip):
    assert chip.source
    assert re.fullmatch(r"[0-9A-F]{2} ([0-9A-F]{2}|\?\?) [0-9A-F]{2}", chip.jedec_id)
    assert chip.size_bytes & (chip.size_bytes - 1) == 0
    assert list(chip.erase_bytes) == sorted(set(chip.erase_bytes))
    assert all(chip.size_bytes % size == 0 and size & (size - 1) == 0 for size in chip.erase_bytes)
    assert chip.address_bytes == (4 if chip.size_bytes > 1 << 24 else 3)
    # The third JEDEC byte is log2 of the capacity for these makers; two number theirs otherwise.
    capacity = int(chip.jedec_id[-2:], 16)
    if not chip.jedec_id.startswith("BF") and capacity < 0x20:
        assert 1 << capacity == chip.size_bytes


@pytest.mark.parametrize("chip", CHIPS, ids=lambda c: c.name)
def test_every_time_says_whether_a_data_sheet_backs_it(chip):
    for timing in chip.timings.values():
        assert timing.source
        assert timing.typical_us <= timing.maximum_us
        if timing.is_verified:
            assert "not checked" not in timing.source


def test_the_chips_that_boards_commonly_carry_are_known():
    assert {
        "sst25vf016b", "sst26vf016b", "w25q16jv", "w25q64jv", "w25q128jv", "w25q256jv", "is25lp064a",
        "gd25q64c", "mx25l6433f", "mx25r6435f", "mt25ql128aba", "s25fl064l", "mx66uw1g45g",
    } <= set(load_chips())  # fmt: skip


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.name)
def test_every_board_fits_its_chip_and_has_a_source(board):
    chip = load_chips()[board.chip]
    assert board.source
    assert board.erase_bytes is None or board.erase_bytes in chip.erase_bytes
    for taken in board.reserved:
        assert taken.name
        assert 0 < taken.size_bytes <= chip.size_bytes - taken.offset_bytes
    free = free_region_of(board)
    assert free.size_bytes > 0
    for taken in board.reserved:
        assert taken.end_bytes <= free.offset_bytes or free.end_bytes <= taken.offset_bytes


@pytest.mark.parametrize(
    ("name", "mapped_at", "offset", "end"),
    [
        ("spark-core", None, 0x80000, 0x200000),  # user area: 1 572 864 B, 384 sectors
        ("stm32f407-w25q64jv", None, 0, 0x800000),
        ("daisy-seed", 0x90000000, 0xC0000, 0x800000),  # behind boot loader and application
        ("stm32h7s78-dk", 0x70000000, 0x200000, 0x8000000),
        ("qemu-ast1030", 0x80000000, 0x80000, 0x800000),
    ],
)
def test_the_free_region_of_each_board(name, mapped_at, offset, end):
    board = load_boards()[name]
    free = free_region_of(board)
    assert (board.mapped_at, free.offset_bytes, free.end_bytes) == (mapped_at, offset, end)


def test_a_spark_core_keeps_its_keys_and_firmware_slots():
    """Addresses from Particle's documentation; every one of them lies in a reserved range."""
    board = load_boards()["spark-core"]
    for address in (0x0, 0x1000, 0x1180, 0x2000, 0x2000 + 1191, 0x20000, 0x40000, 0x60000, 0x7FFFF):
        assert any(r.offset_bytes <= address < r.end_bytes for r in board.reserved), hex(address)


def test_a_boot_loader_that_erases_64_kib_decides_the_block():
    board = load_boards()["daisy-seed"]
    (free,) = free_ranges(load_chips()[board.chip], (*board.reserved, Range(0xC0000, 1)), board.erase_bytes)
    assert free.offset_bytes == 0xD0000
