"""``imgbuild formats``: the pixel formats that a manifest can ask for."""

from __future__ import annotations

from typing import Any

import click

from imgbuild.cli import console
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat


@click.command("formats")
@click.argument("search", default="")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, search: str, is_json: bool) -> None:
    """List the pixel formats, or those whose name, description or displays contain SEARCH.

    Of each: its name in the manifest, its number in the index, bits per pixel (+ those of a second plane),
    what it can show (all else of a picture is lost), where its bits lie, and who takes it as it is.
    """
    wanted = search.lower()
    rows = [row for row in PIXEL_FORMATS.values() if wanted in _text_of(row)]
    if is_json:
        console.write_json({"schema_version": 1, "pixel_formats": [_document(row) for row in rows]})
        return
    header = ("format", "number", "bits", "shows", "transparency", "options")
    console.write_table(header, [_line(row) for row in rows], frozenset({1, 2}))
    for row in rows:
        console.write_line()
        console.write_line(row.name)
        console.write_line(f"  layout:   {row.layout}")
        console.write_line(f"  displays: {row.displays}")
        if row.source:
            console.write_line(f"  source:   {row.source}")


def _text_of(row: PixelFormat) -> str:
    return f"{row.name} {row.description} {row.displays}".lower()


def _bits(row: PixelFormat) -> str:
    second_bits = 8 if row.has_alpha_plane else row.bits * (row.planes - 1)
    return f"{row.bits}+{second_bits}" if second_bits else str(row.bits)


def _transparency(row: PixelFormat) -> str:
    return "kept" if row.has_alpha else "laid over 'background'"


def _options(row: PixelFormat) -> list[str]:
    """The keys of a manifest that mean something for this format and not for all."""
    applies = {
        "byte_order": row.has_byte_order,
        "bit_order": row.has_bit_order,
        "invert": row.can_invert,
        "premultiplied": row.can_premultiply,
    }
    return [key for key, does_apply in applies.items() if does_apply]


def _line(row: PixelFormat) -> tuple[str, ...]:
    options = ", ".join(_options(row))
    return (row.name, f"0x{row.number:02X}", _bits(row), row.description, _transparency(row), options)


def _document(row: PixelFormat) -> dict[str, Any]:
    return {
        "name": row.name,
        "number": row.number,
        "bits": row.bits,
        "planes": 2 if row.has_alpha_plane else row.planes,
        "second_plane_bits": 8 if row.has_alpha_plane else row.bits * (row.planes - 1),
        "shows": row.description,
        "keeps_transparency": row.has_alpha,
        "layout": row.layout,
        "displays": row.displays,
        **({"source": row.source} if row.source else {}),
        "options": _options(row),
    }
