"""Every output format holds the image at its address: read back by tools that others wrote."""

from __future__ import annotations

import contextlib
import io
import json
import re
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from elftools.elf.elffile import ELFFile
from support import imgbuild, need_tool, save_png

from imgbuild.cli.main import cli

ADDRESS = 0x900C0000
"""Daisy Seed: mapped at 0x90000000, 768 KiB of it reserved."""
FORMATS = ("hex", "srec", "elf", "dfu", "uf2")
MANIFEST = """version: 1
name: demo
flash: {board: BOARD}
assets:
  - {image: icons/*.png, name: "icons/{stem}", pixel_format: rgb565a8, codec: lz4}
  - {file: blob.bin, name: blob}
"""
RAM = 0x60001000
"""QEMU's mps2-an500 has RAM there, so that a debugger can play the programmer."""


def run(*command: object, cwd: Path, is_checked: bool = True) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    assert not is_checked or done.returncode == 0, done.stdout
    return done.stdout


def ok(*arguments: object, cwd: Path) -> str:
    """What the command prints, run in this process: there are many of them."""
    with contextlib.chdir(cwd), contextlib.redirect_stdout(io.StringIO()) as printed:
        status = cli.main([str(argument) for argument in arguments], standalone_mode=False)
    assert not status, printed.getvalue()
    return printed.getvalue()


def make_project(folder: Path, board: str = "daisy-seed") -> Path:
    save_png(folder / "icons/wifi.png", 24, 24)
    save_png(folder / "icons/bell.png", 17, 9, 2)
    # more than 64 KiB, so that upper halves of addresses change on the way
    (folder / "blob.bin").write_bytes(bytes(range(251)) * 600)
    (folder / "demo.yaml").write_text(MANIFEST.replace("BOARD", board))
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One image in every format, each from a build of its own."""
    folder = make_project(tmp_path_factory.mktemp("formats"))
    for suffix in ("bin", *FORMATS):
        ok("build", "demo.yaml", "-o", f"ext.{suffix}", cwd=folder)
    ok("build", "demo.yaml", "-o", "plain.dfu", "--format", "dfu-plain", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def image(project: Path) -> bytes:
    return (project / "ext.bin").read_bytes()


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linked firmware in internal flash, with initialised data that is loaded behind the code."""
    folder = tmp_path_factory.mktemp("firmware")
    (folder / "main.c").write_text(
        "int counter = 7; const int table[4] = {1, 2, 3, 4};\n"
        "void _start(void) { while (1) counter += table[counter & 3]; }\n"
    )
    (folder / "link.ld").write_text(
        "MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 128K\n"
        "         RAM (rw) : ORIGIN = 0x20000000, LENGTH = 20K }\n"
        "ENTRY(_start)\n"
        "SECTIONS { .text : { *(.text* .rodata*) } > FLASH  .data : { *(.data*) } > RAM AT > FLASH }\n"
    )
    compiler = need_tool("arm-none-eabi-gcc")
    flags = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-nostdlib", "-T", "link.ld"]
    run(compiler, *flags, "main.c", "-o", "firmware.elf", cwd=folder)
    run(need_tool("arm-none-eabi-objcopy"), "-O", "ihex", "firmware.elf", "firmware.hex", cwd=folder)
    run(need_tool("arm-none-eabi-objcopy"), "-O", "binary", "firmware.elf", "firmware.bin", cwd=folder)
    return folder


# --- text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "kind"), [("hex", "ihex"), ("srec", "srec")])
def test_objcopy_reads_hex_and_s_record_back(
    project: Path, image: bytes, tmp_path: Path, suffix: str, kind: str
) -> None:
    tool = need_tool("arm-none-eabi-objcopy")
    run(tool, "-I", kind, "-O", "binary", project / f"ext.{suffix}", "back.bin", cwd=tmp_path)
    assert (tmp_path / "back.bin").read_bytes() == image


