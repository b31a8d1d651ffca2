"""imgbuild flash with tools that cannot run without their hardware: their calls, how their words are judged.

Programs of the same names record their arguments and say what the real ones say. Command lines follow the
tools' own help: esptool 5.6 and 4.8, pyOCD 0.46, probe-rs 0.2x ("download"), picotool 2 ("load": -t and -o
stand behind the file), STM32CubeProgrammer (ST UM2237).
"""

import json
import shutil
import struct

import pytest
from fakes.tools import path_with, save_image, write_program
from support import imgbuild, need_tool

IMAGE_BYTES = 20480
CUBE_OK = "Memory Programming ...\nFile download complete\nVerifying ...\nDownload verified successfully\n"
ESP_OK = "Wrote 20480 bytes (20011 compressed) at 0x00110000 in 0.4 seconds\nHash of data verified.\n"
PICO_OK = "Loading into Flash: [====]  100%\nVerifying Flash: [====]  100%\n  OK\n"
PYOCD_OK = (
    "0001234 I Erased 20480 bytes (5 sectors), programmed 16384 bytes (64 pages), identical 4096 bytes"
    " (16 pages) at 30.5 kB/s [loader]\n0002345 I All 20480 bytes match. [commands]\n"
)
PYOCD_TARGET = "--target nrf52840 --no-config --no-wait"
PROBE_RS_TARGET = "--chip nRF52840 --non-interactive --probe 1366:1051"
PARTITIONS = (
    "nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M\nassets,data,0x40,,1M\nlog,data,0x41,,64K\n"
)


@pytest.fixture
def bench(tmp_path):
    save_image(tmp_path / "ext.bin")
    (tmp_path / "partitions.csv").write_text(PARTITIONS)
    return tmp_path


def flash(bench, *arguments, image="ext.bin"):
    return imgbuild("flash", image, *arguments, cwd=bench, PATH=path_with(bench / "bin"), HOME=str(bench))


def program(bench, name, says, **more):
    return write_program(bench / "bin", name, says, **more)


