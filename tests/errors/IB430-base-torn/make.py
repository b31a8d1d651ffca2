"""The released image lacks its end."""

from pathlib import Path

import damage

Path("released.bin").write_bytes(damage.build_image()[: damage.PACK_BYTES - 9])
