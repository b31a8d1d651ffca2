"""``imgbuild check-ram``: whether what writes a flash could run while that flash does not answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.codes import exit_code_of
from imgbuild.errors import fail

if TYPE_CHECKING:
    from imgbuild.ramcheck.check import RamCheckResult

_SHOWN_MAX = 40


@click.command("check-ram")
@click.argument("firmware", type=click.Path(path_type=Path))
@click.option(
    "--entry",
    "entries",
    multiple=True,
    metavar="NAME",
    required=True,
    help="A function that writes; several may be given.",
)
@click.option(
    "--flash",
    "flash",
    multiple=True,
    metavar="ADDRESS:SIZE",
    help="Addresses that cannot be read while it writes, such as 0x90000000:8M.",
)
@click.option("--board", help="The same, of a board's mapped flash.")
@click.option(
    "--also",
    multiple=True,
    metavar="NAME",
    help="An interrupt handler that stays enabled, or the vector table.",
)
@click.option(
    "--calls",
    multiple=True,
    metavar="CALLER=TARGET,…",
    help="What CALLER (or CALLER+0xOFFSET, or *) calls through pointers.",
)
@click.option(
    "--trust", multiple=True, metavar="NAME", help="A function or datum taken as good; not looked into."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    firmware: Path,
    entries: tuple[str, ...],
    flash: tuple[str, ...],
    board: str | None,
    also: tuple[str, ...],
    calls: tuple[str, ...],
    trust: tuple[str, ...],
    is_json: bool,
) -> int:
    """Check that everything a writer of flash needs lies in RAM.

    FIRMWARE is the linked ELF file of a Cortex-M whose code runs from the flash that it writes. From each
    --entry on calls, constants, tables and addresses are followed; whatever would be fetched from that flash
    is named, with the chain of callers and what to do. Exit code 0: nothing found, 1: something.

    \b
      imgbuild check-ram firmware.elf --entry imgb_settings_set --flash 0x90000000:8M
      imgbuild check-ram firmware.elf --entry save --board rpi-pico --also SysTick_Handler
    """
    from imgbuild.ramcheck.check import RamCheckRequest, check_ram

    ranges = (*map(_range_of, flash), *_range_of_board(board))
    if not ranges:
        raise click.UsageError("which flash? Give --flash ADDRESS:SIZE or --board NAME")
    result = check_ram(RamCheckRequest(firmware, ranges, entries, also, calls, trust))
    if is_json:
        console.write_json(_document(result))
    else:
        _show(firmware, result)
    return exit_code_of(result.diagnostics)


def _range_of(text: str) -> tuple[int, int]:
    from imgbuild.units import parse_size

    address, sign, size = text.partition(":")
    try:
        found = parse_size(address), parse_size(size)
    except ValueError:
        found = (0, 0)
    if not sign or not found[1] or sum(found) > 1 << 32:
        raise click.UsageError(
            f"--flash {text}: expected an address of 32 bits and a size such as 0x90000000:8M"
        )
    return found


def _range_of_board(name: str | None) -> list[tuple[int, int]]:
    if name is None:
        return []
    from imgbuild.flash.closest import closest
    from imgbuild.flash.tables import load_tables

    tables = load_tables()
    board = tables.boards.get(name)
    if board is None:
        meant = closest(name, tables.boards)
        fail("IB401", f"unknown board '{name}'", hint=f"did you mean '{meant}'?" if meant else None)
    if board.mapped_at is None:
        message = f"the flash of board '{name}' is not memory mapped: no code runs from it"
        fail("IB487", message, hint="give the range that code runs from: --flash ADDRESS:SIZE")
    return [(board.mapped_at, tables.chips[board.chip].size_bytes)]


def _show(firmware: Path, result: RamCheckResult) -> None:
    console.report(result.diagnostics[:_SHOWN_MAX])
    hidden = len(result.diagnostics) - _SHOWN_MAX
    if hidden > 0:
        console.note(f"and {hidden} more (--json lists all)")
    for address, chain in result.outside:
        console.note(
            f"0x{address:08X}, called by {' > '.join(chain)}, is not in the file (ROM?) and was not followed"
        )
    found = "nothing of it needs the flash" if result.is_clean else f"{len(result.findings)} found"
    looked = f"followed {result.function_count} function{_plural(result.function_count)}"
    looked += f", {result.instruction_count} instruction{_plural(result.instruction_count)}"
    console.write_line(f"{console.shown_path(firmware)}: {looked}: {found}")


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


def _document(result: RamCheckResult) -> dict[str, Any]:
    found = [
        {
            "code": diagnostic.code,
            "kind": finding.what.value,
            "name": finding.name,
            "address": finding.address,
            "site": finding.site,
            "chain": list(finding.chain),
            "via": finding.via,
            "message": diagnostic.message,
            "fix": fix,
        }
        for finding, fix, diagnostic in zip(
            result.findings, result.fixes, result.diagnostics[: len(result.findings)], strict=True
        )
    ]
    warnings = [
        {"code": diagnostic.code, "message": diagnostic.message}
        for diagnostic in result.diagnostics[len(result.findings) :]
    ]
    return {
        "schema_version": 1,
        "is_clean": result.is_clean,
        "functions": result.function_count,
        "instructions": result.instruction_count,
        "findings": found,
        "outside": [{"address": address, "chain": list(chain)} for address, chain in result.outside],
        "warnings": warnings,
    }
