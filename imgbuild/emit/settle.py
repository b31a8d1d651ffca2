"""Settles where an output file's bytes go and what is merged into it, then writes the file's bytes.

Settling needs no image, so that a wrong address or a damaged firmware file is told before the long work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.addressed import (
    ADDRESS_END,
    UF2_FAMILIES,
    DeliveryOptions,
    Piece,
    find_overlap,
    format_span,
    join_pieces,
)
from imgbuild.emit.c_names import c_identifier
from imgbuild.emit.delivery import DFU_ANY, Delivery, Symbol
from imgbuild.emit.output_formats import OutputFormat, choose_format
from imgbuild.emit.uf2 import PAGE_BYTES
from imgbuild.errors import Place, fail
from imgbuild.flash.esp_partitions import Partition, find_partition
from imgbuild.inputs import read_input
from imgbuild.model import Board, FlashTarget
from imgbuild.reader.addressed import READERS, read_firmware
from imgbuild.units import format_bytes

_REPORT = "this is a defect of imgbuild: please report it; nothing was written"


@dataclass(frozen=True, slots=True)
class Settled:
    """An output file before its image: ``frame`` is a Delivery whose image is still empty.

    ``address`` is that of the image's first byte (0 where the format has none), ``partition`` the one that
    must hold the image, ``place`` where a fault of address or region is told.
    """

    format: OutputFormat
    frame: Delivery
    target: FlashTarget | None
    place: Place
    partition: Partition | None = None

    @property
    def address(self) -> int:
        """Address of the image's first byte."""
        return self.frame.image.address


def settle_delivery(
    options: DeliveryOptions, output: Path, name: str, target: FlashTarget | None, place: Place
) -> Settled:
    """Everything about the output file but the image.

    ``target`` None: nothing is known of the flash. Raises BuildError: IB404, IB510 to IB519.
    """
    return settle_image(options, output, Owner(name, target, place), read_merged(options.merge))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose image a file is to hold: name in the file, flash if known, place where a fault is told."""

    name: str
    target: FlashTarget | None
    place: Place


Merged = tuple[tuple[Piece, ...], int | None]
"""The pieces of all firmware files by address, and where the first that tells it starts."""


def settle_image(options: DeliveryOptions, output: Path, owner: Owner, firmware: Merged) -> Settled:
    """As :func:`settle_delivery`, with the firmware to merge read already."""
    name, target, place = owner.name, owner.target, owner.place
    chosen = choose_format(output, options.format_name)
    board = target.board if target else None
    address = _settle_address(options, chosen, target, place) if chosen.is_addressed else 0
    merged, entry = firmware
    alt, vid, pid = _settle_dfu(options, chosen, board, place)
    frame = Delivery(
        name=c_identifier(name).lower(),
        image=Piece(address, b"", "the image"),
        merged=merged,
        entry=entry,
        record_bytes=options.record_bytes,
        dfu_alt=alt,
        dfu_vid=vid,
        dfu_pid=pid,
        uf2_family=_settle_family(options, board),
        elf_machine=options.elf_machine or (board.elf_machine if board else "arm"),
    )
    settled = Settled(chosen, frame, target, place, _settle_partition(options))
    _refuse_overlaps(settled)
    _check_format(settled)
    return settled


# --- where the image goes --------------------------------------------------------------------------


def _settle_address(
    options: DeliveryOptions, chosen: OutputFormat, target: FlashTarget | None, place: Place | None
) -> int:
    known = base_of(target)
    if options.address is not None:
        if target is not None and known is not None:
            _refuse_elsewhere(options.address, target, known)
        address, place = options.address, None
    elif target is not None and known is not None:
        address = known + target.region.offset_bytes
    else:
        what = _tell_unmapped(target)
        hint = "give it with '--address 0x90000000' (or what your programming tool takes)"
        fail("IB510", f"a {chosen.name} file needs the address of the image: {what}", place, hint)
    size = target.region.size_bytes if target else 1
    if address + size > ADDRESS_END:
        fail(
            "IB515",
            f"the region {format_span(address, address + size)} leaves the 32 bit address space",
            place,
        )
    return address


def base_of(target: FlashTarget | None) -> int | None:
    """Address of the chip's first byte as the MCU sees it, else as tools take it; None: neither is known."""
    if target is None:
        return None
    if target.base_address is not None:
        return target.base_address - target.region.offset_bytes
    return target.board.programmed_at if target.board else None


