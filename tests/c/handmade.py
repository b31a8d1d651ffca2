"""Packs written by hand from FORMAT.md: an independent source of truth for the C reader.

Nothing of imgbuild is imported.  Speed does not matter here, being plain to read does.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import lz4.block

BITMAP, FONT, FILE, ANIMATION = 1, 2, 3, 6
RAW, RLE, LZ4, RANGE_GLYPHS = 0, 1, 2, 4
BIG, LSB_FIRST, PREMULTIPLIED, INVERTED, SECOND_INVERTED = 1, 2, 4, 8, 16
PIXEL_FORMATS = {
    "gray8": (0x06, 8), "i1": (0x07, 1), "i2": (0x08, 2), "i4": (0x09, 4), "i8": (0x0A, 8),
    "a1": (0x0B, 1), "a2": (0x0C, 2), "a4": (0x0D, 4), "a8": (0x0E, 8), "rgb888": (0x0F, 24),
    "argb8888": (0x10, 32), "xrgb8888": (0x11, 32), "rgb565": (0x12, 16), "rgb565a8": (0x14, 16),
    "gray1": (0x41, 1), "gray2": (0x42, 2), "gray4": (0x43, 4), "argb8565": (0x13, 24), "al88": (0x15, 16),
    "argb1555": (0x16, 16), "argb4444": (0x17, 16), "argb2222": (0x18, 8), "rgb332": (0x44, 8),
    "rgb444": (0x45, 12), "rgb666": (0x46, 24), "bgr888": (0x47, 24), "mono_page": (0x48, 1),
    "epd_bwr": (0x50, 1), "epd_bwy": (0x51, 1), "epd_gray4": (0x52, 1), "epd_bwry": (0x53, 2),
    "epd_6color": (0x54, 4), "epd_7color": (0x55, 4),
}  # fmt: skip
TWO_PLANES = ("epd_bwr", "epd_bwy", "epd_gray4")
GREYS = ("gray1", "gray2", "gray4", "gray8", "mono_page")


def crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ (0x107 if crc & 0x80 else 0)
    return crc


@dataclass(frozen=True)
class Asset:
    name: str
    kind: int
    payload: bytes
    width: int = 0
    height: int = 0
    pixel_format: int = 0
    codec: int = RAW
    strip_bytes: int = 0


# --- pack ---------------------------------------------------------------------------------------


def mix(key: int, seed: int) -> int:
    h = key ^ (seed * 0x9E3779B1 & 0xFFFFFFFF)
    h ^= h >> 15
    h = h * 0x2C1B3C6D & 0xFFFFFFFF
    return h ^ (h >> 13)


def fold(h: int, n: int) -> int:
    return ((h >> 15) * n) >> 17


def displace(keys: list[int], buckets: int) -> tuple[list[int], list[int]]:
    """Displacements of the buckets and the slot of each key."""
    groups: list[list[int]] = [[] for _ in range(buckets)]
    for i, key in enumerate(keys):
        groups[fold(mix(key, 0xFFFF), buckets)].append(i)
    count = len(keys)
    displacements, slots, taken = [0xFFFF] * buckets, [-1] * count, [False] * count
    order = sorted(range(buckets), key=lambda b: -len(groups[b]))
    free = iter(range(count))
    for b in order:
        group = groups[b]
        if len(group) == 1:
            slot = next(s for s in free if not taken[s])
            displacements[b], slots[group[0]], taken[slot] = 0x8000 | slot, slot, True
        elif group:
            for d in range(0x8000):
                wanted = [fold(mix(keys[i], d), count) for i in group]
                if len(set(wanted)) == len(wanted) and not any(taken[s] for s in wanted):
                    break
            else:
                raise AssertionError("no displacement found")
            displacements[b] = d
            for i, s in zip(group, wanted, strict=True):
                slots[i], taken[s] = s, True
    return displacements, slots


def padded(data: bytes, fill: bytes = b"\0") -> bytes:
    return data + fill * (-len(data) % 4)


def entry(asset: Asset, offset: int, name_offset: int, name_bytes: int) -> bytes:
    head = struct.pack(
        "<IIIIIBBHHHBBB",
        zlib.crc32(asset.name.encode()), offset, len(asset.payload), zlib.crc32(asset.payload),
        name_offset | name_bytes << 24, asset.kind, 0, 0xFFFF, asset.width, asset.height, asset.pixel_format,
        asset.codec, 0,
    )  # fmt: skip
    return head + bytes([crc8(head)])


def pack(assets: list[Asset], name: str = "hand", tlvs: bytes = b"", buckets: int | None = None) -> bytes:
    keys = [zlib.crc32(a.name.encode()) for a in assets]
    if buckets is None:
        buckets = (len(assets) + 1) // 2
    displacements, slots = displace(keys, buckets)
    table = padded(struct.pack(f"<{buckets}H", *displacements))
    names, name_at = b"", {}
    for n in sorted(a.name.encode() for a in assets):
        name_at[n] = len(names)
        names += n
    index_offset = 64 + len(table)
    names_offset = index_offset + 32 * len(assets)
    tlv_offset = names_offset + len(padded(names))
    body, entries = b"", [b""] * len(assets)
    for i, asset in enumerate(assets):
        offset = tlv_offset + len(tlvs) + len(body)
        encoded = asset.name.encode()
        entries[slots[i]] = entry(asset, offset, name_at[encoded], len(encoded))
        body += padded(asset.payload, b"\xff")
    index = table + b"".join(entries) + padded(names) + tlvs
    contract = b"".join(
        a.name.encode() + b"\0" + struct.pack("<BHHB", a.kind, a.width, a.height, a.pixel_format)
        for a in sorted(assets, key=lambda a: a.name.encode())
    )
    head = struct.pack(
        "<4sBBHIIIIIHHIIIIIBBHI",
        b"IMGB", 1, 1, 64, 64 + len(index) + len(body) + 8, 7, zlib.crc32(name.encode()),
        zlib.crc32(contract), index_offset, len(assets), buckets, names_offset, len(names), zlib.crc32(index),
        tlv_offset, len(tlvs), 2, 12, 0, max([a.strip_bytes for a in assets], default=0),
    )  # fmt: skip
    crc = struct.pack("<I", zlib.crc32(head))
    return head + crc + index + body + crc + b"IEND"


# --- bitmaps ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picture:
    """``pixels[y][x]`` is one number (level, index, coverage, or the pixel as one value); BGRA palette.

    Of a format of two planes it is the first plane's bit << 1 | the second's, both before any inversion.
    """

    pixel_format: str
    pixels: list[list[int]]
    alpha: list[list[int]] | None = None
    palette: list[tuple[int, int, int, int]] = field(default_factory=list)
    order: int = 0

    @property
    def width(self) -> int:
        return len(self.pixels[0])

    @property
    def height(self) -> int:
        return len(self.pixels)


def pack_row(values: list[int], bits: int, order: int, stride: int) -> bytes:
    if bits == 12:
        stream = "".join(f"{v:012b}" for v in values)
        row = bytes(int(stream[i : i + 8].ljust(8, "0"), 2) for i in range(0, len(stream), 8))
    elif bits >= 8:
        end = "big" if order & BIG else "little"
        row = b"".join(v.to_bytes(bits // 8, end) for v in values)
    else:
        cells = bytearray((len(values) * bits + 7) // 8)
        for x, v in enumerate(values):
            at = x * bits
            shift = at % 8 if order & LSB_FIRST else 8 - bits - at % 8
            cells[at // 8] |= v << shift
        row = bytes(cells)
    return row + bytes(max(0, stride - len(row)))


def page_of(rows: list[list[int]], order: int, stride: int) -> bytes:
    """Up to 8 rows of one bit a pixel as a page: a byte is a column."""
    page = bytearray(stride)
    for y, row in enumerate(rows):
        for x, v in enumerate(row):
            page[x] |= v << (y if order & LSB_FIRST else 7 - y)
    return bytes(page)


def rows_of(picture: Picture, stride: int) -> tuple[list[bytes], list[bytes]]:
    bits = PIXEL_FORMATS[picture.pixel_format][1]
    order, pixels = picture.order, picture.pixels
    turned = [(order & flag != 0) for flag in (INVERTED, SECOND_INVERTED)]
    if picture.pixel_format in TWO_PLANES:
        planes = [[[(v >> 1 - n & 1) ^ turned[n] for v in r] for r in pixels] for n in range(2)]
        first, second = ([pack_row(r, 1, order, stride) for r in plane] for plane in planes)
        return first, second
    if picture.pixel_format in GREYS and turned[0]:
        pixels = [[v ^ ((1 << bits) - 1) for v in r] for r in pixels]
    if picture.pixel_format == "mono_page":
        return [page_of(pixels[y : y + 8], order, stride) for y in range(0, len(pixels), 8)], []
    colour = [pack_row(r, bits, order, stride) for r in pixels]
    alpha = [bytes(r) + bytes(stride // 2 - len(r)) for r in picture.alpha or []]
    return colour, alpha


def stride_of(picture: Picture, row_align: int) -> int:
    bits = 8 if picture.pixel_format == "mono_page" else PIXEL_FORMATS[picture.pixel_format][1]
    stride = (picture.width * bits + 7) // 8
    return (stride + row_align - 1) // row_align * row_align


def run_items(plane: bytes, unit: int) -> bytes:
    """A plane of a strip in items of codec rle: runs of three units and more, the rest as it is."""

    def control(kind: int, n: int) -> bytes:
        return bytes([kind | n]) if n < 64 else bytes([kind | 0x40 | (n - 64) >> 8, (n - 64) & 255])

    units = [plane[i : i + unit] for i in range(0, len(plane) - len(plane) % unit, unit)]
    items, kept, at = b"", [], 0
    while at <= len(units):
        run = 1
        while at + run < len(units) and units[at + run] == units[at] and run < 16449:
            run += 1
        if kept and (at == len(units) or run > 2 or len(kept) == 16448):
            items += control(0, len(kept) - 1) + b"".join(kept)
            kept = []
        if at == len(units):
            break
        if run > 2:
            items += control(0x80, run - 2) + units[at]
        else:
            kept += units[at : at + 1]
        at += run if run > 2 else 1
    tail = plane[len(units) * unit :]
    return items + (run_items(tail, 1) if tail else b"")


def pack_strip(codec: int, bits: int, colour: bytes, alpha: bytes) -> bytes:
    if codec == RLE:
        return run_items(colour, 3 if bits == 12 else max(1, bits // 8)) + run_items(alpha, 1)
    return lz4.block.compress(colour + alpha, mode="high_compression", store_size=False)


def bitmap(
    name: str,
    picture: Picture,
    codec: int = RAW,
    strip_rows: int = 0,
    row_align: int = 1,
    extension: bytes = b"",
) -> Asset:
    stride = stride_of(picture, row_align)
    colour, alpha = rows_of(picture, stride)
    strips, ends, strip_bytes = [], [], 0
    if codec != RAW:
        for y in range(0, len(colour), strip_rows):
            plain = b"".join(colour[y : y + strip_rows] + alpha[y : y + strip_rows])
            bits = PIXEL_FORMATS[picture.pixel_format][1]
            planes = (b"".join(rows[y : y + strip_rows]) for rows in (colour, alpha))
            packed = pack_strip(codec, bits, *planes)
            strip_bytes = max(strip_bytes, len(plain))
            is_raw = len(packed) >= len(plain)
            strips.append(plain if is_raw else packed)
            ends.append(sum(map(len, strips)) | (is_raw << 31))
    palette = b"".join(bytes(c) for c in picture.palette)
    palette_at = 24 + len(extension) + 4 * len(ends)
    pixels_at = palette_at + len(palette)
    body = b"".join(strips) if codec != RAW else b"".join(colour) + b"".join(alpha)
    alpha_at = pixels_at + stride * len(colour) if alpha and codec == RAW else 0
    head = struct.pack(
        "<IBBHHHIII",
        stride, picture.order, len(extension) // 4, len(picture.palette), strip_rows, len(ends), pixels_at,
        alpha_at, palette_at if palette else 0,
    )  # fmt: skip
    payload = head + extension + struct.pack(f"<{len(ends)}I", *ends) + palette + body
    number = PIXEL_FORMATS[picture.pixel_format][0]
    return Asset(name, BITMAP, payload, picture.width, picture.height, number, codec, strip_bytes)


# --- animations ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """``part`` is the rectangle's bitmap, None where nothing changes."""

    delay_ms: int
    x: int = 0
    y: int = 0
    part: Asset | None = None


