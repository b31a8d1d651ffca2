"""The partition's pack as it was when the partition was larger."""

from pathlib import Path

import parted

small = "size: 64K, assets: [{file: note.txt}]"
Path("big.bin").write_bytes(bytes(100_000))
parted.build("other", parted.MANIFEST.replace(small, "size: 192K, assets: [{file: big.bin}]"))
parted.build("parts")
