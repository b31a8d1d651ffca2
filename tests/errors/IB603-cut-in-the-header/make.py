"""Only half of the header is there."""

import damage

data = damage.build_image()
damage.save(data[:32])
