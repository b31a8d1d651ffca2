"""A user's own chips and boards extend the tables; what is wrong in them is told at its place."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imgbuild.errors import BuildError, Diagnostics
from imgbuild.flash.region import resolve_target
from imgbuild.flash.tables import load_chips, load_tables
from imgbuild.flash.user_files import find_flash_files
from imgbuild.manifest.load import load_manifest
from imgbuild.plan import make_plan

CHIP = """\
my-nor:
  title: A flash of ours
  jedec_id: EF 40 17
  size: 8M
  page_bytes: 256
  erase_bytes: [4K, 64K]
  address_bytes: 3
  source: its data sheet
"""
BOARD = """\
my-board:
  title: A board of ours
  chip: my-nor
  mapped_at: 0x90000000
  erase_bytes: 64K
  sectors:
    - {offset: 0, size: 256K, erase_bytes: 4K}
  reserved:
    - {name: boot, offset: 0, size: 60K}
  wiring: [{signal: CS, pin: PA4}]
  programming: [{tool: OpenOCD, how: as usual}]
  source: its schematic
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "chips.yaml").write_text(CHIP)
    (tmp_path / "boards.yaml").write_text(BOARD)
    return tmp_path


def target(folder, flash):
    path = folder / "m.yaml"
    path.write_text(f"version: 1\nname: x\nflash: {flash}\nassets: []\n")
    return resolve_target(load_manifest(path))


def findings(folder, boards="", chips=CHIP):
    (folder / "chips.yaml").write_text(chips)
    (folder / "boards.yaml").write_text(boards or BOARD)
    with pytest.raises(BuildError) as caught:
        load_tables(folder / "boards.yaml", folder / "chips.yaml")
    return [(d.code, d.place.line, d.message) for d in caught.value.diagnostics]


# --- accepted --------------------------------------------------------------------------------------


def test_rows_of_a_user_stand_behind_ours(folder):
    tables = load_tables(folder / "boards.yaml", folder / "chips.yaml")
    assert list(tables.chips) == [*load_chips(), "my-nor"]
    board = tables.boards["my-board"]
    assert (board.wiring[0].pin, board.programming[0].tool) == ("PA4", "OpenOCD")


def test_a_manifest_names_the_files_and_they_are_inputs(folder):
    flash = "{boards: boards.yaml, chips: chips.yaml, board: my-board, region: free1}"
    found = target(folder, flash)
    assert (found.chip.name, found.region.offset_bytes, found.erase_bytes) == ("my-nor", 0x40000, 0x10000)
    assert found.base_address == 0x90040000
    files = find_flash_files(load_manifest(folder / "m.yaml"))
    assert [path.name for path in files.paths] == ["boards.yaml", "chips.yaml"]


def test_a_region_is_erased_in_the_sectors_it_lies_in(folder):
    names = "{boards: boards.yaml, chips: chips.yaml, board: my-board, region: %s}"
    small = target(folder, names % "free0")
    assert (small.region.offset_bytes, small.region.end_bytes, small.erase_bytes) == (0xF000, 0x40000, 0x1000)
    assert target(folder, names % "{offset: 0x10000, size: 4K}").erase_bytes == 0x1000
    both = target(folder, names % "{offset: 0x20000, size: 256K}")
    assert both.erase_bytes == 0x10000  # the larger of those that it touches


def test_a_region_over_both_sizes_starts_on_the_larger(folder):
    with pytest.raises(BuildError) as caught:
        target(
            folder,
            "{boards: boards.yaml, chips: chips.yaml, board: my-board, region: {offset: 0xF000, size: 260K}}",
        )
    assert "64.0 KiB" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("chip", ["fm25v10", "25lc1024", "24lc256"])
def test_a_part_that_is_not_erased_is_laid_out_in_blocks_of_256(folder, chip):
    found = target(folder, f"{{chip: {chip}}}")
    assert (found.erase_bytes, found.region.size_bytes) == (256, found.chip.size_bytes)


