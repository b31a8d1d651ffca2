"""STM32CubeProgrammer with an external loader (``.stldr``).

``STM32_Programmer_CLI -c port=SWD mode=UR -el LOADER -w FILE ADDRESS -v`` (ST UM2237, 3.2). It has answered 0
with "Error:" among its lines, so words count here, not the answer alone. The loader's own table (StorageInfo:
name of 100 bytes, type, start, size, page; then pairs of number and size of sectors; ST UM2237, 2.3.3) tells
where its memory lies and what it erases: an image outside of it, or a sector shared with a reserved range, is
refused before anything starts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from imgbuild.addressed import Piece, format_span
from imgbuild.deliver.elf_symbols import read_symbols
from imgbuild.deliver.job import Job, Plan, Step, name_piece, piece_files
from imgbuild.deliver.judging import judge_words
from imgbuild.deliver.placing import check_pieces
from imgbuild.errors import Place, fail
from imgbuild.flash.erase_map import EraseMap
from imgbuild.inputs import read_input
from imgbuild.model import Sectors

_STORAGE_INFO = "StorageInfo"
_FIXED = struct.Struct("<100sHxxIIIBxxx")
_SECTOR = struct.Struct("<II")
_SECTORS_MAX = 10
_LOADERS: dict[str, str] = {
    "stm32h7s78-dk": "MX66UW1G45G_STM32H7S78-DK.stldr",
    "stm32f746g-disco": "N25Q128A_STM32F746G-DISCO.stldr",
}
"""ST's loaders, in the tool's folder ExternalLoader, of boards whose row names them."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A loader's StorageInfo: its memory's address and size, ``sectors`` as pairs of number and bytes."""

    name: str
    start: int
    size_bytes: int
    sectors: tuple[tuple[int, int], ...]

    def erase_map(self) -> EraseMap:
        """The sectors by offset from ``start``."""
        rows, at = [], 0
        for count, size in self.sectors:
            rows.append(Sectors(at, count * size, size))
            at += count * size
        largest = max((size for _, size in self.sectors), default=1)
        return EraseMap(largest, tuple(rows))


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """One call for each piece. Raises BuildError: IB712 without a loader, IB713 for a wrong one."""
    loader = _choose_loader(job)
    options = job.options
    connect = ["-c", f"port={options.port or 'SWD'}", "mode=UR"]
    connect += [f"sn={options.serial_number}"] if options.serial_number else []
    wanted: tuple[str, ...] = ("File download complete",)
    wanted += ("Download verified successfully",) if options.is_verified else ()
    judge = judge_words("STM32_Programmer_CLI", wanted, ("Error",))
    steps = []
    for number, piece in enumerate(job.pieces):
        arguments = [*connect, "-el", loader, "-w", name_piece(job, number), f"0x{piece.address:08X}"]
        arguments += ["-v"] if options.is_verified else []
        arguments += ["-rst"] if options.is_left and number == len(job.pieces) - 1 else []
        steps.append(Step(tuple(arguments), judge))
    return Plan(tuple(steps), piece_files(job))


def _choose_loader(job: Job) -> str:
    loader = job.options.loader
    board = job.site.board.name if job.site.board else ""
    if loader is None:
        loader = _LOADERS.get(board)
    if loader is None:
        hint = "give one with --loader; 'imgbuild loader stldr' makes one from your bus functions"
        fail("IB712", "STM32_Programmer_CLI needs an external loader (.stldr) for this flash", hint=hint)
    if Path(loader).is_absolute():
        check_loader(job, Path(loader))
    return loader


def check_loader(job: Job, path: Path) -> None:
    """Refuse a loader whose memory is another one, or whose sectors reach into a reserved range.

    Raises BuildError: IB703, IB713 (and IB514 for a damaged file).
    """
    place = Place(str(path))
    try:
        storage = read_storage(read_input(path), place)
    except OSError as error:
        fail("IB713", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", place)
    end = storage.start + storage.size_bytes
    for piece in job.pieces:
        if piece.address < storage.start or piece.end > end:
            _refuse_elsewhere(piece, storage, place)
    check_sectors(job, storage, place)


def _refuse_elsewhere(piece: Piece, storage: Storage, place: Place) -> None:
    memory = format_span(storage.start, storage.start + storage.size_bytes)
    span = format_span(piece.address, piece.end)
    message = f"the loader is for '{storage.name}' at {memory}; {span} lies outside"
    fail("IB713", message, place)


def check_sectors(job: Job, storage: Storage, place: Place) -> None:
    """The loader's own sectors against what is reserved: IB703."""
    from dataclasses import replace

    if job.site.base is None:
        return
    erase = storage.erase_map()
    if storage.start == job.site.base:
        check_pieces(job.pieces, replace(job.site, erase=erase), place, tool="the loader")


def read_storage(data: bytes, place: Place) -> Storage:
    """A loader's StorageInfo. Raises BuildError: IB514, IB713."""
    symbols = read_symbols(data, place)
    if _STORAGE_INFO not in symbols.addresses:
        fail("IB713", "no external loader: it has no StorageInfo", place)
    held = symbols.read(symbols.addresses[_STORAGE_INFO], _FIXED.size + _SECTORS_MAX * _SECTOR.size)
    if len(held) < _FIXED.size + _SECTOR.size:
        fail("IB713", f"StorageInfo is cut short: {len(held)} B", place)
    name, _kind, start, size, _page, _erased = _FIXED.unpack_from(held)
    sectors: list[tuple[int, int]] = []
    for at in range(_FIXED.size, len(held) - _SECTOR.size + 1, _SECTOR.size):
        count, each = _SECTOR.unpack_from(held, at)
        if not count or not each:
            break
        sectors.append((count, each))
    if not size or sum(count * each for count, each in sectors) > 1 << 32 or not sectors:
        fail("IB713", f"StorageInfo tells of {size} B in {len(sectors)} kinds of sectors", place)
    return Storage(name.split(b"\0")[0].decode("ascii", "replace"), start, size, tuple(sectors))
