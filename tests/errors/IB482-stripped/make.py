"""A firmware after strip."""

from pathlib import Path

from cortexm import firmware

Path("firmware.elf").write_bytes(firmware({"": (0x20000000, "7047")}))
