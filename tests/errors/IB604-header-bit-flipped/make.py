"""One bit of content_version is flipped."""

import damage

data = damage.build_image()
data[0x0C] ^= 0x04
damage.save(data)
