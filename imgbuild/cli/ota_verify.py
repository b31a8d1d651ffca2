"""``imgbuild ota verify``: what a package is, and whether it is sound, signed and fits an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.ota_files import PATH, load_image, load_package
from imgbuild.errors import ExitCode, Place, fail
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.reader.update import Update

_WAYS = ("any", "slots", "in place")


@click.command("verify")
@click.argument("package", type=PATH)
@click.option("--key", type=PATH, help="The public (or private) key that it has to be signed with.")
@click.option("--from", "old", type=PATH, help="The image that devices have: the update is applied to it.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def verify(**options: Any) -> int:
    """Check update package PACKAGE; with --key its signature, with --from what it makes of an image."""
    from imgbuild.reader.update import apply_update

    path: Path = options["package"]
    place = Place(str(path))
    _, update = load_package(path)
    if options["key"] is not None:
        _check_signature(update, options["key"], place)
    if options["old"] is not None or update.is_whole:
        old = load_image(options["old"])[1].data if options["old"] is not None else None
        apply_update(update, old, place)
    if options["is_json"]:
        console.write_json({"schema_version": 1, "package": str(path), **_facts(update)})
        return ExitCode.DONE
    for name, value in _facts(update).items():
        shown = f"0x{value:08X}" if name.endswith("_id") else value
        shown = format_bytes(int(value)) if name.endswith("_bytes") else shown
        console.write_line(f"{name.replace('_', ' ')}: {shown}")
    checked = [
        " and signature" if options["key"] else "",
        ", applied to the old image" if options["old"] else "",
    ]
    console.write_line(f"every digest{checked[0]} fits{checked[1]}")
    return ExitCode.DONE


def _check_signature(update: Update, key_path: Path, place: Place) -> None:
    from imgbuild.ota.signing import is_signed_by, key_id_of, load_public_key, raw_public_key

    key = load_public_key(key_path)
    if not update.key_id:
        fail("IB768", "the package is not signed", place, "'imgbuild ota sign' signs it")
    key_id = key_id_of(raw_public_key(key))
    if update.key_id != key_id:
        message = f"it is signed with key 0x{update.key_id:08X}, {key_path.name} is 0x{key_id:08X}"
        fail("IB761", message, place)
    if not is_signed_by(update.signed, update.signature, key):
        hint = "do not deliver it: it was changed after it was signed"
        fail("IB762", "the signature does not fit the package", place, hint)


def _facts(update: Update) -> dict[str, Any]:
    return {
        "pack_id": update.pack_id,
        "board_id": update.board_id,
        "partition_id": update.partition_id,
        "content_version": update.content_version,
        "base_version": None if update.is_whole else update.base_version,
        "image_bytes": update.image_bytes,
        "base_bytes": update.base_bytes,
        "sector_bytes": update.sector_bytes,
        "sectors": len(update.blocks),
        "way": _WAYS[update.way] if update.way < len(_WAYS) else str(update.way),
        "key_id": update.key_id,
        "image_sha256": update.image_sha256.hex(),
    }
