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
    from imgbuild.cli.cost_report import describe_sum, sum_json, sum_rows
    from imgbuild.reader.listing import list_assets, tell_facts

    opened = open_image_file(image)
    facts, total = tell_facts(opened), sum_rows(list_assets(opened))
    if is_json:
        draw = {} if total is None else {"draw": sum_json(total)}
        console.write_json({"schema_version": 1, **facts, **draw})
        return
    for key, value in facts.items():
        console.write_line(f"{key.replace('_', ' '):16} {_shown(key, value)}")
    if total is not None:
        console.write_line(describe_sum(total))


def _shown(key: str, value: object) -> str:
    if isinstance(value, int) and key.endswith("_bytes"):
        return format_bytes(value)
    if isinstance(value, int) and key.endswith(("_hash", "_id")):
        return f"0x{value:08X}"
    return str(value)
