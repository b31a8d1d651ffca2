"""Opening the image file that a reading command names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Place, fail

if TYPE_CHECKING:
    from imgbuild.reader.container import Image


_AT_ADDRESS = re.compile(r"(.+)@(0[xX][0-9a-fA-F]{1,8})")


def split_address(path: Path) -> tuple[Path, int | None]:
    """``all.hex@0x900C0000`` as the file and the address of one of its images, unless a file is named so."""
    match = _AT_ADDRESS.fullmatch(path.name)
    if match is None or path.exists():
        return path, None
    return path.with_name(match[1]), int(match[2], 16)


def read_image_file(path: Path) -> bytes:
    """The flash image in the file: .bin, .hex, .srec, .elf, .dfu or .uf2; IB612 if it cannot be read.

    ``file@0x900C0000`` is the one at that address, where a file holds several.
    """
    from imgbuild.inputs import read_input
    from imgbuild.reader.addressed import unwrap_image

    path, address = split_address(path)
    try:
        return unwrap_image(read_input(path), path, address)
    except OSError as error:
        fail("IB612", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", Place(str(path)))


def open_image_file(path: Path) -> Image:
    """The image opened by the independent reader."""
    from imgbuild.reader.container import open_image

    return open_image(read_image_file(path), Place(str(path)))
