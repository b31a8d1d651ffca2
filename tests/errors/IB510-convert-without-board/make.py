"""A sound image, with nothing that tells where it goes."""

from pathlib import Path

import damage

Path("image.bin").write_bytes(damage.build_image())
