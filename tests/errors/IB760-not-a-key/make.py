"""A sound package, and a file that is no key."""

from pathlib import Path

import packages

Path("update.imgu").write_bytes(packages.make_update(packages.build_image()))
Path("update.pem").write_text("-----BEGIN CERTIFICATE-----\n")