@pytest.mark.parametrize(("suffix", "flag"), [("hex", "-intel"), ("srec", "-motorola")])
@pytest.mark.parametrize("record_bytes", [16, 32])
def test_srecord_finds_the_image_at_its_address(
    project: Path, image: bytes, tmp_path: Path, suffix: str, flag: str, record_bytes: int
) -> None:
    made = tmp_path / f"ext.{suffix}"
    ok("convert", "ext.bin", "-o", made, "--board", "daisy-seed", "--record-bytes", record_bytes, cwd=project)
    told = run(need_tool("srec_info"), made, flag, cwd=tmp_path)
    assert f"{ADDRESS:X} - {ADDRESS + len(image) - 1:X}" in told
    bare = (project / "ext.bin", "-binary", "-offset", hex(ADDRESS))
    run(need_tool("srec_cmp"), made, flag, *bare, cwd=tmp_path)
    longest = max(len(line) for line in made.read_text().splitlines())
    overhead = 11 if suffix == "hex" else 14
    assert longest == 2 * record_bytes + overhead


def test_an_s_record_file_ends_with_its_execution_record_and_a_hex_file_starts_nothing(project: Path) -> None:
    srec = (project / "ext.srec").read_text().splitlines()
    assert srec[0].startswith("S0")
    assert srec[-1] == "S70500000000FA"
    assert int(srec[-2][4:8], 16) == len(srec) - 3  # S5 counts S3
    assert not [line for line in (project / "ext.hex").read_text().splitlines() if line[7:9] in ("03", "05")]


# --- ELF -------------------------------------------------------------------------------------------


def test_elf_has_segment_section_and_symbols_for_every_tool(
    project: Path, image: bytes, tmp_path: Path
) -> None:
    run(need_tool("arm-none-eabi-objcopy"), "-O", "binary", project / "ext.elf", "back.bin", cwd=tmp_path)
    assert (tmp_path / "back.bin").read_bytes() == image
    told = run(need_tool("arm-none-eabi-readelf"), "-aW", project / "ext.elf", cwd=tmp_path)
    assert "warning" not in told.lower()
    assert "error" not in told.lower()
    assert re.search(r"Machine:\s+ARM", told)
    with (project / "ext.elf").open("rb") as file:
        elf = ELFFile(file)
        (segment,) = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
        assert (segment["p_paddr"], segment["p_vaddr"], segment.data()) == (ADDRESS, ADDRESS, image)
        symbols = {s.name: s for s in elf.get_section_by_name(".symtab").iter_symbols()}
    assert symbols["demo_start"]["st_value"] == ADDRESS
    assert symbols["demo_end"]["st_value"] == ADDRESS + len(image)
    assert symbols["demo_size"]["st_value"] == len(image)


def test_a_symbol_of_each_asset_names_its_payload(project: Path, image: bytes) -> None:
    rows = {row["name"]: row for row in json.loads(ok("ls", "ext.bin", "--json", cwd=project))["assets"]}
    with (project / "ext.elf").open("rb") as file:
        symbols = {s.name: s for s in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}
    blob = symbols["demo_blob"]
    offset = blob["st_value"] - ADDRESS
    assert image[offset : offset + blob["st_size"]] == (project / "blob.bin").read_bytes()
    wifi = symbols["demo_icons_wifi"]
    found = (wifi["st_value"] - ADDRESS, wifi["st_size"])
    assert found == (rows["icons/wifi"]["offset"], rows["icons/wifi"]["stored_bytes"])


@pytest.mark.parametrize(("machine", "shown"), [("riscv", "RISC-V"), ("xtensa", "Tensilica Xtensa")])
def test_elf_of_another_machine(project: Path, tmp_path: Path, machine: str, shown: str) -> None:
    made = tmp_path / "ext.elf"
    ok("convert", "ext.bin", "-o", made, "--address", hex(ADDRESS), "--elf-machine", machine, cwd=project)
    assert shown in run(need_tool("readelf"), "-h", made, cwd=tmp_path)


# --- DFU -------------------------------------------------------------------------------------------


