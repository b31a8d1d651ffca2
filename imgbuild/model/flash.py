"""Chips, boards, and where on them an image goes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Range:
    """A byte range of a chip, offsets from the chip's first byte."""

    offset_bytes: int
    size_bytes: int
    name: str = ""

    @property
    def end_bytes(self) -> int:
        """The first byte behind the range."""
        return self.offset_bytes + self.size_bytes


@dataclass(frozen=True, slots=True)
class Timing:
    """One time of a data sheet; ``is_verified`` is false where no data sheet backs the figure."""

    typical_us: int | None
    maximum_us: int | None
    source: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A memory chip. ``erase_bytes`` lists the erase units, smallest first; FRAM and EEPROM have none.

    ``kind``: ``nor``, ``fram`` or ``eeprom``; ``bus``: ``spi``, ``qspi``, ``ospi`` or ``i2c``; ``program``:
    ``page`` or ``aai`` (SST25: bytes, and words with auto address increment). ``erase_commands``: one for
    each erase unit, or none: 20h, 52h and D8h for 4, 32 and 64 KiB.
    """

    name: str
    title: str
    jedec_id: str
    size_bytes: int
    page_bytes: int
    erase_bytes: tuple[int, ...]
    address_bytes: int
    source: str
    timings: dict[str, Timing] = field(default_factory=dict)
    notes: str = ""
    kind: str = "nor"
    bus: str = "spi"
    program: str = "page"
    erase_commands: tuple[int, ...] = ()
    bank_bytes: int | None = None
    """While one bank is written, the others can be read; None: while anything is written, nothing can be."""

    @property
    def block_bytes(self) -> int:
        """What images are laid out in: the smallest erase unit, 256 B where nothing is erased."""
        return self.erase_bytes[0] if self.erase_bytes else 256


@dataclass(frozen=True, slots=True)
class DfuIds:
    """How a board's flash is named over USB DFU: alternate setting, vendor and product."""

    alt: int
    vid: int
    pid: int


@dataclass(frozen=True, slots=True)
class Sectors:
    """A range of a board's chip that its tools erase in blocks of ``erase_bytes``."""

    offset_bytes: int
    size_bytes: int
    erase_bytes: int

    @property
    def end_bytes(self) -> int:
        """Offset of the first byte behind the range."""
        return self.offset_bytes + self.size_bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """A signal of the chip and the pin of the MCU that it is connected to."""

    signal: str
    pin: str


@dataclass(frozen=True, slots=True)
class ProgrammingWay:
    """A tool that writes a board's flash, and how it is used."""

    tool: str
    how: str


@dataclass(frozen=True, slots=True)
class ProgramMemory:
    """The flash that a board's programs lie in, and how much of it boot loader and usual framework take."""

    size_bytes: int
    used_bytes: int
    sector_bytes: int | None = None
    """What is erased at once where all sectors are alike."""


@dataclass(frozen=True, slots=True)
class Board:
    """A board: a chip, where it is mapped (None: not mapped), what is reserved on it.

    ``programmed_at`` is the address that tools take for the chip's first byte where it is not mapped;
    ``uf2_family`` a key of UF2_FAMILIES, ``elf_machine`` one of ELF_MACHINES. ``erase_bytes`` holds outside
    of ``sectors``; ``unverified`` tells which facts have no source.
    """

    name: str
    title: str
    chip: str
    mapped_at: int | None
    reserved: tuple[Range, ...]
    erase_bytes: int | None
    source: str
    notes: str = ""
    programmed_at: int | None = None
    dfu: DfuIds | None = None
    uf2_family: str | None = None
    elf_machine: str = "arm"
    sectors: tuple[Sectors, ...] = ()
    wiring: tuple[Wire, ...] = ()
    programming: tuple[ProgrammingWay, ...] = ()
    unverified: tuple[str, ...] = ()
    program_memory: ProgramMemory | None = None
    executes_from: str | None = None
    """``internal``, ``other-bank`` or ``same-chip``, where the board leaves no choice."""


@dataclass(frozen=True, slots=True)
class FlashTarget:
    """Where an image goes: chip, address and the free range chosen on it.

    ``erase_bytes`` is the erase block of the region, ``base_address`` the address of the region's
    first byte as the MCU sees it (None: not mapped).
    """

    chip: Chip
    board: Board | None
    reserved: tuple[Range, ...]
    region: Range
    erase_bytes: int
    base_address: int | None

    @property
    def unit_bytes(self) -> int:
        """What is erased before it is written again: 1 where nothing is (FRAM, EEPROM)."""
        return self.erase_bytes if self.chip.erase_bytes else 1
