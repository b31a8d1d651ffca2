"""The header's min_reader is damaged."""

import damage

data = damage.build_image()
data[5] ^= 0x40
damage.save(data)
