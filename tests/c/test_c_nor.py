"""The flash driver on the strict chip: every family and geometry, every fault, every cut, and its guard."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim import nor_chip as sim
from sim.nor_chip import GUARD, OK, Chip, Description, Driver, describe, op, sfdp_table

MIB = 1 << 20
REGION, REGION_BYTES = 0x20000, 0x40000


def data_of(length: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(length)


@pytest.fixture(params=list(sim.IDS))
def chip(request):
    with Chip(request.param, MIB) as made:
        yield made


def started(chip: Chip, region: int = REGION, length: int = REGION_BYTES, **options) -> Driver:
    flash = Driver(chip, **options)
    assert flash.start(region, length) == OK
    return flash


# --- every family and geometry ------------------------------------------------------------------


def test_what_is_programmed_is_read_back_and_nothing_else_changes(chip):
    base = 0 if chip.model == "mixed" else REGION
    unit = max(chip.sector_bytes, 0x10000)
    content = data_of(chip.size, 5)
    chip.poke(0, content)
    flash = started(chip, base, 2 * unit)
    image = data_of(unit - 777)
    assert flash.erase(base, unit) == OK
    assert flash.program(base, image) == OK
    assert flash.read(base, len(image)) == (OK, image)
    expected = bytearray(content)
    expected[base : base + unit] = image.ljust(unit, b"\xff")
    assert chip.peek() == bytes(expected)
    assert chip.violations == [], chip.log


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 1), (1, 1), (255, 2), (3, 600), (256, 256), (511, 1026), (0, 4095)]
)
def test_pages_are_split_at_any_offset(chip, offset, length):
    base = 0 if chip.model == "mixed" else REGION
    flash = started(chip, base, 0x20000)
    image = data_of(length)
    assert flash.program(base + offset, image) == OK
    assert chip.peek(base, 8192) == (b"\xff" * offset + image).ljust(8192, b"\xff")
    assert chip.violations == [], chip.log


def test_the_largest_erase_units_that_fit_are_used():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip, 0, MIB)
        assert flash.erase(0x1000, 0x3F000) == OK
        # 7 x 4 KiB to 0x8000, 32 KiB to 0x10000, 3 x 64 KiB to 0x40000
        assert chip.operations == 7 + 1 + 3
        assert [chip.wear(at) for at in (0x0, 0x1000, 0x8000, 0x3F000, 0x40000)] == [0, 1, 1, 1, 0]


def test_units_are_chosen_whatever_their_order():
    with Chip("w25q64", MIB) as chip:
        plain = describe(chip)
        flash = started(chip, 0, MIB, description=replace(plain, erase=tuple(reversed(plain.erase))))
        assert flash.erase(0x7000, 0x12000) == OK
        assert chip.violations == []
        assert [chip.wear(at) for at in (0x6000, 0x7000, 0x8000, 0x18000, 0x19000)] == [0, 1, 1, 1, 0]


def test_a_part_with_two_kinds_of_sectors_takes_two_drivers():
    with Chip("mixed", MIB) as chip:
        low = started(chip, 0, 0x20000)
        rest = replace(describe(chip), erase=((op(0xD8), 0x10000),))
        high = started(chip, 0x20000, MIB - 0x20000, description=rest)
        chip.poke(0, bytes(MIB))
        assert low.erase(0x1F000, 0x1000) == OK
        assert high.erase(0x20000, 0x10000) == OK
        assert chip.peek() == bytes(0x1F000) + b"\xff" * 0x11000 + bytes(MIB - 0x30000)
        assert chip.violations == [], chip.log


def test_blank_pages_are_skipped():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        image = data_of(256) + b"\xff" * 1024 + data_of(256)
        assert flash.program(REGION, image) == OK
        assert chip.operations == 2
        assert flash.verify(REGION, image) == OK


def test_sst25_words_cost_one_command_each_and_bytes_only_at_odd_ends():
    with Chip("sst25vf016b") as chip:
        flash = started(chip)
        before = chip.operations
        assert flash.program(REGION, data_of(512)) == OK
        assert chip.operations - before == 256
        assert flash.program(REGION + 0x1001, data_of(255)) == OK
        assert chip.operations - before == 256 + 1 + 127
        by_bytes = started(chip, description=replace(describe(chip), program=op(0x02), page_bytes=1))
        before = chip.operations
        assert by_bytes.program(REGION + 0x2000, data_of(100)) == OK
        assert chip.operations - before == sum(byte != 0xFF for byte in data_of(100))
        assert chip.violations == [], chip.log


def test_sst25_wakes_up_protected_and_start_unlocks_it():
    with Chip("sst25vf016b") as chip:
        locked = Driver(chip, replace(describe(chip), unlock_command=0))
        assert locked.start(REGION, REGION_BYTES) == sim.PROTECTED
        assert locked.erase(REGION, 0x1000) == GUARD
        assert Driver(chip).start(REGION, REGION_BYTES) == OK
        assert chip.violations == []


@pytest.mark.parametrize(("read", "program"), [(op(0x6B, 3, 1), op(0x32)), (op(0xEB, 3, 3), op(0x32))])
def test_quad_commands_are_the_callers_choice(read, program):
    with Chip("w25q64", MIB) as chip:
        chip.call("enable_quad")
        flash = started(chip, description=replace(describe(chip), read=read, program=program))
        assert flash.program(REGION, data_of(1000)) == OK
        assert flash.read(REGION, 1000) == (OK, data_of(1000))
        assert chip.violations == [], chip.log


def four_byte_mode(chip: Chip) -> Description:
    sizes = ((op(0x20, 4), 0x1000), (op(0xD8, 4), 0x10000))
    return Description(sim.IDS[chip.model], chip.size, sizes, op(0x03, 4), op(0x02, 4), mode_command=0xB7)


@pytest.mark.parametrize("by_mode", [False, True], ids=["commands", "mode"])
def test_four_address_bytes_reach_beyond_16_mib(by_mode):
    with Chip("w25q256", 17 * MIB) as chip:
        high = 16 * MIB + 0x3000
        chip.poke(0x3000, b"low and not to be touched")
        flash = started(chip, 16 * MIB, MIB, description=four_byte_mode(chip) if by_mode else None)
        assert flash.erase(high, 0x2000) == OK
        assert flash.program(high, data_of(5000)) == OK
        assert chip.peek(high, 5000) == data_of(5000)
        assert chip.peek(0x3000, 25) == b"low and not to be touched"
        assert chip.violations == [], chip.log


def test_three_address_bytes_for_more_than_16_mib_are_refused():
    with Chip("w25q256", 17 * MIB) as chip:
        plain = Description(sim.IDS[chip.model], chip.size)
        assert Driver(chip, plain).start(16 * MIB, MIB) == GUARD
        assert Driver(chip, replace(plain, size=16 * MIB)).start(0, MIB) == OK


def test_mapped_mode_is_left_before_the_first_command_and_entered_after_the_last():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip, has_window=True)
        assert flash.state("mappings") == 2
        assert flash.erase(REGION, 0x8000) == OK
        assert flash.program(REGION, data_of(3000)) == OK
        assert flash.read(REGION, 3000)[0] == OK
        assert flash.verify(REGION, data_of(3000)) == OK
        assert flash.state("mappings") == 10
        assert flash.erase(0, 0x1000) == GUARD  # nothing is sent, the window stays
        assert flash.state("mappings") == 10
        flash.fail_at(3, -1234)
        assert flash.erase(REGION, 0x1000) == -1234
        assert flash.state("mappings") == 12  # failed, and mapped again


# --- starting over ------------------------------------------------------------------------------


def test_start_wakes_a_chip_from_deep_power_down():
    with Chip("w25q64", MIB) as chip:
        chip.command(0xB9)
        flash = started(chip)
        assert flash.program(REGION, b"awake") == OK
        assert chip.violations == [], chip.log


def test_start_waits_for_an_erase_that_a_reset_of_the_processor_left_behind():
    with Chip("w25q64", MIB) as chip:
        chip.poke(REGION, bytes(4096))
        chip.command(0x06)
        chip.command(0x20, REGION)
        flash = started(chip)
        assert flash.verify(REGION, None, 4096) == OK
        assert chip.violations == [], chip.log


def test_start_ends_aai_programming_that_was_left_behind():
    with Chip("sst25vf016b") as chip:
        started(chip)
        chip.command(0x06)
        chip.command(0xAD, REGION, b"\x12\x34")
        chip.call("advance", 100)
        flash = started(chip)
        assert flash.read(REGION, 2) == (OK, b"\x12\x34")
        assert chip.violations == [], chip.log


# --- SFDP ---------------------------------------------------------------------------------------


def test_a_table_gives_size_units_page_and_times():
    # JESD216: count + 1 units of 1, 16, 128 or 1000 ms: 3 x 16, 15 x 16, 4 x 128; longest 2 x (3 + 1)
    erase_times = 3 | (2 | 1 << 5) << 4 | (14 | 1 << 5) << 11 | (3 | 2 << 5) << 18
    program_times = 2 | 8 << 4 | (11 | 1 << 5) << 8  # page 256, 12 x 64 us
    with Chip("w25q64", MIB) as chip:
        chip.set_sfdp(sfdp_table(8 * MIB, erase_times=erase_times, program_times=program_times))
        flash = Driver(chip)
        assert flash.sfdp() == OK
        found = flash.description()
        assert found == replace(describe(chip), size=8 * MIB)
        assert times(flash) == ([48000, 240000, 512000], 8, 768, 6)


def times(flash: Driver) -> tuple[list[int], int, int, int]:
    """The macros of imgb_nor.h, by JESD216's words: unit and count of each type."""
    e, p = flash.state("erase_times"), flash.state("program_times")
    units = (1000, 16000, 128000, 1000000)
    erase = [((e >> 4 + 7 * i & 31) + 1) * units[e >> 9 + 7 * i & 3] for i in range(3)]
    return erase, 2 * ((e & 15) + 1), ((p >> 8 & 31) + 1) * (64 if p & 0x2000 else 8), 2 * ((p & 15) + 1)


