"""A bit of a payload of the released image is flipped."""

from pathlib import Path

import damage

data = damage.build_image()
data[0xB4] ^= 0x10
Path("released.bin").write_bytes(data)
