"""Where a flash image may go: the chip less what is reserved, in whole erase blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.flash.closest import closest
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.esp_partitions import pick_partition, read_partitions
from imgbuild.flash.tables import Tables, load_boards, load_chips
from imgbuild.flash.user_files import FlashFiles, find_flash_files
from imgbuild.model import Board, Chip, FlashTarget, Range, Sectors
from imgbuild.units import align_down, align_up, format_bytes

if TYPE_CHECKING:
    from imgbuild.manifest.flash_spec import FlashSpec, RangeSpec
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.yamlpos import Positions, YamlPath

_FLASH: YamlPath = ("flash",)
_REGION: YamlPath = ("flash", "region")


def free_ranges(
    chip: Chip, reserved: tuple[Range, ...], erase_bytes: int, sectors: tuple[Sectors, ...] = ()
) -> tuple[Range, ...]:
    """The ranges of ``chip`` that nothing reserves, by offset, each rounded inward to erase blocks.

    They are named ``free0``, ``free1``, … in this order. Reserved ranges may overlap each other. A range
    ends where the erase block changes (``sectors``).
    """
    gaps: list[tuple[int, int]] = []
    start = 0
    for taken in sorted(reserved, key=lambda r: (r.offset_bytes, r.end_bytes)):
        if taken.size_bytes:
            gaps.append((start, taken.offset_bytes))
            start = max(start, taken.end_bytes)
    gaps.append((start, chip.size_bytes))
    erase = EraseMap(erase_bytes, sectors)
    whole = [blocks for low, high in gaps for blocks in erase.whole_blocks(low, high)]
    return tuple(Range(low, high - low, f"free{number}") for number, (low, high) in enumerate(whole))


def free_region_of(board: Board, chips: Mapping[str, Chip] | None = None) -> Range:
    """The largest free range of a board's chip (of equals, the first); size 0 if nothing is free.

    ``chips`` None: those of this package.
    """
    chip = (load_chips() if chips is None else chips)[board.chip]
    return _largest(_Site(chip, board.reserved, EraseMap.of(chip, board)).free) or Range(0, 0)


def resolve_target(
    manifest: Manifest,
    board_override: str | None = None,
    region: str | RangeSpec | None = None,
    region_path: YamlPath = _REGION,
    files: FlashFiles | None = None,
) -> FlashTarget:
    """The chip, address and region that a manifest's ``flash`` means.

    ``board_override`` (the command line's) takes the place of ``board``, ``chip`` and ``mapped_at``; ranges
    that the manifest reserves stay reserved. ``region`` is a partition's own region, at ``region_path``.
    ``files``: what ``find_flash_files`` found, None to look without roots. Raises :class:`BuildError` with
    everything found: IB106, IB401 to IB404, IB407, IB410, IB420 to IB425, IB518, IB519.
    """
    flash, positions = manifest.spec.flash, manifest.positions
    files = find_flash_files(manifest) if files is None else files
    found = Diagnostics()
    chip, board = _find_chip(flash, positions, board_override, files.load_tables(), found)
    found.raise_if_errors()
    if chip is None:  # no chip without an error: cannot be
        raise AssertionError(flash)
    reserved = (board.reserved if board else ()) + _read_reserved(flash, chip, positions, found)
    found.raise_if_errors()
    asked = flash.region if region is None else region
    place = positions.value(region_path) if isinstance(asked, str) else positions.key(region_path)
    site = _Site(chip, reserved, EraseMap.of(chip, board))
    if files.partition_table is None:
        chosen = _choose_region(asked, site, place, found)
    else:
        site, chosen = _choose_partition(asked, site, files.partition_table, place, found)
    found.raise_if_errors()
    if chosen is None:
        raise AssertionError(asked)
    mapped_at = _mapped_at(flash, board, is_overridden=board_override is not None)
    base_address = None if mapped_at is None else mapped_at + chosen.offset_bytes
    return FlashTarget(chip, board, site.reserved, chosen, site.erase.largest(chosen), base_address)


def target_of_board(name: str, image_bytes: int, place: Place, address: int | None = None) -> FlashTarget:
    """Where an image that exists already goes on a board.

    At ``address`` if that is one of the chip's addresses, else into the largest free range. Raises
    :class:`BuildError`: IB401 (unknown board), IB404, IB405 (no room there), IB407 (past the chip).
    """
    board = load_boards().get(name)
    if board is None:
        hint = _did_you_mean(name, list(load_boards()), "boards")
        fail("IB401", f"--board: unknown board '{name}'", hint=hint)
    chip, region = load_chips()[board.chip], free_region_of(board)
    known = board.programmed_at if board.mapped_at is None else board.mapped_at
    erase = EraseMap.of(chip, board)
    if address is not None and known is not None and 0 <= address - known < chip.size_bytes:
        found = Diagnostics()
        offset = address - known
        block = erase.largest(Range(offset, min(image_bytes, chip.size_bytes - offset)))
        span = Range(offset, align_up(image_bytes, block), "region")
        region = _check_region(span, _Site(chip, board.reserved, erase), place, found) or region
        hint = "without --address the largest free range is taken"
        found.items = [replace(item, hint=hint) for item in found.items]
        found.raise_if_errors()
    if image_bytes > region.size_bytes:
        free = f"the largest free range of {name} is {format_range(region)}"
        fail("IB405", f"the image has {format_bytes(image_bytes)}, {free}", place)
    base = None if board.mapped_at is None else board.mapped_at + region.offset_bytes
    return FlashTarget(chip, board, board.reserved, region, erase.largest(region), base)


def format_range(span: Range) -> str:
    """``0x080000..0x1FFFFF (1536.0 KiB)``, the last byte included."""
    size = format_bytes(span.size_bytes)
    return f"0x{span.offset_bytes:06X}..0x{max(span.end_bytes, 1) - 1:06X}, {size}"


# --- chip and board ------------------------------------------------------------------------------


def _find_chip(
    flash: FlashSpec, positions: Positions, board_override: str | None, tables: Tables, found: Diagnostics
) -> tuple[Chip | None, Board | None]:
    boards, chips = tables.boards, tables.chips
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
    meant = closest(name, known)
    every = f"'imgbuild {command}' lists all"
    return f"did you mean '{meant}'? {every}" if meant else every


def _mapped_at(flash: FlashSpec, board: Board | None, *, is_overridden: bool) -> int | None:
    if flash.mapped_at is not None and not is_overridden:
        return flash.mapped_at
    return board.mapped_at if board else None


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
    erase: EraseMap

    @property
    def free(self) -> tuple[Range, ...]:
        """The ranges that a region may lie in."""
        return free_ranges(self.chip, self.reserved, self.erase.erase_bytes, self.erase.sectors)


def _choose_region(asked: str | RangeSpec, site: _Site, place: Place, found: Diagnostics) -> Range | None:
    if not isinstance(asked, str):
        return _check_region(Range(asked.offset, asked.size, "region"), site, place, found)
    free = site.free
    if asked == "free":
        if not free:
            block = format_bytes(site.erase.erase_bytes)
            message = f"reserved ranges leave no whole erase block ({block}) of chip {_shown(site.chip)}"
            found.error("IB410", message, place)
        return _largest(free)
    for span in free:
        if span.name == asked:
            return span
    _report_unknown_region(asked, free, site.reserved, place, found)
    return None


def _choose_partition(
    asked: str | RangeSpec, site: _Site, table: Path, place: Place, found: Diagnostics
) -> tuple[_Site, Range | None]:
    """The region, and the site with all other partitions reserved."""
    partitions = read_partitions(table)
    for row in partitions:
        if row.end_bytes > site.chip.size_bytes:
            message = f"partition '{row.label}' ends at 0x{row.end_bytes:X}, behind chip {_shown(site.chip)}"
            found.error("IB519", message, row.place)
    found.raise_if_errors()
    if asked == "free":
        labels = ", ".join(f"'{row.label}'" for row in partitions) or "none"
        message = f"with 'partition_table' the region is the name of a partition; it has {labels}"
        found.error("IB407", message, place, hint="write 'region: NAME'")
        return site, None
    chosen = pick_partition(partitions, asked, place) if isinstance(asked, str) else None
    others = tuple(Range(p.offset_bytes, p.size_bytes, p.label) for p in partitions if p is not chosen)
    site = replace(site, reserved=site.reserved + others)
    if isinstance(asked, str) and chosen is not None:
        return site, _check_region(Range(chosen.offset_bytes, chosen.size_bytes, asked), site, place, found)
    return site, _choose_region(asked, site, place, found)


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
    erase_bytes = site.erase.largest(span)
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
