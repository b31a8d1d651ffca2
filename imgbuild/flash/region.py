"""Where a flash image may go: the chip less what is reserved, in whole erase blocks."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics, Place
from imgbuild.flash.tables import load_boards, load_chips
from imgbuild.model import Board, Chip, FlashTarget, Range
from imgbuild.units import align_down, align_up, format_bytes

if TYPE_CHECKING:
    from imgbuild.manifest.schema import FlashSpec, Manifest, RangeSpec
    from imgbuild.manifest.yamlpos import Positions, YamlPath

_FLASH: YamlPath = ("flash",)
_REGION: YamlPath = ("flash", "region")


def free_ranges(chip: Chip, reserved: tuple[Range, ...], erase_bytes: int) -> tuple[Range, ...]:
    """The ranges of ``chip`` that nothing reserves, by offset, each rounded inward to erase blocks.

    They are named ``free0``, ``free1``, … in this order. Reserved ranges may overlap each other.
    """
    gaps: list[tuple[int, int]] = []
    start = 0
    for taken in sorted(reserved, key=lambda r: (r.offset_bytes, r.end_bytes)):
        if taken.size_bytes:
            gaps.append((start, taken.offset_bytes))
            start = max(start, taken.end_bytes)
    gaps.append((start, chip.size_bytes))
    rounded = [(align_up(low, erase_bytes), align_down(high, erase_bytes)) for low, high in gaps]
    whole = [(low, high) for low, high in rounded if high > low]
    return tuple(Range(low, high - low, f"free{number}") for number, (low, high) in enumerate(whole))


def free_region_of(board: Board) -> Range:
    """The largest free range of a board's chip (of equals, the first); size 0 if nothing is free."""
    chip = load_chips()[board.chip]
    return _largest(free_ranges(chip, board.reserved, _erase_bytes(chip, board))) or Range(0, 0)


def resolve_target(
    manifest: Manifest,
    board_override: str | None = None,
    region: str | RangeSpec | None = None,
    region_path: YamlPath = _REGION,
) -> FlashTarget:
    """The chip, address and region that a manifest's ``flash`` means.

    ``board_override`` (the command line's) takes the place of ``board``, ``chip`` and ``mapped_at``; ranges
    that the manifest reserves stay reserved. ``region`` is a partition's own region, at ``region_path``.
    Raises :class:`BuildError` with everything found: IB106, IB401 to IB404, IB407, IB410.
    """
    flash, positions = manifest.spec.flash, manifest.positions
    found = Diagnostics()
    chip, board = _find_chip(flash, positions, board_override, found)
    found.raise_if_errors()
    if chip is None:  # no chip without an error: cannot be
        raise AssertionError(flash)
    reserved = (board.reserved if board else ()) + _read_reserved(flash, chip, positions, found)
    found.raise_if_errors()
    site = _Site(chip, reserved, _erase_bytes(chip, board))
    asked = flash.region if region is None else region
    place = positions.value(region_path) if isinstance(asked, str) else positions.key(region_path)
    chosen = _choose_region(asked, site, place, found)
    found.raise_if_errors()
    if chosen is None:
        raise AssertionError(asked)
    mapped_at = _mapped_at(flash, board, is_overridden=board_override is not None)
    base_address = None if mapped_at is None else mapped_at + chosen.offset_bytes
    return FlashTarget(chip, board, reserved, chosen, site.erase_bytes, base_address)


def format_range(span: Range) -> str:
    """``0x080000..0x1FFFFF (1536.0 KiB)``, the last byte included."""
    size = format_bytes(span.size_bytes)
    return f"0x{span.offset_bytes:06X}..0x{max(span.end_bytes, 1) - 1:06X}, {size}"


# --- chip and board ------------------------------------------------------------------------------


def _find_chip(
    flash: FlashSpec, positions: Positions, board_override: str | None, found: Diagnostics
) -> tuple[Chip | None, Board | None]:
    boards, chips = load_boards(), load_chips()
    name = board_override or flash.board
    if name is not None:
        place = None if board_override else positions.value((*_FLASH, "board"))
        board = boards.get(name)
        if board is None:
            given = f"--board: unknown board '{name}'" if board_override else f"unknown board '{name}'"
            found.error("IB401", given, place, hint=_did_you_mean(name, list(boards), "boards"))
            return None, None
        return chips[board.chip], board
    if flash.chip is None:
        message = "'flash' names neither a board nor a chip"
        found.error("IB106", message, positions.key(_FLASH), hint="add 'board: …' or 'chip: …'")
        return None, None
    chip = chips.get(flash.chip)
    if chip is None:
        hint = _did_you_mean(flash.chip, list(chips), "chips")
        found.error("IB402", f"unknown chip '{flash.chip}'", positions.value((*_FLASH, "chip")), hint=hint)
    return chip, None


