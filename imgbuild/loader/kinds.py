"""The kinds of loader, a row each: what is compiled, and what a tool must find in the result."""

from __future__ import annotations

from dataclasses import dataclass

BUS_FUNCTIONS = ("imgb_external_bus_start", "imgb_external_bus_attach")
"""What the user's files define; see ``imgb_external.h``."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is made of and what must be in it.

    ``objects`` have their bytes (0: any), ``sections`` their address (None: any). ``is_relocatable``: tools
    load it anywhere, so that no address may be built in and there is no place for variables.
    """

    name: str
    title: str
    front: str
    script: str
    functions: tuple[str, ...]
    objects: dict[str, int]
    sections: dict[str, int | None]
    is_relocatable: bool = False


STLDR = Kind(
    "stldr",
    "STM32CubeProgrammer external loader",
    "imgb_external_stldr.c",
    "stldr.ld",
    ("Init", "Read", "Write", "SectorErase", "MassErase", "CheckSum", "Verify"),
    {"StorageInfo": 200},
    {".Dev_Inf": None, ".text": None},
)
FLM = Kind(
    "flm",
    "CMSIS flash algorithm",
    "imgb_external_flm.c",
    "flm.ld",
    ("Init", "UnInit", "EraseSector", "EraseChip", "BlankCheck", "ProgramPage", "Verify"),
    {"FlashDevice": 0},
    {"PrgCode": 0, "PrgData": None, "DevDscr": None},
    is_relocatable=True,
)
RAM = Kind(
    "ram",
    "RAM loader for scripts",
    "imgb_external_ram.c",
    "ram.ld",
    ("imgb_ram_entry",),
    {"imgb_ram_job": 28},
    {".text": None},
)
KINDS = {kind.name: kind for kind in (STLDR, FLM, RAM)}