ESP = ("--board", "esp32-s3", "--partitions", "partitions.csv", "--partition", "assets")
CASES = {
    "stm32": (
        "STM32_Programmer_CLI", CUBE_OK, "", ("--board", "stm32f746g-disco", "--with", "stm32-programmer"),
        ["-c port=SWD mode=UR -el N25Q128A_STM32F746G-DISCO.stldr -w image.bin 0x90000000 -v"],
    ),
    "stm32 serial number": (
        "STM32_Programmer_CLI", CUBE_OK, "",
        ("--board", "stm32h7s78-dk", "--serial-number", "0028", "--leave", "--port", "JTAG"),
        ["-c port=JTAG mode=UR sn=0028 -el MX66UW1G45G_STM32H7S78-DK.stldr -w image.bin 0x70200000 -v -rst"],
    ),
    "esptool 5": (
        "esptool", ESP_OK, "esptool v5.6.0\n5.6.0\n", (*ESP, "--port", "/dev/ttyUSB0"),
        ["version", "--chip esp32s3 --port /dev/ttyUSB0 --after no-reset write-flash 0x110000 image.bin"],
    ),
    "esptool 4": (
        "esptool.py", ESP_OK, "esptool.py v4.8.1\n4.8.1\n", (*ESP, "--baud", "921600", "--leave"),
        ["version", "--chip esp32s3 --baud 921600 write_flash 0x110000 image.bin"],
    ),
    "picotool": (
        "picotool", PICO_OK, "picotool v2.1.1 (Linux)\n", ("--board", "rpi-pico", "--with", "picotool"),
        ["version", "load -v image.bin -t bin -o 0x10100000"],
    ),
    "picotool one of several": (
        "picotool", PICO_OK, "picotool v2.1.1 (Linux)\n",
        ("--board", "rpi-pico2", "--with", "picotool", "--leave", "--serial-number", "E66"),
        ["version", "load -v -x image.bin -t bin -o 0x10100000 --ser E66"],
    ),
    "pyocd": (
        "pyocd", PYOCD_OK, "0.46.0\n", ("--board", "nrf52840-dk", "--with", "pyocd", "--mcu", "nrf52840"),
        [
            "--version",
            f"load {PYOCD_TARGET} --format bin --erase sector --no-reset --base-address 0x12000000 image.bin",
            f"commander {PYOCD_TARGET} --command compare 0x12000000 image.bin",
        ],
    ),
    "probe-rs": (
        "probe-rs", "Erasing\nProgramming\nFinished in 1.25s\n", "probe-rs 0.27.0\n",
        ("--board", "nrf52840-dk", "--with", "probe-rs", "--mcu", "nRF52840", "--serial-number", "1366:1051"),
        [
            "--version",
            f"download {PROBE_RS_TARGET} --verify --binary-format bin --base-address 0x12000000 image.bin",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_tool_is_called_with_the_checked_bytes(bench, case):
    name, says, version, arguments, calls = CASES[case]
    words = "version" if calls[0] == "version" else "--version"
    tool = program(bench, name, says, version=version, version_words=words)

    result = flash(bench, *arguments)

    assert result.returncode == 0, result.stderr
    assert [" ".join(call) for call in tool.calls] == calls
    assert tool.file("image.bin") == (bench / "ext.bin").read_bytes()


SILENCES = {
    "stm32, an error in between": (
        "STM32_Programmer_CLI",
        "Error: failed to download\n" + CUBE_OK,
        "it said 'error: failed",
    ),
    "stm32, not compared": (
        "STM32_Programmer_CLI",
        "File download complete\n",
        "did not say 'Download verified",
    ),
    "esptool": ("esptool", "Wrote 0 bytes\n", "it did not say 'Hash of data verified'"),
    "picotool": ("picotool", "Loading into Flash: [==] 100%\n", "it did not say 'Verifying'"),
    "pyocd": ("pyocd", PYOCD_OK.replace("16384", "8192"), "wrote 12288 B (12.0 KiB) of 20480 B (20.0 KiB)"),
    "pyocd, compared": ("pyocd", PYOCD_OK.replace("match", "xxx"), "it did not say 'bytes match'"),
    "probe-rs": ("probe-rs", "Erasing\n", "it did not say 'Finished'"),
}
SILENT = {
    "STM32_Programmer_CLI": ("--board", "stm32f746g-disco", "--with", "stm32-programmer"),
    "esptool": ESP,
    "picotool": ("--board", "rpi-pico", "--with", "picotool"),
    "pyocd": ("--board", "nrf52840-dk", "--with", "pyocd", "--mcu", "nrf52840"),
    "probe-rs": ("--board", "nrf52840-dk", "--with", "probe-rs", "--mcu", "nRF52840_xxAA"),
}


@pytest.mark.parametrize("case", SILENCES)
def test_an_answer_of_0_is_not_believed_without_the_words(bench, case):
    name, says, text = SILENCES[case]
    program(bench, name, says, version_words="never")

    result = flash(bench, *SILENT[name])

    assert result.returncode == 1
    assert "error[IB707]: " in result.stderr
    assert text in result.stderr


@pytest.mark.parametrize("name", ["pyocd", "STM32_Programmer_CLI"])
def test_a_tool_that_fails_is_quoted(bench, name):
    says = "".join(f"line {number}\n" for number in range(20)) + "Sending 10%\rSending 50%\rno probe found\n"
    program(bench, name, says, status=3, version_words="never")

    result = flash(bench, *SILENT[name])

    assert result.returncode == 4
    assert "failed (exit code 3); its last words:" in result.stderr
    assert result.stderr.endswith("  line 19\n  no probe found\n")
    assert "line 12\n" not in result.stderr


def test_a_tool_that_is_too_old(bench):
    program(bench, "picotool", PICO_OK, version="picotool v1.1.2\n", version_words="version")

    result = flash(bench, *SILENT["picotool"])

    assert result.returncode == 4
    assert "error[IB716]: picotool is version 1.1.2; 2 or later is needed" in result.stderr


def test_print_needs_no_tool_and_makes_no_folder(bench):
    for name in ("esptool", "pyocd"):
        arguments = SILENT[name]
        result = imgbuild(
            "flash", "ext.bin", *arguments, "--print", cwd=bench, PATH="/nowhere", TMPDIR="/nowhere"
        )
        assert result.returncode == 0, result.stderr
        lines = result.stdout.splitlines()
        assert lines[0].startswith("# ext.bin: 20480 B (20.0 KiB) at 0x")
        assert "cp ext.bin image.bin" in lines
        assert any(line.startswith(name) and "image.bin" in line for line in lines)
        assert lines[-1].startswith("# about ")
        assert "estimate" in lines[-1]


def test_print_of_the_estimate(bench):
    """20 blocks of 1 KiB there and 20 back at 7 ms each; 5 sectors of 18 ms, 10240 words of 7 us."""
    result = imgbuild("flash", "ext.bin", "--board", "spark-core", "--print", "--json", cwd=bench)

    told = json.loads(result.stdout)["estimate"]
    assert told["sent_bytes"] == 2 * IMAGE_BYTES
    assert told["chip_seconds"] == round(5 * 0.018 + 10240 * 7e-6, 1)
    assert told["seconds"] == round(40 * 0.007 + 5 * 0.018 + 10240 * 7e-6, 1)


def test_options_without_effect_are_usage_errors(bench):
    result = flash(bench, "--board", "spark-core", "--loader", "x.stldr")

    assert result.returncode == 2
    assert "--loader has no effect with dfu-util" in result.stderr


def test_a_users_manifest_names_board_region_and_reserved_ranges(bench):
    (bench / "m.yaml").write_text(
        "version: 1\nname: demo\nflash:\n  board: spark-core\n"
        "  reserved: [{name: log, offset: 0x100000, size: 64K}]\n  region: free1\n"
        "assets:\n  - file: ext.bin\n"
    )
    free = flash(bench, "--manifest", "m.yaml", "--print")
    taken = flash(bench, "--manifest", "m.yaml", "--address", "0x10F000", "--print")

    assert "-s 0x00110000 -D image.bin" in free.stdout
    assert taken.returncode == 1
    assert "error[IB702]: 0x0010F000..0x00113FFF overlaps reserved range 'log'" in taken.stderr


@pytest.fixture(scope="module")
def stldr(tmp_path_factory):
    """A real external loader for a W25Q64JV; its table tells of sectors of 4 KiB from 0x90000000 on."""
    need_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("stldr")
    made = imgbuild("loader", "stldr", "--board", "stm32f407-w25q64jv", "-o", "f407.stldr", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder / "f407.stldr"


def test_our_external_loader_is_taken(bench, stldr):
    tool = program(bench, "STM32_Programmer_CLI", CUBE_OK)

    result = flash(bench, "--board", "stm32f407-w25q64jv", "--with", "stm32-programmer", "--loader", stldr)

    assert result.returncode == 0, result.stderr
    assert tool.calls == [
        ["-c", "port=SWD", "mode=UR", "-el", str(stldr), "-w", "image.bin", "0x90000000", "-v"]
    ]


def test_an_external_loader_of_another_memory_is_refused(bench, stldr):
    tool = program(bench, "STM32_Programmer_CLI", CUBE_OK)

    result = flash(bench, "--board", "stm32h7s78-dk", "--loader", stldr)

    assert result.returncode == 1
    assert "error[IB713]: the loader is for '" in result.stderr
    assert "at 0x90000000..0x907FFFFF; 0x70200000..0x70204FFF lies outside" in result.stderr
    assert tool.calls == []


def test_sectors_of_an_external_loader_that_reach_into_a_reserved_range(bench, stldr):
    """The same loader, its table changed to sectors of 4 MiB: the free region begins inside one."""
    data = stldr.read_bytes()
    small = struct.pack("<II", 2048, 4096)
    assert data.count(small) == 1
    (bench / "coarse.stldr").write_bytes(data.replace(small, struct.pack("<II", 2, 4 << 20)))
    tool = program(bench, "STM32_Programmer_CLI", CUBE_OK)

    result = flash(bench, "--board", "weact-h750", "--with", "stm32-programmer", "--loader", "coarse.stldr")

    assert result.returncode == 1
    assert "error[IB703]: erasing takes blocks of 4194304 B (4096.0 KiB)" in result.stderr
    assert tool.calls == []


def test_pyocd_gets_a_script_that_adds_the_flash(bench):
    tool = program(bench, "pyocd", PYOCD_OK, version="0.46.0")
    shutil.copy(bench / "ext.bin", bench / "mine.FLM")

    result = flash(
        bench, "--board", "weact-h750", "--with", "pyocd", "--mcu", "stm32h750vbtx", "--loader", "mine.FLM"
    )

    assert result.returncode == 0, result.stderr
    assert tool.calls[1][5:7] == ["--script", "imgbuild_flash.py"]
    script = tool.file("imgbuild_flash.py").decode()
    compile(script, "imgbuild_flash.py", "exec")
    assert "start=0x90000000, length=0x800000" in script
    assert f"flm={str(bench / 'mine.FLM')!r}" in script
