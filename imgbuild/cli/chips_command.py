"""``imgbuild chips``: the flash chips known."""

from __future__ import annotations

from dataclasses import asdict

import click

from imgbuild.cli import console
from imgbuild.model import Chip, Timing
from imgbuild.units import format_bytes


@click.command("chips")
@click.argument("search", default="")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, search: str, is_json: bool) -> None:
    """List the flash chips known, or those whose name or title contains SEARCH."""
    from imgbuild.flash.tables import load_chips

    wanted = search.lower()
    chips = [c for c in load_chips().values() if wanted in c.name.lower() or wanted in c.title.lower()]
    if is_json:
        console.write_json({"schema_version": 1, "chips": [asdict(chip) for chip in chips]})
        return
    header = ("chip", "JEDEC id", "size", "erase blocks", "erase (typ/max)", "page program (typ/max)")
    console.write_table(header, [_row(chip) for chip in chips], frozenset({2}))
    if any(not timing.is_verified for chip in chips for timing in chip.timings.values()):
        console.write_line("* not backed by a data sheet read for this table")


def _row(chip: Chip) -> tuple[str, ...]:
    blocks = "/".join(f"{size // 1024}K" for size in chip.erase_bytes)
    erase = next((_time(t) for key, t in chip.timings.items() if key.startswith("erase")), "?")
    program = next((_time(t) for key, t in chip.timings.items() if "program" in key), "?")
    return (
        chip.name,
        chip.jedec_id,
        format_bytes(chip.size_bytes).split(" (")[1][:-1],
        blocks,
        erase,
        program,
    )


def _time(timing: Timing) -> str:
    mark = "" if timing.is_verified else "*"
    return f"{_shown_us(timing.typical_us)}/{_shown_us(timing.maximum_us)}{mark}"


def _shown_us(time_us: int | None) -> str:
    if time_us is None:
        return "?"
    return f"{time_us / 1000:g} ms" if time_us >= 1000 else f"{time_us} us"
