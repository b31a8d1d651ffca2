"""A file with a pack, a littlefs that the device writes, and settings."""

import parted

parted.build("all.hex")
