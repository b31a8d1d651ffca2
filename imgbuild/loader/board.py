"""What a loader knows of its board: addresses, sectors, times and the one region that it may change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from imgbuild.errors import fail
from imgbuild.flash.closest import closest
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.region import format_range, free_ranges
from imgbuild.flash.tables import is_jedec_id, load_tables
from imgbuild.loader.nor_chip import PIECE_BYTES, check_erase_units, erase_units
from imgbuild.model import Board, Chip, Range, Timing
from imgbuild.units import format_bytes, parse_size

NAME_BYTES = 99
"""StorageInfo has 100 with the zero; FlashDevice more."""
SECTOR_ROWS_MAX = 9
"""Of StorageInfo, which ends with a row of zeros."""
_PROGRAM_MS, _ERASE_MS = 1000, 10_000
"""Where a chip's row has no time: longer than any part takes."""
_TOOL_MS = 100
"""On top of the chip's own time: the commands around it on a slow bus."""
_POLLS_PER_US = 10
"""Status reads of the fastest bus; a slower one waits longer before it gives up."""


@dataclass(frozen=True, slots=True)
class Ram:
    """Where a loader lies while it runs."""

    address: int
    size_bytes: int

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.size_bytes


RAM_OF_MCU = (
    ("STM32F103", Ram(0x20000000, 20 * 1024)),
    ("STM32H7", Ram(0x24000000, 128 * 1024)),
    ("RT1062", Ram(0x20200000, 64 * 1024)),
    ("ast1030", Ram(0x00010000, 64 * 1024)),
)
"""By a word of the board's title: AXI SRAM of the STM32H7 (ST's own loaders lie there), OCRAM of the
i.MX RT, QEMU's ast1030 has its RAM at 0. Every other part has 64 KiB at 0x20000000."""
RAM_DEFAULT = Ram(0x20000000, 64 * 1024)


@dataclass(frozen=True, slots=True)
class Sector:
    """``count`` sectors of ``erase_bytes`` from ``offset_bytes`` of the chip on."""

    offset_bytes: int
    count: int
    erase_bytes: int

    @property
    def end_bytes(self) -> int:
        """Offset of the first byte behind."""
        return self.offset_bytes + self.count * self.erase_bytes


@dataclass(frozen=True, slots=True)
class LoaderBoard:
    """``name``: what tools show; ``base``: the chip's first byte as they count; ``jedec_id``: as in a row."""

    name: str
    board: Board
    chip: Chip
    jedec_id: str
    base: int
    region: Range
    sectors: tuple[Sector, ...]
    program_ms: int
    erase_ms: int
    polls_max: int
    ram: Ram


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """What was asked for; None: the board's own.

    ``region``: ``free``, the name of a free range or ``OFFSET:SIZE``.
    """

    board: str
    chip: str | None = None
    region: str = "free"
    jedec_id: str | None = None
    ram: Ram | None = None
    boards_file: Path | None = None
    chips_file: Path | None = None


def find_board(choice: BoardChoice) -> LoaderBoard:
    """Raises BuildError: IB401, IB402, IB404, IB407, IB410, IB742, and what own tables have wrong."""
    board, chip = _find_rows(choice)
    base = _check_usable(board, chip)
    check_erase_units(chip)
    erase = EraseMap.of(chip, board)
    sectors = _find_sectors(board, chip, erase)
    erase_us = max(_erase_us(chip, sector.erase_bytes) for sector in sectors)
    return LoaderBoard(
        name=f"{chip.name}_{board.name}".upper()[:NAME_BYTES],
        board=board,
        chip=chip,
        jedec_id=_find_jedec(chip, choice.jedec_id),
        base=base,
        region=_choose_region(choice.region, chip, board, erase),
        sectors=sectors,
        program_ms=_TOOL_MS + _milliseconds(_program_us(chip)),
        erase_ms=_TOOL_MS + _milliseconds(erase_us),
        polls_max=min(erase_us * _POLLS_PER_US, 0xFFFFFFFF),
        ram=choice.ram or find_ram(board),
    )


def find_ram(board: Board) -> Ram:
    """Where a loader for this board lies if nothing else is asked for."""
    return next((ram for word, ram in RAM_OF_MCU if word in board.title), RAM_DEFAULT)


def _find_rows(choice: BoardChoice) -> tuple[Board, Chip]:
    tables = load_tables(choice.boards_file, choice.chips_file)
    board = tables.boards.get(choice.board)
    if board is None:
        _fail_unknown("IB401", "board", choice.board, tables.boards)
    chip = tables.chips.get(choice.chip or board.chip)
    if chip is None:
        _fail_unknown("IB402", "chip", choice.chip or board.chip, tables.chips)
    return board, chip


def _fail_unknown(code: str, what: str, name: str, known: Iterable[str]) -> NoReturn:
    meant = closest(name, known)
    every = f"'imgbuild {what}s' lists all"
    fail(
        code,
        f"--{what}: unknown {what} '{name}'",
        hint=f"did you mean '{meant}'? {every}" if meant else every,
    )


