"""The table of ways, and what the tools' modules read and write without running anything."""

import shlex
import subprocess
from pathlib import Path

import pytest
from support import need_tool

from imgbuild.addressed import Piece
from imgbuild.deliver.delivering import choose_way
from imgbuild.deliver.dfu_util import Pages, parse_list, parse_memory
from imgbuild.deliver.flashrom import make_layout, make_whole
from imgbuild.deliver.job import Job, ToolOptions, last_lines
from imgbuild.deliver.openocd import quote
from imgbuild.deliver.openocd_ram import cut_pieces, erase_jobs
from imgbuild.deliver.placing import SiteQuestion, find_site
from imgbuild.deliver.ways import WAYS, ways_of
from imgbuild.errors import BuildError
from imgbuild.flash.tables import load_boards


def job_for(board, *pieces, **options):
    site = find_site(SiteQuestion(board=board))
    made = tuple(Piece(address, data) for address, data in pieces)
    return Job(Path("ext.bin"), made, site, ToolOptions(**options))


def test_the_command_lines_options_are_those_of_the_table():
    from imgbuild.cli.flash_command import _FLAGS, _WAYS

    assert tuple(WAYS) == _WAYS
    assert set(_FLAGS) == set(ToolOptions.__dataclass_fields__)
    for way in WAYS.values():
        assert way.options <= set(_FLAGS)
        assert way.get_it


EXPECTED = {
    "spark-core": ["dfu-util"],
    "daisy-seed": ["dfu-util", "openocd"],
    "stm32f407-w25q64jv": ["stm32-programmer", "openocd"],
    "stm32h7s78-dk": ["stm32-programmer"],
    "rpi-pico": ["picotool"],
    "esp32-s3": ["esptool"],
    "pinetime": [],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_ways_that_a_boards_row_names(name):
    board = load_boards()[name]
    assert ways_of(board) == EXPECTED[name]
    if len(EXPECTED[name]) == 1:
        assert choose_way(None, board) is WAYS[EXPECTED[name][0]]
    else:
        with pytest.raises(BuildError, match="IB704"):
            choose_way(None, board)


def test_a_dfuse_name_as_um0424_writes_it():
    """``n*SSSKx``: 16 pages of 1 KiB readable only (a), 48 of 1 KiB of all kinds (g); a second area."""
    assert parse_memory("@Name /0x08000000/16*001Ka,48*001Kg/0x1FFF0000/01*016 e") == [
        Pages(0x08000000, 16, 1024, 1),
        Pages(0x08004000, 48, 1024, 7),
        Pages(0x1FFF0000, 1, 16, 5),
    ]
    assert parse_memory("@M/0x0/2*1Mg") == [Pages(0, 2, 1 << 20, 7)]
    for text in ("UNKNOWN", "", "@", "@Name", "@Name/xyz/1*1Kg", "@Name/0x0"):
        assert parse_memory(text) == []


def test_devices_that_run_their_firmware_are_not_listed():
    rest = 'ver=2200, devnum=4, cfg=1, intf=0, path="1-3", alt=2, name="@x/0x0/1*1Kg", serial="8"'
    text = f"Found Runtime: [1d50:607f] {rest}\nFound DFU: [0483:df11] {rest}\n"
    [device] = parse_list(text)
    assert (device.vid, device.pid, device.path, device.alt, device.serial) == (0x0483, 0xDF11, "1-3", 2, "8")


def test_the_end_of_what_a_tool_printed():
    assert last_lines("a\n\nWriting 1%\rWriting 99%\r\nb\r\n", 3) == "  a\n  Writing 99%\n  b"
    assert last_lines("") == ""


NASTY = ["plain", "two words", "[exit]", "$x", "{", "}", "a}b{", "\\", '"', "a\nb", "#", ";exit", "ä"]


def test_words_for_tcl_stay_words():
    """OpenOCD's own interpreter takes the list apart again."""
    openocd = need_tool("openocd")
    words = "{ " + " ".join(quote(text) for text in NASTY) + " }"
    script = f"foreach word {words} {{ puts [string bytelength $word] }}; exit"
    done = subprocess.run([openocd, "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.split() == [str(len(text.encode())) for text in NASTY], done.stderr


def test_chunks_for_the_buffer_and_erases_of_at_most_64_kib():
    """A W25Q64JV: 4 KiB sectors; 10 s, or 2 s for each of them."""
    image = b"\x01" * 5000 + b"\xff" * 5000
    job = job_for("stm32f407-w25q64jv", (0x90000000, image), (0x90020000, bytes(0x11000)))
    chunks = cut_pieces(job.pieces[:1], 4096)
    assert [(c.address, len(c.data), c.is_blank) for c in chunks] == [
        (0x90000000, 4096, False), (0x90001000, 4096, False), (0x90002000, 1808, True),
    ]  # fmt: skip
    assert erase_jobs(job) == [
        (0x90000000, 0x3000, 10_000), (0x90020000, 0x10000, 32_000), (0x90030000, 0x1000, 10_000),
    ]  # fmt: skip


def test_sectors_of_two_sizes_and_pieces_in_one_sector_are_erased_once():
    daisy = job_for("daisy-seed", (0x9003F800, bytes(0x1000)))
    assert [job[:2] for job in erase_jobs(daisy)] == [(0x9003F000, 0x1000), (0x90040000, 0x10000)]
    shared = job_for("daisy-seed", (0x900C0000, b"x"), (0x900C8000, b"y"))
    assert [job[:2] for job in erase_jobs(shared)] == [(0x900C0000, 0x10000)]


def test_flashroms_layout_counts_from_the_chips_first_byte():
    """flashrom(8): ``start:end name``, hexadecimal, the last byte included."""
    job = job_for("stm32f407-w25q64jv", (0x90001000, b"abc"))
    assert make_layout(job) == "00001000:00001002 imgbuild0\n"
    whole = make_whole(job, job.site.chip)
    assert len(whole) == 8 << 20
    assert whole[0x1000:0x1003] == b"abc"
    assert whole.count(0xFF) == len(whole) - 3


def test_several_pieces_are_several_calls():
    job = job_for(
        "stm32f407-w25q64jv", (0x90000000, b"a"), (0x90010000, b"b"), loader="X.stldr", is_left=True
    )
    plan = WAYS["stm32-programmer"].plan(job, None)
    assert [shlex.join(step.arguments) for step in plan.steps] == [
        "-c port=SWD mode=UR -el X.stldr -w image0.bin 0x90000000 -v",
        "-c port=SWD mode=UR -el X.stldr -w image1.bin 0x90010000 -v -rst",
    ]
    assert plan.files == {"image0.bin": b"a", "image1.bin": b"b"}
