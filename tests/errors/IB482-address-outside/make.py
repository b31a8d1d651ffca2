"""An entry point by an address that the file does not hold."""

from pathlib import Path

from cortexm import firmware

Path("firmware.elf").write_bytes(firmware({"save": (0x20000000, "7047")}))
