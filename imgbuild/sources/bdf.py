"""What the planner needs to know of a BDF font before it is decoded."""

from __future__ import annotations

import re
from pathlib import Path

_PIXEL_SIZE = re.compile(rb"^PIXEL_SIZE\s+([0-9]{1,4})\s*$", re.MULTILINE)
_HEAD_BYTES = 65_536


def bdf_size(path: Path) -> int | None:
    """The pixel size that a BDF font states (property PIXEL_SIZE, BDF 2.1), or None."""
    try:
        with path.open("rb") as file:
            match = _PIXEL_SIZE.search(file.read(_HEAD_BYTES))
    except OSError:
        return None
    return int(match[1]) if match else None
