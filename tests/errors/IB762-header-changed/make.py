"""Another version stands in a header that was signed; its CRC-32 was made to fit."""

import struct
from pathlib import Path

import packages

from imgbuild.ota.package import seal

package = bytearray(packages.save_signed(1))
struct.pack_into("<I", package, 0x14, 99)
package[:0xA0] = seal(bytes(package[:0xA0]))
Path("update.imgu").write_bytes(package)
packages.save_key(packages.make_key(1), "update.pub.pem")
