"""The pack's header, index and look-up, as FORMAT.md sections 2 and 3 promise."""

from __future__ import annotations

import random
import struct
import zlib

import numpy as np
import pytest
from unit.reader import handmade
from unit.reader.handmade import Item
from unit.reader.samples import small_items, small_pack

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.reader.pack import compute_crc8, open_pack

PLACE = Place("ext.bin")


def codes(data: bytes) -> list[str]:
    with pytest.raises(BuildError) as caught:
        open_pack(data, PLACE)
    return [d.code for d in caught.value.diagnostics]


def test_crc8_is_the_one_of_the_specification():
    text = np.frombuffer(b"123456789", np.uint8)
    assert compute_crc8(text[None]).tolist() == [0xF4]


def test_every_asset_is_found_by_name_and_by_key():
    pack = open_pack(small_pack(), PLACE)
    for item in small_items():
        entry = pack.find(item.name)
        assert entry == pack.get(zlib.crc32(item.name.encode()))
        assert bytes(pack.payload(entry)) == item.payload
        assert (entry.kind, entry.width, entry.height) == (item.kind, item.width, item.height)
        assert (entry.pixel_format, entry.codec) == (item.pixel_format, item.codec)


def test_header_fields_are_told():
    header = open_pack(small_pack(), PLACE).header
    assert (header.content_version, header.pack_id, header.max_strip_bytes) == (7, 0x1234, 32)
    assert header.contract_hash == handmade.contract_hash(small_items())


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_lookup_for_any_number_of_assets(count):
    items = [Item(f"a{n}", b"%d" % n) for n in range(count)]
    pack = open_pack(handmade.make_pack(items), PLACE)
    assert {e.name: bytes(pack.payload(e)) for e in pack.entries} == {i.name: i.payload for i in items}
    for item in items:
        assert pack.find(item.name).name == item.name
    rng = random.Random(1)
    for _ in range(200):
        with pytest.raises(BuildError, match="IB611"):
            pack.get(rng.getrandbits(32))


def test_a_name_with_the_key_of_another_asset_is_not_found():
    # plumless and buckeroo share their CRC-32
    pack = open_pack(handmade.make_pack([Item("plumless", b"x")]), PLACE)
    assert pack.get(zlib.crc32(b"buckeroo")).name == "plumless"
    with pytest.raises(BuildError, match="buckeroo"):
        pack.find("buckeroo")


def test_names_of_63_bytes_and_beyond_ascii():
    names = ["x" * 63, "écran/température", "字"]
    pack = open_pack(handmade.make_pack([Item(name, name.encode()) for name in names]), PLACE)
    for name in names:
        assert bytes(pack.payload(pack.find(name))) == name.encode()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "IB603"),
        (b"\xff" * 64, "IB609"),
        (b"\xff" * 5, "IB609"),
        (b"\xff" * 4096, "IB609"),
        (b"\0" * 4096, "IB601"),
        (b"PK\3\4" + bytes(100), "IB601"),
        (b"IMGB" + b"\xff" * 60, "IB602"),
        (b"IMGB", "IB603"),
    ],
)
def test_what_is_no_pack_has_a_clear_error(data, code):
    assert codes(data) == [code]


def test_header_errors_have_their_codes():
    data = small_pack()
    assert codes(data[:-1]) == ["IB603"]
    assert codes(data[:5] + b"\2" + data[6:]) == ["IB602"]
    assert codes(data[:16] + b"\0" + data[17:]) == ["IB604"]
    assert codes(data[:-1] + b"\0") == ["IB610"]
    assert codes(data[:-8] + b"\0" + data[-7:]) == ["IB610"]


def test_a_later_major_that_old_readers_can_read_is_read():
    assert open_pack(small_pack(major=2), PLACE).header.major == 2


def test_a_stale_tail_behind_the_pack_is_ignored():
    assert len(open_pack(small_pack() + b"\xff" * 100 + b"old", PLACE).entries) == len(small_items())


def test_index_damage_is_reported_per_entry_and_leaves_the_others():
    data = bytearray(small_pack())
    (index_offset,) = struct.unpack_from("<I", data, 0x18)
    data[index_offset + 4] ^= 4
    data[index_offset + 32 + 20] ^= 1
    found = Diagnostics()
    pack = open_pack(bytes(data), PLACE, found)
    assert [d.code for d in found.items] == ["IB605", "IB606", "IB606"]
    assert [entry.slot for entry in pack.entries] == list(range(2, len(small_items())))
    assert codes(bytes(data)) == ["IB605", "IB606", "IB606"]


@pytest.mark.parametrize(
    "fields",
    [
        {"header_bytes": 60},
        {"header_bytes": 0xFFFF},
        {"total_bytes": 70},
        {"total_bytes": 0},
        {"index_offset": 66},
        {"index_offset": 64},
        {"index_offset": 0xFFFFFFF0},
        {"assets": 0xFFFF},
        {"buckets": 0},
        {"buckets": 0x8000},
        {"names_offset": 0},
        {"names_offset": 0xFFFFFFFF},
        {"names_bytes": 1 << 24},
        {"names_bytes": 0xFFFFFFFF},
        {"tlv_offset": 0xFFFFFFFC},
        {"tlv_bytes": 0xFFFFFFFC},
        {"tlv_bytes": 2},
    ],
)
def test_header_fields_out_of_bounds_are_an_index_error(fields):
    assert codes(small_pack(**fields)) == ["IB605"]


def test_unknown_tlvs_are_skipped_and_broken_ones_reported():
    good = struct.pack("<HH4s", 99, 3, b"abc\0") + struct.pack("<HH", 2, 0)
    assert open_pack(handmade.make_pack([], good), PLACE).header.tlv_bytes == 12
    bad = struct.pack("<HH4s", 99, 5, b"abcd")
    assert codes(handmade.make_pack([], bad)) == ["IB605"]


def test_offsets_that_wrap_around_at_32_bits_are_seen():
    data = small_pack()
    (index_offset,) = struct.unpack_from("<I", data, 0x18)
    for field in (4, 8):
        for value in (b"\xfc\xff\xff\xff", b"\xff\xff\xff\x7f"):
            changed = data
            for n, byte in enumerate(value):
                changed = handmade.repair(changed, index_offset + field + n, byte)
            assert codes(changed) == ["IB606"]
