"""``imgbuild ota make``: an update package of a flash image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.ota_files import PATH, load_image, parse_size_option, write_file
from imgbuild.errors import ExitCode, Place, fail
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.ota.package import UpdateImage
    from imgbuild.reader.container import Image

_SECTOR_DEFAULT = 4096


@click.command("make")
@click.argument("new", type=PATH)
@click.option("--from", "old", type=PATH, help="The image that devices have: only changed sectors are sent.")
@click.option("-o", "--output", type=PATH, required=True, help="The package to write (.imgu).")
@click.option("--board", help="The board it is for; left out: any.")
@click.option("--partition", help="The partition it is for; left out: any.")
@click.option("--product", help="The manifest's name: checked, and noted for an image that tells none.")
@click.option("--content-version", type=click.IntRange(0, 0xFFFFFFFF), help="Of an image that tells none.")
@click.option("--sector", callback=parse_size_option, help="Erase block; default: the image's.")
@click.option("--slot-size", callback=parse_size_option, help="Refuse an image larger than this.")
@click.option("--slots", "way", flag_value="slots", help="For partitions with two slots only.")
@click.option("--in-place", "way", flag_value="in-place", help="For partitions with a journal only.")
@click.option("--key", type=PATH, help="Sign with this private key.")
def make(**options: Any) -> int:
    """Make the package that turns what a device has into flash image NEW.

    \b
      imgbuild ota make ext.bin -o update.imgu
      imgbuild ota make ext.bin --from released.bin --board spark-core --key update.pem -o update.imgu
    """
    from imgbuild.ota.package import PackageTarget, make_package
    from imgbuild.ota.signing import load_private_key, sign_package

    path: Path = options["new"]
    key = load_private_key(options["key"]) if options["key"] else None
    image, new = load_image(path)
    new = _identify(new, image, options, Place(str(path)))
    old = None
    if options["old"] is not None:
        old_image, old = load_image(options["old"])
        old = _identify(old, old_image, options | {"content_version": None}, Place(str(options["old"])))
    sector_bytes = _sector_of(image) if options["sector"] is None else options["sector"]
    target = PackageTarget(
        _check_sector(sector_bytes), options["way"] or "any", options["board"], options["partition"],
        options["slot_size"],
    )  # fmt: skip
    package = make_package(new, old, target, Place(str(path)))
    if key is not None:
        package = sign_package(package, key)
    inputs = tuple(p for p in (path, options["old"], options["key"]) if p is not None)
    write_file(options["output"], package, inputs)
    _tell(package, new, old, sector_bytes)
    return ExitCode.DONE


def _sector_of(image: Image) -> int:
    """The erase block that the image was laid out by."""
    if image.block_bytes:
        return image.block_bytes
    return 1 << image.header.erase_log2 if image.header else _SECTOR_DEFAULT


def _check_sector(size: int) -> int:
    from imgbuild.ota.package import SECTOR_BYTES_MAX, SECTOR_BYTES_MIN

    if size & (size - 1) or not SECTOR_BYTES_MIN <= size <= SECTOR_BYTES_MAX:
        raise click.UsageError(f"an erase block is a power of two from 256 B to 16 MiB, not {size}")
    return size


def _identify(new: UpdateImage, image: Image, options: dict[str, Any], place: Place) -> UpdateImage:
    """The image with what the options say of it, where it says nothing itself."""
    from dataclasses import replace

    from imgbuild.ota.package import id_of

    wanted = options["product"]
    if image.header is None:
        version = options["content_version"] or 0
        return replace(new, pack_id=id_of(wanted), content_version=version)
    if options["content_version"] is not None:
        raise click.UsageError(f"--content-version has no effect: {place.path} tells its own")
    if wanted is not None and id_of(wanted) != new.pack_id:
        message = f"pack_id is 0x{new.pack_id:08X}, that of product '{wanted}' 0x{id_of(wanted):08X}"
        fail("IB764", message, place, "--product takes the 'name' of the image's manifest")
    return new


def _tell(package: bytes, new: UpdateImage, old: UpdateImage | None, sector_bytes: int) -> None:
    from imgbuild.reader.update import apply_update, read_update

    place = Place("the package")
    update = read_update(package, place)
    if apply_update(update, old.data if old else None, place) != new.data:
        raise AssertionError(place)  # what is sent is read again first: cannot be
    count = -(-len(new.data) // sector_bytes)
    share = 100 * len(package) / len(new.data)
    console.write_line(
        f"{len(update.blocks)} of {count} sectors of {format_bytes(sector_bytes)},"
        f" {share:.1f} % of the image; content_version {new.content_version}"
        f"{f' from {old.content_version}' if old else ', whole'}{'' if update.key_id else ', not signed'}"
    )
