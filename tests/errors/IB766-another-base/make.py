"""The package was made from another image than the one here."""

from pathlib import Path

import packages

new, old = packages.build_image(b"other"), packages.build_image()
Path("update.imgu").write_bytes(packages.make_update(new, old))
packages.save_images(new, packages.build_image(b"third"))
