"""A picture is named as the released image."""

from pathlib import Path

Path("dot.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
