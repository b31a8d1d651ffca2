"""The last block is gone."""

import struct
from pathlib import Path

block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0, 0x10000000, 256, 0, 2, 0) + bytes(476)
Path("ext.uf2").write_bytes(block + struct.pack("<I", 0x0AB16F30))
