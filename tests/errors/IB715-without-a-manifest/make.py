"""The same file where nothing tells whether the littlefs is written: it is taken to be."""

import parted

parted.build("all.hex")
