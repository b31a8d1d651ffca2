"""Both copies of the superblock are damaged."""

import damage

data = damage.build_image("littlefs")
data[20] ^= 1
data[4096 + 20] ^= 1
damage.save(data)
