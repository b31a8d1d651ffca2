"""``imgbuild ls``: the assets of a flash image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file


@click.command("ls")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, image: Path, is_json: bool) -> None:
    """List the assets of IMAGE."""
    from imgbuild.reader.listing import list_assets

    rows = list_assets(open_image_file(image))
    if is_json:
        console.write_json({"schema_version": 1, "assets": rows})
        return
    header = ("name", "kind", "format", "codec", "size", "stored", "raw", "offset")
    console.write_table(header, [_row(row) for row in rows], frozenset({5, 6, 7}))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    size = (
        f"{row['width']}x{row['height']}"
        if "width" in row
        else f"{row['height']} px"
        if "height" in row
        else ""
    )
    offset = f"0x{row['offset']:06X}" if "offset" in row else ""
    cells = (row["name"], row["kind"], row.get("pixel_format", ""), row["codec"], size)
    return (*cells, str(row["stored_bytes"]), str(row.get("raw_bytes", "")), offset)
