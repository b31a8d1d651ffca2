"""What the compiler writes, before it is linked."""

from pathlib import Path

from cortexm import firmware

data = bytearray(firmware({"save": (0x20000000, "7047")}))
data[16] = 1  # ET_REL
Path("firmware.elf").write_bytes(data)
