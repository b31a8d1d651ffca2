"""The bin of a firmware under the name of its ELF file."""

from pathlib import Path

Path("firmware.elf").write_bytes(bytes(range(256)))