def animation(name: str, frames: list[Frame], plays: int = 0, record_bytes: int = 20) -> Asset:
    first = frames[0].part
    assert first is not None
    table, body = b"", b""
    start = 12 + record_bytes * len(frames)
    for frame in frames:
        part = frame.part
        if part is None:
            record = struct.pack("<IIHHHHHBB", 0, 0, frame.delay_ms, 0, 0, 0, 0, 0, 0)
        else:
            body = padded(body)
            is_whole = (part.width, part.height) == (first.width, first.height)
            at, size = start + len(body), len(part.payload)
            place = frame.x, frame.y, part.width, part.height
            record = struct.pack("<IIHHHHHBB", at, size, frame.delay_ms, *place, is_whole, 0)
            body += part.payload
        table += record.ljust(record_bytes, b"\0")
    head = struct.pack("<HHB3xI", len(frames), plays, record_bytes, sum(frame.delay_ms for frame in frames))
    strip_bytes = max(frame.part.strip_bytes for frame in frames if frame.part)
    shape = first.width, first.height, first.pixel_format, first.codec
    return Asset(name, ANIMATION, head + table + body, *shape, strip_bytes)


# --- fonts --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Glyph:
    """``advance`` in the font's fraction, ``rows[y][x]`` levels of the font's bpp."""

    codepoint: int
    advance: int
    x: int
    y: int
    rows: list[list[int]]