# --- refused ---------------------------------------------------------------------------------------


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("chips", "code", "line", "message"),
    [
        ("", "IB420", 0, "chips.yaml is empty; expected names with their rows (name: …)"),
        ("- a\n", "IB420", 0, "chips.yaml holds no mapping; expected names with their rows (name: …)"),
        ("my-nor: 7\n", "IB423", 1, "chip 'my-nor': found the number 7, expected a mapping (key: value)"),
        (
            changed(CHIP, "my-nor", "My Nor"),
            "IB423",
            1,
            "'My Nor' is no name of a row: lower case letters, digits, '-', '_' and '.'",
        ),
        (changed(CHIP, "my-nor", "w25q64jv"), "IB425", 1, "'w25q64jv' is a name of imgbuild's own table"),
        (changed(CHIP, "page_bytes", "pages"), "IB421", 5, "unknown key 'pages' in chip 'my-nor'"),
        (changed(CHIP, "  size: 8M\n", ""), "IB422", 1, "key 'size' is missing in chip 'my-nor'"),
        (
            changed(CHIP, "8M", "much"),
            "IB423",
            4,
            "chip 'my-nor', size: found 'much', expected a size in bytes such as 4K or 0x1000",
        ),
        (
            changed(CHIP, "[4K, 64K]", "4K"),
            "IB423",
            6,
            "chip 'my-nor', erase_bytes: found '4K', expected a list",
        ),
        (
            changed(CHIP, "EF 40 17", "EF4017"),
            "IB423",
            3,
            (
                "chip 'my-nor', jedec_id: found 'EF4017', expected the bytes of its JEDEC"
                " id such as 'EF 40 17'"
                " ('??' for one not known), or none"
            ),
        ),
        (
            changed(CHIP, "[4K, 64K]", "[4K, 48K]"),
            "IB424",
            6,
            (
                "chip 'my-nor': an erase unit of 49152 B (48.0 KiB) is no power of two that"
                " divides the chip's size"
            ),
        ),
        (
            changed(CHIP, "[4K, 64K]", "[64K, 4K]"),
            "IB424",
            6,
            "chip 'my-nor': erase units are not in order, smallest first",
        ),
        (
            changed(CHIP, "[4K, 64K]", "[]"),
            "IB424",
            6,
            "chip 'my-nor': found 0 erase units for nor, expected at least one",
        ),
        (
            changed(CHIP, "8M", "32M"),
            "IB424",
            7,
            "chip 'my-nor': 3 bytes of address do not reach 33554432 B (32768.0 KiB)",
        ),
        (
            CHIP + "  erase_commands: [0x20]\n",
            "IB424",
            9,
            "chip 'my-nor': found 1 commands for 2 erase units",
        ),
        (
            CHIP + "  timings: {erase_4k: {typical_us: 9, maximum_us: 8, source: x, verified: true}}\n",
            "IB424",
            9,
            "chip 'my-nor': erase_4k: typical 9 us is longer than maximum 8 us",
        ),
        (
            CHIP + "  timings: {erase_4k: {typical_us: 9, source: x}}\n",
            "IB422",
            9,
            "key 'verified' is missing in 'erase_4k' of chip 'my-nor'",
        ),
    ],
)
def test_a_chip_that_cannot_be(folder, chips, code, line, message):
    assert (code, line, message) in findings(folder, chips=chips)


