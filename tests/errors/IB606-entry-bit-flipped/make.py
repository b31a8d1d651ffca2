"""One bit of the entry of "dot" is flipped: its width."""

import damage

data = damage.build_image()
data[0x64 + 0x18] ^= 0x20
damage.save(data)
