"""Checks a settings area: its sectors and every record that still counts."""

from __future__ import annotations

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.reader.settings import AreaPlace, SettingsArea, find_areas, read_area
from imgbuild.units import format_bytes

_UNIT = 16
_BLANK = b"\xff" * _UNIT


def find_area(data: bytes | memoryview) -> AreaPlace | None:
    """The settings area that begins with the first of the bytes; None if none does.

    Its first sector may be erased: the others tell where the area begins.
    """
    return next((area for area in find_areas(bytes(data)) if area.offset_bytes == 0), None)


def verify_settings(data: bytes | memoryview, place: Place, found: Diagnostics) -> SettingsArea:
    """The area at the start of ``data``.

    Notes IB616: an error for a place in the log that is no whole record, a warning for one behind the last
    record, which a power cut leaves and a device skips. Raises BuildError: IB466 (no area), IB603 (cut
    short).
    """
    area_place = find_area(data)
    if area_place is None:
        fail("IB466", "no settings area begins here", place)
    if area_place.size_bytes > len(data):
        there = f"{area_place.sectors} sectors of {format_bytes(area_place.sector_bytes)}"
        fail("IB603", f"the settings area has {there}, the file only {format_bytes(len(data))}", place)
    area = read_area(bytes(data), area_place)
    torn = int(_is_torn(bytes(data), area))
    if area.damaged > torn:
        count = area.damaged - torn
        places = f"{count} places hold" if count > 1 else "a place holds"
        message = f"in the log of sector {area.sector} {places} no whole record"
        hint = "a device goes on with the value before it, or with the default"
        found.error("IB616", message, place, hint)
    if torn:
        where = f"0x{area.sector * area_place.sector_bytes + area.end:X}"
        message = f"what follows the last record, at {where}, is no whole one"
        hint = "a power cut leaves this; a device skips it"
        found.warn("IB616", message, place, hint)
    return area


def _is_torn(data: bytes, area: SettingsArea) -> bool:
    """Whether anything but erased bytes follows the last whole record."""
    if area.sector < 0:
        return False
    at = area.sector * area.place.sector_bytes + area.end
    return area.end < area.place.sector_bytes and data[at : at + _UNIT] != _BLANK
