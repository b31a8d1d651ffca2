"""What is damaged is not spread."""

import parted

parted.build("all.hex")
pieces = parted.read()
pieces[parted.LOGS][8] ^= 1
parted.write(pieces)
