"""``imgbuild ota keygen`` and ``sign``: the user makes and keeps the keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.ota_files import PATH, load_package, write_file
from imgbuild.errors import ExitCode, Place, fail

if TYPE_CHECKING:
    from imgbuild.model import Artifact

_HEADER = """/* The public key that update packages are signed for; made by imgbuild ota keygen. */
#ifndef IMGB_UPDATE_KEY_H
#define IMGB_UPDATE_KEY_H
static const unsigned char imgb_update_key[32] = {{
{rows}
}};
#define IMGB_UPDATE_KEY_ID 0x{key_id:08X}u
#endif
"""


@click.command("keygen")
@click.argument("key", type=PATH)
def keygen(**options: Any) -> int:
    """Make a private key KEY (PEM), and beside it the public one: KEY's name with .pub.pem and with .h.

    The private key signs: keep it off the devices and out of the repository. Firmware takes the .h.
    """
    from imgbuild.model import Artifact
    from imgbuild.ota.signing import key_id_of, load_public_key, make_key, raw_public_key
    from imgbuild.output import write_artifacts

    path: Path = options["key"].absolute()
    public, header = path.with_suffix(".pub.pem"), path.with_suffix(".h")
    for made in (path, public, header):
        if made.exists():
            hint = "a key that is lost cannot be made again: choose another name"
            fail("IB772", f"{made.name} is there already and is not replaced", Place(str(made)), hint)
    private_pem, public_pem = make_key()
    _write_private(Artifact(path, private_pem))
    write_artifacts([Artifact(public, public_pem)])
    raw = raw_public_key(load_public_key(public))
    rows = "\n".join(
        "    " + " ".join(f"0x{byte:02X}," for byte in raw[at : at + 8]) for at in range(0, len(raw), 8)
    )
    text = _HEADER.format(rows=rows, key_id=key_id_of(raw))
    write_artifacts([Artifact(header, text.encode("ascii"))])
    for made in (path, public, header):
        console.write_line(console.shown_path(made))
    console.write_line(f"key id 0x{key_id_of(raw):08X}")
    return ExitCode.DONE


def _write_private(artifact: Artifact) -> None:
    """Readable by its owner alone from the first byte on."""
    from imgbuild.output import write_artifacts

    before = os.umask(0o077)
    try:
        write_artifacts([artifact])
    finally:
        os.umask(before)


@click.command("sign")
@click.argument("package", type=PATH)
@click.option("--key", type=PATH, required=True, help="The private key (imgbuild ota keygen).")
@click.option("-o", "--output", type=PATH, required=True, help="The signed package to write.")
def sign(**options: Any) -> int:
    """Sign update package PACKAGE; a signature that it has is replaced."""
    from imgbuild.ota.signing import load_private_key, sign_package

    key = load_private_key(options["key"])
    data, _ = load_package(options["package"])
    write_file(options["output"], sign_package(data, key), (options["package"], options["key"]))
    return ExitCode.DONE
