"""save goes where a number sends it, and nothing in the file says how far: add pc, r0."""

from pathlib import Path

from cortexm import firmware

code = {"save": (0x20000000, "8744 7047"), "app": (0x90000000, "7047")}
Path("firmware.elf").write_bytes(firmware(code, has_marks=False))
