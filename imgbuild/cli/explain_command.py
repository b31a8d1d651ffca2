"""``imgbuild explain``: more about a diagnostic code."""

from __future__ import annotations

import click

from imgbuild.cli import console


@click.command("explain")
@click.argument("code", required=False)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(*, code: str | None, is_json: bool) -> None:
    """Tell what a diagnostic code such as IB207 means; without a code, list all."""
    from imgbuild.codes import CODES

    if code is None:
        if is_json:
            rows = [
                {"code": key, "title": info.title, "exit_code": info.exit_code} for key, info in CODES.items()
            ]
            console.write_json({"schema_version": 1, "codes": rows})
        else:
            console.write_table(("code", "title"), [(key, info.title) for key, info in CODES.items()])
        return
    key = code.upper()
    if key not in CODES:
        raise click.UsageError(f"there is no code {code!r}; 'imgbuild explain' lists them all")
    info = CODES[key]
    if is_json:
        document = {
            "code": key,
            "title": info.title,
            "explanation": info.explanation,
            "exit_code": info.exit_code,
        }
        console.write_json({"schema_version": 1, **document})
        return
    console.write_line(f"{key}: {info.title}")
    console.write_line(info.explanation)
    console.write_line(f"exit code: {info.exit_code}")
