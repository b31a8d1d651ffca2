"""A small writer of packs, put together from FORMAT.md with struct alone, to feed the reader's tests."""

from __future__ import annotations

import itertools
import struct
import zlib
from dataclasses import dataclass

KINDS = {"bitmap": 1, "font": 2, "file": 3}


@dataclass
class Item:
    name: str
    payload: bytes
    kind: int = 3
    width: int = 0
    height: int = 0
    pixel_format: int = 0
    codec: int = 0


def crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def mix(key: int, seed: int) -> int:
    h = key ^ (seed * 0x9E3779B1) % 2**32
    h ^= h >> 15
    h = h * 0x2C1B3C6D % 2**32
    return h ^ h >> 13


def fold(h: int, n: int) -> int:
    return ((h >> 15) * n) >> 17


def displace(keys: list[int], buckets: int) -> tuple[list[int], list[int]]:
    """Displacements, and the slot of each key."""
    members: list[list[int]] = [[] for _ in range(buckets)]
    for key in keys:
        members[fold(mix(key, 0xFFFF), buckets)].append(key)
    table = [0xFFFF] * buckets
    slot_of: dict[int, int] = {}
    for bucket in sorted(range(buckets), key=lambda b: -len(members[b])):
        if not members[bucket]:
            continue
        if len(members[bucket]) == 1:  # one key takes any free slot directly
            slot = next(s for s in range(len(keys)) if s not in slot_of.values())
            table[bucket], slot_of[members[bucket][0]] = 0x8000 | slot, slot
            continue
        for seed in range(0x8000):
            slots = [fold(mix(key, seed), len(keys)) for key in members[bucket]]
            if len(set(slots)) == len(slots) and not set(slots) & set(slot_of.values()):
                table[bucket] = seed
                slot_of.update(zip(members[bucket], slots, strict=True))
                break
    return table, [slot_of[key] for key in keys]


def entry(item: Item, offset: int, name_offset: int, name_bytes: int) -> bytes:
    head = struct.pack(
        "<4I",
        zlib.crc32(item.name.encode()),
        offset,
        len(item.payload),
        zlib.crc32(item.payload),
    )
    head += struct.pack("<I", name_offset | name_bytes << 24)
    head += struct.pack(
        "<BBHHHBBB", item.kind, 0, 0xFFFF, item.width, item.height, item.pixel_format, item.codec, 0
    )
    return head + bytes([crc8(head)])


def pad4(data: bytes, fill: bytes = b"\0") -> bytes:
    return data + fill * (-len(data) % 4)


def contract_hash(items: list[Item]) -> int:
    text = b""
    for item in sorted(items, key=lambda i: i.name.encode()):
        text += item.name.encode() + b"\0"
        text += struct.pack("<BHHB", item.kind, item.width, item.height, item.pixel_format)
    return zlib.crc32(text)


def header(fields: dict[str, int]) -> bytes:
    defaults = {"major": 1, "min_reader": 1, "header_bytes": 64, "content_version": 7, "pack_id": 0x1234}
    defaults |= {"align_log2": 2, "erase_log2": 12, "flags": 0, "max_strip_bytes": 0}
    f = defaults | fields
    order = "total_bytes content_version pack_id contract_hash index_offset"
    data = b"IMGB" + struct.pack("<BBH", f["major"], f["min_reader"], f["header_bytes"])
    data += struct.pack("<5I", *(f[name] for name in order.split()))
    data += struct.pack("<HH", f["assets"], f["buckets"])
    order = "names_offset names_bytes index_crc32 tlv_offset tlv_bytes"
    data += struct.pack("<5I", *(f[name] for name in order.split()))
    data += struct.pack("<BBHI", f["align_log2"], f["erase_log2"], f["flags"], f["max_strip_bytes"])
    return data + struct.pack("<I", zlib.crc32(data))


def make_pack(items: list[Item], tlvs: bytes = b"", **fields: int) -> bytes:
    """The pack's bytes; ``fields`` override what the header says."""
    buckets = (len(items) + 2) // 3
    table, slots = displace([zlib.crc32(i.name.encode()) for i in items], buckets)
    names = sorted(item.name.encode() for item in items)
    name_at = dict(zip(names, itertools.accumulate([0, *map(len, names)]), strict=False))
    pool = b"".join(names)
    displacements = pad4(b"".join(struct.pack("<H", d) for d in table))
    index_offset = 64 + len(displacements)
    names_offset = index_offset + 32 * len(items)
    tlv_offset = names_offset + len(pad4(pool))
    at = tlv_offset + len(tlvs)
    body = b""
    entries = [b""] * len(items)
    placed: dict[bytes, int] = {}
    for item, slot in zip(items, slots, strict=True):
        if item.payload not in placed:
            placed[item.payload] = at + len(body)
            body += pad4(item.payload, b"\xff")
        raw = item.name.encode()
        entries[slot] = entry(item, placed[item.payload], name_at[raw], len(raw))
    index = displacements + b"".join(entries) + pad4(pool) + tlvs
    start = header(
        {
            "total_bytes": 64 + len(index) + len(body) + 8,
            "contract_hash": contract_hash(items),
            "index_offset": index_offset,
            "assets": len(items),
            "buckets": buckets,
            "names_offset": names_offset,
            "names_bytes": len(pool),
            "index_crc32": zlib.crc32(index),
            "tlv_offset": tlv_offset,
            "tlv_bytes": len(tlvs),
        }
        | fields
    )
    return start + index + body + start[60:64] + b"IEND"


