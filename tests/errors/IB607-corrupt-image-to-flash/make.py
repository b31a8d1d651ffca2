"""A bit of a payload is wrong: nothing is started."""

import damage

data = damage.build_image()
data[damage.PACK_BYTES - 20] ^= 4
damage.save(data)
