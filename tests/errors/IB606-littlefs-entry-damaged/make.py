"""One bit of the entry in front of a bitmap is flipped."""

import zlib

import damage

data = damage.build_image("littlefs", pictures=64)
entry = data.index(zlib.crc32(b"dot").to_bytes(4, "little"))
data[entry + 0x18] ^= 0x20  # its width
damage.save(data)