def _check_usable(board: Board, chip: Chip) -> int:
    """The address of the chip's first byte."""
    if board.elf_machine != "arm":
        message = f"board '{board.name}' has no Arm processor: tools for it load no .stldr and no .FLM"
        fail("IB742", message)
    if chip.kind != "nor":
        fail("IB742", f"chip '{chip.name}' is {chip.kind.upper()}: loaders are made for NOR flash")
    base = board.programmed_at if board.mapped_at is None else board.mapped_at
    if base is None:
        hint = "give 'mapped_at' or 'programmed_at' in its row"
        fail("IB742", f"board '{board.name}' has no address for its flash", hint=hint)
    for span in board.reserved:
        if span.end_bytes > chip.size_bytes:
            shown = f"'{span.name}' ({format_range(span)}) of board '{board.name}'"
            fail("IB742", f"reserved range {shown} lies outside chip '{chip.name}'")
    return base


def _find_sectors(board: Board, chip: Chip, erase: EraseMap) -> tuple[Sector, ...]:
    parts = erase.parts(0, chip.size_bytes)
    sectors = tuple(Sector(low, (high - low) // size, size) for low, high, size in parts)
    if len(sectors) > SECTOR_ROWS_MAX:
        shown = f"{len(sectors)} ranges of sectors"
        fail("IB742", f"board '{board.name}' has {shown}, loaders take {SECTOR_ROWS_MAX}")
    for sector in sectors:
        if sector.erase_bytes % chip.block_bytes:
            shown = f"sectors of {format_bytes(sector.erase_bytes)} of board '{board.name}'"
            message = f"{shown} are no multiple of what chip '{chip.name}' erases"
            fail("IB742", f"{message}: {format_bytes(chip.block_bytes)}")
    return sectors


def _find_jedec(chip: Chip, given: str | None) -> str:
    jedec_id = chip.jedec_id if given is None else given
    if "?" in jedec_id or not is_jedec_id(jedec_id) or jedec_id == "none":
        message = f"the JEDEC id of chip '{chip.name}' is not known ({jedec_id})"
        hint = "read it from the part (examples/bus_selftest prints it) and give --jedec-id 'EF 40 17'"
        fail("IB742", message, hint=hint)
    return jedec_id


# --- times ---------------------------------------------------------------------------------------


def _milliseconds(time_us: int) -> int:
    return -(-time_us // 1000)


def _longest_us(timing: Timing | None, default_ms: int) -> int:
    if timing is None or (timing.maximum_us is None and timing.typical_us is None):
        return default_ms * 1000
    return timing.maximum_us or 10 * (timing.typical_us or 0)


def _program_us(chip: Chip) -> int:
    """The longest time of what one call of a tool programs."""
    if chip.program == "aai":
        return PIECE_BYTES // 2 * _longest_us(chip.timings.get("program_word"), 1)
    return _longest_us(chip.timings.get("program_page"), _PROGRAM_MS)


def _erase_us(chip: Chip, sector_bytes: int) -> int:
    """The longest time of one sector, by the largest unit that fits into it."""
    unit = max(size for size in erase_units(chip) if size <= sector_bytes)
    timing = chip.timings.get(f"erase_{unit // 1024}k")
    return sector_bytes // unit * _longest_us(timing, _ERASE_MS)


# --- region --------------------------------------------------------------------------------------


def _choose_region(asked: str, chip: Chip, board: Board, erase: EraseMap) -> Range:
    free = free_ranges(chip, board.reserved, erase.erase_bytes, erase.sectors)
    hint = "free are: " + "; ".join(f"{span.name} ({format_range(span)})" for span in free)
    if not free:
        fail("IB410", f"board '{board.name}' leaves no whole erase block of chip '{chip.name}' free")
    if asked == "free":
        return max(free, key=lambda span: (span.size_bytes, -span.offset_bytes))
    named = next((span for span in free if span.name == asked), None)
    if named is not None:
        return named
    span = _parse_region(asked, hint)
    shown = f"--region {format_range(span)}"
    for taken in board.reserved:
        if span.offset_bytes < taken.end_bytes and taken.offset_bytes < span.end_bytes:
            fail(
                "IB404", f"{shown} overlaps reserved range '{taken.name}' ({format_range(taken)})", hint=hint
            )
    if span.end_bytes > chip.size_bytes:
        fail(
            "IB407", f"{shown} lies outside chip '{chip.name}' of {format_bytes(chip.size_bytes)}", hint=hint
        )
    block = erase.largest(span)
    if not span.size_bytes or span.offset_bytes % block or span.size_bytes % block:
        message = f"{shown} does not start and end on erase blocks of {format_bytes(block)}"
        fail("IB407", message, hint=hint)
    return span


def _parse_region(asked: str, hint: str) -> Range:
    offset, _, size = asked.partition(":")
    try:
        return Range(parse_size(offset), parse_size(size), "region")
    except ValueError:
        expected = "'free', the name of a free range or OFFSET:SIZE such as 0x80000:1M"
        fail("IB407", f"--region: unknown region '{asked}'; expected {expected}", hint=hint)
