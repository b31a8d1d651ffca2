"""Verification: what is whole passes, what is damaged or not as meant is named."""

from __future__ import annotations

import dataclasses
import struct
import zlib

import lz4.block
import numpy as np
import pytest
from unit.reader import handmade
from unit.reader.handmade import Item
from unit.reader.samples import entry_of, small_font, small_items, small_pack
from unit.reader.test_container import make_littlefs, small_files

from imgbuild.errors import Place
from imgbuild.model import Codec, DecodedFont, EncodedAsset, Kind, Samples
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.container import open_image
from imgbuild.reader.font import read_font
from imgbuild.reader.verify import compare_expected, verify_image

PLACE = Place("ext.bin")


def codes(data: bytes) -> list[str]:
    return [d.code for d in verify_image(data, PLACE).diagnostics]


def test_a_whole_pack_is_sound_and_counted():
    report = verify_image(small_pack() + b"\xff" * 50, PLACE)
    assert report.is_sound
    assert report.diagnostics == ()
    shared = len(b"hello")
    stored = sum(len(i.payload) for i in small_items()) - shared
    expected = {
        "assets": 7,
        "bitmaps": 3,
        "fonts": 1,
        "files": 3,
        "strings": 0,
        "texts": 0,
        "animations": 0,
        "others": 0,
        "payload_bytes": stored,
    }
    assert report.counts == expected


def test_littlefs_images_are_sound():
    assert verify_image(make_littlefs(small_files()), PLACE).is_sound
    assert verify_image(make_littlefs({"weather.imgb": small_pack()}), PLACE).is_sound


def test_an_image_that_cannot_be_opened_is_reported_not_raised():
    report = verify_image(b"\xff" * 100, PLACE)
    assert (report.image, report.is_sound, [d.code for d in report.diagnostics]) == (None, False, ["IB609"])


def test_unknown_kinds_are_skipped_but_their_bytes_are_checked():
    data = handmade.make_pack([Item("later", b"1234", 200)])
    assert codes(data) == []
    assert codes(data.replace(b"1234", b"1235")) == ["IB607"]


def test_every_damaged_payload_is_named():
    data = bytearray(small_pack())
    image = open_image(bytes(data), PLACE)
    for name in ("icons/a", "font"):
        data[image.find(name).offset + 40] ^= 1
    report = verify_image(bytes(data), PLACE)
    assert [(d.code, d.asset) for d in report.diagnostics] == [("IB607", "font"), ("IB607", "icons/a")]


def test_a_malformed_payload_with_a_good_crc_is_named():
    items = [Item("pic", b"short", 1, 4, 4, 0x06), Item("text", b"ok")]
    (diagnostic,) = verify_image(handmade.make_pack(items), PLACE).diagnostics
    assert (diagnostic.code, diagnostic.asset, diagnostic.place) == ("IB608", "pic", PLACE)


def test_strips_larger_than_the_header_says_are_an_error():
    assert codes(small_pack(max_strip_bytes=31)) == ["IB608"]


def test_a_wrong_contract_hash_is_an_error():
    assert codes(small_pack(contract_hash=1)) == ["IB605"]


def test_payloads_that_overlap_in_part_are_an_error():
    data = handmade.make_pack([Item("a", b"12345678"), Item("b", b"abcdefgh")])
    (index_offset,) = struct.unpack_from("<I", data, 0x18)
    first = min(struct.unpack_from("<I", data, index_offset + 32 * n + 4)[0] for n in range(2))
    at = next(n for n in range(2) if struct.unpack_from("<I", data, index_offset + 32 * n + 4)[0] == first)
    assert "IB606" in codes(handmade.repair(data, index_offset + 32 * at + 4, (first + 4) & 0xFF))


