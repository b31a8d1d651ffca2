"""``imgbuild flash --serial`` and ``--tcp``: an image for a board that runs the serial loader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from imgbuild.cli import console
from imgbuild.cli.main import usage_error
from imgbuild.errors import ExitCode, Place, fail

if TYPE_CHECKING:
    from imgbuild.deliver.link import Link
    from imgbuild.deliver.link_update import Expected, Outcome
    from imgbuild.model import FlashTarget

_Result = TypeVar("_Result")
Note = Callable[[str, int, int], None]
"""Is told what is under way, how far, of how much."""

_PACK_ID = slice(0x10, 0x14)
"""Of a pack's header (FORMAT.md, section 2)."""


def flash_over_link(image: Path, data: bytes, target: FlashTarget | None, options: dict[str, Any]) -> int:
    """Send the image ``data`` (the region's bytes from the first one on) over a serial port or a socket.

    ``options``: ``serial`` (a port) or ``tcp`` (HOST:PORT), ``baud``, ``verify``, ``whole``. ``target`` is
    what the image was made for, None where nobody told. Returns the exit code; raises BuildError with
    IB720..IB736.
    """
    from imgbuild.deliver.link_protocol import Loader
    from imgbuild.deliver.link_update import Update

    link = open_link(options)

    def run(note: Note) -> Outcome:
        return Update(
            Loader(link),
            data,
            _expected(data, target),
            _littlefs_block_bytes(image, data),
            bool(options.get("whole")),
            bool(options.get("verify")),
            note,
        ).run()

    _tell(run_over_link(link, image.name, run), link.name)
    return ExitCode.DONE


def run_over_link(link: Link, file_name: str, run: Callable[[Note], _Result]) -> _Result:
    """What ``run`` gives, its progress shown; the link is closed then. Raises IB736, and as ``run`` does."""
    from imgbuild.deliver.link import LinkLostError

    progress: dict[str, console.Progress] = {}

    def note(what: str, done: int, total: int) -> None:
        if what not in progress:
            close()
            progress[what] = console.Progress(f"{what} {file_name}")
        progress[what](done, total)

    def close() -> None:
        while progress:
            progress.popitem()[1].close()

    try:
        return run(note)
    except LinkLostError as error:
        fail(
            "IB736",
            f"{link.name}: the link was lost: {error}",
            hint="run the same command again: what has arrived is not sent again",
        )
    finally:
        close()
        link.close()


def open_link(options: dict[str, Any]) -> Link:
    """The link that ``serial`` (a port, with ``baud``) or ``tcp`` (HOST:PORT) names. Raises IB720..IB724."""
    from imgbuild.deliver import link

    if options.get("serial") and options.get("tcp"):
        usage_error("--serial and --tcp exclude each other")
    if options.get("serial"):
        return link.open_serial(str(options["serial"]), int(options.get("baud") or link.DEFAULT_BAUD))
    try:
        return link.open_tcp(str(options["tcp"]))
    except ValueError as error:
        usage_error(f"--tcp: {error}")


def _expected(data: bytes, target: FlashTarget | None) -> Expected:
    from imgbuild.deliver.link_update import Expected

    pack_id = int.from_bytes(data[_PACK_ID], "little") if data.startswith(b"IMGB") else None
    if target is None:
        return Expected(pack_id=pack_id)
    return Expected(
        board=target.board.name if target.board else "",
        region_offset=target.region.offset_bytes,
        region_bytes=target.region.size_bytes,
        chip=target.chip.name,
        jedec_id="" if target.chip.jedec_id == "none" else target.chip.jedec_id,
        pack_id=pack_id,
    )


def _littlefs_block_bytes(image: Path, data: bytes) -> int | None:
    from imgbuild.reader.littlefs import is_littlefs, read_littlefs

    return read_littlefs(data, Place(str(image))).block_bytes if is_littlefs(data) else None


def _tell(outcome: Outcome, name: str) -> None:
    wire = f"{outcome.sent_bytes} bytes sent, {outcome.received_bytes} received, {outcome.seconds:.1f} s"
    if outcome.is_plain:
        console.write_line(f"{name}: the whole image by YMODEM; {wire}")
        return
    work = f"{outcome.written_sectors} of {outcome.image_sectors} sectors written"
    if outcome.erased_sectors:
        work += f", {outcome.erased_sectors} erased"
    if outcome.verified_sectors:
        work += f", {outcome.verified_sectors} verified"
    if not outcome.attempts:
        work = f"nothing to do: all {outcome.image_sectors} sectors are on the board already"
    console.write_line(f"{name}: {work}; {wire}")
