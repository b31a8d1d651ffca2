"""Sections and symbols of a linked ELF file of 32 bits, as a programming tool looks for them.

System V ABI, chapter 4 ("Sections", "Symbol Table"). What the linker made is checked as if it came from
outside: every offset lies in the file, or the file is refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

FUNCTION, OBJECT = 2, 1
PROGBITS, NOBITS = 1, 8
_SYMTAB = 2
_ALLOC = 2
_GLOBAL = 1
_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SECTION = struct.Struct("<10I")
_SYMBOL = struct.Struct("<IIIBBH")
_ROWS_MAX = 10_000


class ElfError(Exception):
    """Not such a file; the text says why."""


@dataclass(frozen=True, slots=True)
class Section:
    """``data``: empty for NOBITS. ``kind``: PROGBITS, NOBITS or another number of the ABI."""

    name: str
    kind: int
    is_allocated: bool
    address: int
    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Symbol:
    """``address`` without the Thumb bit; ``kind``: FUNCTION, OBJECT or another; ``section``: its index."""

    name: str
    address: int
    size: int
    kind: int
    is_global: bool
    section: int


@dataclass(frozen=True, slots=True)
class Elf:
    """A file's sections in order and its named symbols; of two of one name the global one."""

    entry: int
    sections: tuple[Section, ...]
    symbols: dict[str, Symbol]

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def read(self, address: int, length: int) -> bytes:
        """Loaded bytes at ``address``. Raises ElfError where the file has none."""
        for section in self.sections:
            at = address - section.address
            if section.is_allocated and at >= 0 and at + length <= len(section.data):
                return section.data[at : at + length]
        raise ElfError(f"nothing is loaded at 0x{address:08X}")

    @property
    def end(self) -> int:
        """The first address behind everything that takes room."""
        spans = [s.address + s.size for s in self.sections if s.is_allocated and s.size]
        return max(spans, default=0)


def read_elf(data: bytes) -> Elf:
    """Raises ElfError."""
    if len(data) < _HEADER.size or data[:6] != b"\x7fELF\x01\x01":
        raise ElfError("no ELF file of 32 bits, little endian")
    fields = _HEADER.unpack_from(data)
    rows = _read_rows(data, fields[6], fields[11], fields[12])
    if fields[13] >= len(rows):
        raise ElfError("the names of the sections are missing")
    names = _bytes_of(data, rows[fields[13]])
    sections = tuple(_read_section(data, row, names) for row in rows)
    return Elf(fields[4] & ~1, sections, _read_symbols(data, rows))


def _read_rows(data: bytes, at: int, each: int, count: int) -> list[tuple[int, ...]]:
    if count > _ROWS_MAX or each < _SECTION.size or at + count * each > len(data):
        raise ElfError("the table of sections leaves the file")
    return [_SECTION.unpack_from(data, at + number * each) for number in range(count)]


def _bytes_of(data: bytes, row: tuple[int, ...]) -> bytes:
    if row[1] == NOBITS:
        return b""
    if row[4] + row[5] > len(data):
        raise ElfError("a section leaves the file")
    return data[row[4] : row[4] + row[5]]


def _text_at(names: bytes, at: int) -> str:
    end = names.find(b"\0", at)
    if at >= len(names) or end < 0:
        raise ElfError("a name leaves its table")
    return names[at:end].decode("utf-8", "replace")


def _read_section(data: bytes, row: tuple[int, ...], names: bytes) -> Section:
    return Section(
        _text_at(names, row[0]), row[1], bool(row[2] & _ALLOC), row[3], row[5], _bytes_of(data, row)
    )


def _read_symbols(data: bytes, rows: list[tuple[int, ...]]) -> dict[str, Symbol]:
    found: dict[str, Symbol] = {}
    for row in rows:
        if row[1] != _SYMTAB:
            continue
        if row[6] >= len(rows):
            raise ElfError("the names of the symbols are missing")
        names, table = _bytes_of(data, rows[row[6]]), _bytes_of(data, row)
        for fields in _SYMBOL.iter_unpack(table[: len(table) // _SYMBOL.size * _SYMBOL.size]):
            name, value, size, info, _, index = fields
            kind, is_global = info & 15, info >> 4 == _GLOBAL
            text = _text_at(names, name)
            if text and (is_global or text not in found):
                address = value & ~1 if kind == FUNCTION else value
                found[text] = Symbol(text, address, size, kind, is_global, index)
    return found
