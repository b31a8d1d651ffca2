"""``imgbuild boards``: the boards known, and everything about one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.errors import fail
from imgbuild.model import Board, Chip, Range

if TYPE_CHECKING:
    from imgbuild.flash.tables import Tables

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("boards")
@click.argument("name", default="")
@click.option("--search", default="", help="Boards with this word in name, title, chip, notes or tools.")
@click.option(
    "--file", "file", type=_FILE, help="A file with boards of your own, as 'boards' of a manifest's flash."
)
@click.option("--chips", "chips_file", type=_FILE, help="A file with chips of your own, for those boards.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, name: str, search: str, file: Path | None, chips_file: Path | None, is_json: bool) -> None:
    """List the boards known, or tell everything about the board NAME.

    A NAME that is no board lists those with it in name or title.
    """
    from imgbuild.flash.tables import load_tables

    tables = load_tables(file, chips_file)
    boards = _choose(tables.boards, name, search)
    if is_json:
        rows = [{**asdict(b), "free": asdict(_free(b, tables.chips))} for b in boards]
        console.write_json({"schema_version": 1, "boards": rows})
    elif name in tables.boards:
        for line in _page(tables.boards[name], tables):
            console.write_line(line)
    else:
        header = ("board", "chip", "mapped at", "largest free range", "title")
        console.write_table(header, [_row(board, tables.chips) for board in boards])


def _choose(boards: Mapping[str, Board], name: str, search: str) -> list[Board]:
    if name in boards:
        return [boards[name]]
    word, named = search.lower(), name.lower()
    found = [b for b in boards.values() if named in b.name.lower() or named in b.title.lower()]
    if name and not found:
        from imgbuild.flash.closest import closest

        meant = closest(named, boards)
        fail("IB401", f"unknown board '{name}'", hint=f"did you mean '{meant}'?" if meant else None)
    return [board for board in found if word in _words_of(board)]


def _words_of(board: Board) -> str:
    tools = (f"{way.tool} {way.how}" for way in board.programming)
    return " ".join((board.name, board.title, board.chip, board.notes, *tools)).lower()


def _free(board: Board, chips: Mapping[str, Chip]) -> Range:
    from imgbuild.flash.region import free_region_of

    return free_region_of(board, chips)


def _row(board: Board, chips: Mapping[str, Chip]) -> tuple[str, ...]:
    free = _free(board, chips)
    mapped = "not mapped" if board.mapped_at is None else f"0x{board.mapped_at:08X}"
    span = f"0x{free.offset_bytes:06X}..0x{max(free.end_bytes, 1) - 1:06X} ({free.size_bytes // 1024} KiB)"
    return board.name, board.chip, mapped, span, board.title


# --- one board -------------------------------------------------------------------------------------


def _page(board: Board, tables: Tables) -> list[str]:
    chip = tables.chips[board.chip]
    lines = [f"{board.name}: {board.title}", ""]
    lines += _fields(
        ("chip", f"{chip.name} ({chip.title})"),
        ("mapped at", "not mapped" if board.mapped_at is None else f"0x{board.mapped_at:08X}"),
        ("programmed at", "" if board.programmed_at is None else f"0x{board.programmed_at:08X} (for tools)"),
        ("DFU", _dfu(board)),
        ("UF2 family", board.uf2_family or ""),
    )
    lines += ["", "flash:", *(f"  {line}" for line in _map(board, chip))]
    if board.wiring:
        lines += [
            "",
            "wiring:",
            *(f"  {line}" for line in _fields(*((w.signal, w.pin) for w in board.wiring))),
        ]
    if board.programming:
        lines += ["", "programming:"]
        lines += [f"  {line}" for line in _fields(*((way.tool, way.how) for way in board.programming))]
    if board.unverified:
        lines += ["", "without a source:", *(f"  {text}" for text in board.unverified)]
    lines += ["", *_fields(("notes", board.notes), ("source", board.source))]
    return lines


def _dfu(board: Board) -> str:
    return f"alternate setting {board.dfu.alt}, {board.dfu.vid:04x}:{board.dfu.pid:04x}" if board.dfu else ""


def _fields(*pairs: tuple[str, str]) -> list[str]:
    given = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in given), default=0)
    return [f"{name.ljust(width)}  {value}" for name, value in given]


def _map(board: Board, chip: Chip) -> list[str]:
    """Reserved and free ranges by offset, each with its erase block."""
    from imgbuild.flash.erase_map import EraseMap
    from imgbuild.flash.region import free_ranges

    erase = EraseMap.of(chip, board)
    spans = [(span, "reserved") for span in board.reserved]
    spans += [(span, "free") for span in free_ranges(chip, board.reserved, erase.erase_bytes, erase.sectors)]
    rows = []
    for span, kind in sorted(spans, key=lambda item: (item[0].offset_bytes, item[0].end_bytes)):
        blocks = "/".join(
            dict.fromkeys(f"{size // 1024}K" for _, _, size in erase.parts(span.offset_bytes, span.end_bytes))
        )
        place = f"0x{span.offset_bytes:06X}..0x{span.end_bytes - 1:06X}"
        size = f"{span.size_bytes / 1024:g} KiB"
        label = f"{kind}: {span.name}" if kind == "reserved" else kind
        rows.append((place, size, f"erase {blocks}" if chip.erase_bytes else "", label))
    return console.format_table(rows[0], rows[1:], frozenset({1})) if rows else []
