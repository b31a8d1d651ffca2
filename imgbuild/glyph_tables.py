"""The probability tables of codec 4, glyphs: part of the format (FORMAT.md 5.4), shared by writer and reader.

What a table's bytes stand for is FORMAT.md's business: the writer and the reader each follow it on their own.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

MODEL_RAW, MODEL_LATIN, MODEL_CJK, MODEL_MONO7, MODEL_MONO10, MODEL_OWN = 0, 1, 2, 3, 4, 255
"""Numbers of models in a font's header."""

TABLE_BYTES: dict[int, int] = {MODEL_LATIN: 716, MODEL_CJK: 716, MODEL_MONO7: 128, MODEL_MONO10: 1024}
"""Bytes of the table of each built-in model."""

TABLE_NAMES: dict[int, str] = {
    MODEL_LATIN: "latin",
    MODEL_CJK: "cjk",
    MODEL_MONO7: "mono7",
    MODEL_MONO10: "mono10",
}
"""How the data file and the C reader's header call the table of each built-in model."""


@cache
def _load() -> dict[str, bytes]:
    text = (files("imgbuild") / "data" / "glyph_tables.json").read_text(encoding="ascii")
    return {name: bytes.fromhex("".join(rows)) for name, rows in json.loads(text)["tables"].items()}


def read_glyph_table(model: int) -> bytes:
    """The table of the built-in ``model``, a key of :data:`TABLE_BYTES`."""
    return _load()[TABLE_NAMES[model]]


def own_table_bytes(bpp: int) -> int:
    """Bytes of a font's own table (model 255) at ``bpp`` bits per pixel."""
    return TABLE_BYTES[MODEL_MONO7] if bpp == 1 else TABLE_BYTES[MODEL_LATIN]
