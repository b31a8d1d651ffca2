"""Packs with nothing in their index and any bytes behind it, by FORMAT.md: quick to make, of any size."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Sequence

PACK_ID = zlib.crc32(b"watch")


def make_pack(body: bytes, content_version: int = 1, pack_id: int = PACK_ID) -> bytes:
    """A sound pack of 72 bytes and ``body``, whose CRC-32 stands where the index's does."""
    body += bytes(-len(body) % 4)
    total = 64 + len(body) + 8
    tlv = 64 + len(body)  # behind everything: the index CRC-32 covers the body, too
    head = struct.pack(
        "<4sBBH5I2H5I2BHI", b"IMGB", 1, 1, 64, total, content_version, pack_id, 0, 64, 0, 0, tlv, 0,
        zlib.crc32(body), tlv, 0, 2, 12, 0, 0,
    )  # fmt: skip
    crc = struct.pack("<I", zlib.crc32(head))
    return head + crc + body + crc + b"IEND"


def make_body(size: int, edits: Sequence[int] = (), seed: int = 1) -> bytes:
    """Bytes as images have them, half runs and half noise; at each of ``edits`` 50 bytes are others."""
    rng = random.Random(seed)
    data = bytearray()
    while len(data) < size:
        data += bytes([rng.randrange(256)]) * rng.randrange(1, 60) + rng.randbytes(rng.randrange(30))
    del data[size:]
    for at in edits:
        data[at : at + 50] = random.Random(at + seed).randbytes(len(data[at : at + 50]))
    return bytes(data)
