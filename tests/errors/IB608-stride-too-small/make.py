"""A wrong writer: rows of 4 bytes for 3 pixels of 2 bytes, every checksum fits."""

import damage

data = damage.build_image()
data[0x90] = 4
damage.repair(data)
damage.save(data)
