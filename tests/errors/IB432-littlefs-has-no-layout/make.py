"""A sound flat image; the manifest wants littlefs."""

from pathlib import Path

import damage

Path("released.bin").write_bytes(damage.build_image())
