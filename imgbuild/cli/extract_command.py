"""``imgbuild extract``: get assets back out of a flash image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.codes import exit_code_of
from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.model import Artifact, Kind

if TYPE_CHECKING:
    from imgbuild.reader.container import Image
    from imgbuild.reader.pack import Entry

_PICTURES = (Kind.BITMAP, Kind.FONT, Kind.ANIMATION)
_TEXTS = (Kind.STRINGS, Kind.GLYPH_RUNS)
_DAMAGED = {"IB607", "IB608"}
"""What is wrong with one payload and says nothing of the others."""


@click.command("extract")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File (one asset) or folder (several, --all)."
)
@click.option("--all", "is_all", is_flag=True, help="Every asset, into the folder given by -o.")
@click.option("--raw", "is_raw", is_flag=True, help="The payload as stored, instead of PNG or JSON.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *, image: Path, names: tuple[str, ...], output: Path | None, is_all: bool, is_raw: bool, is_json: bool
) -> int:
    """Write assets NAMES of IMAGE: pictures as PNG, fonts as a sheet, texts as JSON, files bare.

    A trimmed bitmap gets its clear borders back, a tinted one its colour. An asset that is damaged is
    reported and left out (exit code 1); the others are written.
    """
    from imgbuild.output import write_artifacts

    if is_all == bool(names):
        raise click.UsageError("name the assets to extract, or give --all")
    opened = open_image_file(image)
    entries = list(opened.assets) if is_all else [opened.find(name) for name in names]
    is_several = len(entries) > 1 or is_all
    found, made = Diagnostics(), list[tuple[str, Artifact]]()
    for entry in entries:
        try:
            made.append((opened.label(entry), _artifact(opened, entry, output, is_raw, is_several)))
        except BuildError as error:
            if not {diagnostic.code for diagnostic in error.diagnostics} <= _DAMAGED:
                raise
            found.extend(error.diagnostics)
    write_artifacts([artifact for _, artifact in made])
    if is_json:
        files = [{"name": name, "path": str(artifact.path)} for name, artifact in made]
        damaged = [{"code": d.code, "message": d.message, "asset": d.asset} for d in found.items]
        console.write_json({"schema_version": 1, "files": files, "diagnostics": damaged})
    else:
        for _, artifact in made:
            console.write_line(console.shown_path(artifact.path))
    console.report(found.items)
    return exit_code_of(found.items)


def _artifact(image: Image, entry: Entry, output: Path | None, is_raw: bool, is_several: bool) -> Artifact:
    from imgbuild.reader.container import relative_path_of
    from imgbuild.reader.preview import preview_png
    from imgbuild.reader.texts import tell_texts

    if not is_raw and entry.kind in _PICTURES:
        data, suffix = preview_png(image, entry), ".png"
    elif not is_raw and entry.kind in _TEXTS:
        data, suffix = json.dumps(tell_texts(image, entry), ensure_ascii=False, indent=1).encode(), ".json"
    else:
        data, suffix = bytes(image.checked_payload(entry)), "" if entry.kind == Kind.FILE else ".bin"
    relative = Path(relative_path_of(image.label(entry), Place(image.place.path)))
    relative = relative.with_name(relative.name + suffix)
    if is_several:
        return Artifact((output or Path()).absolute() / relative, data)
    return Artifact((output or Path(relative.name)).absolute(), data)
