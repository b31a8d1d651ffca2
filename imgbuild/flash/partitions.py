"""Where several partitions lie in the region that they share, and how each is divided for its updates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgbuild.errors import Diagnostics, Place
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.region import format_range
from imgbuild.model import Range
from imgbuild.partitions import JOURNAL_BLOCKS, JOURNAL_BLOCKS_MIN, SWITCH_BLOCKS, Area, PartitionAreas
from imgbuild.units import align_down, align_up, format_bytes

_UNITS = ((1 << 20, "M"), (1 << 10, "K"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manifest says of a partition's place; exactly one of the three ways.

    ``size_bytes`` in the shared region, ``takes_rest`` of it, or ``own``: a range of its own. ``place`` is
    where that stands in the manifest.
    """

    name: str
    place: Place
    size_bytes: int = 0
    takes_rest: bool = False
    own: Range | None = None


@dataclass(frozen=True, slots=True)
class UpdateWish:
    """What the manifest says of a partition's updates; sizes None: not said. Places are those of the keys."""

    update: str
    place: Place
    slot_bytes: int | None = None
    slot_place: Place | None = None
    journal_bytes: int | None = None
    journal_place: Place | None = None


def write_size(size_bytes: int) -> str:
    """A size as a manifest writes it: ``64K``, ``2M``, else hexadecimal."""
    for unit, suffix in _UNITS:
        if size_bytes and size_bytes % unit == 0:
            return f"{size_bytes // unit}{suffix}"
    return f"0x{size_bytes:X}"


# --- placing -------------------------------------------------------------------------------------


def place_partitions(
    wishes: Sequence[Wish], shared: Range | None, erase: EraseMap, found: Diagnostics
) -> list[Range | None]:
    """The range of each partition; None, with errors noted, where there is none.

    Those without a range of their own follow each other in the manifest's order from the start of ``shared``;
    those behind the one that takes the rest end where ``shared`` ends. All begin and end on erase blocks.
    Notes IB440 (overlap), IB441 (no room), IB443 (two that take the rest), IB444 (size not in erase blocks).
    """
    spans: list[Range | None] = [wish.own for wish in wishes]
    running = [number for number, wish in enumerate(wishes) if wish.own is None]
    if running and shared is not None:
        own = [wish.own for wish in wishes if wish.own is not None]
        for number, span in zip(
            running,
            _place_run([wishes[n] for n in running], _leave_out(shared, own), erase, found),
            strict=True,
        ):
            spans[number] = span
    if not found.has_errors:
        _check_overlaps(wishes, spans, found)
    return spans


def _leave_out(shared: Range, taken: Sequence[Range]) -> Range:
    """The first part of ``shared`` that no range in it takes."""
    start, end = shared.offset_bytes, shared.end_bytes
    for span in sorted(taken, key=lambda span: span.offset_bytes):
        if span.offset_bytes <= start < span.end_bytes:
            start = span.end_bytes
        elif start < span.offset_bytes < end:
            end = span.offset_bytes
    return Range(start, max(0, end - start), shared.name)


def _place_run(
    wishes: Sequence[Wish], room: Range, erase: EraseMap, found: Diagnostics
) -> list[Range | None]:
    greedy = [number for number, wish in enumerate(wishes) if wish.takes_rest]
    for number in greedy[1:]:
        message = f'partition "{wishes[number].name}" takes the rest, and so does "{wishes[greedy[0]].name}"'
        hint = "give all but one of them a size such as 256K"
        found.error("IB443", message, wishes[number].place, hint)
    if len(greedy) > 1:
        return [None] * len(wishes)
    split = greedy[0] if greedy else len(wishes)
    front = _place_forward(wishes[:split], room, erase, found)
    if not greedy:
        return front
    back = _place_backward(wishes[split + 1 :], room, erase, found)
    if found.has_errors:
        return [None] * len(wishes)
    start = front[-1].end_bytes if front and front[-1] else room.offset_bytes
    end = back[0].offset_bytes if back and back[0] else room.end_bytes
    return [*front, _take_rest(wishes[split], start, end, erase, found), *back]


