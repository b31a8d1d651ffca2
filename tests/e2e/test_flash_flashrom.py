"""imgbuild flash with the real flashrom, whose dummy programmer emulates an SST25VF032B and a W25Q128FV."""

import random

import pytest
from fakes.tools import save_image
from support import imgbuild, need_tool

BOARD = """\
mine:
  title: a board of one's own
  chip: {chip}
  programmed_at: 0
  reserved: [{{name: settings, offset: 0, size: 0x80000}}]
  programming: [{{tool: flashrom, how: "a clip on the chip"}}]
  source: this test
"""
CHIP_BYTES = 1 << 22


@pytest.fixture
def bench(tmp_path):
    if need_tool_anywhere() is None:
        need_tool("flashrom")
    save_image(tmp_path / "ext.bin")
    (tmp_path / "nor.bin").write_bytes(random.Random(7).randbytes(CHIP_BYTES))
    return tmp_path


def need_tool_anywhere():
    from imgbuild.deliver.run import find_tool
    from imgbuild.deliver.ways import WAYS

    return find_tool(WAYS["flashrom"].executables, WAYS["flashrom"].places)


def flash(folder, *arguments, chip="sst25vf032b", emulated="SST25VF032B"):
    (folder / "boards.yaml").write_text(BOARD.format(chip=chip))
    programmer = f"dummy:bus=spi,emulate={emulated},image={folder / 'nor.bin'}"
    given = ("--boards", "boards.yaml", "--board", "mine", "--programmer", programmer, *arguments)
    return imgbuild("flash", "ext.bin", *given, cwd=folder)


def test_only_the_images_range_of_the_chip_is_written(bench):
    old, image = (bench / "nor.bin").read_bytes(), (bench / "ext.bin").read_bytes()

    result = flash(bench)

    assert result.returncode == 0, result.stderr
    assert result.stdout == (
        "ext.bin: 20480 B (20.0 KiB) at 0x00080000..0x00084FFF written and compared with flashrom\n"
    )
    assert (bench / "nor.bin").read_bytes() == old[:0x80000] + image + old[0x80000 + len(image) :]


@pytest.mark.parametrize(
    ("chip", "emulated"),
    [("sst25vf016b", "SST25VF032B"), ("sst25vf032b", "W25Q128FV"), ("w25q32jv", "SST25VF032B")],
)
def test_the_wrong_chip_on_the_wire_is_refused(bench, chip, emulated):
    if emulated == "W25Q128FV":
        (bench / "nor.bin").write_bytes(bytes(1 << 24))
    old = (bench / "nor.bin").read_bytes()

    result = flash(bench, chip=chip, emulated=emulated)

    assert result.returncode == 4
    assert "error[IB711]: the chip on the wire is " in result.stderr
    assert f"expected {chip} (" in result.stderr
    assert (bench / "nor.bin").read_bytes() == old


def test_no_chip_that_answers(bench):
    result = flash(bench, "--flash-chip", "AT26DF041")

    assert result.returncode == 4
    assert "error[IB711]: no chip answers; sst25vf032b was expected" in result.stderr


def test_a_programmer_that_is_not_there(bench):
    result = flash(bench, emulated="NOSUCHCHIP")

    assert result.returncode == 4
    assert "error[IB706]: flashrom failed (exit code 1)" in result.stderr
    assert "Invalid chip specified for emulation" in result.stderr
