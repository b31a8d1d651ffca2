"""The index: every name is found in at most three reads, and the table is always found."""

from __future__ import annotations

import random
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.layout.handmade import bitwise_crc8, file_asset, fold, mix, slot_of, u32

from imgbuild.errors import BuildError
from imgbuild.layout import index


def keys_of(count: int) -> list[int]:
    return [zlib.crc32(f"icons/{number}".encode()) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 100, 500, 20_000, 32_767])
def test_every_key_has_a_slot_of_its_own_where_a_reader_looks(count: int) -> None:
    keys = keys_of(count)
    displacements, slots = index.build_displacements(keys)
    assert sorted(slots) == list(range(count))
    found = [slot_of(key, list(displacements), count) for key in keys]
    assert found == list(slots)


def test_there_is_about_one_displacement_for_three_assets() -> None:
    assert len(index.build_displacements(keys_of(500))[0]) == 167
    assert len(index.build_displacements([])[0]) == 0


def test_a_bucket_of_one_key_names_its_slot_and_an_empty_one_is_ffff() -> None:
    keys = keys_of(500)
    displacements, slots = index.build_displacements(keys)
    members: dict[int, list[int]] = {bucket: [] for bucket in range(len(displacements))}
    for key, slot in zip(keys, slots, strict=True):
        members[fold(mix(key, 0xFFFF), len(displacements))].append(slot)
    assert {len(held) for held in members.values()} >= {0, 1, 2, 3}
    for bucket, held in members.items():
        if not held:
            assert displacements[bucket] == 0xFFFF
        elif len(held) == 1:
            assert displacements[bucket] == 0x8000 | held[0]
        else:
            assert displacements[bucket] < 0x8000


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 2**32 - 1), max_size=300))
def test_any_set_of_keys_can_be_looked_up(chosen: set[int]) -> None:
    keys = sorted(chosen)
    displacements, slots = index.build_displacements(keys)
    assert [slot_of(key, list(displacements), len(keys)) for key in keys] == list(slots)
    assert sorted(slots) == list(range(len(keys)))


def test_keys_that_all_fall_into_one_bucket_end_with_more_buckets() -> None:
    # 60 keys of the first of 20 buckets: no seed can serve so many at once.
    source = random.Random(5)
    keys: list[int] = []
    while len(keys) < 60:
        key = source.randrange(2**32)
        if fold(mix(key, 0xFFFF), 20) == 0:
            keys.append(key)
    displacements, slots = index.build_displacements(keys)
    assert len(displacements) > 20
    assert [slot_of(key, list(displacements), 60) for key in keys] == list(slots)


def test_twenty_thousand_names_take_less_than_half_a_second() -> None:
    keys = keys_of(20_000)
    start = time.process_time()
    index.build_displacements(keys)
    assert time.process_time() - start < 0.5


def test_one_asset_too_many_is_refused() -> None:
    with pytest.raises(BuildError) as caught:
        index.build_displacements(keys_of(32_768))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB408"
    assert "32768 assets" in diagnostic.message
    assert "32767" in diagnostic.message


def test_two_names_with_one_key_are_refused() -> None:
    assert zlib.crc32(b"plumless") == zlib.crc32(b"buckeroo")
    with pytest.raises(BuildError) as caught:
        index.build_displacements([zlib.crc32(b"plumless"), 5, zlib.crc32(b"buckeroo")])
    assert caught.value.diagnostics[0].code == "IB114"


def test_arithmetic_is_that_of_the_format() -> None:
    source = random.Random(1)
    for _ in range(200):
        key, seed, count = source.randrange(2**32), source.randrange(2**16), source.randrange(1, 32768)
        assert index.mix_key(key, seed) == mix(key, seed)
        assert index.fold_hash(index.mix_key(key, seed), count) == fold(mix(key, seed), count) < count


def test_check_byte_is_the_published_crc8() -> None:
    assert index.crc8(b"123456789") == 0xF4  # CRC-8/SMBUS's check value
    assert index.crc8(b"") == 0
    source = random.Random(2)
    for _ in range(50):
        data = source.randbytes(31)
        assert index.crc8(data) == bitwise_crc8(data)


def test_every_changed_byte_of_an_entry_shows_in_its_check_byte() -> None:
    entry = index.pack_entry(file_asset("a", b"xyz"), 32, 0, 1)
    assert len(entry) == 32
    assert bitwise_crc8(entry[:31]) == entry[31]
    assert u32(entry, 8) == 3
    for at in range(31):
        for value in {0x00, 0xFF, entry[at] + 1 & 0xFF, entry[at] ^ 0x80} - {entry[at]}:
            assert index.crc8(entry[:at] + bytes((value,)) + entry[at + 1 : 31]) != entry[31]
