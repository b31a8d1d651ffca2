"""A file with three partitions; the command misspells one of them."""

import parted

parted.build("all.hex")
