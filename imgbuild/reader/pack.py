"""The flat pack: header, index and look-up, read from FORMAT.md sections 2 and 3 alone."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.limits import ASSETS_MAX, NAME_BYTES_MAX, NAMES_BYTES_MAX
from imgbuild.units import format_bytes

MAGIC = b"IMGB"
END_MAGIC = b"IEND"
READER_MAJOR = 1
HEADER_BYTES = 64
END_BYTES = 8
ENTRY_BYTES = 32
NO_VARIANT = 0xFFFF
VARIANTS_TLV = 3

_HEADER = struct.Struct("<4sBBH5I2H5I2BH2I")

# FORMAT.md section 3.2; ``name`` is u24 name_offset and u8 name_bytes in one word
_ENTRY = np.dtype(
    [
        ("key", "<u4"),
        ("offset", "<u4"),
        ("stored_bytes", "<u4"),
        ("crc32", "<u4"),
        ("name", "<u4"),
        ("kind", "u1"),
        ("flags", "u1"),
        ("next_variant", "<u2"),
        ("width", "<u2"),
        ("height", "<u2"),
        ("pixel_format", "u1"),
        ("codec", "u1"),
        ("variant", "u1"),
        ("check", "u1"),
    ]
)


@dataclass(frozen=True, slots=True)
class Header:
    """The header's fields as FORMAT.md section 2 names them; offsets from the pack's first byte."""

    major: int
    min_reader: int
    header_bytes: int
    total_bytes: int
    content_version: int
    pack_id: int
    contract_hash: int
    index_offset: int
    assets: int
    buckets: int
    names_offset: int
    names_bytes: int
    index_crc32: int
    tlv_offset: int
    tlv_bytes: int
    align_log2: int
    erase_log2: int
    flags: int
    max_strip_bytes: int
    header_crc32: int

    @property
    def index_end(self) -> int:
        """The first byte behind the index."""
        return self.tlv_offset + self.tlv_bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One index entry with its name. ``offset`` counts from the container's first byte.

    In littlefs with one file per asset the container is that file: ``offset`` is 32 behind a stored
    entry and 0 in a bare file, ``slot`` numbers the files sorted by name.
    """

    name: str
    key: int
    kind: int
    offset: int
    stored_bytes: int
    crc32: int
    width: int
    height: int
    pixel_format: int
    codec: int
    flags: int
    variant: int
    next_variant: int
    slot: int


def _crc8_table() -> NDArray[np.uint8]:
    """CRC-8 of every byte: polynomial 0x07, start 0, not reflected (FORMAT.md section 3.2)."""
    table = np.arange(256)
    for _ in range(8):
        table = ((table << 1) ^ (table >> 7) * 0x07) & 0xFF
    return table.astype(np.uint8)


_CRC8 = _crc8_table()


