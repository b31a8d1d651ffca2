"""The tables of chips and boards: ``chips.yaml`` and ``boards.yaml`` beside this file, and a user's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imgbuild.addressed import ELF_MACHINES, UF2_FAMILIES
from imgbuild.errors import Diagnostics, Place
from imgbuild.flash.row_checks import check_board, check_chip
from imgbuild.flash.rows import (
    Key,
    Keys,
    RowReader,
    parse_address,
    parse_bool,
    parse_bytes,
    parse_choice,
    parse_integer,
    parse_positive,
    parse_text,
)
from imgbuild.manifest.yamlpos import Positions, read_yaml
from imgbuild.model import Board, Chip, DfuIds, ProgramMemory, ProgrammingWay, Range, Sectors, Timing, Wire

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_JEDEC = re.compile(r"(?:[0-9A-F]{2}|\?\?)(?: (?:[0-9A-F]{2}|\?\?)){2,8}|none")
EXECUTES_FROM = ("internal", "other-bank", "same-chip")
_SIZE = "a size in bytes such as 4K or 0x1000"
_TEXT = "text"


def is_jedec_id(text: str) -> bool:
    """Whether a row may give this as its JEDEC id: ``EF 40 17``, ``C2 ?? 3B``, ``none``."""
    return bool(_JEDEC.fullmatch(text))


def is_row_name(text: str) -> bool:
    """Whether a chip or board may have this name."""
    return bool(_NAME.fullmatch(text))


def _parse_jedec(value: Any) -> str:
    if not isinstance(value, str) or not is_jedec_id(value):
        raise ValueError(value)
    return value


def _text(*, is_required: bool = False, default: str | None = None) -> Key:
    return Key(parse_text, _TEXT, is_required, default)


_TIMING: Keys = {
    "typical_us": Key(parse_integer(0, 10**10), "microseconds"),
    "maximum_us": Key(parse_integer(0, 10**10), "microseconds"),
    "source": _text(is_required=True),
    "verified": Key(parse_bool, "true or false", is_required=True, default=False),
}
_CHIP: Keys = {
    "title": _text(is_required=True),
    "kind": Key(parse_choice("nor", "fram", "eeprom"), "nor, fram or eeprom", default="nor"),
    "bus": Key(parse_choice("spi", "qspi", "ospi", "i2c"), "spi, qspi, ospi or i2c", default="spi"),
    "jedec_id": Key(
        _parse_jedec,
        "the bytes of its JEDEC id such as 'EF 40 17' ('??' for one not known), or none",
        is_required=True,
    ),
    "size": Key(parse_positive, _SIZE, is_required=True),
    "page_bytes": Key(parse_positive, _SIZE, is_required=True),
    "erase_bytes": Key(parse_positive, _SIZE, is_required=True, default=(), is_list=True),
    "erase_commands": Key(parse_integer(0, 255), "a command byte such as 0x20", default=(), is_list=True),
    "program": Key(parse_choice("page", "aai"), "page or aai", default="page"),
    "address_bytes": Key(parse_choice(1, 2, 3, 4), "1, 2, 3 or 4", is_required=True),
    "bank_bytes": Key(parse_positive, _SIZE),
    "source": _text(is_required=True),
    "notes": _text(default=""),
    "timings": Key(nested=_TIMING, default={}, is_named=True),
}
_RANGE: Keys = {
    "offset": Key(parse_bytes, _SIZE, is_required=True),
    "size": Key(parse_positive, _SIZE, is_required=True),
}
_DFU: Keys = {
    "alt": Key(parse_integer(0, 255), "a number from 0 to 255", is_required=True),
    "vid": Key(parse_integer(0, 0xFFFF), "a USB id of 16 bits such as 0x1D50", is_required=True),
    "pid": Key(parse_integer(0, 0xFFFF), "a USB id of 16 bits such as 0x607F", is_required=True),
}
_PROGRAM_MEMORY: Keys = {
    "size": Key(parse_positive, _SIZE, is_required=True),
    "used": Key(parse_bytes, _SIZE, default=0),
    "sector_bytes": Key(parse_positive, _SIZE),
}
_ADDRESS = "an address of 32 bits such as 0x90000000"
_BOARD: Keys = {
    "title": _text(is_required=True),
    "chip": _text(is_required=True),
    "mapped_at": Key(parse_address, _ADDRESS),
    "programmed_at": Key(parse_address, _ADDRESS),
    "erase_bytes": Key(parse_positive, _SIZE),
    "sectors": Key(
        nested={**_RANGE, "erase_bytes": Key(parse_positive, _SIZE, is_required=True)},
        default=(),
        is_list=True,
    ),
    "reserved": Key(nested={"name": _text(is_required=True), **_RANGE}, default=(), is_list=True),
    "wiring": Key(
        nested={"signal": _text(is_required=True), "pin": _text(is_required=True)}, default=(), is_list=True
    ),
    "programming": Key(
        nested={"tool": _text(is_required=True), "how": _text(is_required=True)}, default=(), is_list=True
    ),
    "dfu": Key(nested=_DFU),
    "program_memory": Key(nested=_PROGRAM_MEMORY),
    "executes_from": Key(parse_choice(*EXECUTES_FROM), "one of " + ", ".join(EXECUTES_FROM)),
    "uf2_family": Key(parse_choice(*UF2_FAMILIES), "one of " + ", ".join(UF2_FAMILIES)),
    "elf_machine": Key(parse_choice(*ELF_MACHINES), "arm, riscv or xtensa", default="arm"),
    "unverified": Key(parse_text, _TEXT, default=(), is_list=True),
    "source": _text(is_required=True),
    "notes": _text(default=""),
}


@dataclass(frozen=True, slots=True)
class Tables:
    """Chips and boards by name: those of this package first, then a user's."""

    chips: dict[str, Chip]
    boards: dict[str, Board]


