"""A wrong writer: the payload of "dot" lies behind the pack, every checksum fits."""

import damage

data = damage.build_image()
data[0x64 + 5] = 0x10
damage.repair(data)
damage.save(data)
