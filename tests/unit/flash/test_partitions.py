"""Where partitions lie: every expected offset is worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.partitions import UpdateWish, Wish, divide_partition, place_partitions, write_size
from imgbuild.manifest.load import load_manifest
from imgbuild.model import Plan, Range, Sectors
from imgbuild.partitions import Area
from imgbuild.plan import make_plan

AT = Place("m.yaml", 1, 1)
K, M = 1 << 10, 1 << 20
DAISY = EraseMap(64 * K, (Sectors(0, 256 * K, 4 * K),))
"""4 KiB blocks in the first 256 KiB, 64 KiB behind."""
FREE = Range(0xC0000, 8 * M - 0xC0000, "free0")


def wish(name: str, size: int | str | Range) -> Wish:
    if isinstance(size, Range):
        return Wish(name, AT, own=size)
    return Wish(name, AT, takes_rest=True) if isinstance(size, str) else Wish(name, AT, size)


def place(
    wishes: Sequence[Wish], shared: Range | None = FREE, erase: EraseMap = DAISY
) -> list[tuple[int, int] | None]:
    found = Diagnostics()
    spans = place_partitions(wishes, shared, erase, found)
    found.raise_if_errors()
    return [span and (span.offset_bytes, span.end_bytes) for span in spans]


def refuse(wishes: Sequence[Wish], shared: Range | None = FREE) -> list[str]:
    with pytest.raises(BuildError) as raised:
        place(wishes, shared)
    return [item.code for item in raised.value.diagnostics]


def test_partitions_follow_each_other_in_the_order_of_the_manifest() -> None:
    wishes = [wish("assets", 2 * M), wish("data", 256 * K), wish("settings", 128 * K)]
    assert place(wishes) == [(0xC0000, 0x2C0000), (0x2C0000, 0x300000), (0x300000, 0x320000)]


def test_the_rest_is_what_those_in_front_and_behind_leave() -> None:
    wishes = [wish("assets", 2 * M), wish("data", "rest"), wish("settings", 128 * K), wish("log", 64 * K)]
    ends = [(0xC0000, 0x2C0000), (0x2C0000, 0x7D0000), (0x7D0000, 0x7F0000), (0x7F0000, 0x800000)]
    assert place(wishes) == ends


def test_the_rest_alone_is_the_whole_region() -> None:
    assert place([wish("all", "rest")]) == [(0xC0000, 0x800000)]


def test_a_partition_begins_on_the_erase_block_that_is_there() -> None:
    # 32 KiB end at 0x38000, among blocks of 4 KiB; 64 KiB would reach into those of 64 KiB
    wishes = [wish("small", 32 * K), wish("large", 64 * K)]
    assert place(wishes, Range(0x30000, 0x50000)) == [(0x30000, 0x38000), (0x40000, 0x50000)]


def test_blocks_of_both_sizes_are_used_backwards_too() -> None:
    wishes = [wish("front", "rest"), wish("back", 64 * K)]
    assert place(wishes, Range(0x30000, 0x20000)) == [(0x30000, 0x40000), (0x40000, 0x50000)]


def test_ranges_of_their_own_are_left_out_of_what_is_shared() -> None:
    own = wish("settings", Range(0x7F0000, 64 * K))
    assert place([wish("data", "rest"), own]) == [(0xC0000, 0x7F0000), (0x7F0000, 0x800000)]
    first = wish("boot", Range(0xC0000, 64 * K))
    assert place([wish("data", 64 * K), first]) == [(0xD0000, 0xE0000), (0xC0000, 0xD0000)]


def test_ranges_of_their_own_need_nothing_shared() -> None:
    spans = [Range(0x100000, 64 * K), Range(0x200000, 64 * K)]
    expected = [(0x100000, 0x110000), (0x200000, 0x210000)]
    assert place([wish("a", spans[0]), wish("b", spans[1])], None) == expected


@pytest.mark.parametrize(
    ("sizes", "codes"),
    [
        ([8 * M], ["IB441"]),
        ([4 * M, 4 * M, 64 * K], ["IB441"]),  # the second one; what follows is not told, too
        ([64 * K, "rest", 8 * M], ["IB441"]),
        (["rest", 0x740000], ["IB441"]),  # nothing is left
        (["rest", 64 * K, "rest", "rest"], ["IB443", "IB443"]),
        ([16 * K, 64 * K, 65 * K, 0], ["IB444", "IB444", "IB444"]),
        ([Range(0x100000, 128 * K), Range(0x110000, 64 * K)], ["IB440"]),
        ([Range(0x100000, 64 * K), Range(0x100000, 64 * K), Range(0x100000, 64 * K)], ["IB440"] * 3),
    ],
)
def test_what_cannot_be_is_told(sizes: list[int | str | Range], codes: list[str]) -> None:
    assert refuse([wish(f"p{number}", size) for number, size in enumerate(sizes)]) == codes


def test_a_size_that_would_do_is_told() -> None:
    found = Diagnostics()
    place_partitions([wish("settings", 16 * K), wish("data", 100 * K)], FREE, DAISY, found)
    assert [item.hint for item in found.items] == ["write 64K", "write 128K or 64K"]


@pytest.mark.parametrize(
    ("size", "text"), [(2 * M, "2M"), (1536 * K, "1536K"), (K, "1K"), (4097, "0x1001"), (0, "0x0")]
)
def test_sizes_are_written_as_in_a_manifest(size: int, text: str) -> None:
    assert write_size(size) == text


# --- slots and journals ----------------------------------------------------------------------------


def divide(span: Range, block: int, update: str, slot: int | None = None, journal: int | None = None):
    found = Diagnostics()
    areas = divide_partition(span, block, UpdateWish(update, AT, slot, AT, journal, AT), found)
    return areas, [item.code for item in found.items]


def test_without_updates_the_image_has_all_of_it() -> None:
    areas, codes = divide(Range(0xC0000, 2 * M), 64 * K, "none")
    assert (areas.whole, areas.image, areas.blank, codes) == (
        Area(0xC0000, 2 * M),
        Area(0xC0000, 2 * M),
        (),
        [],
    )


def test_slots_are_equal_and_the_switch_lies_behind_them() -> None:
    # 32 blocks: 15 + 15 + 2
    areas, codes = divide(Range(0xC0000, 2 * M), 64 * K, "slots")
    assert codes == []
    assert areas.image == Area(0xC0000, 0xF0000)
    assert areas.other_slot == Area(0x1B0000, 0xF0000)
    assert areas.switch == Area(0x2A0000, 0x20000)
    assert areas.blank == (areas.switch,)


def test_an_odd_block_is_left_over_and_slots_can_be_smaller() -> None:
    areas, _ = divide(Range(0, 9 * 4096), 4096, "slots")  # 3 + 3 + 2 + 1 left
    assert (areas.image.size_bytes, areas.switch) == (3 * 4096, Area(6 * 4096, 2 * 4096))
    areas, codes = divide(Range(0, 64 * K), 4096, "slots", slot=8 * K)
    assert (areas.other_slot, areas.switch, codes) == (Area(8 * K, 8 * K), Area(16 * K, 8 * K), [])


def test_the_journal_lies_at_the_end() -> None:
    areas, codes = divide(Range(0x80000, 1 * M), 4096, "in-place")
    assert codes == []
    assert areas.image == Area(0x80000, 1 * M - 16 * K)
    assert areas.journal == Area(0x17C000, 16 * K)
    areas, _ = divide(Range(0x80000, 1 * M), 4096, "in-place", journal=32 * K)
    assert areas.journal == Area(0x178000, 32 * K)


@pytest.mark.parametrize(
    ("size", "update", "slot", "journal"),
    [
        (12 * K, "slots", None, None),  # two slots and two blocks for the record need four
        (64 * K, "slots", 32 * K, None),
        (64 * K, "slots", 10 * K, None),
        (64 * K, "slots", 0, None),
        (16 * K, "in-place", None, None),  # the journal alone takes four
        (64 * K, "in-place", None, 8 * K),
        (64 * K, "in-place", None, 13 * K),
        (64 * K, "in-place", None, 64 * K),
    ],
)
def test_slots_and_journals_that_cannot_be(
    size: int, update: str, slot: int | None, journal: int | None
) -> None:
    assert divide(Range(0, size), 4096, update, slot, journal)[1] == ["IB446"]


# --- from a manifest -------------------------------------------------------------------------------

DAISY_MANIFEST = """version: 1
name: watch
flash: {board: daisy-seed}
partitions:
  - {name: assets, size: 2M, update: slots, assets: [{file: note.txt}]}
  - {name: data, size: rest, container: {littlefs: {writable: true}}}
  - {name: settings, size: 128K, container: settings, settings: {volume: {type: u32}}}
