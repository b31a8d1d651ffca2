"""Where an image goes on a board; the chip's end, reserved ranges and their erase blocks refuse it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.addressed import Piece, format_span
from imgbuild.deliver.job import DfuFileIds, Site
from imgbuild.errors import Diagnostic, Diagnostics, Place, fail
from imgbuild.flash.closest import closest
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.esp_partitions import TABLE_OFFSET, Partition, pick_partition, read_partitions
from imgbuild.flash.region import format_range, free_ranges
from imgbuild.flash.tables import load_tables
from imgbuild.inputs import read_input
from imgbuild.model import Board, FlashTarget, Range
from imgbuild.units import align_down, align_up, format_bytes

_TABLE_BYTES = 0x1000
_ADDRESS_END = 1 << 32


@dataclass(frozen=True, slots=True)
class SiteQuestion:
    """What the command line says of the place: a board or a manifest, and perhaps an ESP32's partition."""

    board: str | None = None
    boards_file: Path | None = None
    chips_file: Path | None = None
    manifest: Path | None = None
    partition_table: Path | None = None
    partition: str | None = None


def find_site(question: SiteQuestion) -> Site:
    """The chip, its address and what is reserved on it.

    A manifest's reserved ranges and region count beside the board's. Raises BuildError: IB401, IB4xx of the
    manifest's ``flash``, IB420 to IB425 of a user's tables, IB518 and IB519 of a partition table.
    """
    if question.manifest is not None:
        site = _site_of_manifest(question.manifest, question.board)
    elif question.board is not None:
        site = _site_of_board(question)
    else:
        site = Site()
    if question.partition_table is None or question.partition is None:
        return site
    return _narrow(site, question.partition_table, question.partition)


def _site_of_manifest(path: Path, board: str | None) -> Site:
    from imgbuild.flash.region import resolve_target
    from imgbuild.manifest.load import load_manifest

    target = resolve_target(load_manifest(path), board)
    erase = EraseMap.of(target.chip, target.board)
    return Site(target.chip, target.board, _base_of(target), target.reserved, erase, target.region)


def _base_of(target: FlashTarget) -> int | None:
    if target.base_address is not None:
        return target.base_address - target.region.offset_bytes
    return target.board.programmed_at if target.board else None


def _site_of_board(question: SiteQuestion) -> Site:
    tables = load_tables(question.boards_file, question.chips_file)
    name = question.board or ""
    board = tables.boards.get(name)
    if board is None:
        meant = closest(name, tables.boards)
        every = "'imgbuild boards' lists all"
        fail(
            "IB401",
            f"--board: unknown board '{name}'",
            hint=f"did you mean '{meant}'? {every}" if meant else every,
        )
    chip = tables.chips[board.chip]
    erase = EraseMap.of(chip, board)
    free = free_ranges(chip, board.reserved, erase.erase_bytes, erase.sectors)
    largest = max(free, key=lambda span: (span.size_bytes, -span.offset_bytes), default=None)
    return Site(chip, board, address_of_chip(board), board.reserved, erase, largest)


def address_of_chip(board: Board) -> int | None:
    """Address of the chip's first byte: as it is mapped, else as tools take it."""
    return board.programmed_at if board.mapped_at is None else board.mapped_at


def _narrow(site: Site, table: Path, label: str) -> Site:
    """The site with every partition but ``label`` reserved, and with what lies in front of them."""
    rows = read_partitions(table)
    chosen = pick_partition(rows, label, Place(str(table)))
    front = Range(0, TABLE_OFFSET + _TABLE_BYTES, "boot loader and partition table")
    others = tuple(_range_of(row) for row in rows if row.label != label)
    erase = site.erase or EraseMap(_TABLE_BYTES)
    return replace(
        site,
        base=0 if site.base is None else site.base,
        reserved=(*site.reserved, front, *others),
        erase=erase,
        preferred=_range_of(chosen),
        limits=_range_of(chosen),
    )


def _range_of(row: Partition) -> Range:
    return Range(row.offset_bytes, row.size_bytes, f"partition {row.label}")


# --- the image's file ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImageFile:
    """What a file holds: pieces with their addresses, or one image without (``is_addressed`` False).

    ``warnings``: what checking it found.
    """

    pieces: tuple[Piece, ...]
    is_addressed: bool
    dfu_ids: DfuFileIds | None = None
    warnings: tuple[Diagnostic, ...] = ()


