"""A new header in front of an older image's remains."""

import damage

data = damage.build_image()
data[0xC4] ^= 0xFF
damage.save(data)
