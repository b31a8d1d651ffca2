"""Intel HEX with linear addresses (Intel, "Hexadecimal Object File Format Specification", rev. A, 1988)."""

from __future__ import annotations

from collections.abc import Iterator

from imgbuild.addressed import join_pieces
from imgbuild.emit.delivery import Delivery

_WINDOW = 1 << 16
"""Offsets have 16 bits; a record of type 04 gives the upper half of the addresses behind it."""


def write_ihex(delivery: Delivery) -> bytes:
    """Data records of ``record_bytes`` at most, the type 04 records they need, the end record.

    No start address is written: an image is no program.
    """
    return "".join(_lines(delivery)).encode()


def _lines(delivery: Delivery) -> Iterator[str]:
    upper = 0
    for piece in join_pieces(delivery.pieces):
        address, data = piece.address, bytes(piece.data)
        while address < piece.end:
            if address >> 16 != upper:
                upper = address >> 16
                yield _record(0, 4, upper.to_bytes(2, "big"))
            # full records begin at multiples of their length, and none crosses a window
            length = delivery.record_bytes - address % delivery.record_bytes
            at = address - piece.address
            yield _record(address % _WINDOW, 0, data[at : at + length])
            address += length
    yield ":00000001FF\n"


def _record(offset: int, kind: int, data: bytes) -> str:
    total = len(data) + (offset >> 8) + offset + kind + sum(data)
    return f":{len(data):02X}{offset:04X}{kind:02X}{data.hex().upper()}{-total & 0xFF:02X}\n"
