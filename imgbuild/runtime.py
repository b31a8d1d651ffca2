"""Where the C reader's sources are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from imgbuild.errors import fail


def find_runtime() -> Path:
    """The folder that holds ``src/imgb.h``, ``imgbuild.mk`` and ``FORMAT.md``."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_c_runtime", package.parent / "c_runtime"):
        if (folder / "src" / "imgb.h").is_file():
            return folder
    fail("IB901", f"the C reader is missing from the installation at {package}")