def split_dfuse(data: bytes) -> tuple[int, list[tuple[int, bytes]]]:
    """Alternate setting and elements of a DfuSe file of one target, by ST's UM0391."""
    assert data[:6] == b"DfuSe\x01"
    assert struct.unpack("<I", data[6:10])[0] == len(data) - 16
    assert data[10] == 1
    assert data[11:17] == b"Target"
    size, count = struct.unpack("<II", data[277:285])
    at, elements = 285, []
    for _ in range(count):
        address, length = struct.unpack_from("<II", data, at)
        elements.append((address, data[at + 8 : at + 8 + length]))
        at += 8 + length
    assert at == 285 + size == len(data) - 16
    return data[17], elements


def test_dfu_suffix_accepts_both_kinds_of_dfu_file(project: Path, image: bytes) -> None:
    tool = need_tool("dfu-suffix")
    for name, version in (("ext.dfu", "0x011A"), ("plain.dfu", "0x0100")):
        told = run(tool, "-c", name, cwd=project)
        for fact in ("Vendor ID:\t0x0483", "Product ID:\t0xDF11", f"BCD DFU:\t{version}"):
            assert fact in told
    assert (project / "plain.dfu").read_bytes()[:-16] == image


def test_dfuse_names_alternate_setting_and_address(project: Path, image: bytes) -> None:
    assert split_dfuse((project / "ext.dfu").read_bytes()) == (0, [(ADDRESS, image)])


def test_the_spark_core_gets_chip_offsets_on_its_second_alternate_setting(tmp_path: Path) -> None:
    make_project(tmp_path, "spark-core")
    ok("build", "demo.yaml", "-o", "ext.dfu", cwd=tmp_path)
    ok("build", "demo.yaml", "-o", "ext.bin", cwd=tmp_path)
    found = split_dfuse((tmp_path / "ext.dfu").read_bytes())
    assert found == (1, [(0x80000, (tmp_path / "ext.bin").read_bytes())])
    assert "0x607F" in run(need_tool("dfu-suffix"), "-c", "ext.dfu", cwd=tmp_path)


def test_ids_and_alternate_setting_can_be_given(project: Path, tmp_path: Path) -> None:
    made = tmp_path / "ext.dfu"
    ids = ["--dfu-alt", 3, "--dfu-vid", "1209", "--dfu-pid", "0xABCD"]
    ok("convert", "ext.bin", "-o", made, "--address", 0x90000000, *ids, cwd=project)
    assert split_dfuse(made.read_bytes())[0] == 3
    told = run(need_tool("dfu-suffix"), "-c", made, cwd=tmp_path)
    assert "0x1209" in told
    assert "0xABCD" in told


# --- UF2 -------------------------------------------------------------------------------------------


