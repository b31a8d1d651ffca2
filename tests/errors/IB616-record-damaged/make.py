"""Two values are stored, then a bit of the first one is flipped."""

from pathlib import Path

import parted

parted.build("parts")
path = Path("parts/settings.bin")
area = bytearray(parted.store(parted.store(path.read_bytes(), 1, 7), 2, 8))
area[0x20 + 8] ^= 1
path.write_bytes(area)
