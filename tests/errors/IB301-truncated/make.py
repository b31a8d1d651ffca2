"""The first 20000 bytes of Roboto."""

from pathlib import Path

import font_roboto

whole = Path(font_roboto.__file__).parent / "files/Roboto-Regular.ttf"
Path("body.ttf").write_bytes(whole.read_bytes()[:20000])
