"""A sound image."""

from pathlib import Path

import damage

Path("image.bin").write_bytes(damage.build_image())
