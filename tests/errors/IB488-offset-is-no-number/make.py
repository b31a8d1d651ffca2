"""A place in a function that is no hexadecimal number."""

from pathlib import Path

from cortexm import firmware

code = {"save": (0x20000000, "7047"), "app": (0x90000000, "7047")}
Path("firmware.elf").write_bytes(firmware(code))
