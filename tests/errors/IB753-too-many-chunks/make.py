"""A sound image."""

from pathlib import Path

import damage

Path("image.bin").write_bytes(damage.build_image().ljust(1000 * 4096, b"\xff"))
