"""imgbuild flash with the real OpenOCD: its faux bank (64 KiB sectors, no read-back) stands for a flash."""

import subprocess

import pytest
from fakes.tools import save_image
from support import imgbuild, need_tool

CONFIG = """\
adapter driver dummy
transport select jtag
adapter speed 100
jtag newtap fake cpu -irlen 4 -expected-id 0
target create fake.cpu testee -chain-position fake.cpu
flash bank faux0 faux {address} {size} 0 0 fake.cpu
"""
BOARD = """\
mine:
  title: a board of one's own
  chip: w25q64jv
  mapped_at: 0x90000000
  reserved: [{{name: settings, offset: {offset}, size: 0x1000}}]
  programming: [{{tool: OpenOCD, how: "with board.cfg"}}]
  source: this test
"""


@pytest.fixture
def bench(tmp_path):
    need_tool("openocd")
    save_image(tmp_path / "ext.bin")
    return tmp_path


def flash(folder, *arguments, address=0x90000000, size=0x800000, offset=0x700000, extra=""):
    """Flash with a bank at ``address`` and a range reserved at ``offset`` of the chip."""
    (folder / "faux.cfg").write_text(CONFIG.format(address=address, size=size) + extra)
    (folder / "boards.yaml").write_text(BOARD.format(offset=offset))
    given = ("--boards", "boards.yaml", "--board", "mine", "--config", "faux.cfg", *arguments)
    return imgbuild("flash", "ext.bin", *given, cwd=folder)


def run_openocd(folder, *commands):
    words = [word for command in commands for word in ("-c", command)]
    return subprocess.run(
        ["openocd", "-f", "faux.cfg", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_image_is_written_and_counted(bench):
    result = flash(bench, "--no-verify")

    assert result.returncode == 0, result.stderr
    assert result.stdout == "ext.bin: 20480 B (20.0 KiB) at 0x90000000..0x90004FFF written with OpenOCD\n"


@pytest.mark.parametrize("where", [{"address": 0x70000000}, {"size": 0x10000, "address": 0x8FFF0000}])
def test_outside_every_bank_openocd_answers_0_and_imgbuild_does_not(bench, where):
    result = flash(bench, "--no-verify", **where)
    alone = run_openocd(bench, "init", "flash write_image erase ext.bin 0x90000000 bin", "shutdown")

    assert alone.returncode == 0, "OpenOCD refuses this itself now: the check can go"
    assert "wrote 0 bytes" in alone.stderr
    assert result.returncode == 1
    assert (
        "error[IB701]: no flash bank holds 0x90000000..0x90004FFF; this configuration has: 0x"
        in result.stderr
    )
    assert "Traceback" not in result.stderr


def test_half_in_a_bank_openocd_writes_half_and_imgbuild_nothing(bench):
    save_image(bench / "ext.bin", 100_000)

    result = flash(bench, "--no-verify", size=0x10000)
    alone = run_openocd(bench, "init", "flash write_image erase ext.bin 0x90000000 bin", "shutdown")

    assert alone.returncode == 0
    assert "wrote 65536 bytes" in alone.stderr
    assert result.returncode == 1
    assert "error[IB701]: no flash bank holds 0x90000000..0x90018FFF" in result.stderr
    assert "auto erase enabled" not in result.stderr


def test_a_sector_that_reaches_into_a_reserved_range_is_not_erased(bench):
    address = ("--address", "0x90002000")
    result = flash(bench, "--no-verify", *address, offset=0x1000)
    alone = run_openocd(bench, "init", "flash write_image erase ext.bin 0x90002000 bin", "shutdown")

    assert "Adding extra erase range, 0x90000000 .. 0x90001fff" in alone.stderr
    assert alone.returncode == 0
    assert result.returncode == 1
    assert "error[IB703]: OpenOCD erases sector 0x90000000..0x9000FFFF" in result.stderr
    assert "reserved range 'settings' (0x90001000..0x90001FFF)" in result.stderr
    assert "auto erase enabled" not in result.stderr


def test_fewer_bytes_than_the_image_has_are_an_error_though_openocd_answers_0(bench):
    """A driver that says so: the command behind 'flash write_image' is replaced by one that writes a part."""
    command = '"flash write_image"'
    extra = (
        f'init\nrename {command} real\nproc {command} {{args}} {{ return "wrote 4096 bytes from file" }}\n'
    )

    result = flash(bench, "--no-verify", extra=extra)

    assert result.returncode == 1
    assert "error[IB707]: OpenOCD wrote 4096 of 20480 bytes at 0x90000000" in result.stderr


def test_a_compare_that_fails_is_told(bench):
    """The faux bank's target has no memory to read, so a compare fails."""
    result = flash(bench)

    assert result.returncode == 4
    assert "error[IB706]: OpenOCD failed (exit code 1); its last words:" in result.stderr
    assert "checksum" in result.stderr


def test_a_configuration_that_breaks_is_told(bench):
    result = flash(bench, extra="source [find no/such/file.cfg]\n")

    assert result.returncode == 4
    assert "error[IB706]: OpenOCD failed" in result.stderr
    assert "no/such/file.cfg" in result.stderr


def test_names_of_reserved_ranges_cannot_run_as_tcl(bench):
    board = BOARD.format(offset=0x700000).replace("settings", '"[shutdown] {x} \\"$y"', 1)
    (bench / "faux.cfg").write_text(CONFIG.format(address=0x90000000, size=0x800000))
    (bench / "boards.yaml").write_text(board)

    given = ("--boards", "boards.yaml", "--board", "mine", "--config", "faux.cfg", "--no-verify")
    fine = imgbuild("flash", "ext.bin", *given, cwd=bench)
    shared = imgbuild("flash", "ext.bin", *given, "--address", "0x90701000", cwd=bench)

    assert fine.returncode == 0, fine.stderr
    assert shared.returncode == 1
    assert """reserved range '[shutdown] {x} "$y'""" in shared.stderr


def test_print_gives_a_script_for_a_shell_that_does_the_same(bench):
    printed = flash(bench, "--no-verify", "--print")
    (bench / "do.sh").write_text(printed.stdout)
    empty = bench / "elsewhere"
    empty.mkdir()
    (empty / "ext.bin").write_bytes((bench / "ext.bin").read_bytes())

    done = subprocess.run(["sh", "-e", "../do.sh"], cwd=empty, capture_output=True, text=True, check=False)

    assert printed.returncode == 0
    assert "nothing was run" in printed.stdout
    assert done.returncode == 0, done.stderr
    assert "imgbuild-done 20480" in done.stdout + done.stderr
