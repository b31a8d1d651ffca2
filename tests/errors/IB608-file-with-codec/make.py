"""A wrong writer: a plain file with codec 2, every checksum fits."""

import damage

data = damage.build_image()
data[0x44 + 0x1D] = 2
damage.repair(data)
damage.save(data)
