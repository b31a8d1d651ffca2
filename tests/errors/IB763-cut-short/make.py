"""The last ten bytes are missing."""

from pathlib import Path

import packages

package = bytearray(packages.make_update(packages.build_image()))
Path("update.imgu").write_bytes(package[:-10])
