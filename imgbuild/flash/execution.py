"""Whether the device writes the flash that its code runs from, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics
from imgbuild.model import Board, FlashTarget, PlannedPartition
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.manifest.schema import Manifest

_SAME_CHIP, _OTHER_BANK = "same-chip", "other-bank"


def check_execution(manifest: Manifest, partitions: Sequence[PlannedPartition], found: Diagnostics) -> None:
    """Notes IB490 (a warning) for partitions written beside running code, IB491 for a bank that is not there.

    ``executes_from`` of the manifest counts, else the board's; where neither says it nothing is noted.
    """
    flash = manifest.spec.flash
    written = [partition for partition in partitions if partition.is_writable]
    if not partitions or partitions[0].target.chip.kind != "nor":
        return
    target = partitions[0].target
    place = manifest.value_place(("flash", "executes_from"))
    if flash.executes_from == _OTHER_BANK and target.chip.bank_bytes is None:
        message = (
            f"chip {target.chip.name} has no banks: while a part of it is written, none of it can be read"
        )
        found.error("IB491", message, place, "a part with 'bank_bytes' in the table, or 'same-chip'")
        return
    where = flash.executes_from or (target.board.executes_from if target.board else None)
    if where not in (_SAME_CHIP, _OTHER_BANK) or flash.ram_writer:
        return
    for partition in written:
        neighbour = _neighbour(partition)
        if partition.target.chip.bank_bytes is None or neighbour is not None:
            shared = f"the bank of '{neighbour}'" if neighbour else f"the chip ({target.chip.name})"
            message = (
                f'partition "{partition.name}" is written on {shared} that code runs from, which answers no'
                " fetch meanwhile; no RAM writer is declared"
            )
            found.warn("IB490", message, partition.place, _choices(target))


def _neighbour(partition: PlannedPartition) -> str | None:
    """The reserved range, where code may lie, in one of the banks of the partition."""
    target, bank = partition.target, partition.target.chip.bank_bytes
    if bank is None:
        return None
    low = target.region.offset_bytes // bank * bank
    high = -(-target.region.end_bytes // bank) * bank
    return next(
        (span.name for span in target.reserved if span.offset_bytes < high and low < span.end_bytes), None
    )


def _choices(target: FlashTarget) -> str:
    in_ram = "put the writer into RAM (c_runtime/ld/README.md), prove it by 'imgbuild check-ram'"
    ways = [
        f"{in_ram} and say 'ram_writer: true'",
        "another bank, on a chip that has some",
        "FRAM or EEPROM beside it ('imgbuild chips --search fram')",
        f"the MCU's internal flash{_caution(target.board)}",
    ]
    return "; or ".join(ways)


def _caution(board: Board | None) -> str:
    """What to know of the internal flash of this board's MCU."""
    memory = None if board is None else board.program_memory
    if memory is None:
        return ""
    if memory.sector_bytes == memory.size_bytes:
        size = format_bytes(memory.size_bytes)
        return f", but not here: it is one sector of {size}, and erasing it erases the boot loader"
    return f" ({format_bytes(memory.size_bytes)})"