def test_names_twice_and_names_out_of_order_are_errors():
    twice = handmade.make_pack([Item("aa", b"1"), Item("bb", b"2")])
    pool = twice.index(b"aabb")
    changed = bytearray(twice)
    changed[pool : pool + 4] = b"bbaa"
    (index_offset,) = struct.unpack_from("<I", twice, 0x18)
    for n in range(2):
        name = 2 if changed[index_offset + 32 * n + 16] == 0 else 0
        changed[index_offset + 32 * n + 16] = name
    report = verify_image(handmade.repair(bytes(changed), pool, ord("b")), PLACE)
    assert [d.message for d in report.diagnostics] == ["the names of the string pool are not sorted"]


def test_a_displacement_that_leads_elsewhere_is_an_error():
    data = handmade.make_pack([Item("a", b"1"), Item("b", b"2")])
    (value,) = struct.unpack_from("<H", data, 64)
    messages = []
    for low in range(256):
        if low != value & 0xFF:
            report = verify_image(handmade.repair(data, 64, low), PLACE)
            messages += [d.message for d in report.diagnostics]
            for asset in report.image.assets:
                is_named = any(d.asset == asset.name for d in report.diagnostics)
                assert is_named == (report.image.pack.slot_of(asset.key) != asset.slot)
    assert any("look-up" in message for message in messages)


# --- compared with what the build meant ----------------------------------------------------------


def encode(item: Item) -> EncodedAsset:
    """What a build would say of ``item``, its expected values taken from the item as it stands."""
    entry = entry_of(item)
    expected: Samples | DecodedFont | bytes = item.payload
    if item.kind == Kind.BITMAP:
        expected = read_bitmap(item.payload, entry).samples()
    if item.kind == Kind.FONT:
        expected = read_font(item.payload, entry).to_decoded()
    return EncodedAsset(
        name=item.name,
        key=zlib.crc32(item.name.encode()),
        kind=Kind(item.kind),
        payload=item.payload,
        crc32=zlib.crc32(item.payload),
        width=item.width,
        height=item.height,
        pixel_format=item.pixel_format,
        codec=Codec(item.codec),
        raw_bytes=0,
        align_bytes=4,
        anchor_bytes=0,
        max_strip_bytes=0,
        expected=expected,
    )


def messages(encoded: list[EncodedAsset], data: bytes) -> list[str]:
    found = compare_expected(open_image(data, PLACE), encoded)
    assert all(d.code == "IB613" for d in found)
    return [d.message for d in found]


def test_an_image_as_meant_has_no_difference():
    encoded = [encode(item) for item in small_items()]
    assert messages(encoded, small_pack()) == []
    assert messages(encoded, make_littlefs(small_files())) == []


def test_missing_and_surplus_assets_are_differences():
    encoded = [encode(item) for item in small_items()]
    assert messages(encoded[1:], small_pack()) == ['the image holds "data.bin", which no step made']
    (message,) = messages([*encoded, encode(Item("new", b""))], small_pack())
    assert "new" in message


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 3},
        {"pixel_format": 0x12},
        {"codec": Codec.LZ4},
        {"crc32": 1},
        {"payload": b""},
        {"key": 5},
        {"align_bytes": 4096},
        {"anchor_bytes": 1},
        {"expected": b"bytes"},
    ],
)
def test_index_fields_that_differ_are_seen(changes):
    asset = dataclasses.replace(encode(small_items()[3]), **changes)
    encoded = [encode(item) for item in small_items() if item.name != asset.name]
    assert len(messages([*encoded, asset], small_pack())) == 1


def bent(expected: Samples, plane: str) -> Samples:
    changed = getattr(expected, plane).copy()
    changed.reshape(-1)[-1] ^= 1
    return dataclasses.replace(expected, **{plane: changed})


@pytest.mark.parametrize(
    ("name", "plane"), [("icons/a", "colour"), ("icons/a", "alpha"), ("icons/i", "palette")]
)
def test_a_single_wrong_value_of_a_plane_is_seen(name, plane):
    encoded = [encode(item) for item in small_items()]
    encoded = [
        dataclasses.replace(e, expected=bent(e.expected, plane)) if e.name == name else e for e in encoded
    ]
    (message,) = messages(encoded, small_pack())
    assert message.startswith(f'"{name}": {plane} at (')