def test_a_table_of_the_first_edition_has_no_times():
    with Chip("w25q64", MIB) as chip:
        chip.set_sfdp(sfdp_table(MIB, dwords=9, erase_times=0x12345678))
        flash = Driver(chip)
        assert flash.sfdp() == OK
        assert flash.description() == describe(chip)
        assert flash.state("erase_times") == 0


@pytest.mark.parametrize("table", [b"", b"\0" * 64, b"SFDQ" + bytes(60), sfdp_table(MIB, dwords=8)])
def test_no_table_or_a_foreign_one_starts_nothing(table):
    with Chip("w25q64", MIB) as chip:
        chip.set_sfdp(table)
        flash = Driver(chip)
        assert flash.sfdp() == sim.NO_SFDP
        assert flash.start(0, MIB) == GUARD


@given(st.binary(min_size=128, max_size=128), st.integers(0, 127))
@settings(max_examples=100, deadline=None)
def test_any_table_gives_an_answer_and_units_that_are_powers_of_two(noise, keep):
    with Chip("only-4k") as chip:
        good = sfdp_table(MIB).ljust(128, b"\xff")
        chip.set_sfdp(good[:keep] + noise[keep:])
        flash = Driver(chip)
        assert flash.sfdp() in (OK, sim.NO_SFDP)
        assert all(size & (size - 1) == 0 for _, size in flash.description().erase)


