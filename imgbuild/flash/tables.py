"""The tables of chips and boards, read from ``chips.yaml`` and ``boards.yaml`` beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from imgbuild.manifest.yamlpos import load_yaml
from imgbuild.model import Board, Chip, Range, Timing

_FOLDER = Path(__file__).parent


@cache
def load_chips() -> dict[str, Chip]:
    """All chips by name, in the order of the table."""
    rows = load_yaml(_FOLDER / "chips.yaml").value
    return {name: _chip(name, row) for name, row in rows.items()}


@cache
def load_boards() -> dict[str, Board]:
    """All boards by name, in the order of the table."""
    rows = load_yaml(_FOLDER / "boards.yaml").value
    return {name: _board(name, row) for name, row in rows.items()}


def _chip(name: str, row: dict[str, Any]) -> Chip:
    return Chip(
        name=name,
        title=row["title"],
        jedec_id=row["jedec_id"],
        size_bytes=row["size"],
        page_bytes=row["page_bytes"],
        erase_bytes=tuple(row["erase_bytes"]),
        address_bytes=row["address_bytes"],
        source=row["source"],
        timings={key: _timing(value) for key, value in row.get("timings", {}).items()},
        notes=row.get("notes", ""),
    )


def _timing(row: dict[str, Any]) -> Timing:
    return Timing(row.get("typical_us"), row.get("maximum_us"), row["source"], row["verified"])


def _board(name: str, row: dict[str, Any]) -> Board:
    reserved = tuple(Range(r["offset"], r["size"], r["name"]) for r in row.get("reserved", []))
    return Board(
        name=name,
        title=row["title"],
        chip=row["chip"],
        mapped_at=row.get("mapped_at"),
        reserved=reserved,
        erase_bytes=row.get("erase_bytes"),
        source=row["source"],
        notes=row.get("notes", ""),
    )
