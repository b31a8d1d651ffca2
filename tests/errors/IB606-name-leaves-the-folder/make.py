"""An asset named ../../xy is to be extracted; every checksum fits."""

import struct
import zlib

import damage

data = damage.build_image()
data[0x87:0x8F] = b"../../xy"
struct.pack_into("<I", data, 0x44, zlib.crc32(data[0x87:0x8F]))
damage.repair(data)
damage.save(data)
