"""A sound image of a manifest with another name."""

from pathlib import Path

import damage

Path("released.bin").write_bytes(damage.build_image())
