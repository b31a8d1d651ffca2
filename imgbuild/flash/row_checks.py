"""What single values of a row cannot tell: whether a chip or a board contradicts itself."""

from __future__ import annotations

from itertools import pairwise

from imgbuild.errors import Diagnostics
from imgbuild.flash.closest import closest
from imgbuild.manifest.yamlpos import Positions, YamlPath
from imgbuild.model import Board, Chip, Range, Sectors
from imgbuild.units import format_bytes

_ADDRESS_END = 1 << 32
_SIZE_MAX = 1 << 32


def check_chip(chip: Chip, positions: Positions, found: Diagnostics) -> None:
    """Notes IB424 for sizes that do not divide, addresses too short, times upside down."""
    row = _Row(chip.name, f"chip '{chip.name}'", positions, found)
    row.check(chip.size_bytes < _SIZE_MAX, "size", f"{chip.size_bytes} B need more than 32 bits of address")
    row.check(
        chip.size_bytes <= 1 << 8 * chip.address_bytes or chip.bus == "i2c",
        "address_bytes",
        f"{chip.address_bytes} bytes of address do not reach {format_bytes(chip.size_bytes)}",
    )
    row.check(
        chip.size_bytes % chip.page_bytes == 0,
        "page_bytes",
        f"pages of {format_bytes(chip.page_bytes)} do not divide {format_bytes(chip.size_bytes)}",
    )
    _check_erase_units(chip, row)
    bank = chip.bank_bytes or chip.size_bytes
    row.check(
        chip.size_bytes % bank == 0 and bank % chip.block_bytes == 0,
        "bank_bytes",
        f"banks of {format_bytes(bank)} do not cut {format_bytes(chip.size_bytes)} into whole erase blocks",
    )
    for name, timing in chip.timings.items():
        if timing.typical_us is not None and timing.maximum_us is not None:
            is_fine = timing.typical_us <= timing.maximum_us
            message = f"{name}: typical {timing.typical_us} us is longer than maximum {timing.maximum_us} us"
            row.check(is_fine, "timings", message)


def _check_erase_units(chip: Chip, row: _Row) -> None:
    units = chip.erase_bytes
    has_erase = chip.kind == "nor"
    expected = "at least one" if has_erase else "none: such a part is not erased"
    row.check(
        bool(units) == has_erase,
        "erase_bytes",
        f"found {len(units)} erase units for {chip.kind}, expected {expected}",
    )
    row.check(
        all(low < high for low, high in pairwise(units)),
        "erase_bytes",
        "erase units are not in order, smallest first",
    )
    for size in units:
        is_fine = size & (size - 1) == 0 and chip.size_bytes % size == 0
        message = f"an erase unit of {format_bytes(size)} is no power of two that divides the chip's size"
        row.check(is_fine, "erase_bytes", message)
    row.check(
        len(chip.erase_commands) in (0, len(units)),
        "erase_commands",
        f"found {len(chip.erase_commands)} commands for {len(units)} erase units",
    )


def check_board(board: Board, chips: dict[str, Chip], positions: Positions, found: Diagnostics) -> None:
    """Notes IB402 for an unknown chip, IB424 for what does not fit it."""
    row = _Row(board.name, f"board '{board.name}'", positions, found)
    chip = chips.get(board.chip)
    if chip is None:
        meant = closest(board.chip, chips)
        hint = f"did you mean '{meant}'?" if meant else "'imgbuild chips' lists all"
        place = positions.value((board.name, "chip"))
        found.error("IB402", f"{row.what}: unknown chip '{board.chip}'", place, hint)
        return
    for key, address in (("mapped_at", board.mapped_at), ("programmed_at", board.programmed_at)):
        if address is not None:
            message = f"{format_bytes(chip.size_bytes)} at 0x{address:08X} leave the 32 bit address space"
            row.check(address + chip.size_bytes <= _ADDRESS_END, key, message)
    if board.erase_bytes is not None:
        _check_erase(board.erase_bytes, chip, row, ("erase_bytes",))
    _check_reserved(board.reserved, chip, row)
    _check_sectors(board.sectors, chip, row)


def _check_erase(size: int, chip: Chip, row: _Row, path: YamlPath) -> None:
    is_fine = size % chip.block_bytes == 0 and size & (size - 1) == 0 and chip.size_bytes % size == 0
    message = (
        f"erase blocks of {format_bytes(size)} are no power of two from {format_bytes(chip.block_bytes)},"
        f" the smallest of chip {chip.name}, to its size"
    )
    row.check(is_fine, path, message)


def _check_reserved(ranges: tuple[Range, ...], chip: Chip, row: _Row) -> None:
    names: set[str] = set()
    for number, span in enumerate(ranges):
        is_inside = span.end_bytes <= chip.size_bytes
        message = (
            f"reserved range '{span.name}' ends at 0x{span.end_bytes:X}, behind chip {chip.name}"
            f" (0x{chip.size_bytes:X})"
        )
        row.check(is_inside, ("reserved", number), message)
        row.check(
            span.name not in names, ("reserved", number), f"two reserved ranges are called '{span.name}'"
        )
        names.add(span.name)


def _check_sectors(sectors: tuple[Sectors, ...], chip: Chip, row: _Row) -> None:
    end = 0
    for number, part in enumerate(sectors):
        path: YamlPath = ("sectors", number)
        row.check(part.offset_bytes >= end, path, "ranges of sectors overlap or are not in order")
        end = part.end_bytes
        row.check(
            end <= chip.size_bytes,
            path,
            f"sectors end at 0x{end:X}, behind chip {chip.name} (0x{chip.size_bytes:X})",
        )
        _check_erase(part.erase_bytes, chip, row, path)
        is_whole = part.offset_bytes % part.erase_bytes == 0 and part.size_bytes % part.erase_bytes == 0
        block = format_bytes(part.erase_bytes)
        message = f"0x{part.offset_bytes:X}..0x{end:X} does not hold whole blocks of {block}"
        row.check(is_whole, path, message)


class _Row:
    """Where findings of one row go."""

    def __init__(self, name: str, what: str, positions: Positions, found: Diagnostics) -> None:
        self.what = what
        self._name, self._positions, self._found = name, positions, found

    def check(self, is_fine: bool, key: str | YamlPath, message: str) -> None:
        """Note IB424 at ``key`` unless ``is_fine``."""
        if not is_fine:
            path = (self._name, key) if isinstance(key, str) else (self._name, *key)
            self._found.error("IB424", f"{self.what}: {message}", self._positions.value(path))
