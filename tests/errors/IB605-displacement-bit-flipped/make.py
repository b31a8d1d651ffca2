"""One bit of the look-up table is flipped."""

import damage

data = damage.build_image()
data[0x40] ^= 0x08
damage.save(data)