@dataclass(frozen=True)
class Font:
    bpp: int
    glyphs: list[Glyph]  # [0] is .notdef, the rest by code point
    fraction: int = 4
    dense: tuple[tuple[int, int], ...] = ()  # ranges of code points without gaps; all others become pages
    ascent: int = 12
    descent: int = -4
    line_gap: int = 1
    page_span: int = 1024  # code points that one paged segment spans at most


@dataclass(frozen=True)
class Coded:
    """Coded glyphs: the model, the font's own table, (offset, is_raw) of each glyph, and their bytes."""

    model: int
    table: bytes
    places: dict[int, tuple[int, bool]]
    pixels: bytes


def pack_glyph(glyph: Glyph, bpp: int) -> bytes:
    bits = "".join(f"{v:0{bpp}b}" for row in glyph.rows for v in row)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def character_map(wanted: Font, base: int) -> tuple[int, bytes]:
    """Number of segments, and their bytes with the pages behind them, for payload offset ``base``."""
    codes = [g.codepoint for g in wanted.glyphs[1:]]
    index = {c: i + 1 for i, c in enumerate(codes)}
    spans: list[tuple[int, int, bool]] = [(a, b, True) for a, b in wanted.dense]
    loose = [c for c in codes if not any(a <= c <= b for a, b in wanted.dense)]
    while loose:
        first = loose[0]
        stop = min([a for a, _, _ in spans if a > first], default=1 << 32)
        run = [c for c in loose if c < min(first + wanted.page_span, stop)]
        spans.append((first, run[-1], False))
        loose = loose[len(run) :]
    spans.sort()
    segments, pages, pages_at = b"", b"", base + 12 * len(spans)
    for first, last, is_dense in spans:
        at = 0 if is_dense else pages_at + len(pages)
        segments += struct.pack("<IHHI", first, last - first, index[first], at)
        for start in range(first, last + 1, 64) if not is_dense else ():
            inside = [c for c in range(start, min(start + 64, last + 1)) if c in index]
            rank = sum(1 for c in range(first, start) if c in index)
            pages += struct.pack("<HQ", rank, sum(1 << (c - start) for c in inside))
    return len(spans), segments + pages


