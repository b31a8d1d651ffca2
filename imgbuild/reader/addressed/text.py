"""Intel HEX and Motorola S-record, read strictly: every record counts, and each fault has its line.

Intel HEX: Intel, "Hexadecimal Object File Format Specification", revision A, 1988. S-record: Motorola
M68000 Family Programmer's Reference Manual, appendix C.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from imgbuild.addressed import ADDRESS_END, AddressedFile, Piece, find_overlap, join_pieces
from imgbuild.errors import Place, fail


@dataclass(slots=True)
class _Run:
    """Bytes that follow each other in the file and in memory."""

    address: int
    line: int
    data: bytearray

    @property
    def end(self) -> int:
        return self.address + len(self.data)


@dataclass(slots=True)
class _Memory:
    place: Place
    runs: list[_Run] = field(default_factory=list)

    def put(self, address: int, data: bytes, line: int) -> None:
        if address + len(data) > ADDRESS_END:
            _refuse(self.place, line, f"{len(data)} bytes at 0x{address:08X} leave the 32 bit address space")
        if self.runs and self.runs[-1].end == address:
            self.runs[-1].data += data
        elif data:
            self.runs.append(_Run(address, line, bytearray(data)))

    def close(self, entry: int | None) -> AddressedFile:
        pieces = [Piece(run.address, bytes(run.data), str(run.line)) for run in self.runs]
        twice = find_overlap(pieces)
        if twice is not None:
            lines = sorted(int(piece.origin) for piece in twice)
            at = max(piece.address for piece in twice)
            message = (
                f"the records from here on write address 0x{at:08X}, which those from line {lines[0]} do"
            )
            _refuse(self.place, lines[1], message)
        return AddressedFile(join_pieces(Piece(p.address, p.data, self.place.path) for p in pieces), entry)


def _refuse(place: Place, line: int, message: str) -> NoReturn:
    fail("IB513", message, Place(place.path, line, 1) if line else place)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and stripped text of the lines that are not blank."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        stripped = line.strip()
        if stripped:
            yield number, stripped


def _decode(line: bytes, skip: int, place: Place, number: int) -> bytes:
    try:
        return binascii.unhexlify(line[skip:])
    except (binascii.Error, ValueError):
        _refuse(place, number, "the record is not made of pairs of hexadecimal digits")


# --- Intel HEX -------------------------------------------------------------------------------------

_DATA, _END, _SEGMENT, _SEGMENT_START, _LINEAR, _LINEAR_START = range(6)
_LENGTHS = {_END: 0, _SEGMENT: 2, _SEGMENT_START: 4, _LINEAR: 2, _LINEAR_START: 4}


def read_ihex(data: bytes, place: Place) -> AddressedFile:
    """An Intel HEX file of 8, 16 or 32 bit addresses. Raises BuildError: IB513 with the line at fault."""
    memory, base, entry, end_line, number = _Memory(place), 0, None, 0, 0
    for number, line in _lines(data):
        if end_line:
            _refuse(place, number, f"a record behind the end record of line {end_line}")
        kind, offset, payload = _parse_ihex(line, place, number)
        if kind == _DATA:
            if offset + len(payload) > 1 << 16:
                _refuse(place, number, "the record runs over a 64 KiB border, where offsets start again")
            memory.put(base + offset, payload, number)
        elif kind == _END:
            end_line = number
        elif kind in (_SEGMENT, _LINEAR):
            base = int.from_bytes(payload, "big") << (4 if kind == _SEGMENT else 16)
        elif kind == _LINEAR_START:
            entry = int.from_bytes(payload, "big")
    if not end_line:
        _refuse(place, number, "the end record (:00000001FF) is missing: the file is cut short")
    return memory.close(entry)


def _parse_ihex(line: bytes, place: Place, number: int) -> tuple[int, int, bytes]:
    """Type, 16 bit offset and bytes of one record, checked."""
    if line[:1] != b":":
        _refuse(place, number, 'the line does not start with ":"')
    record = _decode(line, 1, place, number)
    if len(record) < 5 or len(record) != record[0] + 5:
        expected = f"{record[0]} + 5" if record else "at least 5"
        _refuse(
            place,
            number,
            f"the record has {len(record)} bytes, expected {expected}: it is cut short or too long",
        )
    if sum(record) & 0xFF:
        _refuse_sum(place, number, record[-1], -sum(record[:-1]) & 0xFF)
    kind, payload = record[3], record[4:-1]
    if kind > _LINEAR_START:
        _refuse(place, number, f"record type {kind:02X} is none of 00 to 05")
    if kind != _DATA and len(payload) != _LENGTHS[kind]:
        _refuse(
            place,
            number,
            f"a record of type {kind:02X} holds {_LENGTHS[kind]} bytes, this one {len(payload)}",
        )
    return kind, int.from_bytes(record[1:3], "big"), payload


def _refuse_sum(place: Place, number: int, found: int, expected: int) -> NoReturn:
    _refuse(place, number, f"the record's checksum is {found:02X}, its bytes give {expected:02X}")


# --- S-record --------------------------------------------------------------------------------------

_ADDRESS_BYTES = {0: 2, 1: 2, 2: 3, 3: 4, 5: 2, 6: 3, 7: 4, 8: 3, 9: 2}
_S_DATA, _S_COUNT, _S_END = (1, 2, 3), (5, 6), (7, 8, 9)


def read_srec(data: bytes, place: Place) -> AddressedFile:
    """An S-record file (S19, S28, S37). Raises BuildError: IB513 with the line at fault.

    The end record may be missing (some tools write none) unless a count tells that records are, too.
    """
    memory, entry, end_line, count = _Memory(place), None, 0, 0
    for number, line in _lines(data):
        if end_line:
            _refuse(place, number, f"a record behind the end record of line {end_line}")
        kind, address, payload = _parse_srec(line, place, number)
        if kind in _S_DATA:
            memory.put(address, payload, number)
            count += 1
        elif kind in _S_COUNT and address != count:
            _refuse(place, number, f"the count record tells of {address} data records, found {count}")
        elif kind in _S_END:
            entry, end_line = address, number
    return memory.close(entry)


def _parse_srec(line: bytes, place: Place, number: int) -> tuple[int, int, bytes]:
    """Type, address and bytes of one record, checked."""
    kind = line[1] - ord("0") if len(line) > 1 else -1
    if line[:1] != b"S" or kind not in _ADDRESS_BYTES:
        _refuse(place, number, "the line does not start with S0 to S3 or S5 to S9")
    record = _decode(line, 2, place, number)
    width = _ADDRESS_BYTES[kind]
    if len(record) < width + 2 or len(record) != record[0] + 1:
        expected = f"{record[0]} + 1" if record else f"at least {width + 2}"
        _refuse(
            place,
            number,
            f"the record has {len(record)} bytes, expected {expected}: it is cut short or too long",
        )
    if sum(record) & 0xFF != 0xFF:
        _refuse_sum(place, number, record[-1], ~sum(record[:-1]) & 0xFF)
    return kind, int.from_bytes(record[1 : 1 + width], "big"), record[1 + width : -1]
