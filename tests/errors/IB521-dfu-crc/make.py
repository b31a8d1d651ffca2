"""A byte changed after the suffix was made."""

import struct
import zlib
from pathlib import Path

body = b"IMGB" + bytes(60) + struct.pack("<HHHH3sB", 0xFFFF, 0x607F, 0x1D50, 0x0100, b"UFD", 16)
suffix = struct.pack("<I", zlib.crc32(body) ^ 0xFFFFFFFF)
Path("ext.dfu").write_bytes(b"X" + body[1:] + suffix)
