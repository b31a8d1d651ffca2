"""Opening the image file that a reading command names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Place, fail

if TYPE_CHECKING:
    from imgbuild.reader.container import Image


def read_image_file(path: Path) -> bytes:
    """The flash image in the file: .bin, .hex, .srec, .elf, .dfu or .uf2; IB612 if it cannot be read."""
    from imgbuild.reader.addressed import unwrap_image

    try:
        return unwrap_image(path.read_bytes(), path)
    except OSError as error:
        fail("IB612", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", Place(str(path)))


def open_image_file(path: Path) -> Image:
    """The image opened by the independent reader."""
    from imgbuild.reader.container import open_image

    return open_image(read_image_file(path), Place(str(path)))
