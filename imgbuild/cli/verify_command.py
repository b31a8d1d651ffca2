"""``imgbuild verify``: check every byte of a flash image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import SETTINGS, UNKNOWN, list_images, read_image_file
from imgbuild.codes import exit_code_of
from imgbuild.errors import Place

if TYPE_CHECKING:
    from imgbuild.reader.verify import VerifyReport


_REMARKS = {
    SETTINGS: "a settings area, no assets to check",
    UNKNOWN: "no flash image, not checked",
}
"""What is told of ranges without assets."""


@click.command("verify")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, image: Path, is_json: bool) -> int:
    """Check header, index, every entry, every payload of IMAGE, and decode every asset.

    Of a file with addresses that holds several images (partitions) each is checked; IMAGE@0x900C0000 names
    the one at that address.
    """
    images = list_images(image)
    told = [_check(path) for path, kind in images if kind not in _REMARKS]
    status = max((exit_code_of(report.diagnostics) for _, report in told), default=0)
    if is_json:
        parts = [_report_json(report) for _, report in told]
        whole = parts[0] if len(images) == 1 else {"images": _name_parts(images, parts)}
        console.write_json({"schema_version": 1, "is_valid": status == 0, **whole})
        return status
    for path, report in told:
        console.report(report.diagnostics)
        if exit_code_of(report.diagnostics) == 0:
            count = report.counts["assets"]
            console.write_line(f"{console.shown_path(path)}: {count} assets, every byte checked")
    for path, kind in images:
        if kind in _REMARKS:
            console.write_line(f"{console.shown_path(path)}: {_REMARKS[kind]}")
    return status


def _check(path: Path) -> tuple[Path, VerifyReport]:
    from imgbuild.reader.verify import verify_image

    return path, verify_image(read_image_file(path), Place(str(path)))


def _report_json(report: VerifyReport) -> dict[str, Any]:
    found = [
        {"code": d.code, "severity": d.severity.value, "message": d.message, "asset": d.asset}
        for d in report.diagnostics
    ]
    return {"assets": report.counts["assets"], "diagnostics": found}


def _name_parts(images: list[tuple[Path, str]], parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [{"image": str(path), "container": kind} for path, kind in images if kind not in _REMARKS]
    return [name | part for name, part in zip(names, parts, strict=True)]
