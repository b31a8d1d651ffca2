"""A volume that an older firmware allowed."""

import zlib
from pathlib import Path

import parted

parted.build("parts")
path = Path("parts/settings.bin")
path.write_bytes(parted.store(path.read_bytes(), zlib.crc32(b"volume"), 11))
