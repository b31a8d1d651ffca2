"""Whether a tool will find in a loader what it looks for: read back from the linked file."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.errors import Diagnostics
from imgbuild.loader.board import LoaderBoard
from imgbuild.loader.elf import FUNCTION, NOBITS, OBJECT, PROGBITS, Elf, ElfError, Section, read_elf
from imgbuild.loader.kinds import FLM, RAM, STLDR, Kind
from imgbuild.loader.nor_chip import page_bytes_of
from imgbuild.units import format_bytes

_STORAGE_INFO = struct.Struct("<100sHxxIIIBxxx")
_FLASH_DEVICE = struct.Struct("<H128sHIIIIBxxxII")
_ROW = struct.Struct("<II")
_STACK_BYTES_LEAST = 512
"""Below the loader's end a tool puts its stack."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes of code with constants, of variables, and of all RAM that the loader takes without a stack."""

    code_bytes: int
    data_bytes: int
    ram_bytes: int


def check_loader(kind: Kind, board: LoaderBoard, data: bytes) -> Size:
    """Raises BuildError with everything that is wrong: IB744, IB745."""
    found = Diagnostics()
    try:
        elf = read_elf(data)
        _check_names(kind, elf, found)
        found.raise_if_errors()
        if kind is STLDR:
            _check_storage_info(elf, board, found)
        elif kind is FLM:
            _check_flash_device(elf, board, found)
            _check_variables(elf, found)
        _check_room(kind, elf, board, found)
    except ElfError as error:
        found.error("IB744", f"the linked file is not understood: {error}")
        found.raise_if_errors()
        raise AssertionError from error  # an error was noted, so this is not reached
    found.raise_if_errors()
    return measure(elf)


def measure(elf: Elf) -> Size:
    """Sizes of a loader; a table that is only read by the tool (StorageInfo, DevDscr) does not count."""
    named = [s for s in elf.sections if s.is_allocated and s.name not in (".Dev_Inf", "DevDscr")]
    code = sum(s.size for s in named if s.name in (".text", "PrgCode"))
    data = sum(s.size for s in named if s.name not in (".text", "PrgCode"))
    return Size(code, data, code + data)


def check_relocatable(data: bytes, elsewhere: bytes) -> None:
    """``elsewhere``: the same linked for another address. Raises BuildError: IB744, if its bytes differ."""
    here, there = read_elf(data), read_elf(elsewhere)
    found = Diagnostics()
    for name in ("PrgCode", "PrgData"):
        one, other = here.section(name), there.section(name)
        if one is None or other is None or len(one.data) != len(other.data):
            found.error("IB744", f"section {name} is another one where it is loaded elsewhere")
            continue
        pairs = zip(one.data, other.data, strict=True)
        at = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
        if at is not None:
            owner = _owner(here, one.address + at)
            message = (
                f"an address of the linker is built into {owner}: it is wrong where a tool loads the code"
            )
            hint = "use no table of pointers and no assembler constant that is an address"
            found.error("IB744", message, hint=hint)
    found.raise_if_errors()


def _owner(elf: Elf, address: int) -> str:
    """The function or constant that ``address`` belongs to, a pool behind a function included."""
    named = [s for s in elf.symbols.values() if s.kind in (FUNCTION, OBJECT) and s.address <= address]
    last = max(named, key=lambda symbol: symbol.address, default=None)
    return f"'{last.name}'" if last else "the code"


def _check_names(kind: Kind, elf: Elf, found: Diagnostics) -> None:
    for name in kind.functions:
        symbol = elf.symbols.get(name)
        if symbol is None or symbol.kind != FUNCTION or not symbol.is_global:
            found.error("IB744", f"function '{name}' is missing in the linked file")
    for name, size in kind.objects.items():
        symbol = elf.symbols.get(name)
        if symbol is None or symbol.kind != OBJECT or not symbol.is_global:
            found.error("IB744", f"object '{name}' is missing in the linked file")
        elif size and symbol.size != size:
            found.error("IB744", f"object '{name}' has {symbol.size} B, expected {size} B")
    for name, address in kind.sections.items():
        section = elf.section(name)
        if section is None or section.kind != PROGBITS:
            found.error("IB744", f"section {name} is missing in the linked file")
        elif address is not None and section.address != address:
            found.error("IB744", f"section {name} lies at 0x{section.address:X}, expected 0x{address:X}")


