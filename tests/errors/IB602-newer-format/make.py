"""The pack asks for a reader of format 2; its header is sound."""

import damage

data = damage.build_image()
data[5] = 2
damage.repair_header(data)
damage.save(data)
