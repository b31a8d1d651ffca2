"""A file with addresses without the pack."""

import parted

parted.build("all.hex")
pieces = parted.read()
del pieces[parted.ASSETS]
parted.write(pieces)
