"""The chips and boards known: plausible, sourced, and safe for the devices that they describe."""

import re

import pytest

from imgbuild.addressed import UF2_FAMILIES
from imgbuild.emit.elf import ELF_MACHINES
from imgbuild.flash.region import free_ranges, free_region_of
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.model import Range

CHIPS = list(load_chips().values())
BOARDS = list(load_boards().values())


@pytest.mark.parametrize("chip", CHIPS, ids=lambda c: c.name)
def test_every_chip_is_plausible_and_has_a_source(chip):
    assert chip.source
    assert chip.size_bytes & (chip.size_bytes - 1) == 0
    assert list(chip.erase_bytes) == sorted(set(chip.erase_bytes))
    assert all(chip.size_bytes % size == 0 and size & (size - 1) == 0 for size in chip.erase_bytes)
    assert bool(chip.erase_bytes) == (chip.kind == "nor")
    assert chip.block_bytes == (chip.erase_bytes[0] if chip.erase_bytes else 256)


@pytest.mark.parametrize("chip", [c for c in CHIPS if c.kind == "nor"], ids=lambda c: c.name)
def test_every_nor_flash_has_an_id_of_three_bytes_that_tells_its_size(chip):
    assert re.fullmatch(r"([0-9A-F]{2}|\?\?) ([0-9A-F]{2}|\?\?) [0-9A-F]{2}", chip.jedec_id)
    assert chip.address_bytes == (4 if chip.size_bytes > 1 << 24 else 3)
    # The third JEDEC byte is log2 of the capacity; SST and large parts of some makers number otherwise.
    capacity = int(chip.jedec_id[-2:], 16)
    if not chip.jedec_id.startswith("BF") and capacity < 0x1A:
        assert 1 << capacity == chip.size_bytes


@pytest.mark.parametrize("chip", [c for c in CHIPS if c.kind != "nor"], ids=lambda c: c.name)
def test_fram_and_eeprom_are_addressed_in_two_or_three_bytes(chip):
    assert chip.bus in {"spi", "i2c"}
    if chip.bus == "spi":
        assert chip.address_bytes == (3 if chip.size_bytes > 1 << 16 else 2)
    assert chip.page_bytes == chip.size_bytes if chip.kind == "fram" else chip.page_bytes <= 256


def test_there_are_parts_for_settings_and_enough_flashes():
    kinds = [chip.kind for chip in CHIPS]
    assert kinds.count("nor") >= 30
    assert kinds.count("fram") >= 6
    assert kinds.count("eeprom") >= 4
    assert sum(t.is_verified for chip in CHIPS for t in chip.timings.values()) >= 60


def test_sst25_parts_have_no_page_program():
    assert [c.name for c in CHIPS if c.program == "aai"] == [
        c.name for c in CHIPS if c.name.startswith("sst25")
    ]
    assert all(c.page_bytes == 1 for c in CHIPS if c.program == "aai")


@pytest.mark.parametrize("chip", CHIPS, ids=lambda c: c.name)
def test_every_time_says_whether_a_data_sheet_backs_it(chip):
    for timing in chip.timings.values():
        assert timing.source
        assert timing.typical_us is not None or timing.maximum_us is not None
        if timing.typical_us is not None and timing.maximum_us is not None:
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
    assert all(part.erase_bytes in chip.erase_bytes for part in board.sectors)
    assert board.programming
    assert board.wiring or any("wiring" in text for text in board.unverified) or board.name.startswith("qemu")
    for taken in board.reserved:
        assert taken.name
        assert 0 < taken.size_bytes <= chip.size_bytes - taken.offset_bytes
    free = free_region_of(board)
    assert free.size_bytes > 0
    for taken in board.reserved:
        assert taken.end_bytes <= free.offset_bytes or free.end_bytes <= taken.offset_bytes


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.name)
def test_addresses_are_where_such_an_mcu_maps_flash(board):
    """Windows: RP2 1000.0000h, nRF52840 1200.0000h, i.MX RT 6000.0000h, XSPI2 7000.0000h, QSPI 9000.0000h."""
    windows = (0x10000000, 0x12000000, 0x60000000, 0x70000000, 0x80000000, 0x90000000)
    assert board.mapped_at is None or board.mapped_at in windows
    assert board.programmed_at in (None, 0, 0x90000000)


@pytest.mark.parametrize("board", [b for b in BOARDS if b.uf2_family], ids=lambda b: b.name)
def test_families_and_machines_are_known(board):
    assert board.uf2_family in UF2_FAMILIES
    assert board.elf_machine in ELF_MACHINES


@pytest.mark.parametrize(
    ("name", "mapped_at", "offset", "end"),
    [
        ("spark-core", None, 0x80000, 0x200000),  # user area: 1 572 864 B, 384 sectors
        ("stm32f407-w25q64jv", None, 0, 0x800000),
        ("daisy-seed", 0x90000000, 0xC0000, 0x800000),  # behind boot loader and application
        ("stm32h7s78-dk", 0x70000000, 0x200000, 0x8000000),
        ("qemu-ast1030", 0x80000000, 0x80000, 0x800000),
        ("photon-p1", None, 0, 0x100000),
        ("stm32f746g-disco", 0x90000000, 0, 0x1000000),
        ("weact-h750", 0x90000000, 0x200000, 0x800000),
        ("rpi-pico", 0x10000000, 0x100000, 0x200000),
        ("rpi-pico2", 0x10000000, 0x100000, 0x400000),
        ("esp32-s3", None, 0x9000, 0x800000),
        ("nrf52840-dk", 0x12000000, 0, 0x800000),
        ("pinetime", None, 0xB4000, 0x400000),  # InfiniTime's file system
        ("teensy-4.1", 0x60000000, 0x200000, 0x7C0000),
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
