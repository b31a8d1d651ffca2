"""All partitions are sound, but of another product."""

import parted

parted.build("other.hex", parted.MANIFEST.replace("name: demo", "name: other"))
parted.build("all.hex")
