"""Writer of settings areas (``c_runtime/SETTINGS-FORMAT.md``): the factory image, and single records."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from imgbuild.errors import Place, fail
from imgbuild.reader.settings import SettingsArea
from imgbuild.settings import PlannedSetting, SettingsGeometry, geometry_of, needed_bytes, record_bytes
from imgbuild.units import format_bytes

KINDS = {"deleted": 0, "bytes": 1, "string": 2, "u32": 3, "i32": 4, "bool": 5}
LOG_START_BYTES = 32
_HEAD_KIND = 0x53
_HEAD_BYTES = 16


def build_settings(
    settings: Sequence[PlannedSetting], *, erase_bytes: int, region_bytes: int, place: Place
) -> bytes:
    """The factory image of an area, ``region_bytes`` long: one sector with a head and no records.

    Defaults are not records: they stand in the generated header, so that the better ones of a later firmware
    hold on devices where the value was never changed. Raises IB464 (the values do not fit) and IB465 (fewer
    than two sectors).
    """
    geometry = geometry_of(erase_bytes, region_bytes)
    if geometry.sectors < 2:
        message = f"a settings area needs two sectors; its {format_bytes(region_bytes)} "
        message += f"hold {geometry.sectors} of {format_bytes(geometry.sector_bytes)}"
        fail("IB465", message, place, f"make it at least {format_bytes(2 * geometry.sector_bytes)}")
    check_capacity(settings, geometry, place)
    return sector_head(geometry, index=0, sequence=1).ljust(region_bytes, b"\xff")


def check_capacity(settings: Sequence[PlannedSetting], geometry: SettingsGeometry, place: Place) -> None:
    """Raises IB464 unless one sector holds every value at its longest, and the longest once more."""
    needed = needed_bytes(settings)
    if needed > geometry.log_bytes:
        message = f"{len(settings)} settings take up to {format_bytes(needed)} (the longest counted twice), "
        message += f"a sector of the area holds {format_bytes(geometry.log_bytes)}"
        fail("IB464", message, place, "lower 'max_bytes', or keep long values in a littlefs partition")


def sector_head(geometry: SettingsGeometry, *, index: int, sequence: int) -> bytes:
    """The bytes at the start of a sector: its head, twice."""
    value = struct.pack("<I", geometry.sector_bytes | geometry.sectors)
    return b"".join(
        encode_record(sequence, _HEAD_KIND, value, sequence=index, offset=offset)
        for offset in range(0, LOG_START_BYTES, _HEAD_BYTES)
    )


def encode_record(key: int, kind: int, value: bytes, *, sequence: int, offset: int) -> bytes:
    """The record at ``offset`` of the sector with this sequence number, padded with FF to what it takes."""
    whole = struct.pack("<BBHI", len(value), kind, 0, key) + value
    whole += struct.pack("<I", zlib.crc32(whole, (sequence ^ offset << 8) & 0xFFFF_FFFF))
    return whole.ljust(record_bytes(len(value)), b"\xff")


def store_record(area: SettingsArea, data: bytes, key: int, kind: int, value: bytes) -> bytes | None:
    """The bytes ``data`` of a whole area with a value stored as a device does it; None: it does not fit.

    ``area`` is what the reader found in ``data``. A value that is stored already changes nothing.
    """
    held = area.values.get(key)
    if held is not None and (held.kind, held.data) == (kind, value):
        return data
    place, size = area.place, record_bytes(len(value))
    if area.sector >= 0 and size <= area.free_bytes:
        record = encode_record(key, kind, value, sequence=area.sequence, offset=area.end)
        at = area.sector * place.sector_bytes + area.end
        return data[:at] + record + data[at + len(record) :]
    kept = [(r.key, r.kind, r.data) for r in area.values.values() if r.key != key]
    sector = begin_sector(area, [*kept, (key, kind, value)])
    if sector is None:
        return None
    at = (area.sector + 1) % place.sectors * place.sector_bytes
    return data[:at] + sector + data[at + place.sector_bytes :]


def begin_sector(area: SettingsArea, records: Sequence[tuple[int, int, bytes]]) -> bytes | None:
    """The sector that follows the one in use, with these records (key, kind, value); None: too many."""
    place, sequence = area.place, (area.sequence + 1) & 0xFFFF_FFFF
    geometry = SettingsGeometry(place.sector_bytes, place.sectors)
    sector = sector_head(geometry, index=(area.sector + 1) % place.sectors, sequence=sequence)
    for key, kind, value in records:
        sector += encode_record(key, kind, value, sequence=sequence, offset=len(sector))
    return sector.ljust(place.sector_bytes, b"\xff") if len(sector) <= place.sector_bytes else None
