from pathlib import Path

Path("area.bin").write_bytes(b"\xff" * 0x4000)
