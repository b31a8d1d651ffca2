"""A row of ``chips.yaml`` made of a part's SFDP tables."""

from __future__ import annotations

import json

from imgbuild.flash.sfdp import EraseType, Sfdp
from imgbuild.flash.sfdp_times import Span
from imgbuild.model import Chip, Timing
from imgbuild.units import format_bytes

UNKNOWN_JEDEC = "?? ?? ??"
_OLD_PAGE_BYTES = 64
"""What DWORD 1 promises of a write buffer where no page is told: at least 64 bytes."""


def chip_of_sfdp(sfdp: Sfdp, name: str, jedec_id: str = UNKNOWN_JEDEC) -> Chip:
    """The chip that ``sfdp`` describes; ``jedec_id`` stands in no table, so it is given."""
    major, minor = sfdp.revision
    source = f"the part's SFDP basic flash parameter table, revision {major}.{minor}"
    notes = list(sfdp.notes)
    page = sfdp.page_bytes
    if page is None:
        page = _OLD_PAGE_BYTES if sfdp.is_buffered else 1
        notes.append(
            f"The table is too old to tell the page and times: {page} B at once are always right, the data"
            " sheet may allow more."
        )
    return Chip(
        name=name,
        title=f"SPI NOR, {format_bytes(sfdp.size_bytes)}",
        jedec_id=jedec_id,
        size_bytes=sfdp.size_bytes,
        page_bytes=page,
        erase_bytes=tuple(kind.size_bytes for kind in sfdp.erase_types),
        address_bytes=sfdp.address_bytes,
        source=source,
        timings=_timings(sfdp),
        notes=" ".join(notes),
        bus="qspi" if sfdp.is_quad else "spi",
        erase_commands=tuple(kind.command for kind in sfdp.erase_types),
    )


def _timings(sfdp: Sfdp) -> dict[str, Timing]:
    spans: dict[str, tuple[Span | None, int]] = {"program_page": (sfdp.program_page, 11)}
    spans |= {f"erase_{_size(kind)}": (kind.span, 10) for kind in sfdp.erase_types}
    spans["erase_chip"] = (sfdp.erase_chip, 11)
    return {
        name: Timing(span.typical_us, span.maximum_us, f"SFDP, DWORD {dword}", is_verified=True)
        for name, (span, dword) in spans.items()
        if span is not None
    }


def _size(kind: EraseType) -> str:
    size = kind.size_bytes
    return f"{size >> 10}k" if size >= 1024 else f"{size}"


def format_row(chip: Chip) -> str:
    """The row as YAML to paste into a table of chips."""
    lines = [
        f"{chip.name}:",
        f"  title: {json.dumps(chip.title)}",
        f"  bus: {chip.bus}",
        f'  jedec_id: "{chip.jedec_id}"',
        f"  size: 0x{chip.size_bytes:X}",
        f"  page_bytes: {chip.page_bytes}",
        f"  erase_bytes: [{', '.join(f'0x{size:X}' for size in chip.erase_bytes)}]",
        f"  erase_commands: [{', '.join(f'0x{command:02X}' for command in chip.erase_commands)}]",
        f"  address_bytes: {chip.address_bytes}",
        f"  source: {json.dumps(chip.source)}",
    ]
    if chip.notes:
        lines.append(f"  notes: {json.dumps(chip.notes)}")
    if chip.timings:
        lines.append("  timings:")
    for name, t in chip.timings.items():
        verified = "true" if t.is_verified else "false"
        lines.append(
            f"    {name}: {{typical_us: {t.typical_us}, maximum_us: {t.maximum_us},"
            f" source: {json.dumps(t.source)}, verified: {verified}}}"
        )
    return "\n".join(lines)
