"""``imgbuild settings get|set|dump``: on an area alone and in a larger file, with and without a manifest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from c.settings_samples import MANIFEST
from click.testing import CliRunner

from imgbuild.cli.settings_command import command
from imgbuild.errors import BuildError, Place
from imgbuild.layout.settings import build_settings
from imgbuild.reader.settings import find_areas, read_area


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    area = build_settings((), erase_bytes=0x1000, region_bytes=0x4000, place=Place("m"))
    (tmp_path / "area.bin").write_bytes(area)
    return tmp_path


def imgbuild(folder, *arguments, code=0):
    """What ``imgbuild settings …`` prints, run in this process; ``code`` 1: it ends with diagnostics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(command, arguments)
    failed = isinstance(result.exception, BuildError)
    assert (1 if failed else result.exit_code) == code, (result.output, result.exception)
    return result.output


WITH = ("--manifest", "manifest.yaml")


@pytest.mark.parametrize(
    ("name", "default", "given", "shown"),
    [
        ("brightness", "80", "0x32", "50"),
        ("offset", "-5", "-100", "-100"),
        ("on", "1", "false", "0"),
        ("ssid", "häm", "my nét", "my nét"),
        ("calibration", "00 1f ff", "0a0b", "0a 0b"),
    ],
)
def test_a_default_then_what_was_set(folder, name, default, given, shown):
    assert imgbuild(folder, "get", "area.bin", name, *WITH) == f"{default}\n"
    assert imgbuild(folder, "set", *WITH, "area.bin", name, "--", given) == ""
    assert imgbuild(folder, "get", "area.bin", name, *WITH) == f"{shown}\n"
    assert imgbuild(folder, "get", "area.bin", name) == f"{shown}\n"


def test_a_negative_value_needs_no_dashes_in_front(folder):
    assert imgbuild(folder, "set", "area.bin", "offset", "-100", *WITH) == ""
    assert imgbuild(folder, "get", "area.bin", "offset", *WITH) == "-100\n"


@pytest.mark.parametrize("digits", ["9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000])
def test_a_number_of_thousands_of_digits_is_refused(folder, digits):
    imgbuild(folder, "set", "area.bin", "count", "--type", "u32", "--", digits, code=1)


def test_setting_the_same_again_does_not_touch_the_file(folder):
    imgbuild(folder, "set", "area.bin", "count", "7", "--type", "u32")
    before = (folder / "area.bin").stat().st_mtime_ns
    imgbuild(folder, "set", "area.bin", "count", "7")
    assert (folder / "area.bin").stat().st_mtime_ns == before
    imgbuild(folder, "set", "area.bin", "count", "8")
    area = read_area((folder / "area.bin").read_bytes(), find_areas((folder / "area.bin").read_bytes())[0])
    assert area.records == 2


def test_the_dump_tells_values_wear_and_room(folder):
    imgbuild(folder, "set", "area.bin", "brightness", "50", *WITH)
    imgbuild(folder, "set", "area.bin", "old", "0102", "--type", "bytes")
    told = json.loads(imgbuild(folder, "dump", "area.bin", "--json", *WITH))
    rows = {row["key"]: row for row in told.pop("settings")}
    assert told == {
        "schema_version": 1, "offset": 0, "sector_bytes": 4096, "sectors": 4, "sector_in_use": 0,
        "sectors_begun": 1, "erases_per_sector": 1, "records": 2, "damaged": 0, "used_bytes": 64,
        "free_bytes": 4032,
    }  # fmt: skip
    assert len(rows) == 6
    assert rows["0xD976D6E3"] == {
        "name": "brightness", "key": "0xD976D6E3", "type": "u32", "value": 50, "from": "stored",
    }  # fmt: skip
    (unknown,) = [row for row in rows.values() if not row["name"]]
    assert (unknown["type"], unknown["value"], unknown["from"]) == ("bytes", "01 02", "stored")
    assert imgbuild(folder, "dump", "area.bin", *WITH).count("default") == 4


def test_bytes_around_the_area_stay(folder):
    area = (folder / "area.bin").read_bytes()
    (folder / "flash.bin").write_bytes(b"front" * 64 + area + b"behind")
    imgbuild(folder, "set", "flash.bin", "brightness", "1", "--type", "u32")
    changed = (folder / "flash.bin").read_bytes()
    assert (changed[:320], changed[-6:], len(changed)) == (b"front" * 64, b"behind", 320 + 0x4000 + 6)
    assert imgbuild(folder, "get", "flash.bin", "brightness") == "1\n"


def test_two_areas_are_told_apart_by_their_offset(folder):
    area = (folder / "area.bin").read_bytes()
    (folder / "two.bin").write_bytes(area + area)
    imgbuild(folder, "set", "two.bin", "a", "1", "--type", "u32", "--offset", "16K")
    assert imgbuild(folder, "get", "two.bin", "a", "--offset", "0x4000") == "1\n"
    imgbuild(folder, "get", "two.bin", "a", "--offset", "0", code=1)
    imgbuild(folder, "get", "two.bin", "a", code=1)
    imgbuild(folder, "get", "two.bin", "a", "--offset", "far", code=2)


@pytest.mark.parametrize("value", ["4294967296", "-1", "1.5", "010", "", "0x"])
def test_what_is_no_u32_is_refused(folder, value):
    before = (folder / "area.bin").read_bytes()
    imgbuild(folder, "set", "--type", "u32", "area.bin", "a", "--", value, code=1)
    assert (folder / "area.bin").read_bytes() == before


def test_a_built_image_is_one_to_look_into(folder):
    build = [sys.executable, "-m", "imgbuild", "build", "manifest.yaml", "-o", "ext.bin"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    assert imgbuild(folder, "get", "ext.bin", "ssid", *WITH) == "häm\n"
    imgbuild(folder, "set", "ext.bin", "ssid", "net", *WITH)
    assert imgbuild(folder, "get", "ext.bin", "ssid") == "net\n"
    header = (folder / "demo_settings.h").read_text()
    assert "#define DEMO_SETTINGS_SECTORS      4" in header
