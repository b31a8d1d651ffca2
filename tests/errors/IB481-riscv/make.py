"""A firmware of an RP2350 whose RISC-V cores run."""

from pathlib import Path

from cortexm import firmware

data = bytearray(firmware({"save": (0x20000000, "7047")}))
data[18] = 243  # EM_RISCV
Path("firmware.elf").write_bytes(data)
