"""Settings: the plan of a manifest, the factory image, the generated header, the independent reader."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest
from c.settings_samples import MANIFEST, plan
from support import ROOT

from imgbuild.emit.settings_header import settings_header
from imgbuild.errors import BuildError, Place
from imgbuild.layout.settings import build_settings, store_record
from imgbuild.reader.settings import AreaPlace, find_areas, read_area
from imgbuild.settings import SettingsGeometry, geometry_of, needed_bytes

PLACE = Place("m.yaml", 3, 1)
FORMAT = ROOT / "c_runtime" / "SETTINGS-FORMAT.md"


def one(tmp_path, line):
    """What planning a single setting finds: codes."""
    text = MANIFEST.split("      brightness")[0] + f"      {line}\n"
    return [item.code for item in plan(tmp_path, text)[1].items]


# --- plan ----------------------------------------------------------------------------------------


def test_every_value_is_spelled_out_and_sorted_by_name(tmp_path):
    settings, found = plan(tmp_path)
    assert found.items == []
    assert [(s.name, s.type, s.default, s.min, s.max, s.max_bytes, s.c_name) for s in settings] == [
        ("brightness", "u32", 80, 0, 100, 4, "BRIGHTNESS"),
        ("calibration", "bytes", b"\x00\x1f\xff", 0, 0, 16, "CALIBRATION"),
        ("offset", "i32", -5, -100, 100, 4, "OFFSET"),
        ("on", "bool", 1, 0, 1, 4, "ON"),
        ("ssid", "string", "häm".encode(), 0, 0, 32, "SSID"),
    ]
    assert settings[0].key == zlib.crc32(b"brightness") == 0xD976D6E3
    assert (settings[0].place.line, settings[0].place.column) == (9, 7)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("a: {type: i32, default: -2147483648, min: -2147483648}", []),
        ("a: {type: u32, default: 4294967295}", []),
        ("a: {type: u32, default: 4294967296}", ["IB462"]),
        ("a: {type: i32, default: 2147483648}", ["IB462"]),
        ("a: {type: u32, default: -1}", ["IB462"]),
        ("a: {type: u32, default: true}", ["IB460"]),
        ("a: {type: bool, default: 1}", ["IB460"]),
        ("a: {type: string, max_bytes: 3, default: 'äb'}", []),
        ("a: {type: string, max_bytes: 2, default: 'äb'}", ["IB462"]),
        ('a: {type: string, max_bytes: 8, default: "a\\0b"}', ["IB460"]),
        ("a: {type: bytes, max_bytes: 2, default: '00 1'}", ["IB460"]),
        ("a: {type: string}", ["IB469"]),
        ("a: {type: u32, min: 5, max: 4, default: 5}", ["IB461"]),
        ("a: {type: i32, min: -2147483648, max: 2147483648}", ["IB461"]),
        ("'a b': {type: u32}", ["IB470"]),
        (f"{'a' * 63}: {{type: u32}}", []),
        (f"{'a' * 64}: {{type: u32}}", ["IB470"]),
    ],
)
def test_limits_and_defaults(tmp_path, line, codes):
    assert one(tmp_path, line) == codes


def test_more_than_a_thousand_settings_are_refused(tmp_path):
    head = MANIFEST.split("      brightness")[0]
    for count, codes in ((1000, []), (1001, ["IB464"])):
        text = head + "".join(f"      s{n}: {{type: bool}}\n" for n in range(count))
        assert [item.code for item in plan(tmp_path, text)[1].items] == codes


@pytest.mark.parametrize(
    ("erase_bytes", "region_bytes", "sector_bytes", "sectors"),
    [
        (0x1000, 0x4000, 0x1000, 4),
        (0x10000, 0x20000, 0x10000, 2),
        (0x1000, 0x3F000, 0x1000, 63),
        (0x1000, 0x40000, 0x2000, 32),  # 64 erase units: two in each sector
        (0x1000, 0x1000, 0x1000, 1),
        (1, 0x8000, 0x1000, 8),  # FRAM: parts of 4 KiB
        (1, 0x800, 0x400, 2),
        (64, 1000, 448, 2),  # EEPROM: equal parts, multiples of 64
        (1, 300, 256, 1),
        (256, 0x400, 0x100, 4),
    ],
)
def test_how_an_area_is_cut(erase_bytes, region_bytes, sector_bytes, sectors):
    geometry = geometry_of(erase_bytes, region_bytes)
    assert geometry == SettingsGeometry(sector_bytes, sectors)
    assert sectors <= 63
    assert sector_bytes * sectors <= region_bytes
    assert sector_bytes % 64 == 0


# --- factory image -------------------------------------------------------------------------------


def test_the_factory_image_is_one_head_and_blank(tmp_path):
    settings, _ = plan(tmp_path)
    data = build_settings(settings, erase_bytes=0x1000, region_bytes=0x4000, place=PLACE)
    assert len(data) == 0x4000
    assert data[32:].strip(b"\xff") == b""
    shape = (0x1000 | 4).to_bytes(4, "little")
    head = b"\x04\x53\0\0" + b"\1\0\0\0" + shape
    assert data[:16] == head + zlib.crc32(head, 0).to_bytes(4, "little")
    assert data[16:32] == head + zlib.crc32(head, 16 << 8).to_bytes(4, "little")


def test_the_capacity_counts_each_value_at_its_longest_and_one_twice(tmp_path):
    text = MANIFEST.split("      brightness")[0]
    text += "      a: {type: string, max_bytes: 20}\n      b: {type: string, max_bytes: 21}\n"
    settings, _ = plan(tmp_path, text)
    assert needed_bytes(settings) == 32 + 48 + 48
    area = {"erase_bytes": 256, "region_bytes": 512, "place": PLACE}
    assert build_settings(settings, **area)
    text += "      c: {type: bytes, max_bytes: 84}\n"  # 96 and 96 more: 32 + 48 + 96 + 96 > 224
    settings, _ = plan(tmp_path, text)
    with pytest.raises(BuildError) as caught:
        build_settings(settings, **area)
    assert caught.value.diagnostics[0].code == "IB464"
    assert caught.value.diagnostics[0].place == PLACE


# --- header --------------------------------------------------------------------------------------


def test_the_header_holds_what_the_plan_says_for_c_and_cpp(tmp_path):
    text = MANIFEST.replace("häm", 'say \\"hi\\"?\\\\')
    text = text.replace("offset: {type: i32, default: -5, min: -100", "offset: {type: i32, min: -2147483648")
    settings, found = plan(tmp_path, text)
    assert found.items == []
    header = settings_header(
        "demo_settings", settings, offset_bytes=0x1C000, region_bytes=0x4000, erase_bytes=0x1000
    )
    (tmp_path / "demo_settings.h").write_text(header)
    program = """