def _tell_unmapped(target: FlashTarget | None) -> str:
    if target is None:
        return "neither a board nor an address is given"
    owner = f"board {target.board.name}" if target.board else f"chip {target.chip.name}"
    return f"{owner} is not mapped and has no address of its own"


def _refuse_elsewhere(address: int, target: FlashTarget, base: int) -> None:
    """On the chip the region has one place; ``address`` may only be another one's name for it.

    So nothing reserved is written, whatever the command line says.
    """
    own, end = base + target.region.offset_bytes, address + target.region.size_bytes
    if address == own or address >= base + target.chip.size_bytes or end <= base:
        return
    hint = f"the region's own address is 0x{own:08X}; 'flash: region' in the manifest moves it"
    for taken in target.reserved:
        low, high = base + taken.offset_bytes, base + taken.end_bytes
        if address < high and low < end:
            message = (
                f"--address puts the region at {format_span(address, end)}, over reserved range "
                f"'{taken.name}' ({format_span(low, high)})"
            )
            fail("IB404", message, hint=hint)
    chip = f"the chip's addresses, {format_span(base, base + target.chip.size_bytes)}"
    fail("IB515", f"--address 0x{address:08X} is among {chip}, but not where the region is", hint=hint)


def _settle_partition(options: DeliveryOptions) -> Partition | None:
    if options.partition_table is None or options.partition is None:
        return None
    return find_partition(options.partition_table, options.partition)


# --- what each format wants ------------------------------------------------------------------------


def _settle_dfu(
    options: DeliveryOptions, chosen: OutputFormat, board: Board | None, place: Place
) -> tuple[int | None, int, int]:
    ids = board.dfu if board else None
    alt = ids.alt if ids and options.dfu_alt is None else options.dfu_alt
    if "dfu_alt" in chosen.options and alt is None:
        whose = f"board {board.name} has none in its row" if board else "no board tells it"
        hint = "give it with '--dfu-alt N'; 'dfu-util --list' shows those of a device"
        fail("IB516", f"a DfuSe file needs the alternate setting of the flash: {whose}", place, hint)
    vid = ids.vid if ids and options.dfu_vid is None else options.dfu_vid
    pid = ids.pid if ids and options.dfu_pid is None else options.dfu_pid
    return alt, DFU_ANY if vid is None else vid, DFU_ANY if pid is None else pid


def _settle_family(options: DeliveryOptions, board: Board | None) -> int | None:
    name = options.uf2_family or (board.uf2_family if board else None)
    if name is None or name == "none":
        return None
    return UF2_FAMILIES[name] if name in UF2_FAMILIES else int(name, 16)


def _check_format(settled: Settled) -> None:
    """What the formats cannot hold, though addresses are fine."""
    frame = settled.frame
    if settled.format.reader == "uf2" and settled.address % PAGE_BYTES:
        message = f"0x{settled.address:08X} is no multiple of {PAGE_BYTES} B, the blocks of a UF2 file"
        fail("IB515", message, settled.place)
    if settled.format.reader != "dfu" or not frame.merged:
        return
    base, target = base_of(settled.target), settled.target
    if base is None or target is None:
        hint = "give '--board'"
        fail(
            "IB517",
            "which bytes the alternate setting takes is not known without a board",
            settled.place,
            hint,
        )
    end = base + target.chip.size_bytes
    for piece in frame.merged:
        if piece.address < base or piece.end > end:
            message = (
                f"{format_span(piece.address, piece.end)} of {Path(piece.origin).name} is not in the memory "
                f"of alternate setting {frame.dfu_alt}, {format_span(base, end)}"
            )
            hint = "merge into a .hex or .elf file, or send the firmware by itself"
            fail("IB517", message, Place(piece.origin), hint)


# --- merging ---------------------------------------------------------------------------------------