def compute_crc8(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """CRC-8 of each row of a uint8 array ``[n, bytes]``; "123456789" gives 0xF4."""
    crc = np.zeros(len(rows), dtype=np.uint8)
    for column in rows.T:
        crc = _CRC8[crc ^ column]
    return crc


def mix(key: int, seed: int) -> int:
    """FORMAT.md section 3.1."""
    h = key ^ (seed * 0x9E3779B1 & 0xFFFFFFFF)
    h ^= h >> 15
    h = h * 0x2C1B3C6D & 0xFFFFFFFF
    return h ^ (h >> 13)


def fold(h: int, n: int) -> int:
    """FORMAT.md section 3.1: 0 <= fold < n for n < 32768."""
    return ((h >> 15) * n) >> 17


@dataclass(frozen=True, slots=True)
class Pack:
    """An opened pack. ``entries`` are in slot order; ``data`` ends behind the end marker."""

    data: memoryview
    place: Place
    header: Header
    entries: tuple[Entry, ...]
    by_slot: dict[int, Entry] = field(repr=False)
    variants: tuple[str, ...] = ()

    def slot_of(self, key: int) -> int:
        """The slot that the displacement table gives for ``key`` (any u32), as a device finds it.

        The slot may be ``assets`` or above (no such asset) and its entry may be another asset's.
        """
        header = self.header
        if not header.assets:
            return 0x7FFF
        at = header.header_bytes + 2 * fold(mix(key, 0xFFFF), header.buckets)
        displacement = self.data[at] | self.data[at + 1] << 8
        if displacement >= 0x8000:
            return displacement & 0x7FFF
        return fold(mix(key, displacement), header.assets)

    def get(self, key: int) -> Entry:
        """The asset of this key (CRC-32 of its name); IB611 if there is none."""
        entry = self.by_slot.get(self.slot_of(key))
        if entry is None or entry.key != key:
            fail("IB611", f"no asset has the key 0x{key:08X}", self.place)
        return entry

    def find(self, name: str) -> Entry:
        """The asset of this name; IB611 if there is none."""
        key = zlib.crc32(name.encode("utf-8", "surrogatepass"))
        entry = self.by_slot.get(self.slot_of(key))
        if entry is None or entry.key != key or entry.name != name:
            fail("IB611", f'no asset is named "{name}"', self.place)
        return entry

    def select(self, entry: Entry, variant: int) -> Entry:
        """The variant of this number of a found asset, or the asset itself if it has none.

        A chain has rising numbers (FORMAT.md 3.4); where it has not, following it ends.
        """
        step = entry
        while step.next_variant != NO_VARIANT:
            following = self.by_slot.get(step.next_variant)
            if following is None or following.key != entry.key or following.variant <= step.variant:
                break
            step = following
            if step.variant == variant:
                return step
        return entry

    def payload(self, entry: Entry) -> memoryview:
        """The stored bytes of an entry of this pack, neither checked nor copied."""
        return self.data[entry.offset : entry.offset + entry.stored_bytes]


def open_pack(data: bytes | memoryview, place: Place, damage: Diagnostics | None = None) -> Pack:
    """Check header, end marker and index, and parse every entry.

    Bytes behind ``total_bytes`` may be anything. A damaged header is raised (IB601..IB605, IB609,
    IB610). Damage inside the index (IB605, IB606) is raised with everything found, or, if the
    caller gives ``damage``, noted there: the pack then holds the entries that are sound.
    """
    view = memoryview(data).cast("B")
    header = _read_header(view, place)
    view = view[: header.total_bytes]
    found = Diagnostics()
    crc = zlib.crc32(view[header.header_bytes : header.index_end])
    if crc != header.index_crc32:
        found.error(
            "IB605", f"index CRC-32 is 0x{crc:08X}, the header says 0x{header.index_crc32:08X}", place
        )
    _check_tlvs(view, header, place, found)
    entries = _read_entries(view, header, place, found)
    if damage is None:
        found.raise_if_errors()
    else:
        damage.extend(found.items)
    by_slot = {entry.slot: entry for entry in entries}
    return Pack(view, place, header, entries, by_slot, _read_variants(view, header))


def _read_header(view: memoryview, place: Place) -> Header:
    start = bytes(view[:HEADER_BYTES])
    if start and start == b"\xff" * len(start):
        fail("IB609", f"the first {len(start)} bytes are 0xFF: the flash is erased", place)
    if start[:4] != MAGIC[: len(start)] and start[:4] != MAGIC:
        fail("IB601", f"starts with {start[:4].hex(' ')}, a pack with {MAGIC.hex(' ')} (IMGB)", place)
    if len(start) < HEADER_BYTES:
        least = HEADER_BYTES + END_BYTES
        fail("IB603", f"{format_bytes(len(start))}, but a pack has at least {format_bytes(least)}", place)
    _, *fields = _HEADER.unpack(start)
    header = Header(*fields)
    crc = zlib.crc32(start[:60])
    if header.min_reader > READER_MAJOR:
        fail(
            "IB602",
            f"the pack asks for a reader of format {header.min_reader}, this one reads {READER_MAJOR}",
            place,
            # a newer format may have its checksum elsewhere, so this cannot be told for sure
            "use a newer imgbuild"
            if crc == header.header_crc32
            else "use a newer imgbuild, unless the header is damaged: its CRC-32 does not fit either",
        )
    if crc != header.header_crc32:
        fail("IB604", f"header CRC-32 is 0x{crc:08X}, the header says 0x{header.header_crc32:08X}", place)
    if header.total_bytes > len(view):
        fail(
            "IB603",
            f"{format_bytes(len(view))}, but the header says that the pack has"
            f" {format_bytes(header.total_bytes)}",
            place,
        )
    _check_header(header, place)
    end = bytes(view[header.total_bytes - END_BYTES : header.total_bytes])
    expected = struct.pack("<I4s", header.header_crc32, END_MAGIC)
    if end != expected:
        fail(
            "IB610",
            f"end marker at 0x{header.total_bytes - END_BYTES:X} is {end.hex(' ')},"
            f" expected {expected.hex(' ')}: a torn write, or the end of another image",
            place,
        )
    return header


def _check_header(header: Header, place: Place) -> None:
    """Bounds of FORMAT.md section 2, in the order of section 1's diagram."""
    last = header.total_bytes - END_BYTES
    rules = (
        (
            header.total_bytes % 4 == 0 and header.total_bytes >= HEADER_BYTES + END_BYTES,
            f"total_bytes is {header.total_bytes}, expected a multiple of 4, at least 72",
        ),
        (header.header_bytes >= HEADER_BYTES, f"header_bytes is {header.header_bytes}, expected at least 64"),
        (
            max(header.assets, header.buckets) <= ASSETS_MAX and (header.buckets > 0 or header.assets == 0),
            f"{header.buckets} displacements for {header.assets} assets, at most {ASSETS_MAX} of either",
        ),
        (
            not (header.index_offset | header.tlv_offset | header.tlv_bytes) & 3,
            f"entries, TLVs: 0x{header.index_offset:X}, 0x{header.tlv_offset:X}, expected multiples of 4",
        ),
        (
            header.header_bytes + 2 * header.buckets <= header.index_offset,
            f"entries at 0x{header.index_offset:X} overlap header or displacements",
        ),
        (
            header.index_offset + ENTRY_BYTES * header.assets <= header.names_offset,
            f"string pool at 0x{header.names_offset:X} overlaps the entries",
        ),
        (
            header.names_bytes < NAMES_BYTES_MAX,
            f"string pool of {header.names_bytes} bytes, above 2^24",
        ),
        (
            header.names_offset + header.names_bytes <= header.tlv_offset,
            f"TLVs at 0x{header.tlv_offset:X} overlap the string pool",
        ),
        (
            header.index_end <= last,
            f"the index ends at 0x{header.index_end:X}, behind the pack's last payload byte 0x{last:X}",
        ),
    )
    for is_met, message in rules:
        if not is_met:
            fail("IB605", message, place)


def _check_tlvs(view: memoryview, header: Header, place: Place, found: Diagnostics) -> None:
    at = header.tlv_offset
    while at < header.index_end:
        length = view[at + 2] | view[at + 3] << 8
        step = 4 + (length + 3) // 4 * 4
        if step > header.index_end - at:
            found.error("IB605", f"TLV at 0x{at:X} has {length} bytes and leaves the index", place)
            return
        at += step


def _read_variants(view: memoryview, header: Header) -> tuple[str, ...]:
    """Names of the variants, number 1 first: the TLV of type 3 (FORMAT.md 3.4); "" for what is no UTF-8."""
    at = header.tlv_offset
    while at < header.index_end:
        number, length = view[at] | view[at + 1] << 8, view[at + 2] | view[at + 3] << 8
        if number == VARIANTS_TLV:
            data, names = bytes(view[at + 4 : at + 4 + length]), []
            while data:
                names.append(_decode_name(data[1 : 1 + data[0]]))
                data = data[1 + data[0] :]
            return tuple(names)
        at += 4 + (length + 3) // 4 * 4
    return ()


def _read_entries(view: memoryview, header: Header, place: Place, found: Diagnostics) -> tuple[Entry, ...]:
    rows = np.frombuffer(view, np.uint8, ENTRY_BYTES * header.assets, header.index_offset)
    table = rows.view(_ENTRY)
    crc = compute_crc8(rows.reshape(-1, ENTRY_BYTES)[:, : ENTRY_BYTES - 1])
    names = bytes(view[header.names_offset : header.names_offset + header.names_bytes])
    columns = [table[field_name].tolist() for field_name in _ENTRY.names or ()]
    rows_and_checks = zip(zip(*columns, strict=True), crc.tolist(), strict=True)
    entries = []
    for slot, (row, computed) in enumerate(rows_and_checks):
        name, problem = _check_entry(row, computed, names, header)
        if problem:
            shown = f'entry {slot} ("{name}")' if name.isprintable() and name else f"entry {slot}"
            found.error("IB606", f"{shown}: {problem}", place)
        else:
            entries.append(_make_entry(name, row, slot))
    return tuple(entries)


def _make_entry(name: str, row: tuple[int, ...], slot: int) -> Entry:
    key, offset, stored, crc, _, kind, flags, following, width, height, pixels, codec, variant, _ = row
    return Entry(
        name, key, kind, offset, stored, crc, width, height, pixels, codec, flags, variant, following, slot
    )


def _check_entry(row: tuple[int, ...], computed: int, names: bytes, header: Header) -> tuple[str, str]:
    """The entry's name and what is wrong with the entry ("" if nothing)."""
    key, offset, stored, _, name_at, _, _, following, *_, check = row
    name_offset, name_bytes = name_at & 0xFFFFFF, name_at >> 24
    raw = names[name_offset : name_offset + name_bytes]
    name = _decode_name(raw)
    last = header.total_bytes - END_BYTES
    problem = ""
    if computed != check:
        problem = f"check byte is 0x{check:02X}, its bytes give 0x{computed:02X}"
    elif not 1 <= name_bytes <= NAME_BYTES_MAX or len(raw) != name_bytes:
        problem = f"name of {name_bytes} bytes at {name_offset} in a string pool of {len(names)} bytes"
    elif zlib.crc32(raw) != key:
        problem = f"key is 0x{key:08X}, its name {raw!r} gives 0x{zlib.crc32(raw):08X}"
    elif not name:
        problem = f"name {raw!r} is not UTF-8"
    elif offset % 4 or offset < header.index_end or offset > last or stored > last - offset:
        problem = (
            f"payload of {stored} bytes at 0x{offset:X}, expected on a multiple of 4 between"
            f" 0x{header.index_end:X} and 0x{last:X}"
        )
    elif following != NO_VARIANT and following >= header.assets:
        problem = f"next variant in slot {following} of {header.assets}"
    return name, problem


def _decode_name(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def read_bare_entry(data: bytes | memoryview, name: str, slot: int) -> tuple[Entry, bool]:
    """The 32-byte entry in front of a payload in littlefs, and whether its check byte fits.

    ``data`` has at least 32 bytes; nothing else is checked (FORMAT.md section 7).
    """
    row = np.frombuffer(data, np.uint8, ENTRY_BYTES)
    values = row.view(_ENTRY)[0].tolist()
    computed = int(compute_crc8(row[None, : ENTRY_BYTES - 1])[0])
    return _make_entry(name, values, slot), computed == values[-1]
