"""Extension TLVs behind a bitmap's header (FORMAT.md, section 4.2), in the form of section 3.3."""

from __future__ import annotations

import struct

from imgbuild.model import Samples

TYPE_TRIM = 1
TYPE_TINT = 2


def pack_extensions(samples: Samples) -> bytes:
    """The extensions that ``samples`` ask for, by ascending type; a multiple of 4 bytes, at most 1020."""
    items: list[tuple[int, bytes]] = []
    if samples.trim is not None:
        trim = samples.trim
        sides = (trim.x_px, trim.y_px, trim.full_width_px, trim.full_height_px)
        items.append((TYPE_TRIM, struct.pack("<hhHH", *sides)))
    if samples.tint is not None:
        red, green, blue = samples.tint
        items.append((TYPE_TINT, bytes((blue, green, red, 0xFF))))
    return b"".join(_pack_item(number, data) for number, data in items)


def _pack_item(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data + bytes(-len(data) % 4)