"""


def make(folder: Path, manifest: str, board: str | None = None) -> Plan:
    (folder / "note.txt").write_text("hello")
    path = folder / "m.yaml"
    path.write_text(manifest)
    return make_plan(load_manifest(path), (), board, Diagnostics())


def test_a_daisy_seed_is_cut_at_its_blocks_of_64_kib(tmp_path: Path) -> None:
    plan = make(tmp_path, DAISY_MANIFEST)
    targets = [partition.target for partition in plan.partitions]
    regions = [(target.region.offset_bytes, target.region.size_bytes) for target in targets]
    assert regions == [(0xC0000, 0xF0000), (0x2C0000, 0x520000), (0x7E0000, 0x20000)]
    assert [target.base_address for target in targets] == [0x900C0000, 0x902C0000, 0x907E0000]
    assert {target.erase_bytes for target in targets} == {0x10000}
    assert [partition.is_writable for partition in plan.partitions] == [True, True, True]
    assert [partition.product for partition in plan.partitions] == [
        "watch/assets",
        "watch/data",
        "watch/settings",
    ]


def test_the_chip_of_another_board_is_cut_at_its_own_blocks(tmp_path: Path) -> None:
    text = DAISY_MANIFEST.replace("size: 2M", "size: 512K")
    partitions = make(tmp_path, text, "spark-core").partitions
    spans = [partition.areas and partition.areas.whole for partition in partitions]
    assert spans == [Area(0x80000, 0x80000), Area(0x100000, 0xE0000), Area(0x1E0000, 0x20000)]
    assert {partition.target.erase_bytes for partition in partitions} == {0x1000}
    assert {partition.target.base_address for partition in partitions} == {None}


def test_rows_of_a_partition_table_are_partitions(tmp_path: Path) -> None:
    (tmp_path / "partitions.csv").write_text(
        "nvs, data, nvs, 0x9000, 0x6000\napp, app, factory, 0x10000, 1M\n"
        "assets, data, 0x40, 0x200000, 1M\nlogs, data, spiffs, 0x300000, 512K\n"
    )
    text = """version: 1
