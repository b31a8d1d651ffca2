"""A download that ended early."""

from pathlib import Path

from cortexm import firmware

data = firmware({"save": (0x20000000, "7047")})
Path("firmware.elf").write_bytes(data[:90])
