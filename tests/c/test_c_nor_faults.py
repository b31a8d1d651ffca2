"""Faults and power cuts: one code each, and what was valid stays valid."""

from __future__ import annotations

import pytest
from sim import nor_chip as sim
from sim.nor_chip import GUARD, OK, Chip, Driver, every_cut

from c.test_c_nor import MIB, REGION, REGION_BYTES, data_of, started, surroundings

# --- faults: one code each, and what was valid stays valid ---------------------------------------


def test_another_chip_on_the_wire():
    with Chip("w25q64", MIB) as chip:
        chip.call("set_id", 0xC84017)
        flash = Driver(chip)
        assert flash.start(REGION, REGION_BYTES) == sim.WRONG_CHIP
        assert flash.state("jedec_id") == 0xC84017
        assert flash.erase(REGION, 0x1000) == GUARD
        assert chip.operations == 0


@pytest.mark.parametrize("wire", ["low", "high"])
def test_nobody_answers(wire):
    with Chip("w25q64", MIB) as chip:
        chip.set_wire(wire)
        flash = Driver(chip)
        flash.limit(10, 50)
        assert flash.start(REGION, REGION_BYTES) == sim.NO_CHIP
        assert flash.program(REGION, b"x") == GUARD


@pytest.mark.parametrize("what", ["erase", "program"])
def test_a_chip_that_stays_busy(what):
    with Chip("w25q64", MIB) as chip:
        chip.poke(0, data_of(MIB))
        flash = started(chip)
        before = surroundings(chip)
        chip.call("stick_busy", 1)
        flash.limit(10, 1000)
        answer = flash.erase(REGION, 0x2000) if what == "erase" else flash.program(REGION, b"data")
        assert answer == sim.BUSY
        assert surroundings(chip) == before
        assert set(chip.violations) <= {"not erased"}


def test_an_erase_that_fails_names_the_first_byte():
    with Chip("w25q64", MIB) as chip:
        chip.poke(0, bytes(MIB))
        flash = started(chip)
        before = surroundings(chip)
        chip.call("fail_erase", REGION + 0x3123, 5)
        assert flash.erase(REGION, 0x8000) == sim.NOT_ERASED
        assert flash.state("failed_at") == REGION + 0x3123
        assert surroundings(chip) == before
        assert chip.violations == []


def test_a_program_that_fails_names_the_first_byte():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        chip.call("fail_program", REGION + 700, 1)
        assert flash.program(REGION, bytes(1024)) == sim.DIFFERS
        assert flash.state("failed_at") == REGION + 700


@pytest.mark.parametrize(("value", "code"), [(0, sim.NOT_ERASED), (1, sim.DIFFERS)])
def test_a_stuck_bit_shows_where_it_matters(value, code):
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        chip.lib.nor_chip_stick_bit(chip.pointer, REGION + 9, 3, value)
        answers = [flash.erase(REGION, 0x1000), flash.program(REGION, bytes(64))]
        assert answers == ([code, OK] if value == 0 else [OK, code])
        assert flash.state("failed_at") == REGION + 9


def test_a_worn_out_sector_says_so():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        chip.call("wear_out", 3)
        answers = []
        for _ in range(5):
            answers.append(flash.erase(REGION, 0x1000))
            if answers[-1] == OK:
                assert flash.program(REGION, bytes(16)) == OK
        assert answers == [OK, OK, OK, sim.NOT_ERASED, sim.NOT_ERASED]


def test_write_protection_that_does_not_go_away():
    with Chip("sst25vf016b") as chip:
        chip.call("hold_protection", 1)
        assert Driver(chip).start(REGION, REGION_BYTES) == sim.PROTECTED
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        chip.call("refuse_enable", 1)
        assert flash.erase(REGION, 0x1000) == sim.PROTECTED
        assert chip.operations == 0
        assert chip.violations == []


def test_programming_what_is_not_erased_is_not_taken_for_good():
    with Chip("w25q64", MIB) as chip:
        flash = started(chip)
        assert flash.program(REGION, b"\x0f") == OK
        assert flash.program(REGION, b"\xf0") == sim.DIFFERS
        assert chip.violations == ["not erased"]
        assert chip.peek(REGION, 1) == b"\0"


def test_a_failing_bus_gives_its_own_code_at_every_transfer():
    with Chip("sst25vf016b") as chip:
        chip.poke(0, data_of(chip.size, 9))
        flash = started(chip)
        whole = chip.save()

        def steps():
            return [
                flash.start(REGION, 0x2000),
                flash.erase(REGION, 0x1000),
                flash.program(REGION, data_of(40)),
            ]

        before = flash.state("transfers")
        assert steps() == [OK] * 3
        for number in range(1, flash.state("transfers") - before + 1):
            chip.restore(whole)
            flash.fail_at(number, -1777)
            answers = [code for code in steps() if code != OK]
            # what follows without a new start may meet a chip that is still busy, or words in AAI mode
            assert set(answers) <= {-1777, GUARD, sim.DIFFERS, sim.PROTECTED}, number
            assert -1777 in answers
            assert steps() == [OK] * 3
            assert surroundings(chip) == whole[:REGION] + whole[REGION + REGION_BYTES : chip.size]


# --- power cuts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["w25q64", "sst25vf016b", "only-64k"])
def test_power_cut_at_every_operation_spoils_nothing_outside_and_is_repaired(model):
    with Chip(model, MIB) as chip:
        chip.poke(0, data_of(MIB, 3))
        flash = Driver(chip)
        unit = max(0x2000, chip.sector_bytes)
        image = data_of(600)
        before = surroundings(chip)

        def write():
            return [
                flash.start(REGION, REGION_BYTES),
                flash.erase(REGION, unit),
                flash.program(REGION, image),
            ]

        cuts = 0
        for operation, how in every_cut(chip, write):
            cuts += 1
            assert surroundings(chip) == before, (operation, how)
            assert (
                chip.peek(REGION + unit, REGION_BYTES - unit)
                == data_of(MIB, 3)[REGION + unit : REGION + REGION_BYTES]
            )
            if operation % 17 in (1, 2):
                assert write() == [OK] * 3
                assert chip.peek(REGION, 600) == image
        assert cuts >= 12
        assert chip.violations == [], chip.log


def test_a_cut_leaves_the_call_with_an_error_not_with_success():
    with Chip("w25q64", MIB) as chip:
        chip.poke(0, bytes(MIB))
        flash = started(chip)
        chip.cut_at(2, "part")
        assert flash.erase(REGION, 0x3000) == sim.OFF
        assert flash.program(REGION, b"x") == sim.OFF
        chip.call("power_up")
        torn = chip.peek(REGION + 0x1000, 0x1000)
        assert len(set(torn)) > 50  # mixed bits, neither old nor erased
        assert chip.peek(REGION + 0x2000, 0x1000) == bytes(0x1000)
