"""The partition table of an ESP32 as projects of ESP-IDF keep it: a CSV file.

ESP-IDF Programming Guide, "Partition Tables": name, type, subtype, offset, size, flags. An empty offset
follows the row before it, on a border of 64 KiB for type app and of 4 KiB for any other; a negative size is
the offset of the end; K and M stand for KiB and MiB; the table itself lies at 0x8000 and takes 4 KiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.flash.closest import closest
from imgbuild.units import align_up, format_bytes, parse_size

TABLE_OFFSET = 0x8000
"""CONFIG_PARTITION_TABLE_OFFSET's default."""
_TABLE_BYTES = 0x1000
_APP_ALIGN, _DATA_ALIGN = 0x10000, 0x1000
_APP = ("app", "0", "0x00", "0x0")
_NOT_COUNTED = ("bootloader", "partition_table")
"""Rows of these types lie before the others."""
_FILE_BYTES_MAX = 1 << 16
_LABEL_BYTES_MAX = 16
_PARTITIONS_MAX = 95


@dataclass(frozen=True, slots=True)
class Partition:
    """One row: ``offset_bytes`` counts from the flash's first byte. ``place`` is the row's."""

    label: str
    offset_bytes: int
    size_bytes: int
    place: Place

    @property
    def end_bytes(self) -> int:
        """Offset of the first byte behind the partition."""
        return self.offset_bytes + self.size_bytes


def find_partition(path: Path, label: str) -> Partition:
    """The partition called ``label``. Raises BuildError: IB518 (table), IB519 (no such partition)."""
    return pick_partition(read_partitions(path), label, Place(str(path)))


def pick_partition(partitions: Iterable[Partition], label: str, place: Place) -> Partition:
    """The partition called ``label``; else IB519 at ``place``."""
    rows = tuple(partitions)
    for partition in rows:
        if partition.label == label:
            return partition
    labels = [partition.label for partition in rows]
    meant = closest(label, labels)
    known = ", ".join(f"'{name}'" for name in labels) or "none"
    hint = f"did you mean '{meant}'?" if meant else None
    fail("IB519", f"the partition table has no partition '{label}'; it has {known}", place, hint)


def read_partitions(path: Path) -> list[Partition]:
    """Every row of a CSV file in its order. Raises BuildError with all that is wrong in it: IB518."""
    return parse_partitions(_read(path), Place(str(path)))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        fail("IB518", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", Place(str(path)))
    if len(data) > _FILE_BYTES_MAX:
        limit = format_bytes(_FILE_BYTES_MAX)
        fail("IB518", f"{path.name} is larger than {limit}: no partition table", Place(str(path)))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        hint = "give the CSV file, not the binary table made of it"
        fail("IB518", f"{path.name} is no UTF-8 text", Place(str(path)), hint)


def parse_partitions(text: str, place: Place) -> list[Partition]:
    """Every row of the table's text, in its order; ``place`` is the file's. Raises BuildError: IB518."""
    found = Diagnostics()
    rows: list[Partition] = []
    end = TABLE_OFFSET + _TABLE_BYTES
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.split("#", 1)[0].split(",")]
        if not any(cells):
            continue
        here = Place(place.path, number, 1, len(line.rstrip()) or 1)
        row = _parse_row(cells, end, here, found)
        if row is None:
            break  # offsets of later rows count from this one
        rows.append(row)
        end = end if cells[1].lower() in _NOT_COUNTED else row.end_bytes
    if len(rows) > _PARTITIONS_MAX:
        found.error("IB518", f"{len(rows)} partitions; a table holds at most {_PARTITIONS_MAX}", place)
    _check_shared(rows, found)
    found.raise_if_errors()
    return rows


def _parse_row(cells: list[str], end: int, place: Place, found: Diagnostics) -> Partition | None:
    if len(cells) < 5:
        message = f"a row has name, type, subtype, offset, size; this one has {len(cells)} cells"
        found.error("IB518", message, place)
        return None
    label, kind = cells[0], cells[1].lower()
    align = _APP_ALIGN if kind in _APP else _DATA_ALIGN
    offset = _parse_number(cells[3], "offset", place, found) if cells[3] else align_up(end, align)
    size_text = cells[4]
    size = _parse_number(size_text.removeprefix("-"), "size", place, found)
    if offset is None or size is None:
        return None
    if size_text.startswith("-"):  # the offset of the end
        size -= offset
    if size <= 0:
        found.error("IB518", f"partition '{label}' has no size", place)
        return None
    if not label or len(label.encode()) > _LABEL_BYTES_MAX:
        message = f"'{label}' is no name of a partition: 1 to {_LABEL_BYTES_MAX} bytes"
        found.error("IB518", message, place)
    if offset % align:
        message = f"partition '{label}' starts at 0x{offset:X}, no multiple of {format_bytes(align)}"
        hint = f"0x{align_up(offset, align):X} is the next; an empty offset is counted"
        found.error("IB518", message, place, hint)
    return Partition(label, offset, size, place)


def _parse_number(text: str, what: str, place: Place, found: Diagnostics) -> int | None:
    try:
        return parse_size(text)
    except ValueError:
        found.error("IB518", f"'{text}' is no {what} such as 0x290000 or 1M", place)
        return None


def _check_shared(rows: list[Partition], found: Diagnostics) -> None:
    seen: set[str] = set()
    for row in rows:
        if row.label in seen:
            found.error("IB518", f"two partitions are called '{row.label}'", row.place)
        seen.add(row.label)
    last: Partition | None = None
    for row in sorted(rows, key=lambda p: (p.offset_bytes, p.end_bytes)):
        if last is not None and row.offset_bytes < last.end_bytes:
            message = (
                f"partition '{row.label}' starts at 0x{row.offset_bytes:X}, inside '{last.label}'"
                f" (to 0x{last.end_bytes:X})"
            )
            found.error("IB518", message, row.place)
        last = row if last is None or row.end_bytes > last.end_bytes else last