def surroundings(chip: Chip) -> bytes:
    content = chip.peek()
    return content[:REGION] + content[REGION + REGION_BYTES :]


# --- the guard ----------------------------------------------------------------------------------

TOP = 2**32 - 1
addresses = st.one_of(
    st.integers(0, TOP),
    st.integers(REGION - 600, REGION + 600),
    st.integers(REGION + REGION_BYTES - 600, REGION + REGION_BYTES + 600),
    st.integers(REGION // 4096 - 2, (REGION + REGION_BYTES) // 4096 + 2).map(lambda n: n * 4096),
)
lengths = st.one_of(
    st.integers(0, 700), st.sampled_from([0x1000, 0x8000, 0x10000, REGION_BYTES, TOP, TOP - REGION, 2**31]),
    st.integers(1, 20).map(lambda n: n * 4096),
)  # fmt: skip
calls = st.lists(
    st.tuples(st.sampled_from(["erase", "program", "program", "read"]), addresses, lengths), max_size=12
)


@given(st.sampled_from(["w25q64", "sst25vf016b", "sst26vf016b", "only-64k", "w25q256"]), calls)
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_calls_changes_a_byte_outside_the_region(model, sequence):
    with Chip(model, MIB) as chip:
        chip.poke(0, GUARD_CONTENT)
        flash = started(chip)
        for what, address, length in sequence:
            operations, transfers = chip.operations, flash.state("transfers")
            inside = address >= REGION and address + length <= REGION + REGION_BYTES
            if what == "erase":
                answer = flash.erase(address, length)
            elif what == "program":
                answer = flash.program(address, bytes(min(length, REGION_BYTES)), length)
            else:
                flash.read(address, min(length, 4096))
                assert chip.operations == operations
                continue
            assert (answer == GUARD) == (not inside), (what, hex(address), hex(length))
            if not inside:  # refused before a command went out
                assert flash.state("transfers") == transfers
        assert surroundings(chip) == GUARD_CONTENT[:REGION] + GUARD_CONTENT[REGION + REGION_BYTES :]


GUARD_CONTENT = data_of(MIB, 11)


@pytest.mark.parametrize(
    ("offset", "length"), [(MIB, 1), (0, MIB + 1), (TOP, 2), (MIB - 4096, 8192), (1, TOP)]
)
def test_a_region_that_leaves_the_chip_is_refused(offset, length):
    with Chip("w25q64", MIB) as chip:
        flash = Driver(chip)
        assert flash.start(offset, length) == GUARD
        assert flash.state("transfers") == 0
        assert flash.erase(0, 0x1000) == GUARD


def test_nothing_is_writable_before_start_and_after_a_start_that_failed():
    with Chip("w25q64", MIB) as chip:
        flash = Driver(chip)
        assert flash.program(0, b"x") == GUARD
        assert flash.start(REGION, REGION_BYTES) == OK
        chip.call("set_id", 0x112233)
        assert flash.start(REGION, REGION_BYTES) == sim.WRONG_CHIP
        assert flash.program(REGION, b"x") == GUARD


def test_erasing_what_no_unit_fits_is_refused():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        for address, length in ((REGION + 1, 4096), (REGION, 4095), (REGION + 0x800, 0x1000)):
            transfers = flash.state("transfers")
            assert flash.erase(address, length) == sim.ALIGN
            assert flash.state("transfers") == transfers
        assert flash.read(MIB - 1, 2)[0] == GUARD
        assert flash.verify(MIB, None, 1) == GUARD
