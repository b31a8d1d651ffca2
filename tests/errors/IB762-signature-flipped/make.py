"""One bit of the signature is wrong."""

from pathlib import Path

import packages

package = bytearray(packages.save_signed(1))
package[0xA5] ^= 1
Path("update.imgu").write_bytes(package)
packages.save_key(packages.make_key(1), "update.pub.pem")
