"""A sound littlefs image."""

from pathlib import Path

import damage

Path("released.bin").write_bytes(damage.build_image("littlefs"))
