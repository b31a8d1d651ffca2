"""A sound package without a signature."""

from pathlib import Path

import packages

package = bytearray(packages.make_update(packages.build_image()))
Path("update.imgu").write_bytes(package)
packages.save_key(packages.make_key(1), "update.pub.pem")
