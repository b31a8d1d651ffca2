"""A file with addresses that ends before the settings begin."""

import parted

parted.build("all.hex")
pieces = {address: data for address, data in parted.read().items() if address < parted.LOGS}
parted.write(pieces)
