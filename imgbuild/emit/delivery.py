"""What the writers of output files work on: bytes at addresses, and what the formats want to know besides."""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.addressed import Piece

DFU_ANY = 0xFFFF
"""USB DFU 1.1, appendix B: a device of any vendor, product or release takes the file."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name in an ELF file's symbol table. ``is_absolute``: the value is a number, no address.

    ``home`` is the number of the image that it points into: 0 is ``Delivery.image``, the others follow.
    """

    name: str
    value: int
    size_bytes: int = 0
    is_absolute: bool = False
    home: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """The image, at the address that it is programmed to, and the firmware merged with it.

    ``name`` is an identifier in lower case. ``others`` are the images of further partitions and what is to be
    erased beside them, each with a name as its origin. ``merged`` pieces overlap neither each other nor
    these; ``entry`` is where the firmware starts. ``dfu_alt``, ``uf2_family`` None: none. ``elf_machine`` is
    of ELF_MACHINES.
    """

    name: str
    image: Piece
    merged: tuple[Piece, ...] = ()
    entry: int | None = None
    record_bytes: int = 16
    dfu_alt: int | None = None
    dfu_vid: int = DFU_ANY
    dfu_pid: int = DFU_ANY
    uf2_family: int | None = None
    elf_machine: str = "arm"
    symbols: tuple[Symbol, ...] = ()
    others: tuple[Piece, ...] = ()

    @property
    def images(self) -> tuple[Piece, ...]:
        """All that is no firmware, in the order that ``Symbol.home`` counts."""
        return (self.image, *self.others)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Everything by address."""
        return tuple(sorted((*self.images, *self.merged), key=lambda piece: piece.address))
