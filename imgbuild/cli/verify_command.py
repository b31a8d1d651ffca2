"""``imgbuild verify``: check every byte of a flash image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import read_image_file, split_address
from imgbuild.codes import exit_code_of
from imgbuild.errors import Place, fail
from imgbuild.reader.addressed.containers import UNKNOWN

if TYPE_CHECKING:
    from imgbuild.reader.verify_file import CheckedImage

_PATH = click.Path(path_type=Path)


@click.command("verify")
@click.argument("image", type=_PATH)
@click.option(
    "--manifest",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Each of its partitions must be there with its image, and with settings that it allows.",
)
@click.option("--partition", help="With --manifest: only this one; which one a file without addresses is.")
@click.option("--board", help="With --manifest: the board that was built for instead of the manifest's.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *, image: Path, manifest: Path | None, partition: str | None, board: str | None, is_json: bool
) -> int:
    """Check header, index, every entry, every payload of IMAGE, and decode every asset.

    Of a settings area every record is checked, of a file with addresses that holds several images
    (partitions) each one; IMAGE@0x900C0000 names the one at that address. A range on the same chip that is
    neither an image nor erased nor firmware counts as a damaged one; with --manifest it is known what belongs
    where, also in a folder with a file for each.
    """
    if manifest is not None:
        from imgbuild.cli.verify_partitions import check_partitions

        checked = check_partitions(image, manifest, board, partition)
    else:
        for value, flag in ((partition, "--partition"), (board, "--board")):
            if value is not None:
                raise click.UsageError(f"{flag} goes with --manifest")
        checked = _check(image)
    found = [item for one in checked for item in one.diagnostics]
    status = exit_code_of(found)
    if is_json:
        console.write_json({"schema_version": 1, "is_valid": status == 0, **_document(checked)})
        return status
    for one in checked:
        console.report(one.diagnostics)
        if one.kind == UNKNOWN or exit_code_of(one.diagnostics) == 0:
            console.write_line(f"{console.shown_path(one.path)}: {_remark(one)}")
    return status


def _check(path: Path) -> list[CheckedImage]:
    from imgbuild.inputs import read_input
    from imgbuild.reader.addressed import read_pieces
    from imgbuild.reader.verify_file import check_bytes, check_pieces

    file, address = split_address(path)
    if address is None:
        try:
            pieces, is_addressed = read_pieces(read_input(file), file)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            fail("IB612", f"cannot read {file.name}: {why}", Place(str(file)))
        checked = check_pieces(pieces, file, is_strict=True) if is_addressed else []
        if any(one.kind != UNKNOWN for one in checked):
            return checked
    return [check_bytes(path, read_image_file(path))]


def _remark(one: CheckedImage) -> str:
    if one.report is not None:
        return f"{one.report.counts['assets']} assets, every byte checked"
    if one.kind == UNKNOWN:
        return "no flash image, not checked"
    values, records = (len(one.area.values), one.area.records) if one.area else (0, 0)
    return f"a settings area, {values} values in {records} records, every record checked"


def _document(checked: list[CheckedImage]) -> dict[str, Any]:
    """Of a single image what was found; of several a list."""
    if len(checked) == 1:
        return _image_json(checked[0])
    return {
        "images": [
            {"image": str(one.path), "container": one.kind} | _image_json(one)
            for one in checked
            if one.kind != UNKNOWN or one.diagnostics
        ]
    }


def _image_json(one: CheckedImage) -> dict[str, Any]:
    found = [
        {"code": d.code, "severity": d.severity.value, "message": d.message, "asset": d.asset}
        for d in one.diagnostics
    ]
    counts: dict[str, Any] = {}
    if one.report is not None:
        counts = {"assets": one.report.counts.get("assets", 0)}
    elif one.area is not None:
        counts = {"values": len(one.area.values), "records": one.area.records}
    return {**counts, "diagnostics": found}
