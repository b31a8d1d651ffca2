"""``imgbuild boards``: the boards known."""

from __future__ import annotations

from dataclasses import asdict

import click

from imgbuild.cli import console


@click.command("boards")
@click.argument("search", default="")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, search: str, is_json: bool) -> None:
    """List the boards known, or those whose name or title contains SEARCH, with what is reserved on them."""
    from imgbuild.flash.region import free_region_of
    from imgbuild.flash.tables import load_boards

    wanted = search.lower()
    boards = [b for b in load_boards().values() if wanted in b.name.lower() or wanted in b.title.lower()]
    if is_json:
        rows = [{**asdict(b), "free": asdict(free_region_of(b))} for b in boards]
        console.write_json({"schema_version": 1, "boards": rows})
        return
    rows_text = []
    for board in boards:
        free = free_region_of(board)
        mapped = "not mapped" if board.mapped_at is None else f"0x{board.mapped_at:08X}"
        span = f"0x{free.offset_bytes:06X}..0x{free.end_bytes - 1:06X} ({free.size_bytes // 1024} KiB)"
        rows_text.append((board.name, board.chip, mapped, span, board.title))
    console.write_table(("board", "chip", "mapped at", "largest free range", "title"), rows_text)
