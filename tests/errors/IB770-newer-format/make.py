"""The package asks for a reader of format 2."""

from pathlib import Path

import packages

package = bytearray(packages.make_update(packages.build_image()))
package[5] = 2
Path("update.imgu").write_bytes(package)