def read_merged(paths: Sequence[Path]) -> Merged:
    """All firmware files. Raises BuildError: IB511 to IB514, IB521."""
    pieces: list[Piece] = []
    entry = None
    for path in paths:
        file = read_firmware(_read_file(path), path)
        pieces += file.pieces
        entry = file.entry if entry is None else entry
    _refuse_shared(pieces)
    return tuple(sorted(pieces, key=lambda piece: piece.address)), entry


def _read_file(path: Path) -> bytes:
    try:
        return read_input(path)
    except OSError as error:
        fail("IB512", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", Place(str(path)))


def _refuse_overlaps(settled: Settled) -> None:
    """No merged byte may lie in the image's region, used or not."""
    target, start = settled.target, settled.address
    end = start + target.region.size_bytes if target else start
    for piece in settled.frame.merged:
        if piece.address < end and start < piece.end:
            message = (
                f"{Path(piece.origin).name} has bytes at {format_span(piece.address, piece.end)}, inside the "
                f"region of the image, {format_span(start, end)}"
            )
            fail("IB511", message, Place(piece.origin))


def _refuse_shared(pieces: Sequence[Piece]) -> None:
    twice = find_overlap(pieces)
    if twice is None:
        return
    one, other = twice
    spans = [f"{_origin_of(p)} at {format_span(p.address, p.end)}" for p in (one, other)]
    fail(
        "IB511",
        f"two files to merge share addresses: {spans[0]}, {spans[1]}",
        Place(other.origin or one.origin),
    )


def _origin_of(piece: Piece) -> str:
    return Path(piece.origin).name


# --- the file --------------------------------------------------------------------------------------


def fill_delivery(settled: Settled, data: bytes, symbols: Iterable[Symbol] = ()) -> bytes:
    """The output file's bytes, read back and compared with what was meant.

    Raises BuildError: IB511 or IB519 if the image is too large for its place, IB613 for a defect of a writer.
    """
    image = place_image(settled, data, "the image")
    partition = settled.partition
    if partition is not None and len(data) > partition.size_bytes:
        message = (
            f"the image has {format_bytes(len(data))}, partition '{partition.label}' "
            f"{format_bytes(partition.size_bytes)}"
        )
        fail("IB519", message, partition.place)
    return write_delivery(settled, replace(settled.frame, image=image, symbols=tuple(symbols)))


def place_image(settled: Settled, data: bytes, origin: str) -> Piece:
    """The image's bytes at their address. Raises BuildError: IB511, IB515."""
    image = Piece(settled.address, data, origin)
    if image.end > ADDRESS_END:
        span = format_span(image.address, image.end)
        fail("IB515", f"the image at {span} leaves the 32 bit address space", settled.place)
    _refuse_image_over_merged(image, settled)
    return image


def write_delivery(settled: Settled, delivery: Delivery) -> bytes:
    """The file's bytes, compared with what was meant. Raises BuildError: IB613."""
    made = settled.format.write(delivery)
    if settled.format.is_addressed:
        _compare(settled.format, delivery, made, settled.place)
    return made


def _refuse_image_over_merged(image: Piece, settled: Settled) -> None:
    for piece in settled.frame.merged:
        if find_overlap((image, piece)) is not None:
            name, span = Path(piece.origin).name, format_span(piece.address, piece.end)
            message = f"{name} has bytes at {span}, inside the image, {format_span(image.address, image.end)}"
            fail("IB511", message, Place(piece.origin))


def _compare(chosen: OutputFormat, delivery: Delivery, made: bytes, place: Place) -> None:
    found = READERS[chosen.reader](made, place)
    meant_pieces = join_pieces(delivery.pieces)
    if chosen.reader != "uf2" and len(found.pieces) != len(meant_pieces):  # UF2 fills pages up
        fail("IB613", f"the {chosen.name} file has other ranges when read back", place, _REPORT)
    for meant in meant_pieces:
        if not any(_holds(piece, meant) for piece in found.pieces):
            span = format_span(meant.address, meant.end)
            fail("IB613", f"the {chosen.name} file lacks {span} when read back", place, _REPORT)


def _holds(piece: Piece, meant: Piece) -> bool:
    at = meant.address - piece.address
    return at >= 0 and bytes(piece.data[at : at + len(meant.data)]) == bytes(meant.data)
