"""A row of the table of chips as ``imgb_nor_chip_t`` of ``imgb_nor.h``, in C."""

from __future__ import annotations

from imgbuild.errors import fail
from imgbuild.model import Chip

PIECE_BYTES = 256
"""What the driver programs at once where a chip takes bytes or words only."""
_ERASES = {3: {0x1000: 0x20, 0x8000: 0x52, 0x10000: 0xD8}, 4: {0x1000: 0x21, 0x10000: 0xDC}}
"""JESD216: erase commands by address bytes, where a row gives none; with 4 bytes parts differ at 32 KiB."""
_READ = {3: 0x03, 4: 0x13}
_PROGRAM = {3: 0x02, 4: 0x12}
_AAI_PROGRAM = 0xAD
_AAI_UNLOCK, _AAI_PROTECTED = 0x01, 0x3C
"""SST25 (S71271, status register): blocks are protected at power-up, by bits 5:2 of the status."""
_SST26_ID, _SST26_UNLOCK = "BF 26", 0x98
"""DS20005262D, instruction ULBPR: global block protection unlock."""
_UNITS_MAX = 4


def page_bytes_of(chip: Chip) -> int:
    """The most that the driver programs at once."""
    return PIECE_BYTES if chip.program == "aai" else chip.page_bytes


def erase_units(chip: Chip) -> dict[int, int]:
    """The command of each erase unit by its bytes, smallest first; what has no known command is left out."""
    if chip.erase_commands:
        return dict(zip(chip.erase_bytes, chip.erase_commands, strict=True))
    known = _ERASES[chip.address_bytes]
    return {size: known[size] for size in chip.erase_bytes if size in known}


def check_erase_units(chip: Chip) -> dict[int, int]:
    """:func:`erase_units`, the smallest of the chip among them. Raises BuildError: IB742."""
    units = erase_units(chip)
    if chip.block_bytes not in units or len(units) > _UNITS_MAX:
        shown = ", ".join(f"0x{size:X}" for size in chip.erase_bytes)
        message = f"chip '{chip.name}' has erase units ({shown}) that the driver does not know"
        fail("IB742", message, hint="give 'erase_commands' for at most 4 units in a row of your own")
    return units


def describe_chip(chip: Chip, jedec_id: str) -> str:
    """The initialiser in C. ``jedec_id``: as in a row, all bytes known. Raises BuildError: IB742."""
    units = check_erase_units(chip)
    width = chip.address_bytes
    is_aai = chip.program == "aai"
    program = _AAI_PROGRAM if is_aai else _PROGRAM[width]
    unlock = _AAI_UNLOCK if is_aai else _SST26_UNLOCK if jedec_id.startswith(_SST26_ID) else 0
    pad = (0,) * (_UNITS_MAX - len(units))
    sizes = ", ".join(f"0x{size:X}" for size in (*units, *pad))
    commands = [f"IMGB_NOR_OP(0x{command:02X}, {width}, 0)" for command in units.values()]
    number = jedec_id.replace(" ", "")[:6]
    protected = _AAI_PROTECTED if is_aai else 0
    fields = (
        f"0, 0x{unlock:02X}, 0x{protected:02X}, {page_bytes_of(chip)}",
        f"IMGB_NOR_OP(0x{_READ[width]:02X}, {width}, 0), IMGB_NOR_OP(0x{program:02X}, {width}, 0)",
        "{" + ", ".join([*commands, *map(str, pad)]) + "}",
        "{" + sizes + "}",
        f"0x{chip.size_bytes:X}, 0x{number}",
    )
    return "{" + ", ".join(fields) + "}"
