"""A sound image, and a file where the folder is to be."""

from pathlib import Path

import damage

damage.save(damage.build_image())
Path("assets").write_text("a file, not a folder")
