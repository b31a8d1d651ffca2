"""One bit of a payload is flipped in a pack that lies in littlefs."""

import damage

data = damage.build_image("{littlefs: {layout: pack}}", note=b"Hello " * 1000)
data[data.index(b"Hello")] ^= 0x20
damage.save(data)
