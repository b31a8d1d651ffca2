"""One bit of the header is wrong."""

from pathlib import Path

import packages

package = bytearray(packages.make_update(packages.build_image()))
package[0x18] ^= 4
Path("update.imgu").write_bytes(package)