def repair(data: bytes, at: int, value: int) -> bytes:
    """Change one byte behind the header and make every CRC-32 and check byte fit again."""
    changed = bytearray(data)
    changed[at] = value
    (total,) = struct.unpack_from("<I", data, 8)
    index_offset, assets = struct.unpack_from("<IH", data, 0x18)
    for n in range(assets):
        start = index_offset + 32 * n
        offset, stored = struct.unpack_from("<II", changed, start + 4)
        payload = bytes(changed[offset : offset + stored])
        struct.pack_into("<I", changed, start + 12, zlib.crc32(payload))
        changed[start + 31] = crc8(bytes(changed[start : start + 31]))
    tlv_offset, tlv_bytes = struct.unpack_from("<II", data, 0x2C)
    struct.pack_into("<I", changed, 0x28, zlib.crc32(changed[64 : tlv_offset + tlv_bytes]))
    struct.pack_into("<I", changed, 0x3C, zlib.crc32(changed[:60]))
    changed[total - 8 : total - 4] = changed[60:64]
    return bytes(changed)


def bitmap(
    pixels: bytes,
    stride: int,
    order: int = 0,
    palette: bytes = b"",
    *,
    alpha: bytes = b"",
    extensions: bytes = b"",
) -> bytes:
    """A raw bitmap's payload; ``palette`` in stored order B G R A, ``alpha`` a plane or nothing."""
    palette_at = 24 + len(extensions) if palette else 0
    pixels_at = 24 + len(extensions) + len(palette)
    alpha_at = pixels_at + len(pixels) if alpha else 0
    head = struct.pack("<IBBH", stride, order, len(extensions) // 4, len(palette) // 4)
    head += struct.pack("<HHIII", 0, 0, pixels_at, alpha_at, palette_at)
    return head + extensions + palette + pixels + alpha


def strips(parts: list[tuple[bytes, bool]], stride: int, strip_rows: int, order: int = 0) -> bytes:
    """A bitmap of strips, each (stored bytes, whether they are raw)."""
    pixels_at = 24 + 4 * len(parts)
    head = struct.pack("<IBBHHHIII", stride, order, 0, 0, strip_rows, len(parts), pixels_at, 0, 0)
    end = 0
    for stored, is_raw in parts:
        end += len(stored)
        head += struct.pack("<I", end | (0x80000000 if is_raw else 0))
    return head + b"".join(stored for stored, _ in parts)


@dataclass
class HandGlyph:
    advance: int
    x: int = 0
    y: int = 0
    levels: tuple[tuple[int, ...], ...] = ()


def pack_levels(levels: list[int], bpp: int) -> bytes:
    text = "".join(f"{level:0{bpp}b}" for level in levels)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def font(
    glyphs: list[HandGlyph],
    segments: list[tuple[int, int, int, bytes]],
    bpp: int = 4,
    *,
    bits: tuple[int, ...] = (9, 5, 5, 5, 5, 12),
    biases: tuple[int, int, int] = (0, -4, -4),
    fraction_bits: int = 4,
    record_bytes: int | None = None,
    size_px: int = 12,
    **fields: int,
) -> bytes:
    """A font's payload. ``segments``: (first, last_delta, base_glyph, pages or nothing)."""
    record_bytes = record_bytes or (sum(bits) + 8) // 8
    pixels = b""
    records = b""
    for glyph in glyphs:
        h, w = len(glyph.levels), len(glyph.levels[0]) if glyph.levels else 0
        values = (glyph.advance - biases[0], glyph.x - biases[1], glyph.y - biases[2], w, h, len(pixels), 1)
        number = at = 0
        for value, width in zip(values, (*bits, 1), strict=True):
            number |= value << at
            at += width
        records += number.to_bytes(record_bytes, "little")
        pixels += pack_levels([level for row in glyph.levels for level in row], bpp)
    records += (len(pixels) << sum(bits[:5])).to_bytes(record_bytes, "little")
    pages_at = 64 + 12 * len(segments)
    table = pages = b""
    for first, last_delta, base, page in segments:
        table += struct.pack("<IHHI", first, last_delta, base, pages_at + len(pages) if page else 0)
        pages += page
    records_at = pages_at + len(pages)
    pixels_at = records_at + len(records)
    f = {"max_w": max(len(g.levels[0]) if g.levels else 0 for g in glyphs)}
    f |= {
        "max_h": max(len(g.levels) for g in glyphs),
        "ascent": 10,
        "descent": -3,
        "glyphs": len(glyphs),
    } | fields
    head = struct.pack("<HBB4h", size_px, bpp, 0, f["ascent"], f["descent"], 2, -1)
    head += struct.pack("<BBBBHhbb", 1, fraction_bits, len(segments), record_bytes, f["glyphs"], *biases)
    head += bytes(bits)
    head += struct.pack("<6IHH8x", records_at, pixels_at, len(pixels), 0, 0, 0, f["max_w"], f["max_h"])
    return head + table + pages + records + pixels
