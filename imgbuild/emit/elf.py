"""ELF32 with program headers and sections and symbols: each tool wants another of them.

System V ABI, chapters 4 and 5. OpenOCD loads by program header, objcopy and gdb by section, people by symbol.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.addressed import ELF_MACHINES, Piece
from imgbuild.emit.delivery import Delivery, Symbol
from imgbuild.units import align_up

_EHDR = struct.Struct("<16sHHIIIIIHHHHHH")
_PHDR = struct.Struct("<8I")
_SHDR = struct.Struct("<10I")
_SYM = struct.Struct("<IIIBBH")
_IDENT = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
_PT_LOAD, _PF_R = 1, 4
_PROGBITS, _SYMTAB, _STRTAB = 1, 2, 3
_SHF_ALLOC = 2
_GLOBAL_OBJECT, _GLOBAL_NOTYPE = 0x11, 0x10
_SHN_ABS = 0xFFF1
_DATA_ALIGN = 4


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    data: bytes
    address: int = 0
    link: int = 0
    info: int = 0
    entry_bytes: int = 0

    @property
    def is_loaded(self) -> bool:
        return self.kind == _PROGBITS


def write_elf(delivery: Delivery) -> bytes:
    """An executable whose load and run addresses are the same; one segment and one section for each piece.

    ``e_entry`` is the merged firmware's, 0 without one.
    """
    pieces = delivery.pieces
    sections = [_Section(*_name_piece(n, p, delivery)) for n, p in enumerate(pieces)]
    numbers = {id(piece): number for number, piece in enumerate(pieces, 1)}
    symbols, strings = _symbol_table(delivery.symbols, [numbers[id(piece)] for piece in delivery.images])
    names_at = len(sections) + 1
    sections.append(_Section(".symtab", _SYMTAB, symbols, 0, names_at + 1, 1, _SYM.size))
    sections.append(_Section(".strtab", _STRTAB, strings))
    sections.append(_Section(".shstrtab", _STRTAB, _name_table([s.name for s in sections] + [".shstrtab"])))
    return _lay_out(sections, delivery)


def _name_piece(number: int, piece: Piece, delivery: Delivery) -> tuple[str, int, bytes, int]:
    if any(piece is image for image in delivery.images):
        name = f".imgbuild.{piece.origin}" if delivery.others else ".imgbuild"
    else:
        name = f".merged{number}"
    return name, _PROGBITS, bytes(piece.data), piece.address


def _name_table(names: list[str]) -> bytes:
    return b"\0" + b"".join(name.encode() + b"\0" for name in names)


def _symbol_table(symbols: tuple[Symbol, ...], homes: list[int]) -> tuple[bytes, bytes]:
    """The rows of .symtab (the first is empty) and .strtab; all symbols are global.

    ``homes``: numbers of the sections that ``Symbol.home`` counts.
    """
    rows, strings = [bytes(_SYM.size)], bytearray(b"\0")
    for symbol in symbols:
        info = _GLOBAL_OBJECT if symbol.size_bytes else _GLOBAL_NOTYPE
        section = _SHN_ABS if symbol.is_absolute else homes[symbol.home]
        rows.append(_SYM.pack(len(strings), symbol.value, symbol.size_bytes, info, 0, section))
        strings += symbol.name.encode() + b"\0"
    return b"".join(rows), bytes(strings)


def _lay_out(sections: list[_Section], delivery: Delivery) -> bytes:
    """Header, program headers, the sections' bytes, section headers."""
    loaded = [section for section in sections if section.is_loaded]
    out = bytearray(_EHDR.size + _PHDR.size * len(loaded))
    segments, headers = bytearray(), bytearray(_SHDR.size)
    name_at = 1
    for section in sections:
        # what is loaded keeps its address modulo the alignment, as p_align demands
        out += bytes((section.address - len(out)) % _DATA_ALIGN)
        at, size = len(out), len(section.data)
        out += section.data
        flags = _SHF_ALLOC if section.is_loaded else 0
        align = 1 if section.address % _DATA_ALIGN or section.kind == _STRTAB else _DATA_ALIGN
        headers += _SHDR.pack(
            name_at, section.kind, flags, section.address, at, size, section.link, section.info, align,
            section.entry_bytes,
        )  # fmt: skip
        name_at += len(section.name) + 1
        if section.is_loaded:
            place = section.address
            segments += _PHDR.pack(_PT_LOAD, at, place, place, size, size, _PF_R, _DATA_ALIGN)
    out += bytes(align_up(len(out), 4) - len(out))
    machine, flags = ELF_MACHINES[delivery.elf_machine]
    head = _EHDR.pack(
        _IDENT, 2, machine, 1, delivery.entry or 0, _EHDR.size, len(out), flags, _EHDR.size, _PHDR.size,
        len(loaded), _SHDR.size, len(sections) + 1, len(sections),
    )  # fmt: skip
    out[: len(head) + len(segments)] = head + segments
    return bytes(out + headers)
