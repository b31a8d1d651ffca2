"""One bit of a pixel is flipped."""

import damage

data = damage.build_image()
data[0xA9] ^= 0x08
damage.save(data)
