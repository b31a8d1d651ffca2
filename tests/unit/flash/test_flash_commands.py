"""``imgbuild boards`` and ``imgbuild chips``: lists, one row in full, searching, a user's file, SFDP."""

import json

import pytest
from click.testing import CliRunner
from unit.flash.sfdp_dumps import W25Q64JV

from imgbuild.cli.boards_command import command as boards
from imgbuild.cli.chips_command import command as chips
from imgbuild.flash.tables import load_boards, load_chips, load_tables

BOARD = """\
my-board: {title: Ours, chip: w25q16jv, source: its schematic, reserved: [{name: a, offset: 0, size: 1M}]}
"""


def run(command, *arguments):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def names(command, *arguments):
    lines = run(command, *arguments).splitlines()[1:]
    return [line.split()[0] for line in lines if not line.startswith("*")]


def test_all_are_listed():
    assert names(boards) == list(load_boards())
    assert names(chips) == list(load_chips())


@pytest.mark.parametrize("board", load_boards().values(), ids=lambda b: b.name)
def test_one_board_is_told_in_full(board):
    page = run(boards, board.name)
    facts = [board.title, board.chip, board.source, board.notes, *board.unverified]
    facts += [text for wire in board.wiring for text in (wire.signal, wire.pin)]
    facts += [text for way in board.programming for text in (way.tool, way.how)]
    facts += [f"reserved: {span.name}" for span in board.reserved]
    assert [fact for fact in facts if fact not in page] == []


def test_the_map_of_a_board_tells_erase_blocks():
    page = run(boards, "daisy-seed")
    assert "0x000000..0x03FFFF   256 KiB  erase 4K   reserved: bootloader" in page
    assert "0x0C0000..0x7FFFFF  7424 KiB  erase 64K  free" in page


@pytest.mark.parametrize("chip", load_chips().values(), ids=lambda c: c.name)
def test_one_chip_is_told_in_full(chip):
    page = run(chips, chip.name)
    facts = [chip.title, chip.jedec_id, chip.source, chip.notes, *chip.timings]
    assert [fact for fact in facts if fact not in page] == []
    assert page.count("*") >= sum(not timing.is_verified for timing in chip.timings.values())


def test_searching():
    assert names(boards, "--search", "openocd") == [
        name
        for name, board in load_boards().items()
        if "openocd" in f"{board.notes} {board.programming}".lower()
    ]
    assert names(boards, "pico") == ["rpi-pico", "rpi-pico2"]
    assert "fm25v10" in names(chips, "--search", "fram")
    assert names(chips, "--search", "ef 40 18") == ["w25q128jv"]
    assert names(chips, "--search", "nothing of that name") == []


def test_json_holds_everything():
    document = json.loads(run(boards, "spark-core", "--json"))
    (board,) = document["boards"]
    assert board["wiring"][-1] == {"signal": "CS", "pin": "PB9"}
    assert board["free"]["offset_bytes"] == 0x80000
    (chip,) = json.loads(run(chips, "fm25v10", "--json"))["chips"]
    assert (chip["kind"], chip["erase_bytes"]) == ("fram", [])


def test_a_users_file_extends_the_list(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(BOARD)
    assert names(boards, "--file", path) == [*load_boards(), "my-board"]
    assert "0x100000..0x1FFFFF" in run(boards, "--file", path, "my-board")


def test_a_dump_becomes_a_row(tmp_path):
    dump, table = tmp_path / "dump.bin", tmp_path / "chips.yaml"
    dump.write_bytes(W25Q64JV)
    table.write_text(run(chips, "--sfdp", dump, "my-chip", "--jedec-id", "ef 40 17"))
    chip = load_tables(chips_file=table).chips["my-chip"]
    assert (chip.jedec_id, chip.timings) == ("EF 40 17", load_chips()["w25q64jv"].timings)
    (row,) = json.loads(run(chips, "--sfdp", dump, "--json"))["chips"]
    assert (row["name"], row["jedec_id"], row["size_bytes"]) == ("new-chip", "?? ?? ??", 8 << 20)


@pytest.mark.parametrize(
    "arguments", [["--jedec-id", "EF 40 17"], ["--sfdp", "nowhere.bin"], ["--file", "nowhere.yaml"]]
)
def test_options_that_make_no_sense(arguments):
    assert CliRunner().invoke(chips, arguments).exit_code == 2
