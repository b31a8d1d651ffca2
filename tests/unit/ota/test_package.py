"""Packages: bytes by UPDATE-FORMAT.md, written and read by two programs, and refused when they are wrong."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import replace

import lz4.block
import pytest
from c.update_images import PACK_ID, make_body, make_pack
from hypothesis import given, settings
from hypothesis import strategies as st

from imgbuild.errors import BuildError, Place
from imgbuild.ota.package import PackageTarget, UpdateImage, make_package
from imgbuild.reader.update import apply_update, read_update

PLACE = Place("update.imgu")
TARGET = PackageTarget(1024, "slots", "watch-1", "assets")


def image(body: bytes, version: int = 1) -> UpdateImage:
    return UpdateImage(make_pack(body, version), PACK_ID, version)


def code_of(call) -> str:
    with pytest.raises(BuildError) as caught:
        call()
    return caught.value.diagnostics[0].code


def test_every_field_of_the_header():
    old, new = image(make_body(5_000), 3), image(make_body(5_000, (2_000,)), 4)
    data = make_package(new, old, TARGET, PLACE)
    assert data[:8] == b"IMGU\x01\x01" + struct.pack("<H", 224)
    words = struct.unpack_from("<12I", data, 8)  # 3 blocks: edited, the last with the end marker, the first
    assert words == (
        len(data), 3, len(new.data), 4, PACK_ID, zlib.crc32(b"watch-1"), zlib.crc32(b"assets"), 1024, 1,
        len(old.data), 3, 0,
    )  # fmt: skip
    assert data[0x38:0x58] == hashlib.sha256(new.data).digest()
    assert data[0x58:0x78] == hashlib.sha256(data[224 : 224 + 40 + _stored(data, 224)]).digest()
    assert data[0x78:0x98] == hashlib.sha256(old.data).digest()
    assert struct.unpack_from("<I", data, 0x9C)[0] == zlib.crc32(data[:0x9C])
    assert data[0xA0:0xE0] == bytes(64)


def _stored(data: bytes, at: int) -> int:
    return struct.unpack_from("<I", data, at + 4)[0] & 0x7FFFFFFF


def test_blocks_are_chained_rise_and_end_with_the_first_sector():
    new = image(make_body(5_000))
    data = make_package(new, None, TARGET, PLACE)
    at, offsets, digest = 224, [], data[0x58:0x78]
    while at < len(data):
        offset, stored = struct.unpack_from("<2I", data, at)
        end = at + 40 + (stored & 0x7FFFFFFF)
        assert hashlib.sha256(data[at:end]).digest() == digest
        body = data[at + 40 : end]
        size = min(1024, len(new.data) - offset)
        decoded = lz4.block.decompress(body, uncompressed_size=size) if stored >> 31 else body
        assert decoded == new.data[offset : offset + size]
        digest, at = data[at + 8 : at + 40], end
        offsets.append(offset)
    assert digest == bytes(32)
    assert offsets == [1024, 2048, 3072, 4096, 0]


def test_noise_is_stored_as_it_is_and_runs_are_not():
    noise = image(bytes(make_body(1, seed=3)) + hashlib.shake_256(b"x").digest(3_000))
    flags = [b.is_lz4 for b in read_update(make_package(noise, None, TARGET, PLACE), PLACE).blocks]
    assert flags[:2] == [False, False]
    runs = read_update(make_package(image(bytes(3_000)), None, TARGET, PLACE), PLACE)
    assert all(block.is_lz4 and block.stored_bytes < 40 for block in runs.blocks[:2])


def test_the_same_inputs_give_the_same_bytes():
    old, new = image(make_body(9_000)), image(make_body(9_000, (4_000,)), 2)
    assert make_package(new, old, TARGET, PLACE) == make_package(new, old, TARGET, PLACE)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9_000), st.integers(0, 9_000), st.lists(st.integers(0, 8_999), max_size=4),
    st.sampled_from([256, 1024, 4096, 65536]),
)  # fmt: skip
def test_what_is_read_and_applied_is_what_was_meant(old_size, new_size, edits, sector_bytes):
    old, new = image(make_body(old_size)), image(make_body(new_size, edits), 2)
    target = PackageTarget(sector_bytes)
    whole = read_update(make_package(new, None, target, PLACE), PLACE)
    assert apply_update(whole, None, PLACE) == new.data
    changed = read_update(make_package(new, old, target, PLACE), PLACE)
    assert apply_update(changed, old.data + b"\xff" * 5, PLACE) == new.data
    sent = {block.offset for block in changed.blocks}
    for at in range(sector_bytes, len(new.data), sector_bytes):
        before, after = (data[at : at + sector_bytes] for data in (old.data, new.data))
        assert (at in sent) == (before[: len(after)] != after)


def test_refusals_of_the_maker():
    old, new = image(make_body(3_000), 5), image(make_body(3_000, (5,)), 5)
    other, older = replace(new, pack_id=7), replace(new, content_version=4)
    tight = replace(TARGET, slot_bytes=len(new.data) - 1)
    assert code_of(lambda: make_package(other, old, TARGET, PLACE)) == "IB764"
    assert code_of(lambda: make_package(older, old, TARGET, PLACE)) == "IB765"
    assert code_of(lambda: make_package(new, None, tight, PLACE)) == "IB767"
    assert code_of(lambda: make_package(old, old, TARGET, PLACE)) == "IB771"
    assert make_package(new, old, replace(TARGET, slot_bytes=len(new.data)), PLACE)


def test_every_byte_of_a_package_matters():
    """Any bit that falls over is noticed, but in the signature, which is not the reader's to judge."""
    data = make_package(image(make_body(2_500)), None, TARGET, PLACE)
    for at in [*range(0xA0), *range(0xE0, len(data), 7)]:
        wrong = bytearray(data)
        wrong[at] ^= 0x10
        assert code_of(lambda wrong=wrong: read_update(bytes(wrong), PLACE)) in ("IB763", "IB770"), at


def test_every_cut_is_noticed_and_bytes_behind_the_end_are_not_read():
    data = make_package(image(make_body(1_500)), None, TARGET, PLACE)
    for length in range(4, len(data), 5):
        assert code_of(lambda length=length: read_update(data[:length], PLACE)) == "IB763"
    assert read_update(data + b"\x1a" * 100, PLACE) == read_update(data, PLACE)


def test_a_package_of_changes_wants_its_base():
    old, new = image(make_body(5_000)), image(make_body(5_000, (2_000,)))
    update = read_update(make_package(new, old, TARGET, PLACE), PLACE)
    assert code_of(lambda: apply_update(update, None, PLACE)) == "IB766"
    assert code_of(lambda: apply_update(update, new.data, PLACE)) == "IB766"
