"""Settings and power cuts, bad bits, worn sectors, on strict chips."""

from __future__ import annotations

import pytest

from c import settings_samples as samples


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    return samples.compile_program(folder, "settings_sweep", *samples.RIG, is_fast=True)


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    return samples.compile_program(folder, "settings_faults", *samples.RIG, is_fast=True)


def run_sweep(program, geometry, skip, sets, every, second):
    """The figures of a sweep (settings_sweep.c); what breaks a promise fails in the program itself."""
    output = samples.run([program, geometry, *map(str, (skip, sets, every, second))])
    names = ("sets", "operations", "cut_operations", "cuts", "second_cuts", "old", "new", "sectors", "erases")
    figures = dict(zip(names, map(int, output.split()), strict=True))
    print(geometry, figures)
    assert figures["cut_operations"] == figures["operations"] // every
    assert figures["cuts"] == 3 * figures["cut_operations"]
    assert figures["second_cuts"] == figures["cuts"] // second
    assert figures["old"] + figures["new"] == figures["cuts"] + figures["second_cuts"]
    assert figures["new"] > 0
    return figures


SAMPLED = {
    # geometry: sets to skip, sets, every n-th operation; garbage is collected in all of them
    "4k": (0, 200, 5),
    "64k": (1320, 40, 7),
    "mixed": (2650, 30, 7),
    "sst25": (0, 120, 101),
    "fram": (0, 200, 5),
    "eeprom": (0, 200, 5),
}


@pytest.mark.parametrize("geometry", SAMPLED)
def test_power_cuts_at_some_operations_leave_the_old_or_the_new(sweep, geometry):
    figures = run_sweep(sweep, geometry, *SAMPLED[geometry], 4)
    assert figures["sectors"] >= 2


@pytest.mark.soak
@pytest.mark.parametrize(
    ("geometry", "skip"), [("4k", 0), ("64k", 900), ("mixed", 2200), ("fram", 0), ("eeprom", 0)]
)
def test_power_cuts_at_every_operation_of_a_thousand_sets(sweep, geometry, skip):
    figures = run_sweep(sweep, geometry, skip, 1000, 1, 5)
    assert figures["sets"] == 1000
    assert figures["cut_operations"] == figures["operations"] > 2500


@pytest.mark.soak
def test_power_cuts_on_a_part_that_programs_words(sweep):
    run_sweep(sweep, "sst25", 0, 1000, 23, 5)


def test_a_flipped_bit_costs_at_most_one_value_and_is_told(faults):
    flipped, harmed, told = map(int, samples.run([faults, "bits", "397"]).split())
    assert flipped > 300
    assert 0 < harmed < told < flipped


@pytest.mark.soak
def test_every_flipped_bit(faults):
    flipped, harmed, told = map(int, samples.run([faults, "bits", "1"]).split())
    assert flipped == 16 * 1024 * 8
    assert 0 < harmed < told < flipped


@pytest.mark.parametrize("fault", ["erase", "program", "stuck"])
def test_a_bad_sector_is_left_out(faults, fault):
    worn, sectors = map(int, samples.run([faults, fault]).split())
    assert worn >= 1
    assert sectors > 8


def test_all_sectors_wear_out_together_and_values_stay_readable(faults):
    code, sets, sectors, erases = map(int, samples.run([faults, "worn", "20"]).split())
    assert code == -1106  # what the driver said of the last sector
    assert sectors == 4 * 20
    assert erases == sectors + 3  # the other three were tried once more
    assert sets > 20 * sectors


def test_a_bus_that_fails_at_any_transfer_harms_nothing(faults):
    tried, transfers = map(int, samples.run([faults, "bus", "61"]).split())
    assert tried == (transfers + 60) // 61 > 100


@pytest.mark.soak
def test_a_bus_that_fails_at_every_transfer(faults):
    tried, transfers = map(int, samples.run([faults, "bus", "1"]).split())
    assert tried == transfers
