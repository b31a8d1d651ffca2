"""The independent reader of settings areas (``c_runtime/SETTINGS-FORMAT.md``): it imports no writer."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

KIND_NAMES = {0: "deleted", 1: "bytes", 2: "string", 3: "u32", 4: "i32", 5: "bool"}
_NUMBERS = {3: "<I", 4: "<i", 5: "<I"}
_HEAD_START = b"\x04\x53\0\0"
_HEAD_KIND, _HEAD_BYTES, _LOG_START = 0x53, 16, 32
_UNIT = 16
_BLANK = b"\xff" * _UNIT
_SECTORS_MASK = 0x3F
_SECTOR_BYTES_MIN, _SECTORS_MIN = 256, 2


@dataclass(frozen=True, slots=True)
class Record:
    """A whole record: ``offset`` counts within its sector; ``kind`` is a key of KIND_NAMES or unknown."""

    key: int
    kind: int
    data: bytes
    offset: int

    @property
    def value(self) -> int | str | bytes:
        """The value by its kind; the bytes where they are no number or no UTF-8."""
        if self.kind in _NUMBERS and len(self.data) == 4:
            return int(struct.unpack(_NUMBERS[self.kind], self.data)[0])
        if self.kind == 2:
            try:
                return self.data.decode()
            except UnicodeDecodeError:
                return self.data
        return self.data


@dataclass(frozen=True, slots=True)
class AreaPlace:
    """Where an area lies in a file's bytes, and how it is cut."""

    offset_bytes: int
    sector_bytes: int
    sectors: int

    @property
    def size_bytes(self) -> int:
        """Of all sectors together."""
        return self.sector_bytes * self.sectors


@dataclass(frozen=True, slots=True)
class SettingsArea:
    """What an area holds. ``sequences``: of each sector, None where no head is whole.

    ``sector`` is the one in use (-1: none), ``end`` where its log ends, ``records`` how many it has;
    ``damaged`` counts places in the log that are not whole; ``values`` has the last record of each key that
    is not deleted.
    """

    place: AreaPlace
    sequences: tuple[int | None, ...]
    sector: int
    end: int
    records: int
    damaged: int
    values: dict[int, Record] = field(default_factory=dict)

    @property
    def sequence(self) -> int:
        """Of the sector in use; 0: nothing was ever stored."""
        return (self.sequences[self.sector] or 0) if self.sector >= 0 else 0

    @property
    def free_bytes(self) -> int:
        """What the sector in use still takes; 0 where the next value begins another one."""
        return self.place.sector_bytes - self.end if self.sector >= 0 and not self.damaged else 0


def find_areas(data: bytes) -> list[AreaPlace]:
    """The settings areas in a file's bytes, by offset; found by the heads of their sectors."""
    found: set[AreaPlace] = set()
    at = data.find(_HEAD_START)
    while at >= 0:
        found.update(_areas_of_head(data, at))
        at = data.find(_HEAD_START, at + 1)
    return sorted(found, key=lambda place: place.offset_bytes)


def _areas_of_head(data: bytes, at: int) -> Iterator[AreaPlace]:
    """The area whose sector starts with the head at ``at``: its CRC tells which of its sectors that is."""
    head = data[at : at + _HEAD_BYTES]
    if len(head) < _HEAD_BYTES:
        return
    shape = struct.unpack_from("<I", head, 8)[0]
    sectors, sector_bytes = shape & _SECTORS_MASK, shape & ~_SECTORS_MASK
    if sectors < _SECTORS_MIN or sector_bytes < _SECTOR_BYTES_MIN:
        return
    for sector in range(sectors):
        start = at - sector * sector_bytes
        if start >= 0 and _read_record(head, 0, sector) is not None:
            yield AreaPlace(start, sector_bytes, sectors)


def read_area(data: bytes, place: AreaPlace) -> SettingsArea:
    """What the area at ``place`` of a file's bytes holds; behind the end of the bytes it is blank."""
    area = data[place.offset_bytes : place.offset_bytes + place.size_bytes]
    area = area.ljust(place.size_bytes, b"\xff")
    size = place.sector_bytes
    sectors = [area[n * size : (n + 1) * size] for n in range(place.sectors)]
    sequences = tuple(_sequence_of(sector, n, place) for n, sector in enumerate(sectors))
    newest = -1
    for number, sequence in enumerate(sequences):
        if sequence is None:
            continue
        if newest < 0 or 0 < ((sequence - (sequences[newest] or 0)) & 0xFFFF_FFFF) < 0x8000_0000:
            newest = number
    if newest < 0:
        return SettingsArea(place, sequences, -1, 0, 0, 0)
    return _read_log(sectors[newest], place, sequences, newest)


def _sequence_of(sector: bytes, number: int, place: AreaPlace) -> int | None:
    for at in range(0, _LOG_START, _HEAD_BYTES):
        head = _read_record(sector, at, number)
        if head is None or head.kind != _HEAD_KIND or len(head.data) != 4:
            continue
        if struct.unpack("<I", head.data)[0] == (place.sector_bytes | place.sectors):
            return head.key
    return None


def _read_record(sector: bytes, at: int, seed: int) -> Record | None:
    """The record at ``at``, if it is whole. ``seed``: the sector's sequence; of heads its number."""
    length, kind, _, key = struct.unpack_from("<BBHI", sector, at)
    end = at + 8 + length + 4
    if length == 0xFF or end > len(sector):
        return None
    stored = struct.unpack_from("<I", sector, end - 4)[0]
    if zlib.crc32(sector[at : end - 4], (seed ^ at << 8) & 0xFFFF_FFFF) != stored:
        return None
    return Record(key, kind, sector[at + 8 : end - 4], at)


def _read_log(
    sector: bytes, place: AreaPlace, sequences: tuple[int | None, ...], newest: int
) -> SettingsArea:
    at = end = _LOG_START
    values: dict[int, Record] = {}
    records = damaged = 0
    is_lost = False
    while at < len(sector):
        record = _read_record(sector, at, sequences[newest] or 0)
        if record is not None:
            values[record.key] = record
            records += 1
            is_lost = False
            at = end = at + (8 + len(record.data) + 4 + _UNIT - 1) // _UNIT * _UNIT
            continue
        if not is_lost:
            if sector[at : at + _UNIT] == _BLANK:
                break
            is_lost, damaged = True, damaged + 1
        at += _UNIT
    kept = {key: record for key, record in sorted(values.items()) if record.kind}
    return SettingsArea(place, sequences, newest, end, records, damaged, kept)
