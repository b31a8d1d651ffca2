"""Bytes with addresses: what addressed files hold, and what a command line asks of an output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ADDRESS_END = 1 << 32
"""Addresses have 32 bits in every format that is written here."""

UF2_FAMILIES: dict[str, int] = {
    "rp2040": 0xE48BFF56,
    "rp2350-arm-s": 0xE48BFF59,
    "rp2350-riscv": 0xE48BFF5A,
    "samd21": 0x68ED2B88,
    "samd51": 0x55114460,
    "nrf52833": 0x621E937A,
    "nrf52840": 0xADA52840,
    "esp32s2": 0xBFDD4EEE,
    "esp32s3": 0xC47E5767,
    "mimxrt10xx": 0x4FB2D5BD,
    "stm32f4": 0x57755A57,
    "stm32f7": 0x53B80F00,
    "stm32h7": 0x6DB66082,
}
"""Families of UF2 files by name: microsoft/uf2, utils/uf2families.json; rp2350: pico-sdk, boot/uf2.h."""

ELF_MACHINES: dict[str, tuple[int, int]] = {
    "arm": (40, 0x05000000),  # EM_ARM, EF_ARM_EABI_VER5 (ELF for the Arm Architecture, 5.2)
    "riscv": (243, 0),  # EM_RISCV (RISC-V ELF psABI)
    "xtensa": (94, 0),  # EM_XTENSA (System V ABI, list of machines)
}
"""``e_machine`` and ``e_flags`` of ELF files by name."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes at an address, in bytes. ``origin`` says whose they are, for messages."""

    address: int
    data: bytes | memoryview
    origin: str = ""

    @property
    def end(self) -> int:
        """The address behind the last byte."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class AddressedFile:
    """What an addressed file holds: its pieces by address, none empty, none overlapping.

    ``entry`` is the address that execution starts at, None where the file tells none.
    """

    pieces: tuple[Piece, ...]
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """What the command line says of the output file; None is "not said".

    ``format_name`` is a key of OUTPUT_FORMATS, ``address`` that of the image's first byte, ``merge`` firmware
    files by absolute path, ``uf2_family`` a name or number as text, ``partition`` a label of the partition
    table.
    """

    format_name: str | None = None
    address: int | None = None
    merge: tuple[Path, ...] = ()
    dfu_alt: int | None = None
    dfu_vid: int | None = None
    dfu_pid: int | None = None
    uf2_family: str | None = None
    elf_machine: str | None = None
    record_bytes: int = 16
    partition_table: Path | None = None
    partition: str | None = None


AS_THE_SUFFIX_SAYS = DeliveryOptions()
"""Nothing said: the format follows from the output's suffix, all else from the board."""


def join_pieces(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces by address, those that touch joined. They must not overlap.

    What is joined keeps the origin of its first part.
    """
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.address):
        if not piece.data:
            continue
        if groups and groups[-1][-1].end == piece.address:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return tuple(
        group[0]
        if len(group) == 1
        else Piece(group[0].address, b"".join(part.data for part in group), group[0].origin)
        for group in groups
    )


def find_overlap(pieces: Sequence[Piece]) -> tuple[Piece, Piece] | None:
    """The first two pieces by address that share an address; None if no two do. Empty ones share none."""
    last: Piece | None = None
    for piece in sorted((p for p in pieces if p.data), key=lambda p: (p.address, p.end)):
        if last is not None and piece.address < last.end:
            return last, piece
        if last is None or piece.end > last.end:
            last = piece
    return None


def format_span(address: int, end: int) -> str:
    """``0x90080000..0x9008FFFF``, the last byte included."""
    return f"0x{address:08X}..0x{max(end, address + 1) - 1:08X}"
