"""UF2: blocks of 512 bytes that boot loaders take as files of a drive (github.com/microsoft/uf2, README)."""

from __future__ import annotations

import struct

from imgbuild.addressed import join_pieces
from imgbuild.emit.delivery import Delivery

PAGE_BYTES = 256
"""Payload of each block, and what its address is a multiple of: the RP2040's boot ROM takes nothing else."""
_HEAD = struct.Struct("<8I")
_MAGIC_0, _MAGIC_1, _MAGIC_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_HAS_FAMILY = 0x00002000


def write_uf2(delivery: Delivery) -> bytes:
    """One block for each page that holds a byte, by address; the rest of a page is 0xFF, as erased."""
    pages = _cut_pages(delivery)
    family = delivery.uf2_family
    flags = 0 if family is None else _HAS_FAMILY
    out = []
    for number, (page, data) in enumerate(sorted(pages.items())):
        address = page * PAGE_BYTES
        head = _HEAD.pack(_MAGIC_0, _MAGIC_1, flags, address, PAGE_BYTES, number, len(pages), family or 0)
        out.append((head + data).ljust(508, b"\0") + struct.pack("<I", _MAGIC_END))
    return b"".join(out)


def _cut_pages(delivery: Delivery) -> dict[int, bytes]:
    pages: dict[int, bytes] = {}
    for piece in join_pieces(delivery.pieces):
        lead = piece.address % PAGE_BYTES
        first = piece.address // PAGE_BYTES
        data = b"\xff" * lead + bytes(piece.data)
        data += b"\xff" * (-len(data) % PAGE_BYTES)
        for number in range(len(data) // PAGE_BYTES):
            page = data[number * PAGE_BYTES : (number + 1) * PAGE_BYTES]
            old = pages.get(first + number)
            # two pieces in one page: where one has a byte the other has 0xFF
            pages[first + number] = (
                page if old is None else bytes(a & b for a, b in zip(old, page, strict=True))
            )
    return pages
