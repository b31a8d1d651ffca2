"""Which erase block holds where on a chip: one size, or ranges of sectors of other sizes."""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.model import Board, Chip, Range, Sectors
from imgbuild.units import align_down, align_up


@dataclass(frozen=True, slots=True)
class EraseMap:
    """``erase_bytes`` everywhere on a chip but in ``sectors``, which are in order and do not overlap."""

    erase_bytes: int
    sectors: tuple[Sectors, ...] = ()

    @classmethod
    def of(cls, chip: Chip, board: Board | None) -> EraseMap:
        """What a board's tools erase, else the chip's smallest unit."""
        if board is None:
            return cls(chip.block_bytes)
        return cls(board.erase_bytes or chip.block_bytes, board.sectors)

    def parts(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """``start``..``end`` cut where the size changes: start, end and erase block of each part."""
        cuts: list[tuple[int, int, int]] = []
        at = start
        for part in self.sectors:
            low, high = max(at, part.offset_bytes), min(end, part.end_bytes)
            if low >= high:
                continue
            cuts += [(at, low, self.erase_bytes)] if at < low else []
            cuts.append((low, high, part.erase_bytes))
            at = high
        cuts += [(at, end, self.erase_bytes)] if at < end else []
        return _join(cuts)

    def largest(self, span: Range) -> int:
        """The largest erase block that ``span`` touches: what a region must be aligned to."""
        sizes = [size for _, _, size in self.parts(span.offset_bytes, span.end_bytes)]
        return max(sizes, default=self.erase_bytes)

    def whole_blocks(self, start: int, end: int) -> list[tuple[int, int]]:
        """The ranges of whole blocks within ``start``..``end``, each of one block size."""
        rounded = [
            (align_up(low, size), align_down(high, size)) for low, high, size in self.parts(start, end)
        ]
        return [(low, high) for low, high in rounded if high > low]


def _join(cuts: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Neighbours of one size are one part."""
    joined: list[tuple[int, int, int]] = []
    for low, high, size in cuts:
        if joined and joined[-1][1:] == (low, size):
            joined[-1] = (joined[-1][0], high, size)
        else:
            joined.append((low, high, size))
    return joined