def width_of(values: list[int]) -> int:
    return max(values).bit_length()


def font(name: str, wanted: Font, size_px: int = 16, coded: Coded | None = None) -> Asset:
    glyphs = wanted.glyphs
    blobs = [pack_glyph(g, wanted.bpp) for g in glyphs]
    offsets = [sum(map(len, blobs[:i])) for i in range(len(blobs) + 1)]
    raws, pixels, table = [True] * len(offsets), b"".join(blobs), b""
    if coded is not None:
        pixels, table = coded.pixels, coded.table
        offsets = [*(coded.places[i][0] for i in range(len(glyphs))), len(pixels)]
        raws[:-1] = [coded.places[i][1] for i in range(len(glyphs))]
    a_bias, x_bias, y_bias = (min(getattr(g, k) for g in glyphs) for k in ("advance", "x", "y"))
    sizes = [(len(g.rows[0]) if g.rows else 0, len(g.rows)) for g in glyphs]
    fields = [
        (g.advance - a_bias, g.x - x_bias, g.y - y_bias, w, h, o)
        for g, (w, h), o in zip(glyphs, sizes, offsets, strict=False)
    ]
    fields.append((0, 0, 0, 0, 0, len(pixels)))
    widths = [width_of([f[i] for f in fields]) for i in range(6)]
    record_bytes = (sum(widths) + 1 + 7) // 8
    records = b""
    for f, raw in zip(fields, raws, strict=True):
        number = at = 0
        for value, bits in zip(f, widths, strict=True):
            number |= value << at
            at += bits
        number |= int(raw) << at
        records += number.to_bytes(record_bytes, "little")
    segments, cmap = character_map(wanted, 64)
    cmap = padded(cmap)
    records_at = 64 + len(cmap)
    table_at = records_at + len(padded(records))
    pixels_at = table_at + len(table)
    head = struct.pack(
        "<HBBhhhhBBBBHhbb6B", size_px, wanted.bpp, coded.model if coded else 0, wanted.ascent,
        wanted.descent, wanted.line_gap, -2, 1,
        wanted.fraction, segments, record_bytes, len(glyphs), a_bias, x_bias, y_bias, *widths,
    )  # fmt: skip
    head += struct.pack(
        "<IIIIIIHH8x",
        records_at,
        pixels_at,
        len(pixels),
        0,
        table_at if table else 0,
        0,
        max(s[0] for s in sizes),
        max(s[1] for s in sizes),
    )
    payload = head + cmap + padded(records) + table + pixels
    number = {1: 0x0B, 2: 0x0C, 3: 0x49, 4: 0x0D, 8: 0x0E}[wanted.bpp]
    return Asset(name, FONT, payload, 0, size_px, number, RANGE_GLYPHS if coded else RAW)


def file(name: str, data: bytes) -> Asset:
    return Asset(name, FILE, data)
