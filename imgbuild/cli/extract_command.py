"""``imgbuild extract``: get assets back out of a flash image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import open_image_file
from imgbuild.errors import Place
from imgbuild.model import Artifact, Kind

if TYPE_CHECKING:
    from imgbuild.reader.container import Image
    from imgbuild.reader.pack import Entry


@click.command("extract")
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File (one asset) or folder (several, --all)."
)
@click.option("--all", "is_all", is_flag=True, help="Every asset, into the folder given by -o.")
@click.option(
    "--raw", "is_raw", is_flag=True, help="The payload as stored, instead of PNG for bitmaps and fonts."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *, image: Path, names: tuple[str, ...], output: Path | None, is_all: bool, is_raw: bool, is_json: bool
) -> None:
    """Write assets NAMES of IMAGE: bitmaps as PNG, animations as APNG, fonts as a sheet, files bare."""
    from imgbuild.output import write_artifacts

    if is_all == bool(names):
        raise click.UsageError("name the assets to extract, or give --all")
    opened = open_image_file(image)
    entries = list(opened.assets) if is_all else [opened.find(name) for name in names]
    artifacts = [_artifact(opened, entry, output, is_raw, len(entries) > 1 or is_all) for entry in entries]
    write_artifacts(artifacts)
    if is_json:
        files = [{"name": e.name, "path": str(a.path)} for e, a in zip(entries, artifacts, strict=True)]
        console.write_json({"schema_version": 1, "files": files})
        return
    for artifact in artifacts:
        console.write_line(console.shown_path(artifact.path))


def _artifact(image: Image, entry: Entry, output: Path | None, is_raw: bool, is_several: bool) -> Artifact:
    from imgbuild.reader.container import relative_path_of
    from imgbuild.reader.preview import preview_png

    is_picture = not is_raw and entry.kind in (Kind.BITMAP, Kind.FONT, Kind.ANIMATION)
    data = preview_png(image, entry) if is_picture else bytes(image.payload(entry))
    suffix = ".png" if is_picture else ".bin" if entry.kind != Kind.FILE else ""
    relative = Path(relative_path_of(image.label(entry), Place(image.place.path)))
    relative = relative.with_name(relative.name + suffix)
    if is_several:
        return Artifact((output or Path()).absolute() / relative, data)
    return Artifact((output or Path(relative.name)).absolute(), data)
