"""The first 4 KiB of the pack hold something else, on the same chip as the images behind it."""

import parted

parted.build("all.hex")
pieces = parted.read()
pieces[parted.ASSETS][:0x1000] = bytes(range(256)) * 16
parted.write(pieces)