@cache
def load_chips() -> dict[str, Chip]:
    """All chips of this package by name, in the order of the table."""
    found = Diagnostics()
    chips = _read_chips(_FOLDER / "chips.yaml", {}, found)
    found.raise_if_errors()
    return chips


@cache
def load_boards() -> dict[str, Board]:
    """All boards of this package by name, in the order of the table."""
    found = Diagnostics()
    boards = _read_boards(_FOLDER / "boards.yaml", {}, load_chips(), found)
    found.raise_if_errors()
    return boards


def load_tables(boards_file: Path | None = None, chips_file: Path | None = None) -> Tables:
    """The tables with a user's own rows behind them.

    Raises :class:`BuildError` with everything found in both files: IB402, IB420 to IB425, IB101 to IB108.
    """
    found = Diagnostics()
    chips, boards = load_chips(), load_boards()
    if chips_file is not None:
        chips = {**chips, **_read_chips(chips_file, chips, found)}
    if boards_file is not None and not found.has_errors:  # a board of a refused chip: noise
        boards = {**boards, **_read_boards(boards_file, boards, chips, found)}
    found.raise_if_errors()
    return Tables(chips, boards)


# --- files -----------------------------------------------------------------------------------------


def _read_rows(path: Path, found: Diagnostics) -> tuple[dict[str, Any], Positions]:
    document, refused = read_yaml(path)
    refused.raise_if_errors()
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else "holds no mapping"
        message = f"{path.name} {what}; expected names with their rows (name: …)"
        found.error("IB420", message, Place(path.as_posix()))
        return {}, document.positions
    return document.value, document.positions


def _names_of(rows: dict[str, Any], positions: Positions, taken: Any, found: Diagnostics) -> list[str]:
    """The names of rows that may be read; notes IB423 and IB425."""
    good = []
    for name in rows:
        if name in taken:
            hint = "give it a name of its own"
            found.error("IB425", f"'{name}' is a name of imgbuild's own table", positions.key((name,)), hint)
        elif not is_row_name(name):
            message = f"'{name}' is no name of a row: lower case letters, digits, '-', '_' and '.'"
            found.error("IB423", message, positions.key((name,)))
        else:
            good.append(name)
    return good


def _read_chips(path: Path, taken: dict[str, Chip], found: Diagnostics) -> dict[str, Chip]:
    rows, positions = _read_rows(path, found)
    chips = {}
    for name in _names_of(rows, positions, taken, found):
        mine = Diagnostics()
        values = RowReader(positions, mine).read(rows[name], (name,), f"chip '{name}'", _CHIP)
        if not mine.has_errors:
            chips[name] = _chip(name, values)
            check_chip(chips[name], positions, mine)
        found.extend(mine.items)
    return chips


def _read_boards(
    path: Path, taken: dict[str, Board], chips: dict[str, Chip], found: Diagnostics
) -> dict[str, Board]:
    rows, positions = _read_rows(path, found)
    boards = {}
    for name in _names_of(rows, positions, taken, found):
        mine = Diagnostics()
        values = RowReader(positions, mine).read(rows[name], (name,), f"board '{name}'", _BOARD)
        if not mine.has_errors:
            boards[name] = _board(name, values)
            check_board(boards[name], chips, positions, mine)
        found.extend(mine.items)
    return boards


# --- rows ------------------------------------------------------------------------------------------


def _chip(name: str, row: dict[str, Any]) -> Chip:
    values = dict(row)
    timings = {key: _timing(value) for key, value in values.pop("timings").items()}
    return Chip(name=name, size_bytes=values.pop("size"), timings=timings, **values)


def _timing(row: dict[str, Any]) -> Timing:
    return Timing(row["typical_us"], row["maximum_us"], row["source"], row["verified"])


def _board(name: str, row: dict[str, Any]) -> Board:
    values = dict(row)
    dfu = values.pop("dfu")
    memory = values.pop("program_memory")
    return Board(
        name=name,
        reserved=tuple(Range(r["offset"], r["size"], r["name"]) for r in values.pop("reserved")),
        sectors=tuple(Sectors(r["offset"], r["size"], r["erase_bytes"]) for r in values.pop("sectors")),
        wiring=tuple(Wire(**r) for r in values.pop("wiring")),
        programming=tuple(ProgrammingWay(**r) for r in values.pop("programming")),
        dfu=None if dfu is None else DfuIds(**dfu),
        program_memory=None if memory is None else ProgramMemory(*memory.values()),
        **values,
    )
