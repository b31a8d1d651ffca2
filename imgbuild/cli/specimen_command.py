"""``imgbuild specimen``: a sheet that shows a font, of a flash image or straight from its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.errors import Place, fail
from imgbuild.limits import FONT_SIZE_PX_MAX
from imgbuild.model import Artifact, Kind

if TYPE_CHECKING:
    from imgbuild.export.specimen import Subject
    from imgbuild.export.specimen_file import Request

_SIZE_PX, _BPP = 24, 4


@click.command("specimen")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("name", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The PNG file to write.")
@click.option(
    "--size",
    type=click.IntRange(1, FONT_SIZE_PX_MAX),
    metavar="PX",
    help=f"Of a font file: its em in px. Default: {_SIZE_PX}, or the size of a BDF font.",
)
@click.option(
    "--bpp", type=click.Choice(("1", "2", "3", "4", "8")), help=f"Of a font file: default {_BPP}; of BDF 1."
)
@click.option("--face", metavar="NAME", help="Of a collection: the name or the number of a font in it.")
@click.option("--axes", metavar="TAG=N,...", help="Of a variable font: such as wght=600,wdth=80.")
@click.option("--range", "ranges", multiple=True, help="Of a font file: a range such as latin-1, U+20-U+7E.")
def command(
    *,
    source: Path,
    name: str | None,
    output: Path,
    size: int | None,
    bpp: str | None,
    face: str | None,
    axes: str | None,
    ranges: tuple[str, ...],
) -> None:
    """Draw font NAME of the flash image SOURCE, or the font file SOURCE, as a specimen sheet.

    It shows the measures of the font, a sentence in a language that it can write, examples of its kerning,
    and its glyphs with their code points: all of an image's font, of a file those of --range or the first.
    Shaped are the texts that the image has for the font; of a file, without --range, a sentence in each of
    the scripts that need it.
    """
    from imgbuild.output import write_artifacts

    if output.suffix.lower() != ".png":
        raise click.UsageError(f"'{output.name}' must end in .png")
    if name is not None and (size or bpp or face or axes or ranges):
        raise click.UsageError(
            "--size, --bpp, --face, --axes and --range are for a font file: a font of an image has its own"
        )
    if name is not None:
        subject = _stored(source, name)
    else:
        from imgbuild.export.specimen_file import Request

        bits = int(bpp) if bpp else None
        number = int(face) if face and face.isdecimal() else face
        subject = _from_file(source, Request(size, bits, ranges, number or 0, _axes_of(axes)))
    from imgbuild.export.specimen import draw_specimen
    from imgbuild.reader.preview import encode_png

    data = encode_png(draw_specimen(subject).pixels)
    write_artifacts([Artifact(output.absolute(), data)])
    console.write_line(console.shown_path(output.absolute()))


def _stored(source: Path, name: str) -> Subject:
    from imgbuild.export.shaped_sentences import lines_of_image
    from imgbuild.export.specimen import Subject
    from imgbuild.reader.font import read_font

    image = open_image_file(source)
    entry = image.find(name)
    if entry.kind != Kind.FONT:
        fonts = ", ".join(f'"{image.label(one)}"' for one in image.assets if one.kind == Kind.FONT) or "none"
        message = f'"{image.label(entry)}" is no font, and a specimen shows one; fonts of this image: {fonts}'
        fail("IB375", message, image.place, None, entry.name)
    payload = image.checked_payload(entry)
    font = read_font(payload, entry).to_decoded()
    lines = lines_of_image(image, entry, len(font.glyphs))
    return Subject(image.label(entry), font, len(payload), shaped=lines)


def _axes_of(text: str | None) -> tuple[tuple[str, float], ...]:
    """``wght=600,wdth=80`` as pairs, sorted by tag."""
    axes: dict[str, float] = {}
    for part in text.split(",") if text else ():
        tag, _, value = part.partition("=")
        if tag.strip() in axes:
            raise click.UsageError(f"--axes: '{tag.strip()}' is given twice")
        try:
            axes[tag.strip()] = float(value)
        except ValueError as error:
            raise click.UsageError(f"--axes: '{part}' is not as wght=600") from error
    return tuple(sorted(axes.items()))


def _from_file(source: Path, request: Request) -> Subject:
    from imgbuild.export.specimen_file import subject_of_file

    if source.suffix.lower() in (".bin", ".imgb"):
        hint = "name a font of the flash image, too: imgbuild specimen IMAGE NAME -o FILE.png"
        fail("IB375", f'"{source.name}" is no font file', Place(str(source)), hint)
    return subject_of_file(source, request)
