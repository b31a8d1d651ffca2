"""1.1 MB, most of it padding, for 1 MiB that is free."""

from pathlib import Path

import damage

Path("image.bin").write_bytes(damage.build_image() + b"\xff" * 1100000)