def _did_you_mean(name: str, known: list[str], command: str) -> str:
    close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    every = f"'imgbuild {command}' lists all"
    return f"did you mean '{close[0]}'? {every}" if close else every


def _mapped_at(flash: FlashSpec, board: Board | None, *, is_overridden: bool) -> int | None:
    if flash.mapped_at is not None and not is_overridden:
        return flash.mapped_at
    return board.mapped_at if board else None


def _erase_bytes(chip: Chip, board: Board | None) -> int:
    return (board.erase_bytes if board else None) or chip.erase_bytes[0]


def _read_reserved(
    flash: FlashSpec, chip: Chip, positions: Positions, found: Diagnostics
) -> tuple[Range, ...]:
    ranges = []
    for number, spec in enumerate(flash.reserved):
        span = Range(spec.offset, spec.size, spec.name)
        place = positions.value((*_FLASH, "reserved", number))
        if not spec.size:
            found.error("IB403", f"reserved range '{spec.name}' has size 0; expected at least 1 B", place)
        elif span.end_bytes > chip.size_bytes:
            message = f"reserved range '{spec.name}' ({format_range(span)}) lies outside chip {_shown(chip)}"
            found.error("IB403", message, place)
        ranges.append(span)
    return tuple(ranges)


def _shown(chip: Chip) -> str:
    return f"{chip.name} ({format_range(Range(0, chip.size_bytes))})"


# --- region --------------------------------------------------------------------------------------


def _largest(ranges: tuple[Range, ...]) -> Range | None:
    return max(ranges, key=lambda r: (r.size_bytes, -r.offset_bytes), default=None)


@dataclass(frozen=True, slots=True)
class _Site:
    """What a region is chosen on."""

    chip: Chip
    reserved: tuple[Range, ...]
    erase_bytes: int


def _choose_region(asked: str | RangeSpec, site: _Site, place: Place, found: Diagnostics) -> Range | None:
    if not isinstance(asked, str):
        return _check_region(Range(asked.offset, asked.size, "region"), site, place, found)
    free = free_ranges(site.chip, site.reserved, site.erase_bytes)
    if asked == "free":
        if not free:
            block = format_bytes(site.erase_bytes)
            message = f"reserved ranges leave no whole erase block ({block}) of chip {_shown(site.chip)}"
            found.error("IB410", message, place)
        return _largest(free)
    for span in free:
        if span.name == asked:
            return span
    _report_unknown_region(asked, free, site.reserved, place, found)
    return None


def _report_unknown_region(
    asked: str, free: tuple[Range, ...], reserved: tuple[Range, ...], place: Place, found: Diagnostics
) -> None:
    hint = "free are: " + "; ".join(f"{span.name} ({format_range(span)})" for span in free) if free else None
    for taken in reserved:
        if taken.name == asked:
            message = f"region '{asked}' is a reserved range ({format_range(taken)})"
            found.error("IB404", message, place, hint=hint)
            return
    expected = "'free', the name of a free range or {offset: 0x80000, size: 1M}"
    found.error("IB407", f"unknown region '{asked}'; expected {expected}", place, hint=hint)


def _check_region(span: Range, site: _Site, place: Place, found: Diagnostics) -> Range | None:
    erase_bytes = site.erase_bytes
    shown = f"region {format_range(span)}"
    if not span.size_bytes:
        found.error("IB407", "the region has size 0; expected at least one erase block", place)
        return None
    if span.end_bytes > site.chip.size_bytes:
        found.error("IB407", f"{shown} lies outside chip {_shown(site.chip)}", place)
        return None
    if span.offset_bytes % erase_bytes or span.size_bytes % erase_bytes:
        low, high = align_up(span.offset_bytes, erase_bytes), align_down(span.end_bytes, erase_bytes)
        hint = f"aligned is: {{offset: 0x{low:X}, size: 0x{high - low:X}}}" if high > low else None
        message = f"{shown} does not start and end on erase blocks of {format_bytes(erase_bytes)}"
        found.error("IB407", message, place, hint=hint)
    for taken in site.reserved:
        if span.offset_bytes < taken.end_bytes and taken.offset_bytes < span.end_bytes:
            message = f"{shown} overlaps reserved range '{taken.name}' ({format_range(taken)})"
            found.error("IB404", message, place, hint="'region: free' takes the largest free range")
    return None if found.has_errors else span
