"""The volume was a text once."""

import zlib

import parted
import settings_areas

parted.build("all.hex")
pieces = parted.read()
piece = pieces[parted.ASSETS] if parted.LOGS not in pieces else pieces[parted.LOGS]
at = parted.SETTINGS - next(address for address, data in pieces.items() if data is piece)
piece[at:] = settings_areas.store(bytes(piece[at:]), zlib.crc32(b"volume"), 2, b"loud")
parted.write(pieces)
