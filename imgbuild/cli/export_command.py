"""``imgbuild export``: assets of a flash image as C arrays of a display library."""

from __future__ import annotations

from pathlib import Path

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.model import Artifact

_LIBRARIES = ("lvgl", "gfx", "u8g2")


@click.command("export")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--c",
    "library",
    type=click.Choice(_LIBRARIES),
    required=True,
    help="lvgl: lv_image_dsc_t of LVGL 9; gfx: Adafruit GFX (1 bit, or RGB565); u8g2: XBM.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write: .c or .h."
)
def command(*, image: Path, names: tuple[str, ...], library: str, output: Path) -> None:
    """Write bitmaps NAMES of IMAGE as C arrays, for firmware without external flash."""
    from imgbuild.export import export_c
    from imgbuild.output import write_artifacts

    if output.suffix not in (".c", ".h"):
        raise click.UsageError(f"'{output.name}' must end in .c or .h")
    opened = open_image_file(image)
    entries = [opened.find(name) for name in dict.fromkeys(names)]
    text = export_c(opened, entries, library, output.name)
    write_artifacts([Artifact(output.absolute(), text.encode())])
    console.write_line(console.shown_path(output.absolute()))
