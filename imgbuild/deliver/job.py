"""Values that travel from the command line to a tool: what is written where, and how a tool is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from imgbuild.addressed import Piece
from imgbuild.errors import Diagnostic
from imgbuild.flash.erase_map import EraseMap
from imgbuild.model import Board, Chip, Range


@dataclass(frozen=True, slots=True)
class Site:
    """The chip that is written. ``base`` is the address of its first byte as tools take it.

    ``chip``, ``base`` and ``erase`` are None where neither a board nor a manifest tells them. Offsets on the
    chip: ``preferred`` is where an image without an address goes, ``limits``, a partition, what it must not
    leave.
    """

    chip: Chip | None = None
    board: Board | None = None
    base: int | None = None
    reserved: tuple[Range, ...] = ()
    erase: EraseMap | None = None
    preferred: Range | None = None
    limits: Range | None = None


@dataclass(frozen=True, slots=True)
class DfuFileIds:
    """What a DfuSe file says of the device that it is for; a ``vid`` or ``pid`` of 0xFFFF is any."""

    alt: int
    vid: int
    pid: int


@dataclass(frozen=True, slots=True)
class ToolOptions:
    """What the command line says for a tool; None and empty are "not said".

    ``loader`` is an absolute path, or a bare name that the tool looks up. ``configs`` are OpenOCD's scripts,
    absolute where such a file exists. ``is_left``: the device runs its firmware afterwards. ``mcu`` is the
    microcontroller's name as the tool knows it, ``flash_chip`` the memory's.
    """

    is_verified: bool = True
    is_left: bool = False
    serial_number: str | None = None
    port: str | None = None
    baud: int | None = None
    interface: str | None = None
    configs: tuple[str, ...] = ()
    presets: tuple[str, ...] = ()
    loader: str | None = None
    mcu: str | None = None
    flash_chip: str | None = None
    programmer: str | None = None
    usb_id: tuple[int, int] | None = None
    alt: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One delivery: ``pieces`` are what is written, by address as tools take it, checked already.

    ``is_part``: they are not simply what ``source`` holds.
    """

    source: Path
    pieces: tuple[Piece, ...]
    site: Site
    options: ToolOptions
    dfu_ids: DfuFileIds | None = None
    is_part: bool = False

    @property
    def total_bytes(self) -> int:
        """Bytes of all pieces."""
        return sum(len(piece.data) for piece in self.pieces)

    def offset_of(self, piece: Piece) -> int:
        """Where a piece lies on the chip; its address where the chip is not known."""
        return piece.address - (self.site.base or 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool did: its exit status, all that it printed, and the folder that it ran in."""

    status: int
    output: str
    folder: Path


Judge = Callable[[Outcome], list[Diagnostic]]
"""Tells what is wrong after a step; nothing, if the step did what it was for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a tool: arguments behind its name, run in a private folder that holds the plan's files.

    ``is_probe``: it only asks, its output is not shown.
    """

    arguments: tuple[str, ...]
    judge: Judge
    is_probe: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in their order, and the files that they read by name: each made of the checked bytes."""

    steps: tuple[Step, ...]
    files: dict[str, bytes] = field(default_factory=dict)


def name_piece(job: Job, number: int) -> str:
    """The file name of a piece in the private folder."""
    return "image.bin" if len(job.pieces) == 1 else f"image{number}.bin"


def piece_files(job: Job) -> dict[str, bytes]:
    """Every piece as a bare file."""
    return {name_piece(job, number): bytes(piece.data) for number, piece in enumerate(job.pieces)}


def last_lines(output: str, count: int = 8) -> str:
    """The end of what a tool printed, without progress bars that were drawn over and blank lines."""
    lines = [line.rsplit("\r", 1)[-1].rstrip() for line in output.replace("\r\n", "\n").split("\n")]
    return "\n".join(f"  {line}" for line in [line for line in lines if line][-count:])
