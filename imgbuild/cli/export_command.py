"""``imgbuild export``: assets of a flash image as C arrays of a display library."""

from __future__ import annotations

from pathlib import Path

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.codes import exit_code_of
from imgbuild.errors import Diagnostics
from imgbuild.model import Artifact, Kind

_LIBRARIES = ("lvgl", "gfx", "u8g2")


@click.command("export")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True)
@click.option(
    "--c",
    "library",
    type=click.Choice(_LIBRARIES),
    required=True,
    help="lvgl: lv_image_dsc_t and lv_font_t of LVGL 9; gfx: Adafruit GFX (1 bit, or RGB565; GFXfont);"
    " u8g2: XBM, and fonts of U8g2.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write: .c or .h."
)
@click.option(
    "--codec",
    type=click.Choice(("raw", "rle")),
    help="Glyphs for LVGL: rle is smaller and needs LV_USE_FONT_COMPRESSED. Default raw, rle at 3 bpp.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1, 100),
    metavar="PERCENT",
    help="For gfx and u8g2: set the pixels of a font that have at least this coverage.",
)
def command(
    *,
    image: Path,
    names: tuple[str, ...],
    library: str,
    output: Path,
    codec: str | None,
    threshold: int | None,
) -> int:
    """Write bitmaps and fonts NAMES of IMAGE as C arrays, for firmware without external flash."""
    from imgbuild.export import export_c
    from imgbuild.export.fonts import FontChoices
    from imgbuild.output import write_artifacts

    if output.suffix not in (".c", ".h"):
        raise click.UsageError(f"'{output.name}' must end in .c or .h")
    opened = open_image_file(image)
    entries = [opened.find(name) for name in dict.fromkeys(names)]
    has_fonts = any(entry.kind == Kind.FONT for entry in entries)
    if codec and not (has_fonts and library == "lvgl"):
        raise click.UsageError("--codec is for fonts and --c lvgl")
    if threshold and not (has_fonts and library != "lvgl"):
        raise click.UsageError("--threshold is for fonts, and --c gfx or u8g2")
    found = Diagnostics()
    choices = FontChoices(codec, threshold)
    text = export_c(opened, entries, library, output.name, choices=choices, found=found)
    write_artifacts([Artifact(output.absolute(), text.encode())])
    console.write_line(console.shown_path(output.absolute()))
    console.report(found.items)
    return exit_code_of(found.items)
