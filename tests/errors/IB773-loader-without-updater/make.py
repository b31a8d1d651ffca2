from pathlib import Path

import packages

Path("update.imgu").write_bytes(packages.make_update(packages.build_image()))
