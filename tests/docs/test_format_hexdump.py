"""The hex dump of FORMAT.md is a real pack: every byte, every address, every step of the look-up."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from unit.layout.handmade import bitmap_asset, file_asset, find, fold, mix, payload_of, u16, u32

from imgbuild.layout.flat import pack_flat, place_flat

FORMAT = Path(__file__).resolve().parents[2] / "c_runtime" / "FORMAT.md"
LINE = re.compile(r"^    ([0-9A-F]{3})  ((?:[0-9A-F]{2} )*[0-9A-F]{2})(?:  +(\S.*))?$", re.MULTILINE)
ROW = re.compile(r"^\| (dot|note\.txt|nope) \| (.*) \|$", re.MULTILINE)


def section() -> str:
    return FORMAT.read_text(encoding="utf-8").split("\n## 10. A pack, byte by byte\n")[1].split("\n## ")[0]


def documented() -> bytes:
    found = b""
    for address, line, remark in LINE.findall(section()):
        assert int(address, 16) == len(found), f"line {address} does not follow the one before"
        assert remark, f"line {address} says nothing"
        found += bytes.fromhex(line)
    return found


def built() -> bytes:
    colours = struct.pack("<6H", 0xF800, 0x07E0, 0x001F, 0xFFFF, 0x8410, 0x0000)
    alpha = bytes((255, 128, 0, 255, 255, 64))
    assets = [bitmap_asset("dot", (3, 2), 0x14, 6, colours + alpha), file_asset("note.txt", b"Hello")]
    return pack_flat(place_flat(assets), name="demo", content_version=7, erase_bytes=4096)


def test_the_dump_is_the_pack_that_is_built() -> None:
    assert documented().hex(" ") == built().hex(" ")


def test_the_dump_follows_the_rules_of_the_document() -> None:
    pack = documented()
    assert u32(pack, 8) == len(pack)
    assert u32(pack, 0x3C) == zlib.crc32(pack[:0x3C]) == u32(pack, len(pack) - 8)
    assert u32(pack, 0x28) == zlib.crc32(pack[0x40:0x90])
    assert u32(pack, 0x10) == zlib.crc32(b"demo")
    dot, note = find(pack, "dot"), find(pack, "note.txt")
    assert dot is not None
    assert note is not None
    assert payload_of(pack, note) == b"Hello"
    assert zlib.crc32(payload_of(pack, dot)) == u32(dot, 0x0C)
    assert find(pack, "nope") is None


def test_the_contract_hash_is_over_the_bytes_shown() -> None:
    (sentence,) = [line for line in section().splitlines() if line.startswith("The contract hash")]
    shapes = b"".join(bytes.fromhex(part) for part in re.findall(r"`([0-9A-F ]+)`", sentence))
    assert zlib.crc32(shapes) == u32(documented(), 0x14)


def test_the_look_ups_are_worked_out_right() -> None:
    pack = documented()
    rows = dict(ROW.findall(section()))
    assert list(rows) == ["dot", "note.txt", "nope"]
    for name, cells in rows.items():
        key = zlib.crc32(name.encode())
        bucket_hash = mix(key, 0xFFFF)
        displacement = u16(pack, 0x40)
        slot_hash = mix(key, displacement)
        slot = fold(slot_hash, 2)
        entry_key = u32(pack, 0x44 + 32 * slot)
        verdict = "found" if entry_key == key else "another"
        expected = (
            f"{key:08X} | {bucket_hash:08X} | {fold(bucket_hash, 1)} | {displacement:04X} | {slot_hash:08X}"
            f" | {slot} | {entry_key:08X}: {verdict}"
        )
        assert cells == expected
