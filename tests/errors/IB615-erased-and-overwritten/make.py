"""The pack is erased, the littlefs overwritten: without the manifest an erased range is nothing wrong."""

import parted

parted.build("all.hex")
pieces = parted.read()
pieces[parted.ASSETS][:] = b"\xff" * len(pieces[parted.ASSETS])
pieces[parted.LOGS][:0x2000] = b"\x55" * 0x2000
parted.write(pieces)
