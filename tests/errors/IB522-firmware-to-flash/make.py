"""The firmware in place of the image."""

from pathlib import Path

Path("firmware.hex").write_text(":020000041000EA\n:04000000DEADBEEFC4\n:00000001FF\n")
