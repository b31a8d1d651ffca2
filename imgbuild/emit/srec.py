"""Motorola S-record with 32 bit addresses (M68000 Family Programmer's Reference Manual, appendix C)."""

from __future__ import annotations

from collections.abc import Iterator

from imgbuild.addressed import join_pieces
from imgbuild.emit.delivery import Delivery

_HEADER_BYTES_MAX = 64
_COUNTS = (("5", 2), ("6", 3))
"""Records that count the data records, and the bytes of their counts."""


def write_srec(delivery: Delivery) -> bytes:
    """S0 with the name, S3 data, S5 or S6 count, S7 execution address.

    The S7 record always stands: OpenOCD takes a file without one for cut short. It holds the merged
    firmware's entry, 0 without one.
    """
    return "".join(_lines(delivery)).encode()


def _lines(delivery: Delivery) -> Iterator[str]:
    yield _record("0", 2, 0, delivery.name.encode()[:_HEADER_BYTES_MAX])
    count, step = 0, delivery.record_bytes
    for piece in join_pieces(delivery.pieces):
        data, address = bytes(piece.data), piece.address
        while address < piece.end:
            length = step - address % step
            at = address - piece.address
            yield _record("3", 4, address, data[at : at + length])
            count, address = count + 1, address + length
    for kind, width in _COUNTS:
        if count < 1 << 8 * width:
            yield _record(kind, width, count, b"")
            break
    yield _record("7", 4, delivery.entry or 0, b"")


def _record(kind: str, width: int, address: int, data: bytes) -> str:
    body = bytes([width + len(data) + 1]) + address.to_bytes(width, "big") + data
    return f"S{kind}{body.hex().upper()}{~sum(body) & 0xFF:02X}\n"