#include <stdio.h>
#include "demo_settings.h"
static const imgb_setting_t table[DEMO_SETTINGS_COUNT] = DEMO_SETTINGS_TABLE;
int main(void) {
  printf("%lx %lx %lx %d %d\\n", (unsigned long)DEMO_SETTINGS_OFFSET, (unsigned long)DEMO_SETTINGS_BYTES,
         (unsigned long)DEMO_SETTINGS_SECTOR_BYTES, DEMO_SETTINGS_SECTORS, DEMO_SETTINGS_COUNT);
  printf("%s|%ld|%ld\\n", DEMO_SETTINGS_DEFAULT_SSID, (long)DEMO_SETTINGS_MIN_OFFSET,
         (long)DEMO_SETTINGS_MAX_BRIGHTNESS);
  for (int i = 0; i < DEMO_SETTINGS_COUNT; i++) {
    printf("%08lx %lx %lx %d %d ", (unsigned long)table[i].key, (unsigned long)table[i].least,
           (unsigned long)table[i].most, table[i].kind, table[i].max_bytes);
    for (int k = 0; k < table[i].default_length; k++) printf("%02x", table[i].default_bytes[k]);
    printf("\\n");
  }
  return 0;
}
"""
    quoted = b'say "hi"?\\'
    expected = [
        "1c000 4000 1000 4 5",
        'say "hi"?\\|-2147483648|100',
        "d976d6e3 0 64 3 4 50000000",
        f"{zlib.crc32(b'calibration'):08x} 0 0 1 16 001fff",
        f"{zlib.crc32(b'offset'):08x} 80000000 64 4 4 00000000",
        f"{zlib.crc32(b'on'):08x} 0 1 5 4 01000000",
        f"{zlib.crc32(b'ssid'):08x} 0 0 2 32 {quoted.hex()}",
    ]
    for compiler, standard, suffix in (("gcc", "c99", "c"), ("g++", "c++11", "cpp")):
        source = tmp_path / f"user.{suffix}"
        source.write_text(program)
        flags = [f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror"]
        include = ["-I", str(tmp_path), "-I", str(ROOT / "c_runtime" / "src")]
        target = tmp_path / f"user_{suffix}"
        subprocess.run([compiler, *flags, *include, str(source), "-o", str(target)], check=True)
        done = subprocess.run([str(target)], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == expected


# --- reader --------------------------------------------------------------------------------------


def example() -> bytes:
    """The bytes of the example in SETTINGS-FORMAT.md, as an area of two sectors of 256."""
    text = FORMAT.read_text().split("## Example")[1].split("\n## ")[0]
    rows = [line.split() for line in text.splitlines() if line.startswith("    ")]
    data = b"".join(bytes.fromhex("".join(row[1:])) for row in rows)
    assert len(data) == 6 * 16
    return data.ljust(512, b"\xff")


def test_the_example_of_the_format_is_what_is_read_and_written():
    data = example()
    (place,) = find_areas(data)
    area = read_area(data, place)
    held = {zlib.crc32(b"brightness"): 50, zlib.crc32(b"ssid"): "net"}
    assert {key: record.value for key, record in area.values.items()} == held
    assert (area.sequence, area.end, area.records, area.damaged, area.free_bytes) == (1, 0x50, 3, 0, 176)
    made = build_settings((), erase_bytes=256, region_bytes=512, place=PLACE)
    steps = (("brightness", 3, b"\x50\0\0\0"), ("brightness", 3, b"\x32\0\0\0"), ("ssid", 2, b"net"))
    for name, kind, value in steps:
        stored = store_record(read_area(made, place), made, zlib.crc32(name.encode()), kind, value)
        assert stored is not None
        made = stored
    assert made == data


@pytest.mark.parametrize("offset", [0, 64, 0x1230])
def test_an_area_is_found_wherever_it_lies(offset):
    data = b"\x04\x53\0\0" * (offset // 4) + example() + b"tail"
    assert find_areas(data) == [AreaPlace(offset, 256, 2)]


def test_an_area_is_found_by_its_second_sector():
    data, place = example(), AreaPlace(0, 256, 2)
    for number in range(20):
        stored = store_record(read_area(data, place), data, number % 3 + 1, 3, number.to_bytes(4, "little"))
        assert stored is not None
        data = stored
    assert read_area(data, place).sector == 1
    assert find_areas(b"\0" * 256 + data[256:]) == [place]


def test_bytes_that_end_early_are_blank_behind():
    data = example()
    assert read_area(data[:0x50], find_areas(data)[0]).values == read_area(data, AreaPlace(0, 256, 2)).values


@pytest.mark.parametrize("at", range(0, 0x50, 3))
def test_a_damaged_byte_costs_one_record_at_most(at):
    data = bytearray(example())
    whole = read_area(bytes(data), AreaPlace(0, 256, 2))
    data[at] ^= 0x10
    area = read_area(bytes(data), AreaPlace(0, 256, 2))
    assert area.sector == 0
    if at < 32:  # one head of two
        assert area.values == whole.values
        return
    assert area.records == whole.records - 1 if at < 0x4F else whole.records
    assert area.damaged == (at < 0x4F)
    assert area.free_bytes == (0 if at < 0x4F else 176)


def test_storing_in_a_damaged_log_begins_the_next_sector():
    data = bytearray(example())
    data[0x38] ^= 1
    place = AreaPlace(0, 256, 2)
    stored = store_record(read_area(bytes(data), place), bytes(data), 7, 1, b"x")
    assert stored is not None
    area = read_area(stored, place)
    assert (area.sector, area.sequence, area.damaged) == (1, 2, 0)
    assert area.values[zlib.crc32(b"brightness")].value == 80  # the one before the damaged one
    assert area.values[7].data == b"x"


def test_the_reader_takes_any_bytes(tmp_path: Path):
    import random

    source = random.Random(5)
    for _ in range(300):
        data = bytearray(example())
        for _ in range(source.randrange(1, 30)):
            data[source.randrange(0, 0x60)] = source.randrange(256)
        for place in find_areas(bytes(data)):
            read_area(bytes(data), place)
        read_area(bytes(data), AreaPlace(0, 256, 2))
