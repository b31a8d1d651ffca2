"""save calls what it is given: ldr r3, [r0], bx r3."""

from pathlib import Path

from cortexm import firmware

code = {"save": (0x20000000, "0368 1847"), "app": (0x90000000, "7047")}
Path("firmware.elf").write_bytes(firmware(code))
