"""28 KiB for a partition of 24 KiB."""

from pathlib import Path

import damage

Path("image.bin").write_bytes(damage.build_image(note=bytes(26000)))