def _place_forward(
    wishes: Sequence[Wish], room: Range, erase: EraseMap, found: Diagnostics
) -> list[Range | None]:
    spans: list[Range | None] = []
    at = room.offset_bytes
    for wish in wishes:
        start = align_up(at, erase.largest(Range(at, wish.size_bytes)))
        span = _measure(wish, start, erase, found)
        if span.end_bytes > room.end_bytes:
            _tell_no_room(wish, span.size_bytes, room.end_bytes - at, room, found)
            return [*spans, *[None] * (len(wishes) - len(spans))]
        spans.append(span)
        at = span.end_bytes
    return spans


def _place_backward(
    wishes: Sequence[Wish], room: Range, erase: EraseMap, found: Diagnostics
) -> list[Range | None]:
    """As :func:`_place_forward`, from the room's end."""
    spans: list[Range | None] = []
    end = room.end_bytes
    for wish in reversed(wishes):
        size = _measure(wish, max(0, end - wish.size_bytes), erase, found).size_bytes
        start = align_down(end - size, erase.largest(Range(max(0, end - size), size)))
        if start < room.offset_bytes:
            _tell_no_room(wish, size, end - room.offset_bytes, room, found)
            return [None] * len(wishes)
        spans.append(Range(start, size, wish.name))
        end = start
    return spans[::-1]


def _measure(wish: Wish, start: int, erase: EraseMap, found: Diagnostics) -> Range:
    """The range from ``start`` on, rounded up to erase blocks where the size asked for is none (IB444)."""
    block = erase.largest(Range(start, max(1, wish.size_bytes)))
    size = max(block, align_up(wish.size_bytes, block))
    if size != wish.size_bytes:
        what = f'partition "{wish.name}" has {format_bytes(wish.size_bytes)}'
        message = f"{what}; expected whole erase blocks, here of {format_bytes(block)}"
        lower = align_down(wish.size_bytes, block)
        other = f" or {write_size(lower)}" if lower else ""
        found.error("IB444", message, wish.place, f"write {write_size(size)}{other}")
    return Range(start, size, wish.name)


def _tell_no_room(wish: Wish, size_bytes: int, left_bytes: int, room: Range, found: Diagnostics) -> None:
    left = f"{format_bytes(max(0, left_bytes))} of the region are left ({format_range(room)})"
    message = f'partition "{wish.name}" needs {format_bytes(size_bytes)}; {left}'
    found.error("IB441", message, wish.place, "make a partition smaller, or give one the size 'rest'")


def _take_rest(wish: Wish, start: int, end: int, erase: EraseMap, found: Diagnostics) -> Range | None:
    block = erase.largest(Range(start, max(1, end - start)))
    low, high = align_up(start, block), align_down(end, block)
    if high <= low:
        message = f'nothing is left for partition "{wish.name}": the others take the whole region'
        found.error("IB441", message, wish.place, "make another partition smaller")
        return None
    return Range(low, high - low, wish.name)


def _check_overlaps(wishes: Sequence[Wish], spans: Sequence[Range | None], found: Diagnostics) -> None:
    placed = [(wish, span) for wish, span in zip(wishes, spans, strict=True) if span is not None]
    for number, (wish, span) in enumerate(placed):
        for other, before in placed[:number]:
            if span.offset_bytes < before.end_bytes and before.offset_bytes < span.end_bytes:
                message = (
                    f'partition "{wish.name}" ({format_range(span)}) overlaps "{other.name}" '
                    f"({format_range(before)})"
                )
                hint = f'behind "{other.name}" it could begin at 0x{before.end_bytes:X}'
                found.error("IB440", message, wish.place, hint)


# --- dividing ------------------------------------------------------------------------------------


