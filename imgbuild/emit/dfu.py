"""DFU files: the suffix of USB DFU 1.1 (appendix B), and ST's DfuSe format with addresses (UM0391)."""

from __future__ import annotations

import struct
import zlib

from imgbuild.addressed import join_pieces
from imgbuild.emit.delivery import DFU_ANY, Delivery

_PREFIX = struct.Struct("<5sBIB")
_TARGET = struct.Struct("<6sBI255sII")
_ELEMENT = struct.Struct("<II")
_SUFFIX = struct.Struct("<HHHH3sB")
_DFU_1_0, _DFUSE_1_1A = 0x0100, 0x011A
"""``bcdDFU``: dfu-util reads a file with 0x011A as DfuSe only."""
_NAME_BYTES_MAX = 254


def write_dfu_plain(delivery: Delivery) -> bytes:
    """The image's bytes with a suffix: dfu-util then checks ids and CRC, the address is its option."""
    return _add_suffix(bytes(delivery.image.data), delivery, _DFU_1_0)


def write_dfuse(delivery: Delivery) -> bytes:
    """A DfuSe file: one target (``dfu_alt``), one element for each piece, then the suffix."""
    elements = [_ELEMENT.pack(p.address, len(p.data)) + bytes(p.data) for p in join_pieces(delivery.pieces)]
    body = b"".join(elements)
    name = delivery.name.encode()[:_NAME_BYTES_MAX]
    target = _TARGET.pack(b"Target", delivery.dfu_alt or 0, 1, name, len(body), len(elements))
    size = _PREFIX.size + len(target) + len(body)
    return _add_suffix(_PREFIX.pack(b"DfuSe", 1, size, 1) + target + body, delivery, _DFUSE_1_1A)


def _add_suffix(body: bytes, delivery: Delivery, version: int) -> bytes:
    data = body + _SUFFIX.pack(DFU_ANY, delivery.dfu_pid, delivery.dfu_vid, version, b"UFD", 16)
    return data + struct.pack("<I", zlib.crc32(data) ^ 0xFFFFFFFF)
