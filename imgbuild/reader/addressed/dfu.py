"""DFU files: the suffix of USB DFU 1.1 (appendix B) and ST's DfuSe file format (UM0391)."""

from __future__ import annotations

import struct
import zlib

from imgbuild.addressed import ADDRESS_END, AddressedFile, Piece, find_overlap, join_pieces
from imgbuild.errors import Place, fail

SUFFIX_BYTES = 16
_PREFIX = struct.Struct("<5sBIB")
_TARGET = struct.Struct("<6sBI255sII")
_ELEMENT = struct.Struct("<II")


def strip_suffix(data: bytes, place: Place) -> bytes:
    """What stands before a DFU suffix. Raises BuildError: IB521 if there is none or its CRC is another."""
    if len(data) < SUFFIX_BYTES or data[-8:-5] != b"UFD" or data[-5] != SUFFIX_BYTES:
        fail("IB521", "the file does not end in a DFU suffix of 16 B: it is cut short", place)
    (found,) = struct.unpack("<I", data[-4:])
    expected = zlib.crc32(data[:-4]) ^ 0xFFFFFFFF
    if found != expected:
        fail("IB521", f"the suffix's CRC-32 is 0x{found:08X}, the file's bytes give 0x{expected:08X}", place)
    return data[:-SUFFIX_BYTES]


def read_dfu(data: bytes, place: Place) -> AddressedFile:
    """The elements of a DfuSe file; of a plain DFU file its bytes at address 0. Raises BuildError: IB521."""
    body = strip_suffix(data, place)
    if not body.startswith(b"DfuSe"):
        return AddressedFile(join_pieces([Piece(0, body, place.path)]))
    if len(body) < _PREFIX.size:
        fail("IB521", f"the DfuSe prefix has {len(body)} B, expected {_PREFIX.size}", place)
    _, version, size, targets = _PREFIX.unpack_from(body)
    if version != 1 or size != len(body):
        facts = f"version {version} and {size} B, found {len(body)} B"
        fail("IB521", f"the DfuSe prefix tells of {facts}; expected version 1 and the same size", place)
    pieces: list[Piece] = []
    at = _PREFIX.size
    for number in range(targets):
        at = _read_target(body, at, number, pieces, place)
    if at != len(body):
        fail("IB521", f"{len(body) - at} B stand behind the last target", place)
    if find_overlap(pieces) is not None:
        fail("IB521", "two elements write the same address", place)
    return AddressedFile(join_pieces(pieces))


def _read_target(body: bytes, at: int, number: int, pieces: list[Piece], place: Place) -> int:
    """Add the elements of the target at ``at``; the offset behind it."""
    if at + _TARGET.size > len(body):
        fail("IB521", f"target {number} is cut short", place)
    magic, _alt, _named, _name, size, elements = _TARGET.unpack_from(body, at)
    at += _TARGET.size
    end = at + size
    if magic != b"Target" or end > len(body):
        fail("IB521", f"target {number} is damaged or cut short", place)
    for element in range(elements):
        if at + _ELEMENT.size > end:
            fail("IB521", f"element {element} of target {number} is cut short", place)
        address, length = _ELEMENT.unpack_from(body, at)
        at += _ELEMENT.size
        if at + length > end or address + length > ADDRESS_END:
            fail(
                "IB521", f"element {element} of target {number} wants {length} B, more than there are", place
            )
        pieces.append(Piece(address, memoryview(body)[at : at + length], place.path))
        at += length
    if at != end:
        fail("IB521", f"{end - at} B stand behind the last element of target {number}", place)
    return at