def divide_partition(span: Range, erase_bytes: int, wish: UpdateWish, found: Diagnostics) -> PartitionAreas:
    """Slots, switch and journal of a partition; offsets from the chip's first byte, all on erase blocks.

    ``slots``: ``[slot A][slot B][switch record]``, an odd block is left over; ``in-place``: the pack's area,
    then the journal to the end. As IMGB_PARTITION_SLOTS and IMGB_PARTITION_IN_PLACE have it (imgb_update.h).
    Notes IB446 for sizes that are not possible.
    """
    whole = Area(span.offset_bytes, span.size_bytes)
    if wish.update == "slots":
        return _divide_into_slots(span.name, whole, erase_bytes, wish, found)
    if wish.update == "in-place":
        return _divide_off_journal(span.name, whole, erase_bytes, wish, found)
    return PartitionAreas(whole, whole)


def _divide_into_slots(
    name: str, whole: Area, block: int, wish: UpdateWish, found: Diagnostics
) -> PartitionAreas:
    switch_bytes = SWITCH_BLOCKS * block
    largest = align_down(max(0, whole.size_bytes - switch_bytes) // 2, block)
    slot_bytes = largest if wish.slot_bytes is None else wish.slot_bytes
    if not largest:
        least = write_size(2 * block + switch_bytes)
        message = (
            f'partition "{name}" has {format_bytes(whole.size_bytes)}; two slots and the switch record need '
            f"{SWITCH_BLOCKS + 2} erase blocks of {format_bytes(block)}"
        )
        found.error("IB446", message, wish.place, f"give it at least {least}")
    elif wish.slot_bytes is not None:
        _check_part("slot", _Part(wish.slot_bytes, largest, block), wish.slot_place, found)
    start = whole.offset_bytes
    return PartitionAreas(
        whole=whole,
        image=Area(start, slot_bytes),
        update=wish.update,
        other_slot=Area(start + slot_bytes, slot_bytes),
        switch=Area(start + 2 * slot_bytes, switch_bytes),
    )


def _divide_off_journal(
    name: str, whole: Area, block: int, wish: UpdateWish, found: Diagnostics
) -> PartitionAreas:
    journal_bytes = JOURNAL_BLOCKS * block if wish.journal_bytes is None else wish.journal_bytes
    largest = whole.size_bytes - block
    if wish.journal_bytes is not None:
        least = JOURNAL_BLOCKS_MIN * block
        _check_part("journal", _Part(journal_bytes, largest, block, least), wish.journal_place, found)
    elif journal_bytes > largest:
        message = (
            f'partition "{name}" has {format_bytes(whole.size_bytes)}; the journal alone takes '
            f"{JOURNAL_BLOCKS} erase blocks of {format_bytes(block)}"
        )
        found.error("IB446", message, wish.place, f"give it at least {write_size(journal_bytes + block)}")
    image = Area(whole.offset_bytes, whole.size_bytes - journal_bytes)
    return PartitionAreas(whole, image, wish.update, journal=Area(image.end_bytes, journal_bytes))


@dataclass(frozen=True, slots=True)
class _Part:
    """A slot or a journal as asked for, the largest that fits, the erase block, and the least."""

    size_bytes: int
    largest: int
    block: int
    least: int = 0


def _check_part(what: str, part: _Part, place: Place | None, found: Diagnostics) -> None:
    """It is whole erase blocks, at least the least, at most the largest that fits."""
    size_bytes, block = part.size_bytes, part.block
    least, largest = max(part.least, block), part.largest
    asked = f"a {what} of {format_bytes(size_bytes)}"
    if size_bytes > largest:
        message = f"{asked} is too large; at most {format_bytes(largest)} fit"
        found.error("IB446", message, place, "make it smaller, or the partition larger")
    elif size_bytes % block or size_bytes < least:
        blocks = f"erase blocks of {format_bytes(block)}"
        message = f"{asked}; expected whole {blocks}, at least {least // block}"
        found.error("IB446", message, place, f"write {write_size(max(least, align_up(size_bytes, block)))}")
