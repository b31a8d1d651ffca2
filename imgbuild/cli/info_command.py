"""``imgbuild info``: what a flash image is."""

from __future__ import annotations

from pathlib import Path

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.units import format_bytes


@click.command("info")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, image: Path, is_json: bool) -> None:
    """Tell what IMAGE is: container, version, product, sizes."""
    from imgbuild.reader.listing import tell_facts

    facts = tell_facts(open_image_file(image))
    if is_json:
        console.write_json({"schema_version": 1, **facts})
        return
    for key, value in facts.items():
        console.write_line(f"{key.replace('_', ' '):16} {_shown(key, value)}")


def _shown(key: str, value: object) -> str:
    if isinstance(value, int) and key.endswith("_bytes"):
        return format_bytes(value)
    if isinstance(value, int) and key.endswith(("_hash", "_id")):
        return f"0x{value:08X}"
    return str(value)
