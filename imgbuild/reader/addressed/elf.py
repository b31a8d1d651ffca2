"""The bytes of an ELF file that a debugger's ``load`` writes, at the load addresses.

System V ABI, chapters 4 and 5; 32 bit, little-endian, as every part that this program knows is. Taken is what
sections hold, as gdb and objcopy do: a linker may let a segment begin with the ELF header itself, and its
bytes would land in front of the program, over a boot loader. Without sections, segments are taken whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imgbuild.addressed import ADDRESS_END, AddressedFile, Piece, find_overlap, format_span, join_pieces
from imgbuild.errors import Place, fail
from imgbuild.limits import ADDRESSED_BYTES_MAX

ELF_MAGIC = b"\x7fELF"
_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_SEGMENT = struct.Struct("<IIIIIIII")
_SECTION = struct.Struct("<IIIIII")
_SECTION_BYTES = 40
_PT_LOAD = 1
_ET_EXEC, _ET_DYN = 2, 3
_SHT_NOBITS, _SHF_ALLOC = 8, 2
_ROWS_MAX = 1024
"""Program headers, and sections: a firmware has some dozens."""


class _Table(NamedTuple):
    """Program headers or sections: offset in the file, bytes of each, number of them."""

    what: str
    at: int
    each: int
    rows: int


class _Segment(NamedTuple):
    offset: int
    virtual: int
    physical: int
    size: int


def read_elf(data: bytes, place: Place) -> AddressedFile:
    """What is loaded of an executable. Raises BuildError: IB514."""
    if len(data) < _HEADER.size or not data.startswith(ELF_MAGIC):
        fail("IB514", f"the file has {len(data)} B and no ELF header of {_HEADER.size} B", place)
    if data[4:6] != b"\x01\x01":
        shown = f"class {data[4]}, data encoding {data[5]}"
        fail(
            "IB514",
            f"expected a 32 bit little-endian ELF file (class 1, data encoding 1), found {shown}",
            place,
        )
    fields = _HEADER.unpack_from(data)
    kind, entry = fields[1], fields[4]
    if kind not in (_ET_EXEC, _ET_DYN):
        hint = "give the linked firmware, not an object file"
        fail("IB514", f"ELF type {kind} is no executable (type 2): it has no addresses yet", place, hint)
    if not fields[10]:
        fail("IB514", "the file has no program headers, which say what to load", place)
    segments = _read_segments(data, _Table("program headers", fields[5], fields[9], fields[10]), place)
    spans = [(s.offset, s.physical, s.size) for s in segments]
    if fields[6] and fields[12]:
        table = _Table("sections", fields[6], fields[11], fields[12])
        spans = list(_read_sections(data, table, segments, place))
    pieces = [_cut(data, *span, place) for span in spans]
    _check(pieces, place)
    return AddressedFile(join_pieces(pieces), entry or None)


def _check_table(data: bytes, table: _Table, row_bytes: int, place: Place) -> None:
    _, at, each, count = table
    if count > _ROWS_MAX:
        fail("IB514", f"the file has {count} {table.what}, at most {_ROWS_MAX} are read", place)
    if each < row_bytes or at + count * each > len(data):
        shown = f"the table of {count} {table.what} at 0x{at:X}"
        fail("IB514", f"{shown} does not lie inside the {len(data)} B", place)


def _read_segments(data: bytes, table: _Table, place: Place) -> list[_Segment]:
    """The PT_LOAD segments that hold bytes."""
    _check_table(data, table, _SEGMENT.size, place)
    rows = [_SEGMENT.unpack_from(data, table.at + number * table.each) for number in range(table.rows)]
    loaded = [(number, row) for number, row in enumerate(rows) if row[0] == _PT_LOAD and row[4]]
    for number, (_, offset, _, _, size, *_) in loaded:
        if offset + size > len(data):
            wants = f"{size} B at 0x{offset:X} of a file of {len(data)} B"
            fail("IB514", f"segment {number} wants {wants}: it is cut short", place)
    # some linkers leave all load addresses 0 and mean the others
    has_physical = any(row[3] for _, row in loaded)
    return [_Segment(r[1], r[2], r[3] if has_physical else r[2], r[4]) for _, r in loaded]


def _read_sections(
    data: bytes, table: _Table, segments: Sequence[_Segment], place: Place
) -> Iterator[tuple[int, int, int]]:
    """Offset, load address and size of every section that is loaded."""
    _check_table(data, table, _SECTION_BYTES, place)
    for number in range(table.rows):
        row = _SECTION.unpack_from(data, table.at + number * table.each)
        _, kind, flags, address, offset, size = row
        if not flags & _SHF_ALLOC or kind == _SHT_NOBITS or not size:
            continue
        for segment in segments:
            if segment.offset <= offset and offset + size <= segment.offset + segment.size:
                yield offset, segment.physical + offset - segment.offset, size
                break
        else:
            fail("IB514", f"section {number} at 0x{address:08X} lies in no segment that is loaded", place)


def _cut(data: bytes, offset: int, address: int, size: int, place: Place) -> Piece:
    if address + size > ADDRESS_END:
        fail("IB514", f"{size} B at 0x{address:08X} leave the 32 bit address space", place)
    return Piece(address, memoryview(data)[offset : offset + size], place.path)


def _check(pieces: list[Piece], place: Place) -> None:
    """No two share an address, and together they are of a size that a flash can have."""
    if not pieces:
        fail("IB514", "no segment holds bytes to load", place)
    twice = find_overlap(pieces)
    if twice is not None:
        spans = " and ".join(format_span(piece.address, piece.end) for piece in twice)
        fail("IB514", f"the same addresses are loaded twice: {spans}", place)
    total = sum(len(piece.data) for piece in pieces)
    if total > ADDRESSED_BYTES_MAX:
        fail("IB514", f"{total} B are to be loaded, at most {ADDRESSED_BYTES_MAX} B are read", place)
