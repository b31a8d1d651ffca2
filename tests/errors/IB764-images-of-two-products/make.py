"""The old image has another pack_id."""

import struct

import damage
import packages

old = bytearray(packages.build_image())
struct.pack_into("<I", old, 0x10, 0x12345678)
damage.repair_header(old)
packages.save_images(packages.build_image(note=b"other"), bytes(old))
