"""The vector table stays in the flash while interrupts are enabled."""

from pathlib import Path

from cortexm import firmware

code = {"save": (0x20000000, "7047")}
Path("firmware.elf").write_bytes(firmware(code, {"vectors": (0x90000000, "00000120 01000020")}))
