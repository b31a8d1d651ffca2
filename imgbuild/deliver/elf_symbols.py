"""Symbols and loaded bytes of an ELF file: loaders that tools put into a microcontroller's RAM."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.addressed import Piece
from imgbuild.errors import Place, fail
from imgbuild.reader.addressed.elf import read_elf

_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SECTION = struct.Struct("<IIIIIIIIII")
_SYMBOL = struct.Struct("<IIIBBH")
_SHT_SYMTAB = 2
_SECTIONS_MAX, _SYMBOLS_MAX, _NAME_BYTES_MAX = 1024, 1 << 16, 256


@dataclass(frozen=True, slots=True)
class ElfSymbols:
    """Named addresses, and the bytes that are loaded, by load address."""

    addresses: dict[str, int]
    pieces: tuple[Piece, ...]

    def read(self, address: int, length: int) -> bytes:
        """``length`` loaded bytes at ``address``; fewer, where the file holds fewer."""
        for piece in self.pieces:
            if piece.address <= address < piece.end:
                at = address - piece.address
                return bytes(piece.data[at : at + length])
        return b""


def read_symbols(data: bytes, place: Place) -> ElfSymbols:
    """The symbols of a 32 bit little-endian executable (System V ABI, chapter 4).

    Raises BuildError: IB514 for a damaged file, IB713 for one without symbols.
    """
    pieces = read_elf(data, place).pieces
    fields = _HEADER.unpack_from(data)
    at, each, count = fields[6], fields[11], min(fields[12], _SECTIONS_MAX)
    if count and (each != _SECTION.size or at + count * each > len(data)):
        fail("IB514", "the sections lie behind the end of the file", place)
    sections = [_SECTION.unpack_from(data, at + number * each) for number in range(count)]
    addresses: dict[str, int] = {}
    for section in sections:
        if section[1] == _SHT_SYMTAB and section[6] < count:
            names = _cut(data, sections[section[6]], place)
            _collect(_cut(data, section, place), names, addresses)
    if not addresses:
        fail("IB713", "the loader has no symbols (was it stripped?)", place)
    return ElfSymbols(addresses, pieces)


def _cut(data: bytes, section: tuple[int, ...], place: Place) -> bytes:
    offset, size = section[4], section[5]
    if offset + size > len(data):
        fail("IB514", "a section lies behind the end of the file", place)
    return data[offset : offset + size]


def _collect(table: bytes, names: bytes, addresses: dict[str, int]) -> None:
    for number in range(min(len(table) // _SYMBOL.size, _SYMBOLS_MAX)):
        name_at, value, _size, _info, _other, home = _SYMBOL.unpack_from(table, number * _SYMBOL.size)
        end = names.find(b"\0", name_at, name_at + _NAME_BYTES_MAX)
        if home and end > name_at:
            addresses[names[name_at:end].decode("ascii", "replace")] = value
