"""One bit of a sector is wrong."""

from pathlib import Path

import packages

package = bytearray(packages.make_update(packages.build_image()))
package[-3] ^= 4
Path("update.imgu").write_bytes(package)