def read_uf2(data: bytes) -> tuple[dict[int, bytes], set[int | None]]:
    """Payloads by address and the families, as the UF2 specification's table of fields says."""
    assert len(data) % 512 == 0
    pages, families = {}, set()
    for number in range(len(data) // 512):
        block = data[512 * number : 512 * number + 512]
        start, second, flags, address, size, index, count, family = struct.unpack("<8I", block[:32])
        assert (start, second) == (0x0A324655, 0x9E5D5157)
        assert block[508:] == bytes.fromhex("306fb10a")
        assert (index, count, size, address % 256) == (number, len(data) // 512, 256, 0)
        pages[address] = block[32 : 32 + size]
        families.add(family if flags & 0x2000 else None)
        assert flags in (0, 0x2000)
        assert not any(block[32 + size : 508])
    return pages, families


def test_uf2_blocks_hold_the_image_page_by_page(project: Path, image: bytes) -> None:
    pages, families = read_uf2((project / "ext.uf2").read_bytes())
    assert families == {None}
    assert min(pages) == ADDRESS
    assert b"".join(pages[address] for address in sorted(pages)) == image
    assert list(pages) == sorted(pages)


def test_uf2_of_the_pico_has_the_boards_family_and_file_knows_it(project: Path, tmp_path: Path) -> None:
    made = tmp_path / "ext.uf2"
    ok("convert", "ext.bin", "-o", made, "--board", "rpi-pico", cwd=project)
    pages, families = read_uf2(made.read_bytes())
    assert (min(pages), families) == (0x10100000, {0xE48BFF56})
    told = run(need_tool("file"), made, cwd=tmp_path)
    assert "UF2 firmware image" in told
    assert "Raspberry Pi RP2040" in told
    assert "0x10100000" in told


@pytest.mark.parametrize(("given", "family"), [("samd51", 0x55114460), ("0x1234", 0x1234), ("none", None)])
def test_uf2_family_can_be_given(project: Path, tmp_path: Path, given: str, family: int | None) -> None:
    made = tmp_path / "ext.uf2"
    ok("convert", "ext.bin", "-o", made, "--board", "rpi-pico", "--uf2-family", given, cwd=project)
    assert read_uf2(made.read_bytes())[1] == {family}


# --- programmers -----------------------------------------------------------------------------------

FAUX = """
adapter driver dummy
transport select jtag
adapter speed 100
jtag newtap fake cpu -irlen 4 -expected-id 0
target create fake.cpu testee -chain-position fake.cpu
flash bank faux0 faux 0x90000000 0x800000 0 0 fake.cpu
init
"""


@pytest.mark.parametrize("suffix", ["hex", "srec", "elf"])
def test_openocd_writes_the_whole_image_into_a_bank_at_its_address(
    project: Path, image: bytes, tmp_path: Path, suffix: str
) -> None:
    (tmp_path / "faux.cfg").write_text(FAUX)
    write = f"flash write_image erase {project / f'ext.{suffix}'}"
    told = run(need_tool("openocd"), "-f", "faux.cfg", "-c", write, "-c", "shutdown", cwd=tmp_path)
    wrote = re.search(r"wrote (\d+) bytes", told)
    assert wrote, told
    assert int(wrote[1]) >= len(image)
    assert "no flash bank" not in told


@contextlib.contextmanager
def emulated(folder: Path, *options: object) -> Iterator[Path]:
    """A halted Cortex-M7 whose RAM a debugger sees; yields the debugger's socket."""
    socket = folder / "gdb.sock"
    machine = ["-M", "mps2-an500", "-S", "-display", "none", "-monitor", "none", "-serial", "none"]
    stub = ["-chardev", f"socket,id=stub,path={socket},server=on,wait=off", "-gdb", "chardev:stub"]
    command = [need_tool("qemu-system-arm"), *machine, *stub, *map(str, options)]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            if socket.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield socket
    finally:
        process.kill()
        process.communicate()


def dump_memory(socket: Path, size: int, folder: Path, *before: str) -> bytes:
    commands = ["set confirm off", "set architecture armv7e-m", f"target remote {socket}", *before]
    commands.append(f"dump binary memory back.bin {RAM:#x} {RAM + size:#x}")
    arguments = [part for command in commands for part in ("-ex", command)]
    run(need_tool("gdb-multiarch"), "-nx", "-batch", *arguments, cwd=folder)
    return (folder / "back.bin").read_bytes()


def test_qemu_loads_the_hex_file_where_it_belongs(project: Path, image: bytes, tmp_path: Path) -> None:
    ok("convert", "ext.bin", "-o", tmp_path / "ram.hex", "--address", hex(RAM), cwd=project)
    with emulated(tmp_path, "-device", "loader,file=ram.hex") as socket:
        assert dump_memory(socket, len(image), tmp_path) == image


@pytest.mark.parametrize(
    ("suffix", "command"),
    [("hex", "restore ram.hex"), ("srec", "restore ram.srec"), ("elf", "load ram.elf")],
)
def test_gdb_restores_and_loads(
    project: Path, image: bytes, tmp_path: Path, suffix: str, command: str
) -> None:
    ok("convert", "ext.bin", "-o", tmp_path / f"ram.{suffix}", "--address", hex(RAM), cwd=project)
    with emulated(tmp_path) as socket:
        assert dump_memory(socket, len(image), tmp_path, command) == image


# --- merging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["elf", "hex"])
@pytest.mark.parametrize("suffix", ["hex", "srec", "elf", "uf2"])
def test_firmware_and_image_in_one_file_with_the_gap_left_as_gap(
    project: Path, image: bytes, firmware: Path, tmp_path: Path, kind: str, suffix: str
) -> None:
    made = tmp_path / f"all.{suffix}"
    merge = ["--merge", firmware / f"firmware.{kind}"]
    ok("build", "demo.yaml", "-o", made, "--header-dir", tmp_path, *merge, cwd=project)
    code = (firmware / "firmware.bin").read_bytes()
    if suffix == "uf2":
        pages = read_uf2(made.read_bytes())[0]
        assert pages[0x08000000].startswith(code)
        assert set(pages[0x08000000][len(code) :]) == {0xFF}
        assert len(pages) == 1 + len(image) // 256
        return
    flag = {"hex": "-intel", "srec": "-motorola", "elf": "-intel"}[suffix]
    if suffix == "elf":
        run(need_tool("arm-none-eabi-objcopy"), "-O", "ihex", made, tmp_path / "copy.hex", cwd=tmp_path)
    found = tmp_path / "copy.hex" if suffix == "elf" else made
    tool = need_tool("srec_cmp")
    (tmp_path / "image.bin").write_bytes(image)
    parts = (firmware / "firmware.bin", "-binary", "-offset", "0x08000000", "image.bin", "-binary", "-offset")
    run(tool, found, flag, "(", *parts, hex(ADDRESS), ")", cwd=tmp_path)


@pytest.mark.parametrize("kind", ["elf", "hex"])
def test_a_merged_program_keeps_its_entry(project: Path, firmware: Path, tmp_path: Path, kind: str) -> None:
    with (firmware / "firmware.elf").open("rb") as file:
        entry = ELFFile(file)["e_entry"]
    for suffix in ("elf", "srec"):
        where = ["--board", "daisy-seed", "--merge", firmware / f"firmware.{kind}"]
        ok("convert", "ext.bin", "-o", tmp_path / f"all.{suffix}", *where, cwd=project)
    with (tmp_path / "all.elf").open("rb") as file:
        assert ELFFile(file)["e_entry"] == entry
    assert (tmp_path / "all.srec").read_text().splitlines()[-1].startswith(f"S705{entry:08X}")


def test_an_application_in_the_same_flash_goes_into_one_dfuse_file(
    project: Path, image: bytes, tmp_path: Path
) -> None:
    # the Daisy's boot loader takes applications at 0x90040000, over the same alternate setting
    (tmp_path / "app.bin").write_bytes(b"application" * 40)
    tool, place = need_tool("srec_cat"), ("-offset", "0x90040000", "-o", "app.hex", "-intel")
    run(tool, "app.bin", "-binary", *place, cwd=tmp_path)
    ok("build", "demo.yaml", "-o", tmp_path / "all.dfu", "--merge", tmp_path / "app.hex", cwd=project)
    elements = split_dfuse((tmp_path / "all.dfu").read_bytes())[1]
    assert elements == [(0x90040000, b"application" * 40), (ADDRESS, image)]


def test_a_changed_firmware_rebuilds_the_merged_file(project: Path, firmware: Path, tmp_path: Path) -> None:
    merged = tmp_path / "firmware.hex"
    merged.write_bytes((firmware / "firmware.hex").read_bytes())
    command = ("build", "demo.yaml", "-o", tmp_path / "all.hex", "--merge", merged)
    depfile = ("--depfile", tmp_path / "all.d")
    ok(*command, *depfile, cwd=project)
    assert "firmware.hex" in (tmp_path / "all.d").read_text()
    assert "up to date" in ok(*command, *depfile, cwd=project)
    ok(*command, *depfile, "--check", cwd=project)
    merged.write_text(":020000040800F2\n:0100000042BD\n:00000001FF\n")
    assert imgbuild(*command, *depfile, "--check", cwd=project).returncode == 3
    assert "up to date" not in ok(*command, *depfile, cwd=project)
    assert ":0100000042BD\n" in (tmp_path / "all.hex").read_text()


def test_nothing_in_front_of_the_program_is_merged(project: Path, firmware: Path, tmp_path: Path) -> None:
    # at such an address GNU ld lets the segment begin with the ELF header, where the boot loader lies
    script = (firmware / "link.ld").read_text().replace("0x08000000", "0x08005000")
    (tmp_path / "link.ld").write_text(script)
    flags = ["-mcpu=cortex-m4", "-mthumb", "-Os", "-nostdlib", "-T", "link.ld", "-z", "max-page-size=0x10000"]
    run(need_tool("arm-none-eabi-gcc"), *flags, firmware / "main.c", "-o", "app.elf", cwd=tmp_path)
    with (tmp_path / "app.elf").open("rb") as file:
        assert min(segment["p_paddr"] for segment in ELFFile(file).iter_segments()) == 0x08000000
    run(need_tool("arm-none-eabi-objcopy"), "-O", "ihex", "app.elf", "app.hex", cwd=tmp_path)
    for kind in ("elf", "hex"):
        where = ["--board", "daisy-seed", "--merge", tmp_path / f"app.{kind}"]
        ok("convert", "ext.bin", "-o", tmp_path / f"{kind}.hex", *where, cwd=project)
    assert (tmp_path / "elf.hex").read_bytes() == (tmp_path / "hex.hex").read_bytes()


# --- what holds for all ----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read_back_and_converted_back(
    project: Path, image: bytes, tmp_path: Path, suffix: str
) -> None:
    assert "every byte checked" in ok("verify", f"ext.{suffix}", cwd=project)
    assert ok("ls", f"ext.{suffix}", cwd=project) == ok("ls", "ext.bin", cwd=project)
    ok("convert", f"ext.{suffix}", "-o", tmp_path / "back.bin", cwd=project)
    assert (tmp_path / "back.bin").read_bytes() == image
    # an addressed file keeps its address
    ok("convert", f"ext.{suffix}", "-o", tmp_path / "back.hex", cwd=project)
    assert (tmp_path / "back.hex").read_bytes() == (project / "ext.hex").read_bytes()


def test_a_littlefs_image_is_wrapped_the_same_way(project: Path, tmp_path: Path) -> None:
    region = "{board: daisy-seed, region: {offset: 0x200000, size: 1M}}"
    text = (
        (project / "demo.yaml").read_text().replace("{board: daisy-seed}", region + "\ncontainer: littlefs")
    )
    (project / "files.yaml").write_text(text)
    ok("build", "files.yaml", "-o", tmp_path / "ext.bin", cwd=project)
    for suffix in FORMATS:
        ok("build", "files.yaml", "-o", tmp_path / f"ext.{suffix}", cwd=project)
        ok("convert", tmp_path / f"ext.{suffix}", "-o", tmp_path / "back.bin", cwd=project)
        assert (tmp_path / "back.bin").read_bytes() == (tmp_path / "ext.bin").read_bytes()


def test_the_image_is_found_beside_a_merged_firmware(project: Path, firmware: Path, tmp_path: Path) -> None:
    merge = ["--board", "daisy-seed", "--merge", firmware / "firmware.elf"]
    for suffix in ("hex", "elf", "uf2"):
        ok("convert", "ext.bin", "-o", tmp_path / f"all.{suffix}", *merge, cwd=project)
        assert "every byte checked" in ok("verify", tmp_path / f"all.{suffix}", cwd=project)


@pytest.mark.parametrize("suffix", FORMATS)
def test_same_inputs_same_bytes_and_nothing_to_do(project: Path, suffix: str) -> None:
    before = (project / f"ext.{suffix}").read_bytes()
    ok("build", "demo.yaml", "-o", f"ext.{suffix}", cwd=project)
    assert "up to date" in ok("build", "demo.yaml", "-o", f"ext.{suffix}", cwd=project)
    assert "unchanged" in ok("build", "demo.yaml", "-o", f"ext.{suffix}", "--force", cwd=project)
    ok("build", "demo.yaml", "-o", f"ext.{suffix}", "--check", cwd=project)
    assert (project / f"ext.{suffix}").read_bytes() == before


def test_another_option_is_another_build(project: Path, tmp_path: Path) -> None:
    command = ("build", "demo.yaml", "-o", tmp_path / "ext.hex")
    ok(*command, cwd=project)
    assert "up to date" not in ok(*command, "--record-bytes", 32, cwd=project)
    assert "up to date" in ok(*command, "--record-bytes", 32, cwd=project)


def test_the_made_up_address_of_a_board_that_is_not_mapped(project: Path, tmp_path: Path) -> None:
    ok("convert", "ext.bin", "-o", tmp_path / "ext.hex", "--board", "stm32f407-w25q64jv", cwd=project)
    assert "90000000 -" in run(need_tool("srec_info"), "ext.hex", "-intel", cwd=tmp_path)


def test_format_decides_against_the_suffix(project: Path, image: bytes, tmp_path: Path) -> None:
    ok("build", "demo.yaml", "-o", tmp_path / "image", "--format", "hex", cwd=project)
    assert (tmp_path / "image").read_bytes() == (project / "ext.hex").read_bytes()
    ok("build", "demo.yaml", "-o", tmp_path / "elf.bin", "--format", "elf", cwd=project)
    assert "every byte checked" in ok("verify", tmp_path / "elf.bin", cwd=project)
    ok("build", "demo.yaml", "-o", tmp_path / "ext.hex", "--format", "bin", cwd=project)
    assert (tmp_path / "ext.hex").read_bytes() == image
    assert "every byte checked" in ok("verify", tmp_path / "ext.hex", cwd=project)


def test_an_esp_partition_is_the_bare_image_that_fits_its_row(
    project: Path, image: bytes, tmp_path: Path
) -> None:
    table = tmp_path / "partitions.csv"
    table.write_text(
        "# ESP-IDF\nnvs, data, nvs, 0x9000, 0x6000,\nfactory, app, factory, , 1M,\n"
        "assets, data, 0x40, , 1M,\n"
    )
    command = ("--format", "esp", "--partitions", table, "--partition", "assets")
    ok("convert", "ext.bin", "-o", tmp_path / "assets.bin", *command, cwd=project)
    assert (tmp_path / "assets.bin").read_bytes() == image


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "x.bin", "--address", "0x90000000"), "--address has no effect on a bin file (x.bin)"),
        (("-o", "x.bin", "--merge", "demo.yaml"), "--merge has no effect on a bin file (x.bin)"),
        (("-o", "x.hex", "--dfu-alt", "1"), "--dfu-alt has no effect on a hex file (x.hex)"),
        (("-o", "x.dfu", "--dfu-vid", "12345"), "'12345' is not a hexadecimal number of 16 bits"),
        (("-o", "x.hex", "--address", "0x100000000"), "0x100000000 has more than 32 bits"),
        (("-o", "x.bin", "--record-bytes", "32"), "--record-bytes has no effect on a bin file (x.bin)"),
    ],
)  # fmt: skip
def test_an_option_without_effect_is_a_usage_error(
    project: Path, arguments: tuple[str, ...], message: str
) -> None:
    for command in (("build", "demo.yaml"), ("convert", "ext.bin")):
        refuse_usage(*command, *arguments, message=message, cwd=project)
        assert not (project / arguments[1]).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "esp", "--partition", "a"), "--partitions and --partition go together"),
        (("--board", "daisy-seed"), "--board has no effect on a bin file (x.bin)"),
    ],
)
def test_a_conversion_without_effect_is_a_usage_error(
    project: Path, arguments: tuple[str, ...], message: str
) -> None:
    refuse_usage("convert", "ext.bin", "-o", "x.bin", *arguments, message=message, cwd=project)


def refuse_usage(*command: str, message: str, cwd: Path) -> None:
    with contextlib.chdir(cwd), pytest.raises(click.UsageError) as caught:
        cli.main(command, standalone_mode=False)
    assert message in caught.value.format_message()
    assert caught.value.exit_code == 2
