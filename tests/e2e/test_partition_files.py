"""verify and convert of whole files with several partitions, as others read and write them."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import pytest
from e2e.test_formats_out import ok, read_uf2, run, split_dfuse
from e2e.test_partitions import ASSETS, BLOCK, DATA, LOGS, NAMES, SETTINGS, SWITCH, make_project
from elftools.elf.elffile import ELFFile
from support import imgbuild, need_tool

FIRMWARE = 0x08000000
PROGRAM = struct.pack("<II", 0x20020000, FIRMWARE + 0x81) + bytes(range(248))
"""A vector table of a Cortex-M: stack pointer, reset handler (Thumb), and something."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("project"))
    ok("build", "watch.yaml", "-o", "parts/", "-q", cwd=folder)
    ok("build", "watch.yaml", "-o", "all.hex", "-q", cwd=folder)
    (folder / "firmware.bin").write_bytes(PROGRAM)
    return folder


@pytest.fixture(scope="module")
def ranges(project: Path) -> dict[int, bytes]:
    """What the file holds by address, from the partitions' own files."""
    bins = {name: (project / f"parts/{name}.bin").read_bytes() for name in NAMES}
    touching = b"\xff" * (2 * BLOCK) + bins["logs"] + bins["data"]
    return {ASSETS: bins["assets"], SWITCH: touching, SETTINGS: bins["settings"]}


def srec_cat(folder: Path, out: Path, *arguments: object) -> Path:
    """An Intel HEX file that srec_cat makes of others."""
    run(need_tool("srec_cat"), *arguments, "-o", out, "-intel", cwd=folder)
    return out


# --- convert ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "flag"), [("hex", "-intel"), ("srec", "-motorola")])
def test_every_range_and_every_gap_is_kept(
    project: Path, ranges: dict[int, bytes], tmp_path: Path, suffix: str, flag: str
) -> None:
    """srec_cat compares with the file that it was made of, and tells the same ranges."""
    made = tmp_path / f"made.{suffix}"
    told = ok("convert", "all.hex", "-o", made, cwd=project)
    assert "0x900C0000..0x900DFFFF, 0x90160000..0x901DFFFF, 0x907E0000..0x907FFFFF" in told
    found = re.findall(r"([0-9A-F]{8}) - ([0-9A-F]{8})", run(need_tool("srec_info"), made, flag, cwd=project))
    assert found == [(f"{at:08X}", f"{at + len(data) - 1:08X}") for at, data in ranges.items()]
    run(need_tool("srec_cmp"), "all.hex", "-intel", made, flag, cwd=project)


