"""A key that is in use."""

from pathlib import Path

Path("update.pem").write_text("somebody's key\n")
