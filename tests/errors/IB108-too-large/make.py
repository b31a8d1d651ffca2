"""A manifest of more than 4 MiB."""

from pathlib import Path

Path("manifest.yaml").write_text("# " + "x" * (4 << 20) + "\n")