def test_elf_dfuse_and_uf2_hold_the_same(project: Path, ranges: dict[int, bytes], tmp_path: Path) -> None:
    for suffix in ("elf", "dfu", "uf2"):
        ok("convert", "all.hex", "-o", tmp_path / f"all.{suffix}", "--board", "daisy-seed", cwd=project)
    with (tmp_path / "all.elf").open("rb") as file:
        elf = ELFFile(file)
        loaded = {s["p_paddr"]: s.data() for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"}
        sections = {s["sh_addr"]: s.name for s in elf.iter_sections() if s["sh_addr"]}
    assert set(loaded) == {ASSETS, SWITCH, LOGS, DATA, SETTINGS}
    assert loaded[SWITCH] + loaded[LOGS] + loaded[DATA] == ranges[SWITCH]
    assert sections[LOGS] == ".imgbuild.littlefs_90180000"
    assert split_dfuse((tmp_path / "all.dfu").read_bytes()) == (0, list(ranges.items()))
    pages, _ = read_uf2((tmp_path / "all.uf2").read_bytes())
    assert len(pages) == sum(map(len, ranges.values())) // 256
    assert all(
        pages[at + n] == data[n : n + 256] for at, data in ranges.items() for n in (0, len(data) - 256)
    )
    for suffix in ("elf", "dfu", "uf2"):
        back = tmp_path / f"{suffix}.hex"
        ok("convert", tmp_path / f"all.{suffix}", "-o", back, cwd=project)
        run(need_tool("srec_cmp"), "all.hex", "-intel", back, "-intel", cwd=project)


def test_firmware_in_the_file_goes_with_it(project: Path, tmp_path: Path) -> None:
    both = srec_cat(
        project, tmp_path / "both.hex",
        "all.hex", "-intel", "firmware.bin", "-binary", "-offset", hex(FIRMWARE),
    )  # fmt: skip
    ok("convert", both, "-o", tmp_path / "both.srec", cwd=project)
    run(need_tool("srec_cmp"), both, "-intel", tmp_path / "both.srec", "-motorola", cwd=project)
    merged = ("--merge", tmp_path / "firmware.hex")
    srec_cat(project, tmp_path / "firmware.hex", "firmware.bin", "-binary", "-offset", hex(FIRMWARE))
    ok("convert", "all.hex", "-o", tmp_path / "merged.hex", *merged, cwd=project)
    run(need_tool("srec_cmp"), both, "-intel", tmp_path / "merged.hex", "-intel", cwd=project)
    twice = imgbuild("convert", both, "-o", tmp_path / "x.hex", *merged, cwd=project)
    assert "error[IB511]" in twice.stderr


def test_what_cannot_hold_addresses_and_what_moves_one_image_is_refused(
    project: Path, tmp_path: Path
) -> None:
    bare = imgbuild("convert", "all.hex", "-o", tmp_path / "all.bin", cwd=project)
    moved = imgbuild("convert", "all.hex", "-o", tmp_path / "x.hex", "--address", "0", cwd=project)
    small = imgbuild("convert", "all.hex", "-o", tmp_path / "x.uf2", "--board", "rpi-pico", cwd=project)
    over = imgbuild("convert", "all.hex", "-o", "all.hex", cwd=project)
    assert "error[IB522]: all.hex holds 4 flash images" in bare.stderr
    assert moved.returncode == 2
    assert small.stderr.count("error[IB701]") == 5
    assert "error[IB503]" in over.stderr
    assert not list(tmp_path.iterdir())


# --- verify ----------------------------------------------------------------------------------------


def test_each_partition_is_told_with_what_was_checked(project: Path) -> None:
    for image in ("all.hex", "parts", "parts/"):
        told = ok("verify", image, "--manifest", "watch.yaml", cwd=project).splitlines()
        assert [line.partition(": ")[2] for line in told] == [
            "3 assets, every byte checked",
            "0 assets, every byte checked",
            "2 assets, every byte checked",
            "a settings area, 0 values in 0 records, every record checked",
        ]
    one = json.loads(
        ok("verify", "all.hex", "--manifest", "watch.yaml", "--partition", "data", "--json", cwd=project)
    )
    assert one == {"schema_version": 1, "is_valid": True, "assets": 2, "diagnostics": []}


def test_values_on_the_device_are_checked_record_by_record(project: Path, tmp_path: Path) -> None:
    """Every bit of two records: one flip, and verify ends with 1 or warns of a torn end."""
    area = tmp_path / "settings.bin"
    area.write_bytes((project / "parts/settings.bin").read_bytes())
    how = ("--manifest", "watch.yaml", "--partition", "settings")
    for value in ("70", "60"):
        ok("settings", "set", area, "brightness", value, "--manifest", "watch.yaml", cwd=project)
    told = ok("verify", area, *how, cwd=project)
    assert "1 values in 2 records" in told
    sound = area.read_bytes()
    for at, code in ((0x20, "error[IB616]"), (0x2B, "error[IB616]"), (0x30, "warning[IB616]")):
        area.write_bytes(sound[:at] + bytes([sound[at] ^ 4]) + sound[at + 1 :])
        done = imgbuild("verify", area, cwd=project)
        assert code in done.stderr, hex(at)
        assert done.returncode == (0 if code.startswith("warning") else 1)


def test_a_dump_whose_first_sector_is_erased_has_its_settings(project: Path, tmp_path: Path) -> None:
    """A full sector is followed by the next; what was the first is erased in its turn."""
    area = tmp_path / "settings.bin"
    data = bytearray((project / "parts/settings.bin").read_bytes())
    head = struct.pack(
        "<BBHII", 4, 0x53, 0, 2, BLOCK | 2
    )  # SETTINGS-FORMAT.md: sequence 2, 2 sectors of 64 KiB
    copies = (head + struct.pack("<I", zlib.crc32(head, 1 ^ at << 8)) for at in (0, 16))
    data[BLOCK : BLOCK + 32] = b"".join(copies)
    data[:BLOCK] = b"\xff" * BLOCK
    area.write_bytes(data)
    assert "a settings area" in ok("verify", area, cwd=project)
    whole = srec_cat(
        project, tmp_path / "dump.hex",
        "all.hex", "-intel", "-exclude", hex(SETTINGS), hex(SETTINGS + 2 * BLOCK),
        area, "-binary", "-offset", hex(SETTINGS),
    )  # fmt: skip
    assert "dump.hex@0x907E0000: a settings area" in ok("verify", whole, cwd=project)
    assert "a settings area" in ok("verify", whole, "--manifest", "watch.yaml", cwd=project)


def test_firmware_is_no_damaged_image(project: Path, tmp_path: Path) -> None:
    """In a memory of its own anything may lie; on the images' chip what begins as a program does."""
    for address in (FIRMWARE, 0x90040000):
        program = struct.pack("<II", 0x20020000, address + 0x81) + bytes(248)
        (tmp_path / "firmware.bin").write_bytes(program)
        both = srec_cat(
            project, tmp_path / "both.hex",
            "all.hex", "-intel", tmp_path / "firmware.bin", "-binary", "-offset", hex(address),
        )  # fmt: skip
        assert f"both.hex@0x{address:08X}: no flash image, not checked" in ok("verify", both, cwd=project)
        ok("verify", both, "--manifest", "watch.yaml", cwd=project)


def test_another_program_on_the_same_chip_is_known_by_the_manifest_only(
    project: Path, tmp_path: Path
) -> None:
    (tmp_path / "riscv.bin").write_bytes(bytes.fromhex("97010000938181") * 100)
    both = srec_cat(
        project, tmp_path / "both.hex",
        "all.hex", "-intel", tmp_path / "riscv.bin", "-binary", "-offset", "0x90040000",
    )  # fmt: skip
    alone = imgbuild("verify", both, cwd=project)
    assert alone.returncode == 1
    assert "both.hex@0x90040000: error[IB614]: neither erased nor a flash image" in alone.stderr
    ok("verify", both, "--manifest", "watch.yaml", cwd=project)
    converted = imgbuild("convert", both, "-o", tmp_path / "both.srec", cwd=project)
    assert (converted.returncode, "warning[IB614]" in converted.stderr) == (0, True)


@pytest.mark.parametrize(
    ("start", "offsets", "was"),
    [(ASSETS, (0, 3), "a pack"), (LOGS, (8, 15), "a littlefs"), (SETTINGS, (0, 1, 12), "a settings area")],
)
def test_a_damaged_head_is_found_without_a_manifest(
    project: Path, tmp_path: Path, start: int, offsets: tuple[int, ...], was: str
) -> None:
    for offset in offsets:
        at = start + offset
        (tmp_path / "byte.bin").write_bytes(b"\x11")
        damaged = srec_cat(
            project, tmp_path / "damaged.hex",
            "all.hex", "-intel", "-exclude", hex(at), hex(at + 1),
            tmp_path / "byte.bin", "-binary", "-offset", hex(at),
        )  # fmt: skip
        done = imgbuild("verify", damaged, cwd=project)
        assert done.returncode == 1
        assert f"damaged.hex@0x{start:08X}: error[IB614]" in done.stderr
        assert f"what is left of its head is that of {was}" in done.stderr


def test_options_that_need_a_manifest(project: Path) -> None:
    for option in (("--partition", "data"), ("--board", "daisy-seed")):
        done = imgbuild("verify", "all.hex", *option, cwd=project)
        assert (done.returncode, f"{option[0]} goes with --manifest" in done.stderr) == (2, True)
