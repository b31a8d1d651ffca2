"""The partition table of an ESP-IDF project tells where the image goes; no other partition is touched."""

import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.flash.esp_partitions import parse_partitions
from imgbuild.flash.region import resolve_target
from imgbuild.manifest.load import load_manifest

K = 1024
# "Single factory app, no OTA" of ESP-IDF's guide, with a partition of our own behind it.
TABLE = """\
# Name,   Type, SubType, Offset,  Size, Flags
nvs,      data, nvs,     0x9000,  0x6000,
phy_init, data, phy,     0xf000,  0x1000,
factory,  app,  factory, 0x10000, 1M,

assets,   data, 0x40,    ,        2M,      # ours
"""


def rows(text):
    return [(p.label, p.offset_bytes, p.size_bytes) for p in parse_partitions(text, Place("p.csv"))]


def messages(text):
    with pytest.raises(BuildError) as caught:
        rows(text)
    return [(d.code, d.place.line, d.message) for d in caught.value.diagnostics]


def target(folder, flash, table=TABLE):
    (folder / "partitions.csv").write_text(table)
    path = folder / "m.yaml"
    path.write_text(f"version: 1\nname: x\nflash: {flash}\nassets: []\n")
    return resolve_target(load_manifest(path))


def test_offsets_are_read_or_follow_the_row_before():
    assert rows(TABLE) == [
        ("nvs", 0x9000, 0x6000), ("phy_init", 0xF000, 0x1000), ("factory", 0x10000, 1 << 20),
        ("assets", 0x110000, 2 << 20),
    ]  # fmt: skip


def test_empty_offsets_lie_on_4_kib_and_those_of_apps_on_64_kib():
    """The example of docs.rs/esp-partition-table: offsets as ESP-IDF's gen_esp32part.py counts them."""
    text = "nvs,data,nvs,36K,24K,\nphy,data,phy,,4K,\nfactory,app,factory,,3M,\ndump,data,coredump,,64K\n"
    assert [offset for _, offset, _ in rows(text)] == [0x9000, 0xF000, 0x10000, 0x310000]


def test_a_negative_size_is_the_offset_of_the_end():
    assert rows("a,data,nvs,0x9000,-0x10000\n") == [("a", 0x9000, 0x7000)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a,data,nvs,0x9000\n", 1, "a row has name, type, subtype, offset, size; this one has 4 cells"),
        ("a,data,nvs,0x9000,big\n", 1, "'big' is no size such as 0x290000 or 1M"),
        ("a,data,nvs,here,4K\n", 1, "'here' is no offset such as 0x290000 or 1M"),
        ("a,data,nvs,0x9000,0\n", 1, "partition 'a' has no size"),
        (
            "a,app,factory,0x11000,1M\n",
            1,
            "partition 'a' starts at 0x11000, no multiple of 65536 B (64.0 KiB)",
        ),
        ("a,data,nvs,0x9001,4K\n", 1, "partition 'a' starts at 0x9001, no multiple of 4096 B (4.0 KiB)"),
        (f"{'n' * 17},data,nvs,,4K\n", 1, f"'{'n' * 17}' is no name of a partition: 1 to 16 bytes"),
        ("a,data,nvs,,4K\na,data,nvs,,4K\n", 2, "two partitions are called 'a'"),
        (
            "a,data,nvs,0x9000,8K\nb,data,nvs,0xA000,4K\n",
            2,
            "partition 'b' starts at 0xA000, inside 'a' (to 0xB000)",
        ),
    ],
)
def test_a_table_that_cannot_be(text, line, message):
    assert messages(text) == [("IB518", line, message)]


# --- as the region of a manifest -------------------------------------------------------------------

FLASH = "{board: esp32-s3, partition_table: partitions.csv, region: %s}"


def test_the_partition_is_the_region_and_the_others_are_reserved(tmp_path):
    found = target(tmp_path, FLASH % "assets")
    assert (found.region.offset_bytes, found.region.size_bytes) == (0x110000, 2 << 20)
    assert {"nvs", "phy_init", "factory"} <= {r.name for r in found.reserved}
    assert "assets" not in {r.name for r in found.reserved}


def test_no_other_partition_is_overwritten(tmp_path):
    with pytest.raises(BuildError) as caught:
        target(tmp_path, FLASH % "{offset: 0xF000, size: 8K}")
    assert {d.code for d in caught.value.diagnostics} == {"IB404"}


@pytest.mark.parametrize(
    ("region", "code", "message"),
    [
        (
            "asset",
            "IB519",
            "the partition table has no partition 'asset'; it has 'nvs', 'phy_init', 'factory', 'assets'",
        ),
        (
            "free",
            "IB407",
            (
                "with 'partition_table' the region is the name of a partition; it has 'nvs', 'phy_init',"
                " 'factory', 'assets'"
            ),
        ),
    ],
)
def test_a_region_that_is_no_partition(tmp_path, region, code, message):
    with pytest.raises(BuildError) as caught:
        target(tmp_path, FLASH % region)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message, found.place.line) == (code, message, 3)


def test_a_partition_behind_the_chip_is_told_at_its_row(tmp_path):
    with pytest.raises(BuildError) as caught:
        target(tmp_path, FLASH % "assets", TABLE.replace("2M", "8M"))
    (found,) = caught.value.diagnostics
    assert (found.code, found.place.line) == ("IB519", 6)
    assert found.place.path.endswith("partitions.csv")
