"""An entry point whose name is misspelt."""

from pathlib import Path

from cortexm import firmware

Path("firmware.elf").write_bytes(firmware({"imgb_settings_set": (0x20000000, "7047")}))
