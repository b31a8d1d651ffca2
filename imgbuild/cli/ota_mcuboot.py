"""``imgbuild ota mcuboot``: a signed image for those who update by MCUboot."""

from __future__ import annotations

from typing import Any

import click

from imgbuild.cli.ota_files import PATH, load_image, parse_size_option, write_file
from imgbuild.errors import ExitCode


@click.command("mcuboot")
@click.argument("image", type=PATH)
@click.option("--key", type=PATH, required=True, help="The private key, Ed25519 (imgtool's or ours).")
@click.option("--version", required=True, help="major.minor[.revision][+build], as MCUboot compares it.")
@click.option("--header-size", callback=parse_size_option, default="32", show_default=True,
              help="Bytes before the image, so that it begins on an alignment.")  # fmt: skip
@click.option("-o", "--output", type=PATH, required=True, help="The signed image to write.")
def mcuboot(**options: Any) -> int:
    """Sign flash image IMAGE in MCUboot's format, marked as not bootable; 'imgtool verify' takes it.

    \b
      imgbuild ota mcuboot ext.bin --key update.pem --version 1.4.0 -o ext.signed.bin
    """
    from imgbuild.ota.mcuboot import HEADER_BYTES_MIN, make_mcuboot_image, parse_version
    from imgbuild.ota.signing import load_private_key

    try:
        version = parse_version(options["version"])
    except ValueError as error:
        raise click.UsageError(f"{options['version']!r} is not a version such as 1.4.0+12") from error
    size = options["header_size"]
    if not HEADER_BYTES_MIN <= size <= 0xFFFF:
        raise click.UsageError(f"MCUboot's header has 32 to 65535 bytes, not {size}")
    key = load_private_key(options["key"])
    _, update_image = load_image(options["image"])
    signed = make_mcuboot_image(update_image.data, version, size, key)
    write_file(options["output"], signed, (options["image"], options["key"]))
    return ExitCode.DONE
