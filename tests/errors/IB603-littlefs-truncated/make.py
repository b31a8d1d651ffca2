"""The last blocks of a littlefs image are missing."""

import damage

data = damage.build_image("littlefs")
damage.save(data[:20480])
