"""What a loader is told of its board: every board of the table, and the C that comes of it."""

from __future__ import annotations

import re

import pytest
from sim.nor_chip import OK, Chip, Description, Driver

from imgbuild.errors import BuildError
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.loader.board import BoardChoice, Ram, Sector, find_board
from imgbuild.loader.kinds import FLM
from imgbuild.loader.nor_chip import describe_chip, erase_units
from imgbuild.loader.sources import BOARD_HEADER, loader_sources


def code_of(choice: BoardChoice) -> str:
    with pytest.raises(BuildError) as caught:
        find_board(choice)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize("name", [n for n, b in load_boards().items() if b.elf_machine == "arm"])
def test_every_board_with_an_arm_processor_can_have_a_loader(name: str) -> None:
    board = load_boards()[name]
    known = "?" not in load_chips()[board.chip].jedec_id
    found = find_board(BoardChoice(name, jedec_id=None if known else "C2 81 3B"))
    assert found.name == f"{board.chip}_{name}".upper()
    assert found.base == (board.programmed_at if board.mapped_at is None else board.mapped_at)
    assert found.sectors[0].offset_bytes == 0
    assert found.sectors[-1].end_bytes == load_chips()[board.chip].size_bytes
    for span in board.reserved:
        region = found.region
        assert region.end_bytes <= span.offset_bytes or span.end_bytes <= region.offset_bytes
    assert found.program_ms > 100
    assert found.erase_ms > 100


def test_sectors_follow_the_board() -> None:
    """Daisy Seed: 64 blocks of 4 KiB, then 124 of 64 KiB, as its boot loader's DFU string has them."""
    found = find_board(BoardChoice("daisy-seed"))
    assert found.sectors == (Sector(0, 64, 0x1000), Sector(0x40000, 124, 0x10000))
    assert (found.base, found.region.offset_bytes, found.region.size_bytes) == (0x90000000, 0xC0000, 0x740000)
    assert found.ram == Ram(0x24000000, 128 * 1024)


def test_the_region_of_a_board_may_be_chosen() -> None:
    assert find_board(BoardChoice("teensy-4.1", region="free0")).region.offset_bytes == 0x200000
    chosen = find_board(BoardChoice("teensy-4.1", region="2M:64K")).region
    assert (chosen.offset_bytes, chosen.size_bytes) == (2 << 20, 64 << 10)
    assert code_of(BoardChoice("teensy-4.1", region="0x7C0000:4K")) == "IB404"
    assert code_of(BoardChoice("teensy-4.1", region="2M:0")) == "IB407"
    assert code_of(BoardChoice("teensy-4.1", region="2M")) == "IB407"


def test_another_chip_must_hold_what_the_board_reserves(tmp_path) -> None:
    assert find_board(BoardChoice("teensy-4.1", chip="w25q128jv")).jedec_id == "EF 40 18"
    assert code_of(BoardChoice("teensy-4.1", chip="w25q16jv")) == "IB742"
    assert code_of(BoardChoice("teensy-4.1", chip="24lc256")) == "IB742"
    boards = tmp_path / "boards.yaml"
    boards.write_text("mine: {title: Mine, chip: w25q64jv, source: ours}\n")
    assert code_of(BoardChoice("mine", boards_file=boards)) == "IB742"  # no address
    taken = "reserved: [{name: all, offset: 0, size: 8M}]"
    boards.write_text(f"mine: {{title: Mine, chip: w25q64jv, mapped_at: 0, source: ours, {taken}}}\n")
    assert code_of(BoardChoice("mine", boards_file=boards)) == "IB410"
    rows = ", ".join(f"{{offset: {i * 0x20000}, size: 64K, erase_bytes: 0x10000}}" for i in range(6))
    boards.write_text(
        f"mine: {{title: Mine, chip: w25q64jv, mapped_at: 0, source: ours, sectors: [{rows}]}}\n"
    )
    assert code_of(BoardChoice("mine", boards_file=boards)) == "IB742"  # 12 ranges, StorageInfo takes 9


# --- the chip in C -------------------------------------------------------------------------------


def described(name: str) -> Description:
    """The initialiser read back: its numbers, IMGB_NOR_OP worked out."""
    chip = load_chips()[name]
    text = re.sub(
        r"IMGB_NOR_OP\((\w+), (\d), (\d)\)",
        lambda m: str(int(m[1], 16) | int(m[2]) << 8 | int(m[3]) << 16),
        describe_chip(chip, chip.jedec_id),
    )
    return Description.of_numbers([int(n, 0) for n in re.findall(r"\w+", text)])


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("sst25vf016b", "sst25vf016b"),
        ("sst26vf016b", "sst26vf016b"),
        ("w25q64jv", "w25q64"),
        ("w25q256jv", "w25q256"),
        ("mx66u1g45g", "mx66u1g45g"),
    ],
)
def test_the_driver_knows_the_chip_of_a_row(name: str, model: str) -> None:
    with Chip(model) as chip:
        flash = Driver(chip, described(name))
        assert flash.start(0x10000, 0x20000) == OK
        chip.poke(0x10000, bytes(0x20000))
        assert flash.erase(0x10000, 0x20000) == OK
        assert flash.program(0x10000, bytes(range(256)) * 20) == OK
        assert chip.peek(0x10000, 5120) == bytes(range(256)) * 20
        assert chip.violations == [], chip.log


def test_every_nor_chip_of_the_table_has_a_description() -> None:
    for chip in load_chips().values():
        if chip.kind == "nor" and "?" not in chip.jedec_id:
            units = erase_units(chip)
            assert next(iter(units)) == chip.block_bytes, chip.name
            numbers = described(chip.name)
            assert numbers.size == chip.size_bytes
            assert numbers.jedec_id == int(chip.jedec_id.replace(" ", ""), 16)
            assert all(operation >> 8 == chip.address_bytes for operation, _ in numbers.erase)


def test_the_generated_header_says_what_the_row_says() -> None:
    header = loader_sources(FLM, find_board(BoardChoice("spark-core")))[BOARD_HEADER].decode()
    for line in (
        '#define IMGB_EXTERNAL_NAME "SST25VF016B_SPARK-CORE"',
        "#define IMGB_EXTERNAL_BASE 0x00000000u",
        "#define IMGB_EXTERNAL_SIZE 0x200000u",
        "#define IMGB_EXTERNAL_IS_MAPPED 0",
        "#define IMGB_EXTERNAL_PAGE_BYTES 256u",
        "#define IMGB_EXTERNAL_REGION_OFFSET 0x80000u",
        "#define IMGB_EXTERNAL_REGION_BYTES 0x180000u",
        "#define IMGB_EXTERNAL_STLDR_SECTORS {512u, 0x1000u}",
        "#define IMGB_EXTERNAL_FLM_SECTORS {0x1000u, 0x0u}",
        "#define IMGB_EXTERNAL_PROGRAM_MS 102u",  # 128 words of at most 10 us, and 100 ms for a tool
        "#define IMGB_EXTERNAL_ERASE_MS 125u",
    ):
        assert line in header.splitlines(), line
