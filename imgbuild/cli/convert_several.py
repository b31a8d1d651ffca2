"""``imgbuild convert`` of a file with several partitions: every piece at its address, every gap a gap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.addressed import DeliveryOptions, Piece
from imgbuild.cli import console
from imgbuild.cli.image_argument import split_address
from imgbuild.errors import BuildError, Diagnostics, Place, Severity, fail

if TYPE_CHECKING:
    from imgbuild.emit.settle import Merged, Settled
    from imgbuild.model import FlashTarget
    from imgbuild.reader.verify_file import CheckedImage


@dataclass(frozen=True, slots=True)
class Several:
    """``images`` and what is erased between them, then ``firmware``: all that the file holds, by address."""

    path: Path
    images: tuple[Piece, ...]
    firmware: tuple[Piece, ...]
    entry: int | None

    @property
    def total_bytes(self) -> int:
        """Bytes of all pieces."""
        return sum(len(piece.data) for piece in (*self.images, *self.firmware))


def read_several(path: Path) -> Several | None:
    """What a file with addresses holds, if that is more than one image; None for any other file.

    Raises BuildError: IB612, IB6xx (what is damaged is not spread), and as the readers of formats do.
    """
    from imgbuild.inputs import read_input
    from imgbuild.reader.addressed import read_all
    from imgbuild.reader.addressed.containers import UNKNOWN
    from imgbuild.reader.verify_file import check_pieces

    if split_address(path)[1] is not None:
        return None
    try:
        file, is_addressed = read_all(read_input(path), path)
    except OSError as error:
        fail("IB612", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", Place(str(path)))
    checked = check_pieces(file.pieces, path) if is_addressed else []
    found = [item for one in checked for item in one.diagnostics]
    if len(checked) > 1 and any(item.severity is Severity.ERROR for item in found):
        raise BuildError(*found)
    if sum(one.kind != UNKNOWN for one in checked) < 2:
        return None
    console.report(found)
    images, firmware = _split(file.pieces, checked)
    return Several(path, images, firmware, file.entry)


def _split(
    pieces: tuple[Piece, ...], checked: list[CheckedImage]
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The pieces cut where an image begins; a cut with an image's name, one without, and firmware."""
    from imgbuild.reader.addressed.containers import UNKNOWN

    kinds = {one.address: one.kind for one in checked if one.address is not None}
    images: list[Piece] = []
    firmware: list[Piece] = []
    for piece in pieces:
        starts = sorted({piece.address, *(at for at in kinds if piece.address <= at < piece.end)})
        for start, end in zip(starts, [*starts[1:], piece.end], strict=True):
            data = memoryview(piece.data)[start - piece.address : end - piece.address]
            kind = kinds.get(start, "erased")
            own = firmware if kind == UNKNOWN else images
            own.append(Piece(start, data, f"{kind}_{start:08x}"))
    return tuple(images), tuple(firmware)


def convert_several(
    several: Several, output: Path, board: str | None, delivery: DeliveryOptions
) -> tuple[bytes, Settled]:
    """The output file's bytes. Raises BuildError as converting one image does, and IB701 to IB703."""
    from imgbuild.emit.flash_file import range_symbols
    from imgbuild.emit.settle import Owner, read_merged, settle_image, write_delivery

    if delivery.address is not None:
        raise click.UsageError("--address moves one image; the file has several with addresses of their own")
    place = Place(str(several.path))
    target = _target(several, board) if board is not None else None
    delivery = replace(delivery, address=several.images[0].address)
    firmware = _join_firmware(several, read_merged(delivery.merge))
    settled = settle_image(delivery, output, Owner(several.path.stem, target, place), firmware)
    first, *others = several.images
    frame = replace(settled.frame, image=first, others=tuple(others))
    if settled.format.name == "elf":
        symbols = [
            replace(symbol, home=number)
            for number, piece in enumerate(several.images)
            for symbol in range_symbols(
                f"{several.path.stem}_{piece.origin}", piece.address, bytes(piece.data)
            )
        ]
        frame = replace(frame, symbols=tuple(symbols))
    return write_delivery(settled, frame), settled


def _join_firmware(several: Several, merged: Merged) -> Merged:
    """The file's own firmware and what is merged now. Raises BuildError: IB511."""
    from imgbuild.addressed import find_overlap, format_span

    pieces, entry = merged
    for piece in pieces:
        for other in (*several.images, *several.firmware):
            if find_overlap((piece, other)) is not None:
                span = format_span(piece.address, piece.end)
                held = format_span(other.address, other.end)
                message = (
                    f"{Path(piece.origin).name} has bytes at {span}, inside {held} of {several.path.name}"
                )
                fail("IB511", message, Place(piece.origin))
    every = sorted((*several.firmware, *pieces), key=lambda piece: piece.address)
    return tuple(every), several.entry if several.entry is not None else entry


def _target(several: Several, board: str) -> FlashTarget:
    """The board's chip with the first image as its region; IB701 to IB703 if an image may not lie there."""
    from imgbuild.deliver.placing import SiteQuestion, check_pieces, find_site
    from imgbuild.model import FlashTarget, Range

    place, site = Place(str(several.path)), find_site(SiteQuestion(board=board))
    found = Diagnostics()
    for piece in several.images:
        try:
            check_pieces((piece,), site, place)
        except BuildError as error:
            found.extend(error.diagnostics)
    found.raise_if_errors()
    if site.chip is None or site.erase is None:  # a board has both
        raise AssertionError(board)
    first = several.images[0]
    region = Range(first.address - (site.base or 0), len(first.data), "region")
    return FlashTarget(
        site.chip, site.board, site.reserved, region, site.erase.largest(region), first.address
    )