@pytest.mark.parametrize(
    ("boards", "code", "line", "message"),
    [
        (changed(BOARD, "my-nor", "my-nr"), "IB402", 3, "board 'my-board': unknown chip 'my-nr'"),
        (
            changed(BOARD, "size: 60K", "size: 9M"),
            "IB424",
            9,
            "board 'my-board': reserved range 'boot' ends at 0x900000, behind chip my-nor (0x800000)",
        ),
        (
            changed(BOARD, "size: 256K", "size: 250K"),
            "IB424",
            7,
            "board 'my-board': 0x0..0x3E800 does not hold whole blocks of 4096 B (4.0 KiB)",
        ),
        (
            changed(BOARD, "erase_bytes: 64K", "erase_bytes: 2K"),
            "IB424",
            5,
            (
                "board 'my-board': erase blocks of 2048 B (2.0 KiB) are no power of two"
                " from 4096 B (4.0 KiB),"
                " the smallest of chip my-nor, to its size"
            ),
        ),
        (
            changed(BOARD, "0x90000000", "0xFFF00000"),
            "IB424",
            4,
            "board 'my-board': 8388608 B (8192.0 KiB) at 0xFFF00000 leave the 32 bit address space",
        ),
        (
            changed(BOARD, "pin: PA4", "pins: PA4"),
            "IB421",
            10,
            "unknown key 'pins' in 'wiring' of board 'my-board'",
        ),
        (
            changed(BOARD, "name: boot", "name: 7"),
            "IB423",
            9,
            "'reserved' of board 'my-board', name: found the number 7, expected text",
        ),
    ],
)
def test_a_board_that_cannot_be(folder, boards, code, line, message):
    assert (code, line, message) in findings(folder, boards)


def test_everything_wrong_is_told_at_once(folder):
    chips = changed(changed(CHIP, "8M", "much"), "  source: its data sheet\n", "")
    assert [code for code, _, _ in findings(folder, chips=chips)] == ["IB423", "IB422"]


def test_a_file_outside_the_folder_is_refused(folder):
    with pytest.raises(BuildError) as caught:
        target(folder, "{boards: ../boards.yaml, board: spark-core}")
    assert caught.value.diagnostics[0].code == "IB109"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 1 << 40)
    | st.floats(0, 9)
    | st.sampled_from(["", "4K", "x", "256M"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["offset", "size", "name"]), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([*sorted(yaml.safe_load(CHIP)["my-nor"]), "timings", "erase_commands", "kind", "bus"]),
    ANYTHING,
)
def test_any_value_in_a_row_of_a_chip_is_taken_or_told(tmp_path, key, value):
    row = {**yaml.safe_load(CHIP)["my-nor"], key: value}
    assert_taken_or_told(tmp_path, "chips_file", {"my-nor": row})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([*sorted(yaml.safe_load(BOARD)["my-board"]), "dfu", "uf2_family", "programmed_at"]),
    ANYTHING,
)
def test_any_value_in_a_row_of_a_board_is_taken_or_told(tmp_path, key, value):
    row = {**yaml.safe_load(BOARD)["my-board"], "chip": "w25q64jv", key: value}
    assert_taken_or_told(tmp_path, "boards_file", {"my-board": row})


def assert_taken_or_told(tmp_path, argument, rows):
    path = tmp_path / "rows.yaml"
    path.write_text(yaml.safe_dump(rows, default_flow_style=False))
    codes = set()
    try:
        load_tables(**{argument: path})
    except BuildError as error:
        codes = {d.code for d in error.diagnostics}
    assert codes <= {"IB402", "IB421", "IB422", "IB423", "IB424", "IB107"}


def test_the_plan_counts_the_files_as_inputs(folder):
    (folder / "p.csv").write_text("assets, data, 0x40, 0x40000, 1M\n")
    path = folder / "m.yaml"
    flash = (
        "{boards: boards.yaml, chips: chips.yaml, board: my-board, partition_table: p.csv, region: assets}"
    )
    path.write_text(f"version: 1\nname: x\nflash: {flash}\nassets: [{{file: chips.yaml}}]\n")
    plan = make_plan(load_manifest(path), (), None, Diagnostics())
    assert {"boards.yaml", "chips.yaml", "p.csv", "m.yaml"} == {Path(p).name for p in plan.inputs}
    assert plan.partitions[0].target.base_address == 0x90040000
