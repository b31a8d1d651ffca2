"""How a chip is shared by several partitions, and how one that is updated in the field is divided."""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.errors import Diagnostics, Place

SWITCH_BLOCKS = 2
"""Erase blocks for the record that tells the slot in use: one is written while the other one still holds."""
JOURNAL_BLOCKS = 4
"""Erase blocks for the journal of an update in place, unless the manifest gives another size."""
JOURNAL_BLOCKS_MIN = 3
"""Two for records, one for the sector that is being written (imgb_update.h)."""


@dataclass(frozen=True, slots=True)
class Area:
    """Part of a partition, offsets from the chip's first byte."""

    offset_bytes: int
    size_bytes: int

    @property
    def end_bytes(self) -> int:
        """The first byte behind the area."""
        return self.offset_bytes + self.size_bytes


@dataclass(frozen=True, slots=True)
class PartitionAreas:
    """A partition of several: ``whole``, where the built image lies in it, and what updating it needs.

    ``update``: ``none`` (``image`` is the whole), ``slots`` (``image`` is slot A; ``other_slot`` and
    ``switch`` stand) or ``in-place`` (``journal`` stands). All of them are on erase blocks.
    """

    whole: Area
    image: Area
    update: str = "none"
    other_slot: Area | None = None
    switch: Area | None = None
    journal: Area | None = None

    @property
    def blank(self) -> tuple[Area, ...]:
        """What must be erased for the image to count: a record left there would speak of older bytes."""
        return tuple(area for area in (self.switch, self.journal) if area is not None)


@dataclass(frozen=True, slots=True)
class PlacedPartition:
    """A partition by what its manifest says, without its assets.

    ``pack_id``: of the pack that belongs there (container ``flat``). ``is_kept``: what the device writes
    there is nowhere else (settings, a writable littlefs), so programming it loses that. ``number``: in the
    manifest's list.
    """

    name: str
    container: str
    areas: PartitionAreas
    pack_id: int
    is_kept: bool
    number: int = 0


def tell_elsewhere(what: str, partition: str, place: Place | None, found: Diagnostics) -> None:
    """Note IB448: ``what`` is needed here and stands in another partition."""
    message = f'{what} of partition "{partition}" cannot be used here: each partition is read by itself'
    found.error("IB448", message, place, "list it in this partition, too, or move both into one")
