"""The second half of the pack is missing."""

import damage

data = damage.build_image()
damage.save(data[:100])
