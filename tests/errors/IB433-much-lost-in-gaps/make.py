"""A picture that the manifest lacks; the note stays behind its place."""

from pathlib import Path

import damage

Path("released.bin").write_bytes(damage.build_image(pictures=500))
