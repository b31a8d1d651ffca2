"""What differs between two images: by asset in words, by erase block in bytes."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import build_image, save_png
from unit.layout.handmade import bitmap_asset, file_asset

from imgbuild.flash.delivery_times import LINKS, chip_time, choose_blocks, count_erases, page_bytes_of
from imgbuild.flash.tables import load_chips
from imgbuild.layout.flat import pack_flat, place_flat
from imgbuild.reader.container import Image, open_image
from imgbuild.reader.diff import compare_assets, compare_blocks, count_programmed

HEAD = "version: 1\nname: small\nflash: {board: spark-core}\n"


def opened(*assets) -> Image:
    return open_image(pack_flat(place_flat(assets), name="w", content_version=0, erase_bytes=4096))


def told(old: Image, new: Image) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {one.name: (one.status, one.what) for one in compare_assets(old, new)}


# --- assets --------------------------------------------------------------------------------------


def test_an_image_does_not_differ_from_itself() -> None:
    image = opened(file_asset("a", b"1"), bitmap_asset("icon", (1, 2), 0x12, 2, b"1234"))
    assert compare_assets(image, image) == []


def test_assets_are_added_removed_and_changed() -> None:
    old = opened(file_asset("a", b"1111"), file_asset("b", b"2222"), file_asset("c", b"3333"))
    new = opened(file_asset("a", b"1111"), file_asset("b", b"4444"), file_asset("d", b"3333"))
    found = compare_assets(old, new)
    assert [(one.name, one.status) for one in found] == [("b", "changed"), ("c", "removed"), ("d", "added")]
    assert found[0].what == ("contents",)
    assert found[0].old["crc32"] == f"0x{zlib.crc32(b'2222'):08X}"
    assert found[0].new["crc32"] == f"0x{zlib.crc32(b'4444'):08X}"
    assert found[1].new is None
    assert found[2].old is None


def test_an_asset_of_the_same_bytes_elsewhere_has_moved() -> None:
    old = opened(file_asset("a", b"1111"), file_asset("b", b"2222"))
    new = opened(file_asset("a", b"11111"), file_asset("b", b"2222"))
    assert told(old, new) == {"a": ("changed", ("contents",)), "b": ("changed", ("moved",))}


def test_pixels_shape_and_pixel_format_are_told_apart() -> None:
    icon = bitmap_asset("icon", (1, 2), 0x12, 2, b"1234")
    old = opened(icon)
    assert told(old, opened(bitmap_asset("icon", (1, 2), 0x12, 2, b"1235"))) == {
        "icon": ("changed", ("pixels",))
    }
    assert told(old, opened(bitmap_asset("icon", (2, 1), 0x12, 4, b"1234"))) == {
        "icon": ("changed", ("shape",))
    }
    white = opened(bitmap_asset("icon", (1, 2), 0x12, 2, b"\xff" * 4))
    white_a8 = opened(bitmap_asset("icon", (1, 2), 0x0E, 1, b"\xff" * 2))
    assert told(white, white_a8) == {"icon": ("changed", ("pixel format",))}


@pytest.mark.parametrize("codec", ["lz4", "rle", "range"])
def test_another_codec_alone_changes_no_pixel(tmp_path, codec: str) -> None:
    save_png(tmp_path / "icon.png", 12, 9)
    entry = HEAD + "assets:\n  - {image: icon.png, pixel_format: rgb565, codec: ?}\n"
    raw, _ = build_image(tmp_path, entry.replace("?", "raw"))
    coded, _ = build_image(tmp_path, entry.replace("?", codec))
    assert told(raw, coded) == {"icon": ("changed", ("codec",))}


def test_other_strips_of_the_same_pixels_are_another_storage(tmp_path) -> None:
    save_png(tmp_path / "icon.png", 12, 9)
    entry = HEAD + "assets:\n  - {image: icon.png, pixel_format: rgb565, codec: lz4, strip_bytes: ?}\n"
    one, _ = build_image(tmp_path, entry.replace("?", "64"))
    other, _ = build_image(tmp_path, entry.replace("?", "128"))
    assert told(one, other) == {"icon": ("changed", ("storage",))}


def test_a_character_more_changes_the_glyphs(tmp_path) -> None:
    entry = HEAD + (
        "assets:\n  - {font: package:font_roboto/files/Roboto-Regular.ttf, name: text, size: 16,"
        ' characters: {text: "?"}}\n'
    )
    one, _ = build_image(tmp_path, entry.replace("?", "ab"))
    other, _ = build_image(tmp_path, entry.replace("?", "abc"))
    assert told(one, other) == {"text": ("changed", ("glyphs",))}


def test_littlefs_is_compared_file_by_file(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two")
    manifest = HEAD + "container: littlefs\nassets:\n  - {file: a.txt}\n  - {file: b.txt}\n"
    old, _ = build_image(tmp_path, manifest)
    flat, _ = build_image(tmp_path, manifest.replace("container: littlefs\n", ""))
    assert compare_assets(old, flat) == []
    (tmp_path / "b.txt").write_text("three")
    new, _ = build_image(tmp_path, manifest)
    assert told(old, new) == {"b.txt": ("changed", ("contents",))}
    assert told(flat, new) == {"b.txt": ("changed", ("contents",))}


def test_a_variant_goes_by_the_name_with_its_variant() -> None:
    base = file_asset("a", b"1111")
    dark = replace(file_asset("a@dark", b"2222"), base="a", variant=1)
    layouts = [
        place_flat([base, one], ("dark",))
        for one in (dark, replace(dark, payload=b"33", crc32=zlib.crc32(b"33")))
    ]
    old, new = (open_image(pack_flat(one, name="w", content_version=0, erase_bytes=4096)) for one in layouts)
    assert told(old, new) == {"a@dark": ("changed", ("contents",))}


# --- erase blocks --------------------------------------------------------------------------------


def test_blocks_that_differ_are_told_as_ranges() -> None:
    old = bytes(64)
    new = bytearray(old)
    for at in (0, 17, 31, 63):
        new[at] = 1
    found = compare_blocks(old, bytes(new), 8)
    assert (found.block_count, found.changed_count) == (8, 4)
    assert found.spans == ((0, 8), (16, 32), (56, 64))
    assert found.changed_bytes == 32


def test_blocks_of_the_chip_need_not_start_with_the_image() -> None:
    new = bytearray(20)
    new[5] = new[19] = 1
    found = compare_blocks(bytes(20), bytes(new), 8, phase=12)
    assert found.spans == ((4, 20),)  # blocks of 4, 8 and 8 bytes
    assert (found.block_count, found.changed_count) == (3, 2)


def test_what_lies_behind_a_shorter_new_image_is_left() -> None:
    assert compare_blocks(bytes(64), bytes(16), 8).spans == ()
    longer = compare_blocks(bytes(16), bytes(16) + b"\xff" * 8 + b"\x01", 8)
    assert longer.spans == ((24, 25),)
    assert compare_blocks(b"", b"", 8).block_count == 0


def test_blank_pages_are_not_programmed() -> None:
    new = b"\xff" * 8 + b"\x01" + b"\xff" * 7 + b"\xff" * 4 + b"\x02"
    assert count_programmed(new, [(0, 16)], 4) == 1
    assert count_programmed(new, [(0, 8), (16, 21)], 4) == 1
    assert count_programmed(new, [], 4) == 0
    assert count_programmed(new, [(0, 16)], 4, is_erased=False) == 4


@given(st.binary(max_size=60), st.binary(max_size=60), st.integers(1, 9), st.integers(0, 20))
def test_writing_the_blocks_that_differ_gives_the_new_image(old, new, block, phase) -> None:
    flash = bytearray(old.ljust(len(new), b"\xff"))
    found = compare_blocks(old, new, block, phase)
    for begin, end in found.spans:
        assert begin == 0 or (begin + phase) % block == 0
        assert end == len(new) or (end + phase) % block == 0
        flash[begin:end] = new[begin:end]
    assert flash[: len(new)] == new


# --- times ---------------------------------------------------------------------------------------


def test_large_blocks_are_erased_where_they_lie_inside_as_a_whole() -> None:
    units = (0x1000, 0x10000)
    assert count_erases([(0, 0x21000)], units) == {0x1000: 1, 0x10000: 2}
    assert count_erases([(0xF000, 0x20000)], units) == {0x1000: 1, 0x10000: 1}
    assert count_erases([(0, 0x11000)], units, 0xF000) == {0x1000: 1, 0x10000: 1}
    assert count_erases([(0, 100), (0x3000, 0x3001)], (0x1000,)) == {0x1000: 2}


def test_the_chips_own_time_is_erases_and_pages() -> None:
    chip = load_chips()["w25q64jv"]  # 4 KiB in 64 ms, 64 KiB in 160 ms, a page in 0.704 ms: its SFDP table
    time = chip_time(chip, {0x1000: 3, 0x10000: 2}, 100)
    assert time is not None
    assert time.seconds == pytest.approx(3 * 0.064 + 2 * 0.160 + 0.0704)
    assert not time.is_estimate
    sst = load_chips()["sst25vf016b"]
    assert page_bytes_of(sst) == 2  # AAI words
    whole = chip_time(sst, {0x10000: 24}, 1_572_864 // 2)
    assert whole is not None
    assert whole.is_estimate
    assert 5.5 < whole.seconds < 6.4  # 5.5 s of programming and 0.43 s of erasing


def test_a_chip_without_times_has_none() -> None:
    assert chip_time(replace(load_chips()["w25q64jv"], timings={}), {0x1000: 1}, 1) is None
    assert chip_time(load_chips()["fm25v10"], {256: 3}, 3).seconds == 0  # as fast as the bus
    assert page_bytes_of(load_chips()["fm25v10"]) == 256
    assert choose_blocks(load_chips()["w25q64jv"], 0x10000) == (0x10000,)
    assert choose_blocks(None, 0x1000) == (0x1000, 0x10000)
    assert choose_blocks(None, 512) == (512, 0x1000, 0x10000)


def test_link_times_of_one_and_a_half_megabytes() -> None:
    # serial: 1536 blocks of 1030 bytes of 10 bits, each with 16 ms; DFU 6 to 15 s, SWD at 200 KB/s 8 s
    seconds = {link.name: link.seconds(1_572_864) for link in LINKS}
    assert round(seconds["serial 115200"]) == 162
    assert round(seconds["serial 921600"]) == 42
    assert 6 < seconds["DFU"] < 15
    assert round(seconds["SWD"]) == 8


def test_random_images_differ_where_they_differ() -> None:
    source = random.Random(4)
    old = source.randbytes(50_000)
    new = bytearray(old)
    new[20_000] ^= 1
    assert compare_blocks(old, bytes(new), 4096).spans == ((16384, 20480),)
