"""save reads a constant: ldr r0, =table, ldr r0, [r0], bx lr."""

from pathlib import Path

from cortexm import firmware

code = {"save": (0x20000000, "0148 0068 7047 0000 00000090")}
Path("firmware.elf").write_bytes(firmware(code, {"table": (0x90000000, "01020304")}))
