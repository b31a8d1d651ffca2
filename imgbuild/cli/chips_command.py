"""``imgbuild chips``: the memory chips known, and a row made of a part's own SFDP table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import click

from imgbuild.cli import console
from imgbuild.errors import Place, fail
from imgbuild.model import Chip, Timing
from imgbuild.units import format_bytes

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_UNVERIFIED = "* not backed by a data sheet read for this table"


@click.command("chips")
@click.argument("name", default="")
@click.option("--search", default="", help="Chips with this word in name, title, id, kind, bus or notes.")
@click.option(
    "--file", "file", type=_FILE, help="A file with chips of your own, as 'chips' of a manifest's flash."
)
@click.option(
    "--sfdp", type=_FILE, help="Make a row of a dump of a part's SFDP tables (command 5Ah from 0 on)."
)
@click.option("--jedec-id", help="sfdp: what 9Fh answers, such as 'EF 40 17'; no table holds it.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *, name: str, search: str, file: Path | None, sfdp: Path | None, jedec_id: str | None, is_json: bool
) -> None:
    """List the memory chips known, or tell everything about the chip NAME.

    A NAME that is no chip lists those with it in name or title. With --sfdp NAME is that of the new row.
    """
    if jedec_id is not None and sfdp is None:
        raise click.UsageError("--jedec-id has no effect without --sfdp")
    if sfdp is not None:
        if search or file is not None:
            raise click.UsageError("--sfdp goes with a NAME, --jedec-id and --json only")
        _write_row(sfdp, name, jedec_id, is_json=is_json)
        return
    from imgbuild.flash.tables import load_tables

    chips = load_tables(chips_file=file).chips
    chosen = _choose(chips, name, search)
    if is_json:
        console.write_json({"schema_version": 1, "chips": [asdict(chip) for chip in chosen]})
    elif name in chips:
        for line in _page(chips[name]):
            console.write_line(line)
    else:
        header = ("chip", "kind", "JEDEC id", "size", "erase blocks", "erase (typ/max)", "program (typ/max)")
        console.write_table(header, [_row(chip) for chip in chosen], frozenset({3}))
        _explain_marks(chosen)


def _choose(chips: Mapping[str, Chip], name: str, search: str) -> list[Chip]:
    if name in chips:
        return [chips[name]]
    word, named = search.lower(), name.lower()
    found = [c for c in chips.values() if named in c.name.lower() or named in c.title.lower()]
    if name and not found:
        from imgbuild.flash.closest import closest

        meant = closest(named, chips)
        fail("IB402", f"unknown chip '{name}'", hint=f"did you mean '{meant}'?" if meant else None)
    return [chip for chip in found if word in _words_of(chip)]


def _words_of(chip: Chip) -> str:
    return f"{chip.name} {chip.title} {chip.jedec_id} {chip.kind} {chip.bus} {chip.notes}".lower()


def _explain_marks(chips: Iterable[Chip]) -> None:
    if any(not timing.is_verified for chip in chips for timing in chip.timings.values()):
        console.write_line(_UNVERIFIED)


# --- the list --------------------------------------------------------------------------------------


def _row(chip: Chip) -> tuple[str, ...]:
    erase = next((_time(t) for key, t in chip.timings.items() if key.startswith("erase")), "?")
    program = next((_time(t) for key, t in chip.timings.items() if "program" in key or "write" in key), "?")
    return (
        chip.name,
        chip.kind,
        chip.jedec_id,
        f"{chip.size_bytes / 1024:.1f} KiB",
        _blocks(chip),
        erase if chip.erase_bytes else "none",
        "none" if chip.kind == "fram" else program,
    )


def _blocks(chip: Chip) -> str:
    sizes = (f"{size // 1024}K" if size >= 1024 else f"{size}B" for size in chip.erase_bytes)
    return "/".join(sizes) or "none"


def _time(timing: Timing) -> str:
    mark = "" if timing.is_verified else "*"
    return f"{_shown_us(timing.typical_us)}/{_shown_us(timing.maximum_us)}{mark}"


def _shown_us(time_us: int | None) -> str:
    if time_us is None:
        return "?"
    if time_us >= 1_000_000:
        return f"{time_us / 1e6:g} s"
    return f"{time_us / 1000:g} ms" if time_us >= 1000 else f"{time_us} us"


# --- one chip --------------------------------------------------------------------------------------


def _page(chip: Chip) -> list[str]:
    commands = ", ".join(f"{command:02X}h" for command in chip.erase_commands)
    fields = [
        ("kind", f"{chip.kind}, {chip.bus}"),
        ("JEDEC id", chip.jedec_id),
        ("size", format_bytes(chip.size_bytes)),
        ("program", "any number of bytes" if chip.kind == "fram" else _program(chip)),
        ("erase", f"{_blocks(chip)} ({commands})" if commands else _blocks(chip)),
        ("addresses", f"{chip.address_bytes} bytes"),
        *((f"time {key}", f"{_time(t)}  {t.source}") for key, t in chip.timings.items()),
        ("notes", chip.notes),
        ("source", chip.source),
    ]
    width = max(len(key) for key, value in fields if value)
    lines = [
        f"{chip.name}: {chip.title}",
        "",
        *(f"{key.ljust(width)}  {value}" for key, value in fields if value),
    ]
    return [*lines, _UNVERIFIED] if any(not t.is_verified for t in chip.timings.values()) else lines


def _program(chip: Chip) -> str:
    if chip.program == "aai":
        return "one byte, or two by auto address increment"
    return f"up to {format_bytes(chip.page_bytes)} of a page"


# --- SFDP ------------------------------------------------------------------------------------------


def _write_row(path: Path, name: str, jedec_id: str | None, *, is_json: bool) -> None:
    from imgbuild.flash.sfdp import SFDP_BYTES_MAX, read_sfdp
    from imgbuild.flash.sfdp_row import UNKNOWN_JEDEC, chip_of_sfdp, format_row
    from imgbuild.flash.tables import is_jedec_id, is_row_name

    shown_id = UNKNOWN_JEDEC if jedec_id is None else jedec_id.strip().upper()
    if not is_jedec_id(shown_id):
        raise click.UsageError(f"--jedec-id: {jedec_id!r} is no JEDEC id such as 'EF 40 17'")
    row_name = name or "new-chip"
    if not is_row_name(row_name):
        raise click.UsageError(f"{name!r} is no name of a row: lower case letters, digits, '-', '_' and '.'")
    place = Place(path.as_posix())
    try:
        with path.open("rb") as file:
            data = file.read(SFDP_BYTES_MAX + 1)
    except OSError as error:
        fail("IB426", f"the dump cannot be read: {(error.strerror or str(error)).lower()}", place)
    chip = chip_of_sfdp(read_sfdp(data, place), row_name, shown_id)
    if is_json:
        console.write_json({"schema_version": 1, "chips": [asdict(chip)]})
    else:
        console.write_line(format_row(chip))
