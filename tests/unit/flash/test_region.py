"""The free region is the chip less what is reserved, rounded inward; nothing reserved is ever handed out."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgbuild.errors import BuildError
from imgbuild.flash.region import free_ranges, resolve_target
from imgbuild.flash.tables import load_chips
from imgbuild.manifest.load import load_manifest
from imgbuild.model import Chip, Range

K = 1024


@pytest.fixture
def target(tmp_path):
    def run(flash, board=None):
        path = tmp_path / "m.yaml"
        path.write_text(f"version: 1\nname: x\nflash: {flash}\nassets: []\n")
        return resolve_target(load_manifest(path), board)

    return run


@pytest.fixture
def finding(target):
    def run(flash, board=None):
        with pytest.raises(BuildError) as caught:
            target(flash, board)
        (found,) = caught.value.diagnostics
        return found

    return run


# --- free ranges -----------------------------------------------------------------------------------


def chip_of(size, erase):
    return Chip("c", "c", "", size, 256, (erase,), 3, "test")


@given(
    st.lists(st.tuples(st.integers(0, 70_000), st.integers(0, 20_000)), max_size=6),
    st.sampled_from([256, 4096, 16384]),
)
def test_free_ranges_are_exactly_the_blocks_that_hold_no_reserved_byte(spans, erase):
    size = 64 * K
    reserved = tuple(Range(offset, length, "r") for offset, length in spans if offset + length <= size)
    free = free_ranges(chip_of(size, erase), reserved, erase)
    taken = {byte // erase for r in reserved for byte in range(r.offset_bytes, r.end_bytes)}
    blocks = {b for r in free for b in range(r.offset_bytes // erase, r.end_bytes // erase)}
    assert blocks == set(range(size // erase)) - taken
    assert all(r.offset_bytes % erase == 0 and r.size_bytes % erase == 0 and r.size_bytes for r in free)
    assert [r.name for r in free] == [f"free{n}" for n in range(len(free))]
    assert all(a.end_bytes < b.offset_bytes for a, b in itertools.pairwise(free))


def test_overlapping_and_unordered_reserved_ranges_are_one():
    reserved = (Range(16 * K, 8 * K), Range(0, 20 * K), Range(4 * K, K))
    (free,) = free_ranges(chip_of(64 * K, 4 * K), reserved, 4 * K)
    assert (free.offset_bytes, free.end_bytes) == (24 * K, 64 * K)


def test_one_reserved_byte_costs_its_erase_block():
    low, high = free_ranges(chip_of(64 * K, 4 * K), (Range(32 * K + 5, 1),), 4 * K)
    assert (low.end_bytes, high.offset_bytes) == (32 * K, 36 * K)


# --- targets that are accepted ---------------------------------------------------------------------


def test_a_board_says_everything(target):
    found = target("{board: qemu-ast1030}")
    assert (found.chip.name, found.board.name) == ("w25q64jv", "qemu-ast1030")
    assert (found.region.offset_bytes, found.region.end_bytes) == (0x80000, 0x800000)
    assert (found.erase_bytes, found.base_address) == (4096, 0x80080000)


def test_what_is_not_mapped_has_no_address(target):
    assert target("{board: spark-core}").base_address is None


def test_a_chip_is_spelled_out(target):
    found = target("{chip: w25q64jv, mapped_at: 0x90000000, reserved: [{name: boot, offset: 0, size: 500K}]}")
    assert found.board is None
    assert (found.region.offset_bytes, found.base_address) == (500 * K, 0x90000000 + 500 * K)


def test_a_manifest_reserves_more_than_its_board(target):
    found = target("{board: spark-core, reserved: [{name: log, offset: 0x1F0001, size: 1}]}")
    assert (found.region.offset_bytes, found.region.end_bytes) == (0x80000, 0x1F0000)
    assert [r.name for r in found.reserved] == ["system", "keys", "factory-reset", "backup", "ota", "log"]


def test_the_largest_of_several_free_ranges_is_taken_and_the_others_have_names(target):
    reserved = "reserved: [{name: mid, offset: 1M, size: 64K}]"
    assert target(f"{{chip: w25q64jv, {reserved}}}").region.offset_bytes == 0x110000
    assert target(f"{{chip: w25q64jv, region: free0, {reserved}}}").region.end_bytes == 0x100000


def test_of_equal_free_ranges_the_first_is_taken(target):
    reserved = "[{name: a, offset: 0, size: 4M}, {name: b, offset: 0x5FF000, size: 8K}]"
    assert target(f"{{chip: w25q64jv, reserved: {reserved}}}").region.offset_bytes == 0x400000


def test_a_region_is_spelled_out(target):
    found = target("{board: spark-core, region: {offset: 0x100000, size: 64K}}")
    assert (found.region.offset_bytes, found.region.size_bytes) == (0x100000, 0x10000)


def test_the_command_lines_board_replaces_board_chip_and_address(target):
    found = target("{board: spark-core}", "daisy-seed")
    assert (found.board.name, found.base_address) == ("daisy-seed", 0x900C0000)
    found = target("{chip: w25q16jv, mapped_at: 0x60000000}", "stm32f407-w25q64jv")
    assert (found.chip.name, found.base_address) == ("w25q64jv", None)
    assert target("{}", "spark-core").chip.name == "sst25vf016b"


def test_what_the_manifest_reserves_stays_reserved_on_another_board(target):
    found = target("{board: spark-core, reserved: [{name: log, offset: 1M, size: 4K}]}", "stm32f407-w25q64jv")
    assert found.region.offset_bytes == 0x101000


# --- targets that are refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flash", "code", "message"),
    [
        ("{}", "IB106", "'flash' names neither a board nor a chip"),
        ("{board: spork-core}", "IB401", "unknown board 'spork-core'"),
        ("{chip: w25q64}", "IB402", "unknown chip 'w25q64'"),
        (
            "{chip: w25q16jv, reserved: [{name: a, offset: 1M, size: 1025K}]}",
            "IB403",
            (
                "reserved range 'a' (0x100000..0x2003FF, 1049600 B (1025.0 KiB)) lies outside chip w25q16jv "
                "(0x000000..0x1FFFFF, 2097152 B (2048.0 KiB))"
            ),
        ),
        (
            "{chip: w25q16jv, reserved: [{name: a, offset: 1M, size: 0}]}",
            "IB403",
            "reserved range 'a' has size 0; expected at least 1 B",
        ),
        (
            "{board: spark-core, region: {offset: 0x7F000, size: 8K}}",
            "IB404",
            (
                "region 0x07F000..0x080FFF, 8192 B (8.0 KiB) overlaps reserved range 'ota' "
                "(0x060000..0x07FFFF, 131072 B (128.0 KiB))"
            ),
        ),
        (
            "{board: spark-core, region: ota}",
            "IB404",
            "region 'ota' is a reserved range (0x060000..0x07FFFF, 131072 B (128.0 KiB))",
        ),
        (
            "{board: spark-core, region: fre}",
            "IB407",
            "unknown region 'fre'; expected 'free', the name of a free range or {offset: 0x80000, size: 1M}",
        ),
        (
            "{board: spark-core, region: {offset: 0x80000, size: 2M}}",
            "IB407",
            (
                "region 0x080000..0x27FFFF, 2097152 B (2048.0 KiB) lies outside chip sst25vf016b "
                "(0x000000..0x1FFFFF, 2097152 B (2048.0 KiB))"
            ),
        ),
        (
            "{board: spark-core, region: {offset: 0x80000, size: 0}}",
            "IB407",
            "the region has size 0; expected at least one erase block",
        ),
        (
            "{chip: w25q16jv, reserved: [{name: all, offset: 1, size: 0x1FFFFE}]}",
            "IB410",
            (
                "reserved ranges leave no whole erase block (4096 B (4.0 KiB)) of chip w25q16jv "
                "(0x000000..0x1FFFFF, 2097152 B (2048.0 KiB))"
            ),
        ),
    ],
)
def test_a_flash_that_cannot_be_is_refused(finding, flash, code, message):
    found = finding(flash)
    assert (found.code, found.message, found.place.line) == (code, message, 3)


def test_a_region_off_the_erase_blocks_is_refused_and_the_aligned_one_told(finding):
    found = finding("{board: spark-core, region: {offset: 0x80001, size: 10K}}")
    assert (found.code, found.hint) == ("IB407", "aligned is: {offset: 0x81000, size: 0x1000}")


def test_every_reserved_range_that_a_region_touches_is_named(target):
    with pytest.raises(BuildError) as caught:
        target("{board: spark-core, region: {offset: 0, size: 2M}}")
    assert [d.code for d in caught.value.diagnostics] == ["IB404"] * 5


@pytest.mark.parametrize("offset", range(0, 0x80000, 0x8000))
def test_no_region_reaches_below_a_spark_cores_user_area(target, offset):
    """A lower address would overwrite keys or firmware: the device loses its identity."""
    with pytest.raises(BuildError):
        target(f"{{board: spark-core, region: {{offset: {offset}, size: 4K}}}}")


def test_suggestions(finding):
    assert finding("{board: spork-core}").hint == "did you mean 'spark-core'? 'imgbuild boards' lists all"
    assert finding("{chip: w25q64}").hint == "did you mean 'w25q64jv'? 'imgbuild chips' lists all"
    assert finding("{board: spark-core}", "daisy").message == "--board: unknown board 'daisy'"
    assert finding("{board: spark-core}", "daisy").place is None


def test_two_builds_share_the_tables():
    assert load_chips() is load_chips()