name: watch
flash: {board: esp32-s3, partition_table: partitions.csv}
partitions:
  - {name: assets, region: assets, assets: [{file: note.txt}]}
  - {name: logs, region: logs, container: littlefs}
"""
    regions = [partition.target.region for partition in make(tmp_path, text).partitions]
    assert [(r.offset_bytes, r.size_bytes) for r in regions] == [(0x200000, 0x100000), (0x300000, 0x80000)]
    with pytest.raises(BuildError) as raised:
        make(tmp_path, text.replace("region: logs", "size: 64K"))  # the table tells what is free, not a size
    assert [item.code for item in raised.value.diagnostics] == ["IB407"]


def test_every_mistake_of_the_partitions_is_told_at_once(tmp_path: Path) -> None:
    text = """version: 1
name: watch
flash: {board: spark-core}
partitions:
  - {name: 1st, size: 64K, assets: [{file: note.txt}, {file: missing.txt}]}
  - {name: data, container: littlefs}
  - {name: data, size: 64K}
"""
    with pytest.raises(BuildError) as raised:
        make(tmp_path, text)
    codes = [item.code for item in raised.value.diagnostics]
    assert sorted(codes) == ["IB106", "IB110", "IB116", "IB442", "IB445"]


def test_there_is_one_partition_at_least_and_64_at_most(tmp_path: Path) -> None:
    head = "version: 1\nname: watch\nflash: {board: spark-core}\npartitions:"
    rows = [f"  - {{name: p{number}, size: 8K, container: littlefs}}" for number in range(65)]
    for text, code in (("\n".join([head, *rows]), "IB105"), (f"{head} []", "IB106")):
        with pytest.raises(BuildError) as raised:
            make(tmp_path, text + "\n")
        assert [item.code for item in raised.value.diagnostics] == [code]
    assert len(make(tmp_path, "\n".join([head, *rows[:64]]) + "\n").partitions) == 64


@pytest.mark.parametrize("key", ["container: flat", "budget: 1M"])
def test_keys_of_one_partition_do_not_stand_beside_several(tmp_path: Path, key: str) -> None:
    with pytest.raises(BuildError) as raised:
        make(tmp_path, DAISY_MANIFEST.replace("partitions:", f"{key}\npartitions:"))
    assert [item.code for item in raised.value.diagnostics] == ["IB105"]


def test_one_name_may_stand_in_two_partitions_but_not_twice_in_one(tmp_path: Path) -> None:
    text = """version: 1
name: watch
flash: {board: spark-core}
partitions:
  - {name: a, size: 64K, assets: [{file: note.txt, name: note}]}
  - {name: b, size: 64K, assets: [{file: note.txt, name: note}]}
"""
    plan = make(tmp_path, text)
    assert [partition.assets[0].name for partition in plan.partitions] == ["note", "note"]
    with pytest.raises(BuildError) as raised:
        make(
            tmp_path,
            text.replace(
                "{file: note.txt, name: note}]}",
                "{file: note.txt, name: note}, {file: note.txt, name: note}]}",
                1,
            ),
        )
    assert [item.code for item in raised.value.diagnostics] == ["IB113"]
