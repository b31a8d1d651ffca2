"""``imgbuild flash update.imgu``: an update package to the updater behind a board's loader."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.errors import ExitCode, Place, fail

if TYPE_CHECKING:
    from imgbuild.deliver.link_package import PackageOutcome

SUFFIX = ".imgu"
_MAGIC = b"IMGU"
_TAKEN = ("image", "serial", "tcp", "baud", "is_json")


def is_package(path: Path) -> bool:
    """Whether a file is an update package by its first bytes, or is called one."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.suffix == SUFFIX or file.read(len(_MAGIC)) == _MAGIC


def flash_package(options: dict[str, Any]) -> int:
    """Send the package ``image`` by ``serial`` or ``tcp``. Returns the exit code.

    Raises BuildError: IB720..IB726, IB730, IB731, IB734, IB736, IB763, IB770, IB773..IB776.
    """
    from imgbuild.cli.flash_link import open_link, run_over_link
    from imgbuild.deliver.link_package import PackageDelivery
    from imgbuild.deliver.link_protocol import Loader
    from imgbuild.inputs import read_input
    from imgbuild.reader.update import read_update

    path: Path = options["image"]
    place = Place(str(path))
    _refuse_useless(options)
    if not options["serial"] and not options["tcp"]:
        message = f"{path.name} is an update package, which no programmer can write"
        fail("IB776", message, place, "--serial or --tcp send it to the board's loader")
    data = read_input(path)
    update = read_update(data, place)
    data = data[: int.from_bytes(data[8:12], "little")]
    link = open_link(options)
    outcome = run_over_link(
        link, path.name, lambda note: PackageDelivery(Loader(link), data, update, place, note).run()
    )
    if options["is_json"]:
        console.write_json({"schema_version": 1, "package": str(path), **asdict(outcome)})
    else:
        console.write_line(f"{link.name}: {_tell(outcome, update.content_version)}")
    return ExitCode.DONE


def _refuse_useless(options: dict[str, Any]) -> None:
    """The updater compares what it wrote in any case; all else it knows better than the host."""
    for param in click.get_current_context().command.params:
        value = options[param.name or ""]
        is_off = param.name == "is_verified" and value is False
        if is_off or (param.name not in (*_TAKEN, "is_verified") and value not in (None, (), False)):
            flag = param.secondary_opts[0] if is_off else param.opts[0]
            raise click.UsageError(f"{flag} has no effect with an update package")


def _tell(outcome: PackageOutcome, version: int) -> str:
    wire = f"{outcome.sent_bytes} bytes sent, {outcome.received_bytes} received, {outcome.seconds:.1f} s"
    if outcome.is_same:
        return f"nothing to do: the board has this image already; {wire}"
    begun = f", gone on at byte {outcome.started_at}" if outcome.started_at else ""
    return f"content_version {version} applied, {outcome.package_bytes} bytes of package{begun}; {wire}"
