"""The flat pack: the bytes of FORMAT.md, aligned pixels, duplicates stored once."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace

import pytest
from unit.layout.handmade import (
    bitmap_asset,
    bitwise_crc8,
    file_asset,
    find,
    payload_of,
    u16,
    u32,
)

from imgbuild.layout.flat import contract_hash_of, pack_flat, pad_image, place_flat
from imgbuild.model import EncodedAsset, Kind


def build(assets: list[EncodedAsset], **options: object) -> bytes:
    given = {"name": "weather", "content_version": 0, "erase_bytes": 4096, **options}
    return pack_flat(place_flat(assets), **given)  # type: ignore[arg-type]


def some_assets(count: int, seed: int = 1) -> list[EncodedAsset]:
    source = random.Random(seed)
    return [file_asset(f"files/{n}", source.randbytes(source.randrange(1, 90))) for n in range(count)]


def test_an_empty_pack_is_header_and_end_marker() -> None:
    pack = build([])
    assert len(pack) == 72
    assert u32(pack, 8) == 72
    assert u16(pack, 0x1C) == u16(pack, 0x1E) == 0
    assert u32(pack, 0x28) == 0  # CRC-32 of no bytes
    assert find(pack, "anything") is None


def test_header_fields_stand_where_the_format_says() -> None:
    assets = [file_asset("b", b"12345"), replace(file_asset("a", b"x" * 9, 32), max_strip_bytes=512)]
    pack = build(assets, name="weather", content_version=7, erase_bytes=65536)
    assert pack[:8] == b"IMGB\x01\x01\x40\x00"
    assert u32(pack, 0x08) == len(pack)
    assert u32(pack, 0x0C) == 7
    assert u32(pack, 0x10) == zlib.crc32(b"weather")
    assert u32(pack, 0x18) == 68  # one displacement, padded to a multiple of 4
    assert (u16(pack, 0x1C), u16(pack, 0x1E)) == (2, 1)
    assert u32(pack, 0x20) == 68 + 64
    assert u32(pack, 0x24) == 2
    assert pack[132:136] == b"ab\0\0"
    assert u32(pack, 0x28) == zlib.crc32(pack[64:136])
    assert (u32(pack, 0x2C), u32(pack, 0x30)) == (136, 0)
    assert (pack[0x34], pack[0x35], u16(pack, 0x36)) == (5, 16, 0)
    assert u32(pack, 0x38) == 512
    assert u32(pack, 0x3C) == zlib.crc32(pack[:0x3C])
    assert pack[-8:] == pack[0x3C:0x40] + b"IEND"


def test_contract_hash_is_over_names_and_shapes_sorted_by_name() -> None:
    icon = bitmap_asset("é", (3, 2), 0x12, 6, bytes(12))
    font = replace(file_asset("body", b"f"), kind=Kind.FONT, height=18, pixel_format=0x0D)
    by_hand = b"body\0" + b"\x02\x00\x00\x12\x00\x0d" + "é".encode() + b"\0\x01\x03\x00\x02\x00\x12"
    assert contract_hash_of([icon, font]) == contract_hash_of([font, icon]) == zlib.crc32(by_hand)
    assert u32(build([icon, font]), 0x14) == zlib.crc32(by_hand)
    changed = replace(icon, payload=icon.payload[:-1] + b"\xff")
    assert contract_hash_of([changed, font]) == contract_hash_of([icon, font])
    assert contract_hash_of([replace(icon, width=4), font]) != contract_hash_of([icon, font])


@pytest.mark.parametrize("count", [1, 2, 3, 500, 5000])
def test_every_asset_is_found_whole_and_a_foreign_name_is_not(count: int) -> None:
    assets = some_assets(count)
    pack = build(assets)
    for asset in assets[:: max(1, count // 300)]:
        entry = find(pack, asset.name)
        assert entry is not None
        assert payload_of(pack, entry) == asset.payload
        assert u32(entry, 0x0C) == zlib.crc32(asset.payload)
        assert entry[0x1F] == bitwise_crc8(entry[:0x1F])
        assert u32(entry, 4) % 4 == 0
        assert u16(entry, 0x16) == 0xFFFF
    for number in range(200):
        assert find(pack, f"absent/{number}") is None


def test_bytes_between_payloads_are_erased_flash() -> None:
    pack = build([file_asset("a", b"\0" * 5), file_asset("b", b"\0" * 3, 1024), file_asset("c", b"\0")])
    entries = [find(pack, name) for name in "abc"]
    covered = bytearray(len(pack))
    for entry in entries:
        assert entry is not None
        covered[u32(entry, 4) : u32(entry, 4) + u32(entry, 8)] = b"\x01" * u32(entry, 8)
    free = [pack[at] for at in range(u32(pack, 0x2C), len(pack) - 8) if not covered[at]]
    assert len(free) > 700
    assert set(free) == {0xFF}


@pytest.mark.parametrize("align_bytes", [4, 8, 32, 4096, 65536])
def test_it_is_the_pixels_that_are_aligned(align_bytes: int) -> None:
    assets = [
        file_asset("odd", b"123"),
        bitmap_asset("icon", (3, 2), 0x12, 6, bytes(range(12)), align_bytes),
        file_asset("last", b"4567", align_bytes),
    ]
    pack = build(assets)
    icon, last = find(pack, "icon"), find(pack, "last")
    assert icon is not None
    assert last is not None
    assert u32(icon, 4) % 4 == 0
    assert (u32(icon, 4) + 24) % align_bytes == 0
    assert u32(last, 4) % align_bytes == 0
    assert 1 << pack[0x34] == align_bytes


def test_payloads_lie_in_the_order_given() -> None:
    assets = some_assets(50)
    offsets = {p.asset.name: p.offset_bytes for p in place_flat(assets).placements}
    ordered = [offsets[asset.name] for asset in assets]
    assert ordered == sorted(ordered)


def test_equal_payloads_are_stored_once() -> None:
    same = random.Random(3).randbytes(1000)
    assets = [
        file_asset("a", same),
        file_asset("b", b"other"),
        file_asset("c", same, 64),
        file_asset("d", same),
    ]
    layout = place_flat(assets)
    pack = build(assets)
    offsets = {p.asset.name: p.offset_bytes for p in layout.placements}
    assert offsets["a"] == offsets["c"] == offsets["d"]
    assert offsets["c"] % 64 == 0
    assert pack.count(same) == 1
    assert layout.payload_bytes == 1005


def test_equal_payloads_whose_anchors_cannot_both_be_aligned_are_stored_twice() -> None:
    icon = bitmap_asset("icon", (4, 4), 0x12, 8, random.Random(4).randbytes(32), 32)
    copy = file_asset("icon.bin", icon.payload, 32)
    layout = place_flat([icon, copy])
    first, second = sorted(p.offset_bytes for p in layout.placements)
    assert first != second
    offsets = {p.asset.name: p.offset_bytes for p in layout.placements}
    assert (offsets["icon"] + 24) % 32 == 0
    assert offsets["icon.bin"] % 32 == 0


def test_empty_files_are_assets_too() -> None:
    pack = build([file_asset("empty", b""), file_asset("void", b"")])
    for name in ("empty", "void"):
        entry = find(pack, name)
        assert entry is not None
        assert u32(entry, 8) == 0
        assert u32(entry, 0x0C) == 0
        assert u32(entry, 4) <= len(pack)


@pytest.mark.parametrize("tail", range(1, 9))
def test_the_pack_ends_on_a_multiple_of_four(tail: int) -> None:
    pack = build([file_asset("a", b"\x55" * tail)])
    assert len(pack) % 4 == 0
    assert u32(pack, 8) == len(pack)


@pytest.mark.parametrize("count", [100, 500, 20_000])
def test_the_container_costs_at_most_34_bytes_an_asset_and_its_name(count: int) -> None:
    assets = [file_asset(f"icons/{number}", number.to_bytes(4, "little")) for number in range(count)]
    names = sum(len(asset.name) for asset in assets)
    overhead = len(build(assets)) - 4 * count - names - 72
    assert overhead <= 34 * count


def test_names_in_the_pool_are_sorted_as_bytes() -> None:
    pack = build([file_asset(name, name.encode()) for name in ("b", "é", "Z", "a/b", "a-b")])
    assert pack[u32(pack, 0x20) :][: u32(pack, 0x24)] == b"Za-ba/bb" + "é".encode()


def test_padding_is_erased_flash_to_the_block_or_the_region() -> None:
    pack = build([file_asset("a", b"x")])
    padded = pad_image(pack, 4096)
    assert len(padded) == 4096
    assert padded == pack + b"\xff" * (4096 - len(pack))
    assert len(pad_image(pack, 4096, 0x180000)) == 0x180000
    exact = build([file_asset("a", b"x" * (4096 - len(pack) + 4))])
    assert pad_image(exact, len(exact)) == exact
