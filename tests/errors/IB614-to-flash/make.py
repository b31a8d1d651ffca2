"""What is damaged is not programmed."""

import parted

parted.build("all.hex")
pieces = parted.read()
pieces[parted.ASSETS][0] ^= 1
parted.write(pieces)
