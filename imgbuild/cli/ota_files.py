"""What the sub-commands of ``imgbuild ota`` read and write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import read_image_file
from imgbuild.errors import Place, fail
from imgbuild.units import format_bytes, parse_size

if TYPE_CHECKING:
    from imgbuild.ota.package import UpdateImage
    from imgbuild.reader.container import Image
    from imgbuild.reader.update import Update

PATH = click.Path(path_type=Path)


def parse_size_option(_context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """A size such as 64K given to an option."""
    if value is None:
        return None
    try:
        return parse_size(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a size such as 4K", param=option) from error


def load_image(path: Path) -> tuple[Image, UpdateImage]:
    """A flash image, checked whole, and what of it an update carries; IB6xx if it is none or damaged."""
    from imgbuild.errors import BuildError
    from imgbuild.ota.package import UpdateImage
    from imgbuild.reader.container import open_image
    from imgbuild.reader.verify import verify_image

    data, place = read_image_file(path), Place(str(path))
    image = open_image(data, place)
    report = verify_image(data, place)
    if any(item.severity.value == "error" for item in report.diagnostics):
        raise BuildError(*report.diagnostics)
    header = image.header
    if image.container == "flat" and header is not None:
        return image, UpdateImage(data[: header.total_bytes], header.pack_id, header.content_version)
    version = header.content_version if header else 0
    return image, UpdateImage(data, header.pack_id if header else 0, version)


def load_package(path: Path) -> tuple[bytes, Update]:
    """A package, checked; IB612 if it cannot be read, IB763, IB770 if it is not sound."""
    from imgbuild.inputs import read_input
    from imgbuild.reader.update import read_update

    try:
        data = read_input(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail("IB612", f"cannot read {path.name}: {reason}", Place(str(path)))
    return data, read_update(data, Place(str(path)))


def write_file(path: Path, data: bytes, inputs: tuple[Path, ...] = ()) -> None:
    """Write an output, never over an input (IB503)."""
    from imgbuild.model import Artifact
    from imgbuild.output import write_artifacts

    for source in inputs:
        if path.is_file() and source.is_file() and path.samefile(source):
            hint = "give the output another name or folder"
            fail("IB503", f"{path.name} would be written over its own input", Place(str(source)), hint)
    is_changed = bool(write_artifacts([Artifact(path.absolute(), data)]))
    state = "" if is_changed else ", unchanged"
    console.write_line(f"{console.shown_path(path)}: {format_bytes(len(data))}{state}")
