"""One bit of the magic is flipped."""

import damage

data = damage.build_image()
data[0] ^= 0x01
damage.save(data)