def test_a_missing_plane_is_seen():
    encoded = [encode(item) for item in small_items()]
    bare = dataclasses.replace(encoded[3].expected, alpha=None)
    encoded[3] = dataclasses.replace(encoded[3], expected=bare)
    (message,) = messages(encoded, small_pack())
    assert "alpha: uint8[3, 2], meant was none" in message


def write_icon(order: int, code: str, *, swap: bool = False, shift: int = 0) -> bytes:
    """An rgb565a8 icon of 4x4 px by a writer that may swap bytes or planes, or shift an offset."""
    colour = struct.pack(f"{code}16H", *range(0x100, 0x110))
    alpha = bytes(range(200, 216))
    planes = (alpha * 2, colour[:16]) if swap else (colour, alpha)
    payload = bytearray(handmade.bitmap(planes[0], 8, order, alpha=planes[1]))
    for at in (12, 16):
        struct.pack_into("<I", payload, at, struct.unpack_from("<I", payload, at)[0] + shift)
    return bytes(payload) + bytes(max(shift, 0))


DEFECTS = {
    "byte order of the pixels": write_icon(0, ">"),
    "byte order in the header": write_icon(1, "<"),
    "planes": write_icon(0, "<", swap=True),
    "offsets too large": write_icon(0, "<", shift=2),
    "offsets too small": write_icon(0, "<", shift=-4),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_writer_that_swaps_bytes_planes_or_offsets_is_caught(defect):
    payload = DEFECTS[defect]
    colour = np.arange(0x100, 0x110, dtype=np.uint16).reshape(4, 4)
    expected = Samples(colour, np.arange(200, 216, dtype=np.uint8).reshape(4, 4))
    good = Item("icon", write_icon(0, "<"), 1, 4, 4, 0x14)
    asset = dataclasses.replace(encode(good), expected=expected)
    assert messages([asset], handmade.make_pack([good])) == []
    bad = dataclasses.replace(asset, payload=payload, crc32=zlib.crc32(payload))
    image = handmade.make_pack([dataclasses.replace(good, payload=payload)])
    assert messages([bad], image)


@pytest.mark.parametrize(
    ("field", "value"),
    [("x", 9), ("y", 9), ("advance", 1), ("codepoint", 0x42), ("coverage", np.zeros((3, 3)))],
)
def test_a_single_wrong_glyph_is_seen(field, value):
    item = Item("font", small_font(), 2, 0, 12, 0x0D)
    asset = encode(item)
    glyphs = list(asset.expected.glyphs)
    glyphs[2] = dataclasses.replace(glyphs[2], **{field: value})
    asset = dataclasses.replace(asset, expected=dataclasses.replace(asset.expected, glyphs=tuple(glyphs)))
    (message,) = messages([asset], handmade.make_pack([item]))
    assert message.startswith('"font": glyph 2 (U+004')


@pytest.mark.parametrize("field", ["ascent", "descent", "line_gap", "underline_position", "size_px", "bpp"])
def test_wrong_line_metrics_are_seen(field):
    item = Item("font", small_font(), 2, 0, 12, 0x0D)
    asset = encode(item)
    changed = dataclasses.replace(asset.expected, **{field: 99})
    (message,) = messages([dataclasses.replace(asset, expected=changed)], handmade.make_pack([item]))
    assert f"{field} is" in message


def test_strips_are_compared_after_decoding():
    rows = bytes(n // 8 for n in range(64))
    item = Item(
        "s", handmade.strips([(lz4.block.compress(rows, store_size=False), False)], 8, 8), 1, 8, 8, 0x06, 2
    )
    meant = Samples(np.repeat(np.arange(8, dtype=np.uint8), 8).reshape(8, 8))
    asset = dataclasses.replace(encode(item), expected=meant)
    assert messages([asset], handmade.make_pack([item], max_strip_bytes=64)) == []