def _check_storage_info(elf: Elf, board: LoaderBoard, found: Diagnostics) -> None:
    raw = elf.read(elf.symbols["StorageInfo"].address, 200)
    name, _, start, size, page, erased = _STORAGE_INFO.unpack_from(raw)
    rows = [(row.count, row.erase_bytes) for row in board.sectors]
    read = [_ROW.unpack_from(raw, _STORAGE_INFO.size + 8 * i) for i in range(len(rows) + 1)]
    _compare(
        "StorageInfo", (name.rstrip(b"\0"), start, size, page, erased, read), board, [*rows, (0, 0)], found
    )


def _check_flash_device(elf: Elf, board: LoaderBoard, found: Diagnostics) -> None:
    symbol = elf.symbols["FlashDevice"]
    raw = elf.read(symbol.address, symbol.size)
    rows = [(row.erase_bytes, row.offset_bytes) for row in board.sectors]
    if len(raw) != _FLASH_DEVICE.size + 8 * (len(rows) + 1):
        found.error("IB744", f"FlashDevice has {len(raw)} B, expected {len(rows)} ranges of sectors in it")
        return
    _, name, _, start, size, page, _, erased, _, _ = _FLASH_DEVICE.unpack_from(raw)
    read = [_ROW.unpack_from(raw, _FLASH_DEVICE.size + 8 * i) for i in range(len(rows) + 1)]
    end = (0xFFFFFFFF, 0xFFFFFFFF)
    _compare("FlashDevice", (name.rstrip(b"\0"), start, size, page, erased, read), board, [*rows, end], found)


def _compare(
    what: str,
    read: tuple[bytes, int, int, int, int, list[tuple[int, int]]],
    board: LoaderBoard,
    rows: list[tuple[int, int]],
    found: Diagnostics,
) -> None:
    page = page_bytes_of(board.chip)
    expected = (board.name.encode("ascii"), board.base, board.chip.size_bytes, page, 0xFF, rows)
    names = ("name", "start address", "size", "page size", "erased value", "sectors")
    for name, got, wanted in zip(names, read, expected, strict=True):
        if got != wanted:
            found.error("IB744", f"{what} tells a {name} of {got!r}, expected {wanted!r}")


def _check_variables(elf: Elf, found: Diagnostics) -> None:
    """An .FLM has no place for variables."""
    low, high = (elf.symbols[name].address for name in ("imgb_external_data", "imgb_external_data_end"))
    if low == high:
        return
    named = [
        f"'{s.name}' ({s.size} B)"
        for s in sorted(elf.symbols.values(), key=lambda s: s.address)
        if s.kind == OBJECT and low <= s.address < high
    ]
    shown = ", ".join(named) or f"a table of addresses ({high - low} B)"
    hint = "keep state in registers of the bus, or pass it through nor->ctx within one call"
    found.error("IB744", f"an .FLM has no place for static variables, found: {shown}", hint=hint)


def _check_room(kind: Kind, elf: Elf, board: LoaderBoard, found: Diagnostics) -> None:
    ram = board.ram
    where = f"the {format_bytes(ram.size_bytes)} of RAM at 0x{ram.address:08X}"
    hint = "--ram ADDRESS:SIZE gives another place"
    loaded = [s for s in elf.sections if _is_in_ram(s)]
    taken = max((s.address + s.size for s in loaded), default=0)
    if kind is FLM:
        taken += ram.address
    if kind is RAM:
        room = struct.unpack("<i", elf.read(elf.symbols["imgb_ram_buffer_bytes"].address, 4))[0]
        if room < page_bytes_of(board.chip):
            message = f"the loader and a buffer of {page_bytes_of(board.chip)} B do not fit {where}"
            found.error("IB745", message, hint=hint)
    elif taken + _STACK_BYTES_LEAST > ram.end:
        size = f"{-(-(taken - ram.address) // 1024)} KiB"
        message = f"the loader ({size}) and {_STACK_BYTES_LEAST} B of stack do not fit {where}"
        found.error("IB745", message, hint=hint)


def _is_in_ram(section: Section) -> bool:
    return (
        section.is_allocated
        and section.kind in (PROGBITS, NOBITS)
        and section.name not in (".Dev_Inf", "DevDscr")
    )
