"""Several partitions of one manifest: a file each, or one file with addresses that tools of others read."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import time
import zlib
from pathlib import Path

import click
import pytest
from c.program import RUNTIME
from e2e.test_formats_out import ok, read_uf2, run, split_dfuse
from elftools.elf.elffile import ELFFile
from littlefs import LittleFS
from support import ROOT, imgbuild, need_tool, save_png

from imgbuild.addressed import DeliveryOptions
from imgbuild.build import BuildRequest, build
from imgbuild.errors import BuildError, Place
from imgbuild.reader.addressed import READERS
from imgbuild.reader.container import open_image

BLOCK = 0x10000
"""Daisy Seed: mapped at 0x90000000, free from 0xC0000 on, blocks of 64 KiB there."""
ASSETS, SWITCH, LOGS, DATA, SETTINGS = 0x900C0000, 0x90160000, 0x90180000, 0x901C0000, 0x907E0000
"""768 KiB in two slots of 5 blocks each, and two for the switch record; 256 KiB; the rest; 128 KiB."""
MANIFEST = """version: 1
name: watch
content_version: 3
flash: {board: daisy-seed}
display: {pixel_format: rgb565}
partitions:
  - name: assets
    size: 768K
    update: slots
    assets:
      - {image: icons/*.png, name: "icons/{stem}", codec: lz4}
      - {file: blob.bin, name: blob}
  - {name: logs, size: 256K, container: {littlefs: {writable: true}}}
  - name: data
    size: rest
    container: flat
    assets: [{file: blob.bin, name: blob}, {file: note.txt}]
  - name: settings
    size: 128K
    container: settings
    settings: {brightness: {type: u32, default: 80, min: 0, max: 100}}
"""
NAMES = ("assets", "logs", "data", "settings")


def make_project(folder: Path, manifest: str = MANIFEST) -> Path:
    save_png(folder / "icons/wifi.png", 24, 24)
    save_png(folder / "icons/bell.png", 17, 9, 2)
    (folder / "blob.bin").write_bytes(bytes(range(251)) * 300)
    (folder / "note.txt").write_text("a plain file\n")
    (folder / "watch.yaml").write_text(manifest)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_project(tmp_path_factory.mktemp("partitions"))
    ok("build", "watch.yaml", "-o", "parts/", cwd=folder)
    for suffix in ("hex", "srec", "elf", "dfu", "uf2"):
        ok("build", "watch.yaml", "-o", f"all.{suffix}", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def ranges(project: Path) -> dict[int, bytes]:
    """What an addressed file must hold, by address: the files of the folder and the erased switch record."""
    bins = {name: (project / f"parts/{name}.bin").read_bytes() for name in NAMES}
    assert len(bins["logs"]) == DATA - LOGS
    return {
        ASSETS: bins["assets"],
        SWITCH: b"\xff" * (2 * BLOCK) + bins["logs"] + bins["data"],  # they touch
        SETTINGS: bins["settings"],
    }


# --- a folder --------------------------------------------------------------------------------------


def test_a_folder_gets_a_file_for_each_partition_and_headers(project: Path) -> None:
    files = {path.name for path in (project / "parts").iterdir() if not path.name.startswith(".")}
    headers = {
        f"watch_{name}_{what}.h" for name in ("assets", "logs", "data") for what in ("assets", "digest")
    }
    images = {f"{name}.bin" for name in NAMES}
    shared = {"watch_config.h", "watch_partitions.h"}
    assert files == images | headers | shared | {"watch_settings.h"}


def test_each_flat_partition_is_a_pack_of_its_own_with_its_own_id(project: Path) -> None:
    names = {}
    for name in ("assets", "data"):
        image = open_image(project / f"parts/{name}.bin")
        assert image.header is not None
        assert image.header.pack_id == zlib.crc32(f"watch/{name}".encode())
        assert image.header.content_version == 3
        names[name] = [entry.name for entry in image.assets]
        header = (project / f"parts/watch_{name}_assets.h").read_text()
        assert (
            f"#define WATCH_{name.upper()}_PACK_ID         UINT32_C(0x{image.header.pack_id:08X})" in header
        )
    assert names == {"assets": ["blob", "icons/bell", "icons/wifi"], "data": ["blob", "note.txt"]}


def test_an_empty_littlefs_can_be_mounted_and_written_by_littlefs_itself(project: Path) -> None:
    data = (project / "parts/logs.bin").read_bytes()
    filesystem = LittleFS(block_size=BLOCK, block_count=len(data) // BLOCK, name_max=0, mount=False)
    filesystem.context.buffer = bytearray(data)
    filesystem.mount()
    assert filesystem.listdir("/") == []
    with filesystem.open("boot.log", "w") as file:
        file.write("up")
    filesystem.unmount()
    filesystem.mount()
    assert filesystem.listdir("/") == ["boot.log"]


def test_a_littlefs_that_is_replaced_as_a_whole_fills_its_slot(tmp_path: Path) -> None:
    text = MANIFEST.replace(
        "container: {littlefs: {writable: true}}", "container: littlefs, update: in-place"
    )
    make_project(tmp_path, text.replace("name: logs, size: 256K", "name: logs, size: 512K"))
    ok("build", "watch.yaml", "-o", "parts/", "-q", cwd=tmp_path)
    data = (tmp_path / "parts/logs.bin").read_bytes()
    assert len(data) == 4 * BLOCK  # the journal has the other four
    assert data[8:16] == b"littlefs"
    header = (tmp_path / "parts/watch_partitions.h").read_text()
    assert re.search(r"LOGS_JOURNAL_OFFSET +UINT32_C\(0x001C0000\)", header)
    # [area][2 blocks: records][2 blocks: scratch], as IMGB_PARTITION_IN_PLACE of imgb_update.h has it
    made = re.search(r"LOGS_UPDATE \\\n +\{(.*)\}", header)
    assert made
    assert (
        re.sub(r"UINT32_C\((\w+)\)", r"\1", made[1])
        == "0x40000, {0, 0}, 0x10000, 0x40000, 0x10000, 0x60000, 0x2"
    )


def test_every_asset_is_verified_listed_and_extracted_from_its_partition(
    project: Path, tmp_path: Path
) -> None:
    assert "3 assets, every byte checked" in ok("verify", "parts/assets.bin", cwd=project)
    assert "note.txt" in ok("ls", "parts/data.bin", cwd=project)
    ok("extract", "parts/data.bin", "blob", "-o", tmp_path / "blob", cwd=project)
    assert (tmp_path / "blob").read_bytes() == (project / "blob.bin").read_bytes()
    assert "equal" in ok("diff", "parts/assets.bin", f"all.hex@{ASSETS:#x}", cwd=project)


def test_nothing_changed_is_seen_and_check_tells_what_is_out_of_date(tmp_path: Path) -> None:
    make_project(tmp_path)
    command = ("build", "watch.yaml", "-o", "parts/", "--depfile", "parts.d")
    ok(*command, cwd=tmp_path)
    assert "up to date" in ok(*command, cwd=tmp_path)
    assert imgbuild(*command, "--check", cwd=tmp_path).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    time.sleep(0.02)
    (tmp_path / "note.txt").write_text("another file\n")
    checked = imgbuild(*command, "--check", cwd=tmp_path)
    assert checked.returncode == 3
    told = set(re.findall(r"parts/([\w.]+): error\[IB504\]", checked.stderr))
    assert told == {"data.bin", "watch_data_digest.h"}
    assert ok(*command, cwd=tmp_path)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    changed = {path.name for path, stamp in after.items() if before.get(path) != stamp}
    assert changed == {"data.bin", "watch_data_digest.h", ".imgbuild.stamp"}


def test_the_depfile_names_every_image_as_a_target(tmp_path: Path) -> None:
    make_project(tmp_path)
    ok("build", "watch.yaml", "-o", "parts/", "--depfile", "parts.d", cwd=tmp_path)
    images = " ".join(f"{tmp_path}/parts/{name}.bin" for name in NAMES)
    (tmp_path / "Makefile").write_text(f"all: {images}\n{images}:\n\ttouch {images}\n-include parts.d\n")
    make = need_tool("make")
    assert "up to date" in run(make, "-q", "all", cwd=tmp_path) or not run(make, "-q", "all", cwd=tmp_path)
    time.sleep(0.02)
    (tmp_path / "note.txt").write_text("changed\n")
    assert subprocess.run([make, "-q", "all"], cwd=tmp_path, check=False).returncode == 1


@pytest.mark.parametrize("output", ["parts", "parts/", "existing.d"])
def test_what_is_a_folder(tmp_path: Path, output: str) -> None:
    make_project(tmp_path)
    (tmp_path / "existing.d").mkdir()
    ok("build", "watch.yaml", "-o", output, "-q", cwd=tmp_path)
    assert (tmp_path / output / "logs.bin").is_file()


def test_headers_can_lie_elsewhere(tmp_path: Path) -> None:
    make_project(tmp_path)
    ok("build", "watch.yaml", "-o", "parts/", "--header-dir", "include", cwd=tmp_path)
    assert (tmp_path / "include/watch_partitions.h").is_file()
    assert not list((tmp_path / "parts").glob("*.h"))


def test_one_partition_in_the_list_may_be_a_bin(tmp_path: Path) -> None:
    head, _, rest = MANIFEST.partition("  - name: assets")
    first = "  - name: assets" + rest[: rest.index("  - {name: logs")]
    make_project(tmp_path, head + first)
    ok("build", "watch.yaml", "-o", "assets.bin", cwd=tmp_path)
    assert "3 assets" in ok("verify", "assets.bin", cwd=tmp_path)
    with pytest.raises(BuildError) as raised:
        build(BuildRequest(make_project(tmp_path) / "watch.yaml", tmp_path / "all.bin"))
    assert [item.code for item in raised.value.diagnostics] == ["IB523"]


def test_settings_are_an_area_of_their_own(project: Path) -> None:
    data = (project / "parts/settings.bin").read_bytes()
    assert len(data) == 2 * BLOCK
    assert data[32:].strip(b"\xff") == b""  # a head, and no values: defaults stand in the header
    header = (project / "parts/watch_settings.h").read_text()
    assert "#define WATCH_SETTINGS_OFFSET       UINT32_C(0x007E0000)" in header
    assert "#define WATCH_SETTINGS_SECTOR_BYTES UINT32_C(0x00010000)" in header
    assert "#define WATCH_SETTINGS_DEFAULT_BRIGHTNESS UINT32_C(80)" in header


# --- one file with addresses -----------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "flag"), [("hex", "-intel"), ("srec", "-motorola")])
def test_srecord_finds_every_range_and_the_gaps_between_them(
    project: Path, ranges: dict[int, bytes], tmp_path: Path, suffix: str, flag: str
) -> None:
    told = run(need_tool("srec_info"), project / f"all.{suffix}", flag, cwd=tmp_path)
    found = re.findall(r"([0-9A-F]{8}) - ([0-9A-F]{8})", told)
    expected = [(f"{address:08X}", f"{address + len(data) - 1:08X}") for address, data in ranges.items()]
    assert found == expected
    for address, data in ranges.items():
        crop = ("-crop", hex(address), hex(address + len(data)), "-offset", hex(-address & 0xFFFFFFFF))
        made = tmp_path / "cut.bin"
        run(
            need_tool("srec_cat"), project / f"all.{suffix}", flag, *crop, "-o", made, "-binary", cwd=tmp_path
        )
        assert made.read_bytes() == data


def test_elf_has_a_segment_and_a_section_for_each_partition(
    project: Path, ranges: dict[int, bytes], tmp_path: Path
) -> None:
    told = run(need_tool("arm-none-eabi-readelf"), "-aW", project / "all.elf", cwd=tmp_path)
    assert "warning" not in told.lower()
    with (project / "all.elf").open("rb") as file:
        elf = ELFFile(file)
        segments = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
        loaded = {s["p_paddr"]: s.data() for s in segments}
        sections = {s["sh_addr"]: s.name for s in elf.iter_sections() if s["sh_addr"]}
        symbols = {s.name: s for s in elf.get_section_by_name(".symtab").iter_symbols()}
        homes = {name: elf.get_section(symbols[name]["st_shndx"])["sh_addr"]
                 for name in ("watch_assets_start", "watch_data_blob", "watch_settings_end")}  # fmt: skip
    assert sections == {
        ASSETS: ".imgbuild.assets",
        SWITCH: ".imgbuild.assets.erased",
        LOGS: ".imgbuild.logs",
        DATA: ".imgbuild.data",
        SETTINGS: ".imgbuild.settings",
    }
    assert set(loaded) == set(sections)
    assert loaded[SWITCH] + loaded[LOGS] + loaded[DATA] == ranges[SWITCH]
    assert (loaded[ASSETS], loaded[SETTINGS]) == (ranges[ASSETS], ranges[SETTINGS])
    assert homes == {"watch_assets_start": ASSETS, "watch_data_blob": DATA, "watch_settings_end": SETTINGS}
    blob = symbols["watch_data_blob"]
    at = blob["st_value"] - DATA
    assert loaded[DATA][at : at + blob["st_size"]] == (project / "blob.bin").read_bytes()


def test_objcopy_fills_gaps_only_where_it_is_told_to(
    project: Path, ranges: dict[int, bytes], tmp_path: Path
) -> None:
    tool = need_tool("arm-none-eabi-objcopy")
    run(tool, "-O", "binary", "--gap-fill", "0xA5", project / "all.elf", "chip.bin", cwd=tmp_path)
    chip = (tmp_path / "chip.bin").read_bytes()
    expected = bytearray(b"\xa5" * (SETTINGS + len(ranges[SETTINGS]) - ASSETS))
    for address, data in ranges.items():
        expected[address - ASSETS : address - ASSETS + len(data)] = data
    assert chip == bytes(expected)


def test_dfuse_has_an_element_for_each_range(project: Path, ranges: dict[int, bytes]) -> None:
    assert split_dfuse((project / "all.dfu").read_bytes()) == (0, list(ranges.items()))
    assert "Vendor ID:\t0x0483" in run(need_tool("dfu-suffix"), "-c", "all.dfu", cwd=project)


def test_uf2_has_the_pages_of_each_range_and_no_others(project: Path, ranges: dict[int, bytes]) -> None:
    pages, _ = read_uf2((project / "all.uf2").read_bytes())
    expected = {
        address + at: data[at : at + 256]
        for address, data in ranges.items()
        for at in range(0, len(data), 256)
    }
    assert pages == expected


def test_firmware_is_merged_unless_it_lies_anywhere_in_a_partition(
    project: Path, ranges: dict[int, bytes], tmp_path: Path
) -> None:
    def firmware(address: int) -> Path:
        data = b"\x00\x00\x02\x20\x01\x01\x04\x90" * 4
        head = bytes([len(data), 0, 0, 0])
        upper = struct.pack(">BHBH", 2, 0, 4, address >> 16)
        lines = (upper, head[:1] + struct.pack(">HB", address & 0xFFFF, 0) + data, bytes((0, 0, 0, 1)))
        text = "".join(f":{line.hex()}{-sum(line) & 0xFF:02x}\n" for line in lines)
        (tmp_path / "firmware.hex").write_text(text)
        return tmp_path / "firmware.hex"

    made = tmp_path / "all.hex"
    ok("build", "watch.yaml", "-o", made, "--merge", firmware(0x08000000), cwd=project)
    told = run(need_tool("srec_info"), made, "-intel", cwd=tmp_path)
    assert len(re.findall(r"[0-9A-F]{8} - [0-9A-F]{8}", told)) == len(ranges) + 1
    slot_b = ASSETS + 5 * BLOCK
    for address in (ASSETS, slot_b, SWITCH, SETTINGS + BLOCK):
        merge = DeliveryOptions(merge=(firmware(address),))
        with pytest.raises(BuildError) as raised:
            build(BuildRequest(project / "watch.yaml", made, delivery=merge))
        assert [item.code for item in raised.value.diagnostics] == ["IB511"]


def test_an_address_moves_all_partitions_together(
    project: Path, ranges: dict[int, bytes], tmp_path: Path
) -> None:
    made = tmp_path / "all.hex"
    ok("build", "watch.yaml", "-o", made, "--address", "0x100C0000", cwd=project)
    pieces = READERS["ihex"](made.read_bytes(), Place(str(made))).pieces
    moved = [(address - 0x80000000, data) for address, data in ranges.items()]
    assert [(piece.address, bytes(piece.data)) for piece in pieces] == moved
    refused = imgbuild("build", "watch.yaml", "-o", made, "--address", "0x90000000", cwd=project)
    assert "error[IB404]" in refused.stderr  # over the boot loader


def test_a_file_of_several_is_verified_whole_and_read_one_by_one(project: Path, tmp_path: Path) -> None:
    told = ok("verify", "all.dfu", cwd=project)
    assert "all.dfu@0x900C0000: 3 assets, every byte checked" in told
    assert "all.dfu@0x90180000: 0 assets, every byte checked" in told
    assert "all.dfu@0x907E0000: a settings area" in told
    listed = json.loads(ok("ls", "--json", "all.elf@0x901C0000", cwd=project))
    assert [row["name"] for row in listed["assets"]] == ["blob", "note.txt"]
    ok("convert", "all.hex@0x901C0000", "-o", tmp_path / "data.srec", cwd=project)
    told = run(need_tool("srec_info"), tmp_path / "data.srec", "-motorola", cwd=tmp_path)
    assert "901C0000 - " in told
    refused = imgbuild("info", "all.hex", cwd=project)
    assert "error[IB522]" in refused.stderr
    assert "all.hex@0x900C0000" in refused.stderr


def test_a_damaged_partition_among_several_is_found(project: Path, tmp_path: Path) -> None:
    data = bytearray((project / "all.uf2").read_bytes())
    at = next(
        n for n in range(0, len(data), 512) if struct.unpack_from("<I", data, n + 12)[0] == DATA + 0x1000
    )
    data[at + 40] ^= 1
    (tmp_path / "all.uf2").write_bytes(data)
    done = imgbuild("verify", "all.uf2", cwd=tmp_path)
    assert done.returncode == 1
    assert "all.uf2@0x901C0000: error[IB607]" in done.stderr
    assert "all.uf2@0x900C0000: 3 assets, every byte checked" in done.stdout


def test_a_damaged_header_among_several_is_no_reason_to_leave_a_partition_out(
    project: Path, tmp_path: Path
) -> None:
    def verify(offset: int) -> subprocess.CompletedProcess[str]:
        data = bytearray((project / "all.uf2").read_bytes())
        blocks = range(0, len(data), 512)
        at = next(n for n in blocks if struct.unpack_from("<I", data, n + 12)[0] == ASSETS)
        data[at + 32 + offset] ^= 1
        (tmp_path / "all.uf2").write_bytes(data)
        return imgbuild("verify", "all.uf2", cwd=tmp_path)

    inside = verify(20)
    assert inside.returncode == 1
    assert "all.uf2@0x900C0000: error[IB604]" in inside.stderr
    magic = verify(0)
    assert "all.uf2@0x900C0000: no flash image, not checked" in magic.stdout
    assert "all.uf2@0x901C0000: 2 assets" in magic.stdout


# --- headers ---------------------------------------------------------------------------------------


def test_the_header_tells_offsets_and_addresses(project: Path) -> None:
    header = (project / "parts/watch_partitions.h").read_text()
    macros = dict(re.findall(r"#define WATCH_PARTITION_(\w+) +(?:UINT32_C\()?(0x[0-9A-F]+|\w+)", header))
    expected = {
        "ASSETS_OFFSET": 0xC0000, "ASSETS_ADDRESS": ASSETS, "ASSETS_BYTES": 0xC0000,
        "ASSETS_ERASE_BYTES": BLOCK, "ASSETS_SLOT_A_OFFSET": 0xC0000, "ASSETS_SLOT_A_BYTES": 5 * BLOCK,
        "ASSETS_SLOT_B_OFFSET": 0x110000, "ASSETS_SLOT_B_ADDRESS": 0x90110000,
        "ASSETS_SWITCH_OFFSET": 0x160000, "ASSETS_SWITCH_BYTES": 2 * BLOCK,
        "LOGS_OFFSET": 0x180000, "LOGS_BYTES": 0x40000, "DATA_OFFSET": 0x1C0000, "DATA_BYTES": 0x620000,
        "SETTINGS_OFFSET": 0x7E0000, "SETTINGS_ADDRESS": SETTINGS, "SETTINGS_ID": zlib.crc32(b"settings"),
    }  # fmt: skip
    assert {name: int(macros[name], 16) for name in expected} == expected
    kinds = {"LOGS": "LITTLEFS", "ASSETS": "FLAT", "SETTINGS": "SETTINGS"}
    assert {name: macros[f"{name}_CONTAINER"] for name in kinds} == {
        name: f"WATCH_CONTAINER_{kind}" for name, kind in kinds.items()
    }
    assert (macros["DATA_IS_WRITABLE"], macros["LOGS_IS_WRITABLE"]) == ("0", "1")


READER = r"""
#include <stdio.h>
#include <string.h>
#include "imgb.h"
#include "imgb_update.h"
#include "watch_assets_assets.h"
#include "watch_data_assets.h"
#include "watch_partitions.h"

typedef struct { FILE *file; uint32_t start; } part_t;

static int part_read(void *ctx, uint32_t offset, void *buffer, uint32_t length) {
  part_t *part = (part_t *)ctx;
  if (fseek(part->file, (long)(part->start + offset), SEEK_SET) != 0) return IMGB_ERR_PORT;
  return fread(buffer, 1, length, part->file) == length ? IMGB_OK : IMGB_ERR_PORT;
}

static int look(FILE *chip, uint32_t offset, uint32_t bytes, uint32_t id, uint32_t contract, uint32_t key) {
  part_t part;
  imgb_io_t io = {0};
  imgb_pack_t pack;
  imgb_asset_t asset;
  uint8_t start[4];
  int r;
  part.file = chip;
  part.start = offset;
  io.read = part_read;
  io.ctx = &part;
  io.size = bytes;
  io.read_align = 1;
  r = imgb_open(&pack, &io, id);
  if (r == IMGB_OK) r = imgb_require(&pack, contract);
  if (r == IMGB_OK) r = imgb_get(&pack, key, &asset);
  if (r == IMGB_OK) r = imgb_read(&asset, 0, start, sizeof start);
  printf("%d %02x%02x%02x%02x\n", r, start[0], start[1], start[2], start[3]);
  return r;
}

int main(int argc, char **argv) {
  static const imgb_partition_t made = WATCH_PARTITION_ASSETS_UPDATE;
  static const imgb_partition_t meant =
      IMGB_PARTITION_SLOTS(WATCH_PARTITION_ASSETS_BYTES, WATCH_PARTITION_ASSETS_ERASE_BYTES);
  FILE *chip = fopen(argv[argc - 1], "rb");
  int r;
  if (chip == NULL || memcmp(&made, &meant, sizeof made) != 0) return 1;
  r = look(chip, WATCH_PARTITION_ASSETS_SLOT_A_OFFSET, WATCH_PARTITION_ASSETS_SLOT_A_BYTES,
           WATCH_ASSETS_PACK_ID, WATCH_ASSETS_CONTRACT, WATCH_ASSETS_BLOB);
  if (r == IMGB_OK)
    r = look(chip, WATCH_PARTITION_DATA_OFFSET, WATCH_PARTITION_DATA_BYTES, WATCH_DATA_PACK_ID,
             WATCH_DATA_CONTRACT, WATCH_DATA_BLOB);
  if (r != IMGB_OK) return 2;
  r = look(chip, WATCH_PARTITION_DATA_OFFSET, WATCH_PARTITION_DATA_BYTES, WATCH_ASSETS_PACK_ID, 0, 0);
  return r == IMGB_ERR_PRODUCT ? 0 : 3;
}
"""


def test_the_c_reader_opens_the_partitions_of_a_whole_chip(project: Path, tmp_path: Path) -> None:
    """The chip is made of the hex file by SRecord; all offsets are those of the headers."""
    cut = ("-offset", hex(-0x90000000 & 0xFFFFFFFF), "-fill", "0xFF", "0", hex(8 << 20))
    chip = tmp_path / "chip.bin"
    run(need_tool("srec_cat"), project / "all.hex", "-intel", *cut, "-o", chip, "-binary", cwd=tmp_path)
    assert chip.stat().st_size == 8 << 20
    (tmp_path / "reader.c").write_text(READER)
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsanitize=address,undefined"]
    include = ["-I", RUNTIME / "src", "-I", project / "parts"]
    run(need_tool("gcc"), *flags, *include, "reader.c", RUNTIME / "src/imgb.c", "-o", "reader", cwd=tmp_path)
    start = (project / "blob.bin").read_bytes()[:4].hex()
    told = run(tmp_path / "reader", chip, cwd=tmp_path).splitlines()
    assert told[:2] == [f"0 {start}", f"0 {start}"]


def test_the_header_is_c_plus_plus_too(project: Path, tmp_path: Path) -> None:
    (tmp_path / "x.cpp").write_text(
        '#include "watch_partitions.h"\nint main() { return WATCH_PARTITION_COUNT - 4; }\n'
    )
    flags = ["-std=c++11", "-Wall", "-Wextra", "-pedantic", "-Werror"]
    run(need_tool("g++"), *flags, "-I", project / "parts", "x.cpp", "-o", "x", cwd=tmp_path)
    run(tmp_path / "x", cwd=tmp_path)


# --- reports, same bytes, kept layouts ------------------------------------------------------------


def test_the_report_tells_each_partition(project: Path, tmp_path: Path) -> None:
    command = ("build", "watch.yaml", "-o", tmp_path / "all.hex", "--force")
    told = json.loads(ok(*command, "--report", "--json", cwd=project))
    parts = {part["name"]: part for part in told["partitions"]}
    assert [part["name"] for part in told["partitions"]] == list(NAMES)
    assert (parts["assets"]["update"], parts["assets"]["region_bytes"]) == ("slots", 5 * BLOCK)
    assert (parts["data"]["address"], parts["data"]["assets"]) == (DATA, 2)
    assert [row["name"] for row in parts["assets"]["report"]] == ["icons/bell", "icons/wifi", "blob"]
    lines = ok(*command, "--report", cwd=project).splitlines()
    assert "partition assets" in lines
    assert re.search(r"^logs +littlefs +0x180000 +256 KiB", "\n".join(lines), re.MULTILINE)
    assert any(line.endswith("all.hex: 4 partitions, 5 assets, verified, unchanged") for line in lines)
    ok(*command, "-q", "--report-file", tmp_path / "r.json", cwd=project)
    assert [part["name"] for part in json.loads((tmp_path / "r.json").read_text())["partitions"]] == list(
        NAMES
    )


def test_the_same_inputs_give_the_same_bytes_anywhere(project: Path, tmp_path: Path) -> None:
    other = make_project(tmp_path / "elsewhere/deeper")
    ok("build", "watch.yaml", "-o", "parts/", "--force", cwd=other)
    ok("build", "watch.yaml", "-o", "all.elf", "--force", cwd=other)
    for name in [*(f"parts/{path.name}" for path in (project / "parts").glob("[!.]*")), "all.elf"]:
        assert (other / name).read_bytes() == (project / name).read_bytes(), name


@pytest.mark.parametrize("released", ["parts", "all.hex", "all.dfu"])
def test_a_released_layout_is_kept_in_each_flat_partition(
    project: Path, tmp_path: Path, released: str
) -> None:
    def offsets(path: str) -> dict[str, int]:
        return {entry.name: entry.offset for entry in open_image(tmp_path / path).assets}

    make_project(tmp_path)
    old = {entry.name: entry.offset for entry in open_image(project / "parts/assets.bin").assets}
    save_png(tmp_path / "icons/bell.png", 170, 90, 2)  # grew: what lies behind it would move
    ok("build", "watch.yaml", "-o", "anew/", "-q", cwd=tmp_path)
    ok("build", "watch.yaml", "-o", "kept/", "-q", "--base", project / released, cwd=tmp_path)
    assert offsets("anew/assets.bin")["blob"] != old["blob"]
    assert offsets("kept/assets.bin")["blob"] == old["blob"]
    assert (tmp_path / "kept/data.bin").read_bytes() == (project / "parts/data.bin").read_bytes()


def test_a_base_of_littlefs_alone_keeps_nothing(tmp_path: Path) -> None:
    head = MANIFEST[: MANIFEST.index("  - name: assets")]
    make_project(tmp_path, head + "  - {name: logs, size: 256K, container: littlefs}\n")
    ok("build", "watch.yaml", "-o", "parts/", "-q", cwd=tmp_path)
    refused = imgbuild("build", "watch.yaml", "-o", "more/", "--base", "parts", cwd=tmp_path)
    assert "error[IB432]" in refused.stderr


def test_what_does_not_fit_is_told_of_every_partition(tmp_path: Path) -> None:
    text = MANIFEST.replace("size: 768K", "size: 256K").replace("size: rest", "size: 64K")
    make_project(tmp_path, text)
    (tmp_path / "blob.bin").write_bytes(bytes(100_000))
    refused = imgbuild("build", "watch.yaml", "-o", "parts/", cwd=tmp_path)
    assert refused.stderr.count("error[IB405]") == 2
    assert not (tmp_path / "parts").exists()


def test_an_output_never_replaces_an_input(tmp_path: Path) -> None:
    make_project(tmp_path, MANIFEST.replace("file: blob.bin, name: blob", "file: parts/data.bin, name: blob"))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/data.bin").write_bytes(b"mine")
    refused = imgbuild("build", "watch.yaml", "-o", "parts/", cwd=tmp_path)
    assert "error[IB503]" in refused.stderr
    assert (tmp_path / "parts/data.bin").read_bytes() == b"mine"


def test_merging_needs_a_file_with_addresses(project: Path) -> None:
    with pytest.raises(click.UsageError, match="--merge has no effect on a bin file"):
        ok("build", "watch.yaml", "-o", "parts/", "--merge", "firmware.hex", cwd=project)


def test_the_sample_is_built(tmp_path: Path) -> None:
    done = imgbuild("build", "manifests/partitions.yaml", "-o", f"{tmp_path}/parts/", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "3 partitions" in done.stdout
