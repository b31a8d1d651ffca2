"""A link to a file outside the folder."""

from pathlib import Path

Path("../outside.txt").write_text("not yours")
Path("link.txt").symlink_to("../outside.txt")