def read_image(path: Path) -> ImageFile:
    """The pieces of an image file in any format, each flash image in them checked byte for byte.

    Raises BuildError: IB612 (unreadable), IB513, IB514, IB521, IB522 and IB6xx.
    """
    from imgbuild.reader.addressed import read_pieces

    place = Place(str(path))
    try:
        data = read_input(path)
    except OSError as error:
        fail("IB612", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", place)
    pieces, is_addressed = read_pieces(data, path)
    ids = read_dfu_ids(data) if data.startswith(b"DfuSe") else None
    image = ImageFile(pieces, is_addressed, ids)
    return replace(image, warnings=_verify(image, path))


def read_dfu_ids(data: bytes) -> DfuFileIds:
    """Alternate setting of the first target, USB ids of the suffix. ``data`` was read by ``read_dfu``."""
    pid, vid = (int.from_bytes(data[at : at + 2], "little") for at in (len(data) - 14, len(data) - 12))
    return DfuFileIds(data[17], vid, pid)


def _verify(image: ImageFile, path: Path) -> tuple[Diagnostic, ...]:
    """Partitions that touch are one range: each flash image in it is checked. Returns warnings."""
    from imgbuild.reader.addressed.containers import UNKNOWN
    from imgbuild.reader.verify_file import check_bytes, check_pieces

    found, place = Diagnostics(), Place(str(path))
    if image.is_addressed:
        checked = check_pieces(image.pieces, path)
    else:
        checked = [check_bytes(path, image.pieces[0].data)]
    for one in checked:
        found.extend(one.diagnostics)
    if all(one.kind == UNKNOWN for one in checked):
        count = len(image.pieces)
        ranges = "its one range is something else" if count == 1 else f"none of its {count} ranges is one"
        hint = "give the file that imgbuild made"
        found.error("IB522", f"{path.name} holds no flash image: {ranges}", place, hint)
    found.raise_if_errors()
    return tuple(found.items)


# --- where, and whether that is allowed ------------------------------------------------------------


def place_pieces(image: ImageFile, site: Site, address: int | None, place: Place) -> tuple[Piece, ...]:
    """The pieces with the addresses that a tool is given.

    ``address`` (the command line's) takes the place of the file's. Raises BuildError: IB510 if there is none,
    IB701 for several ranges at one address, or behind 32 bits.
    """
    if address is not None and len(image.pieces) > 1:
        message = f"--address moves one range, the file has {len(image.pieces)} with addresses of their own"
        fail("IB701", message, place, "leave --address out")
    if address is None and image.is_addressed:
        return image.pieces
    if address is None and site.preferred is not None:
        address = (site.base or 0) + site.preferred.offset_bytes
    if address is None:
        if site.chip is not None and site.board is not None:
            block = format_bytes(site.erase.erase_bytes if site.erase else 0)
            fail("IB410", f"board {site.board.name} has no erase block of {block} that is free", place)
        message = "the image has no address: neither a board, a manifest nor --address is given"
        fail("IB510", message, place, "--board NAME ('imgbuild boards' lists them) or --address 0x90000000")
    piece = replace(image.pieces[0], address=address)
    if piece.end > _ADDRESS_END:
        message = f"{format_bytes(len(piece.data))} at 0x{address:08X} leave the 32 bit address space"
        fail("IB701", message, place)
    return (piece,)


def check_pieces(
    pieces: Sequence[Piece], site: Site, place: Place, unit_bytes: int = 0, tool: str = "the tool"
) -> None:
    """Refuse what leaves the chip, overlaps a reserved range, or shares an erase block with one.

    ``unit_bytes``: the block that the tool erases, if it is larger than the board's (0: not known). Raises
    BuildError with all that is found: IB519 (leaves its partition), IB701, IB702, IB703.
    """
    found = Diagnostics()
    for piece in pieces:
        span = Range(piece.address - (site.base or 0), len(piece.data))
        limits = site.limits
        if site.chip is not None and (span.offset_bytes < 0 or span.end_bytes > site.chip.size_bytes):
            _refuse_outside(piece, site, place, found)
        elif limits is not None and (
            span.offset_bytes < limits.offset_bytes or span.end_bytes > limits.end_bytes
        ):
            message = f"{format_range(span)} leaves {limits.name}, {format_range(limits)}"
            found.error("IB519", message, place)
        else:
            for code, message in _check_reserved(piece, span, site, unit_bytes, tool):
                found.error(code, message, place, hint=_tell_free(site))
    found.raise_if_errors()


def _refuse_outside(piece: Piece, site: Site, place: Place, found: Diagnostics) -> None:
    if site.chip is None:
        return
    base = site.base or 0
    chip = f"chip {site.chip.name} ({format_span(base, base + site.chip.size_bytes)})"
    message = f"{format_span(piece.address, piece.end)}, {format_bytes(len(piece.data))}, lies outside {chip}"
    found.error("IB701", message, place)


def _check_reserved(
    piece: Piece, span: Range, site: Site, unit_bytes: int, tool: str
) -> Iterator[tuple[str, str]]:
    """Code and message for each reserved range that a piece, or else an erase block of it, overlaps."""
    over = [taken for taken in site.reserved if _touch(span, taken)]
    for taken in over:
        yield "IB702", f"{format_span(piece.address, piece.end)} overlaps {_name_reserved(taken, site)}"
    if over or site.erase is None:
        return
    erased = erased_span(span, site.erase, unit_bytes)
    own_bytes = site.erase.largest(span)
    who = f"{tool} erases" if unit_bytes > own_bytes else "erasing takes"
    low = erased.offset_bytes + (site.base or 0)
    for taken in site.reserved:
        if _touch(erased, taken):
            block = f"{who} blocks of {format_bytes(max(unit_bytes, own_bytes))}"
            held = (
                f"{format_span(low, low + erased.size_bytes)} holds a part of {_name_reserved(taken, site)}"
            )
            yield "IB703", f"{block}: {held}"


def _name_reserved(taken: Range, site: Site) -> str:
    low = taken.offset_bytes + (site.base or 0)
    return f"reserved range '{taken.name}' ({format_span(low, low + taken.size_bytes)})"


def erased_span(span: Range, erase: EraseMap, unit_bytes: int = 0) -> Range:
    """``span`` rounded outward to the blocks that are erased for it."""
    parts = erase.parts(span.offset_bytes, max(span.end_bytes, span.offset_bytes + 1))
    first, last = max(parts[0][2], unit_bytes), max(parts[-1][2], unit_bytes)
    low = align_down(span.offset_bytes, first)
    return Range(low, align_up(span.end_bytes, last) - low)


def _touch(one: Range, other: Range) -> bool:
    return one.offset_bytes < other.end_bytes and other.offset_bytes < one.end_bytes


def _tell_free(site: Site) -> str | None:
    if site.preferred is None:
        return None
    low = (site.base or 0) + site.preferred.offset_bytes
    span = format_span(low, low + site.preferred.size_bytes)
    return f"free is {span}, {format_bytes(site.preferred.size_bytes)}"
