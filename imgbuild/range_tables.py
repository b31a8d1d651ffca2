"""The probability tables of codec 3, set 1: part of the format (FORMAT.md), shared by writer and readers.

Where a table's rows lie is FORMAT.md's business: the writer and the reader each follow it on their own.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

TABLE_BYTES: dict[str, int] = {
    "alpha8": 743,
    "alpha4": 599,
    "colour565": 1211,
    "colour888": 1343,
    "indexed8": 303,
    "indexed4": 315,
    "gray8": 303,
    "gray4": 315,
}
"""Bytes of each table of FORMAT.md's section on codec 3."""


RANGE_KINDS: dict[str, str] = {
    "a8": "alpha8",
    "a4": "alpha4",
    "rgb565": "colour565",
    "rgb565a8": "colour565",
    "argb8888": "colour888",
    "xrgb8888": "colour888",
    "rgb888": "colour888",
    "i8": "indexed8",
    "i4": "indexed4",
    "gray8": "gray8",
    "gray4": "gray4",
}
"""The pixel formats that codec 3 knows, and the kind of pixels that each is to it."""


@cache
def _load() -> dict[str, bytes]:
    text = (files("imgbuild") / "data" / "range_tables.json").read_text(encoding="ascii")
    return {name: bytes.fromhex("".join(rows)) for name, rows in json.loads(text)["tables"].items()}


def read_table(name: str) -> bytes:
    """The bytes of the table ``name``, a key of :data:`TABLE_BYTES`."""
    return _load()[name]
