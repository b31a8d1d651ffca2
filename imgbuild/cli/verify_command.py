"""``imgbuild verify``: check every byte of a flash image."""

from __future__ import annotations

from pathlib import Path

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import read_image_file
from imgbuild.codes import exit_code_of
from imgbuild.errors import Place


@click.command("verify")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, image: Path, is_json: bool) -> int:
    """Check header, index, every entry, every payload of IMAGE, and decode every asset."""
    from imgbuild.reader.verify import verify_image

    report = verify_image(read_image_file(image), Place(str(image)))
    status = exit_code_of(report.diagnostics)
    if is_json:
        found = [
            {"code": d.code, "severity": d.severity.value, "message": d.message, "asset": d.asset}
            for d in report.diagnostics
        ]
        console.write_json(
            {
                "schema_version": 1,
                "is_valid": status == 0,
                "assets": report.counts["assets"],
                "diagnostics": found,
            }
        )
        return status
    console.report(report.diagnostics)
    if status == 0:
        console.write_line(
            f"{console.shown_path(image)}: {report.counts['assets']} assets, every byte checked"
        )
    return status
