"""UF2, the blocks that boot loaders take as files of a drive (github.com/microsoft/uf2, README)."""

from __future__ import annotations

import struct

from imgbuild.addressed import ADDRESS_END, AddressedFile, Piece, find_overlap, join_pieces
from imgbuild.errors import Place, fail

UF2_MAGIC = b"UF2\n"
_BLOCK_BYTES = 512
_HEAD = struct.Struct("<8I")
_MAGIC_0, _MAGIC_1, _MAGIC_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_NOT_MAIN_FLASH = 0x00000001
_PAYLOAD_MAX = 476


def read_uf2(data: bytes, place: Place) -> AddressedFile:
    """The payloads of all blocks for the main flash, which must be all there. Raises BuildError: IB521."""
    if not data or len(data) % _BLOCK_BYTES:
        fail("IB521", f"the file has {len(data)} B, no multiple of {_BLOCK_BYTES}: it is cut short", place)
    pieces, seen, families = [], set[tuple[int, int]](), dict[int, int]()
    for number in range(len(data) // _BLOCK_BYTES):
        block = memoryview(data)[number * _BLOCK_BYTES : (number + 1) * _BLOCK_BYTES]
        magic_0, magic_1, flags, address, size, index, count, family = _HEAD.unpack_from(block)
        (magic_end,) = struct.unpack_from("<I", block, _BLOCK_BYTES - 4)
        if (magic_0, magic_1, magic_end) != (_MAGIC_0, _MAGIC_1, _MAGIC_END):
            fail("IB521", f"block {number} lacks the magic numbers of UF2", place)
        if size > _PAYLOAD_MAX or index >= count or (family, index) in seen or address + size > ADDRESS_END:
            facts = f"{size} B at 0x{address:08X}, number {index} of {count}"
            fail("IB521", f"block {number} tells of {facts}, which cannot be", place)
        if families.setdefault(family, count) != count:
            fail("IB521", f"block {number} is one of {count}, others of {families[family]}", place)
        seen.add((family, index))
        if not flags & _NOT_MAIN_FLASH:
            pieces.append(Piece(address, block[_HEAD.size : _HEAD.size + size], place.path))
    missing = sum(families.values()) - len(seen)
    if missing:
        fail(
            "IB521", f"{missing} of {sum(families.values())} blocks are missing: the file is cut short", place
        )
    if find_overlap(pieces) is not None:
        fail("IB521", "two blocks write the same address", place)
    return AddressedFile(join_pieces(pieces))
