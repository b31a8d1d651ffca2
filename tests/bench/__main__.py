"""``make bench``: every figure beside its floor, its peer or its aim, in one run."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SECTIONS = (
    "images",
    "pictures",
    "lvgl",
    "fonts",
    "quality",
    "filesystem",
    "c_size",
    "reads",
    "updates",
    "settings",
    "ota",
    "serial_loader",
    "external_loaders",
    "decode_cost",
    "draw_cost",
    "glyph_cost",
)


def main() -> None:
    """Run the sections named on the command line, or all."""
    for name in sys.argv[1:] or SECTIONS:
        with tempfile.TemporaryDirectory() as folder:
            importlib.import_module(f"bench.{name}").main(Path(folder))
        print()


main()
