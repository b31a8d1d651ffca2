"""How long it takes to bring bytes into a chip: its own times, and the link's.

A chip's times stand in its row (data sheet or SFDP). The links' rates are estimates: what such links usually
do, turn-round included. A stop-and-wait link does nothing while the chip erases, so both times add up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgbuild.model import Chip, Timing
from imgbuild.units import align_up

BLOCKS_COMMON = (0x1000, 0x10000)
"""Erase blocks that nearly every NOR flash has: 4 and 64 KiB."""

_PAGE_BYTES = 256
_YMODEM_BLOCK, _YMODEM_FRAME = 1024, 1030
"""Payload of a block and what goes over the wire for it: header, block numbers, CRC, answer."""
_YMODEM_TURN_S = 0.016
"""Latency timer of common USB serial converters, met once per block."""
_DFU_BLOCK, _DFU_BLOCK_S = 1024, 0.007
"""Full speed: request, status and wait of one block take 4 to 10 ms."""
_SWD_BYTES_S = 200_000
"""A debug probe with a loader in RAM: 50 to 400 KB/s."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way into the board; ``seconds`` for a number of bytes without the chip's own time."""

    name: str
    assumption: str
    seconds: Callable[[int], float]


def _ymodem(baud: int) -> Callable[[int], float]:
    return lambda count: -(-count // _YMODEM_BLOCK) * (_YMODEM_FRAME * 10 / baud + _YMODEM_TURN_S)


LINKS = (
    Link("serial 115200", "YMODEM-1K, 16 ms of turn-round per block", _ymodem(115_200)),
    Link("serial 921600", "YMODEM-1K, 16 ms of turn-round per block", _ymodem(921_600)),
    Link("DFU", "USB full speed, 7 ms per block of 1 KiB", lambda n: -(-n // _DFU_BLOCK) * _DFU_BLOCK_S),
    Link("SWD", "loader in RAM, 200 KB/s", lambda n: n / _SWD_BYTES_S),
)


@dataclass(frozen=True, slots=True)
class ChipTime:
    """Seconds that a chip erases and programs; an estimate where a time has no data sheet behind it."""

    seconds: float
    is_estimate: bool


def page_bytes_of(chip: Chip | None) -> int:
    """Bytes of one program operation: a page, or the two of an AAI word; FRAM knows no pages."""
    if chip is None or chip.kind == "fram":
        return _PAGE_BYTES
    return 2 if chip.program == "aai" else chip.page_bytes


def choose_blocks(chip: Chip | None, least: int) -> tuple[int, ...]:
    """Sizes of erase blocks that an update is told for, smallest first.

    Of 4 and 64 KiB those that the chip has, none smaller than ``least``: the block that the board's tools
    erase, or that the image was laid out by. If that leaves none, ``least`` alone.
    """
    if chip is None:
        return tuple(sorted({least, *(size for size in BLOCKS_COMMON if size > least)}))
    return tuple(size for size in chip.erase_bytes if size in BLOCKS_COMMON and size >= least) or (least,)


def count_erases(spans: Sequence[tuple[int, int]], units: Sequence[int], offset: int = 0) -> dict[int, int]:
    """How often each unit is erased for ``spans`` of an image at ``offset`` of the chip.

    The largest unit that lies inside a span as a whole is taken, the smallest for what is left.
    """
    counts = dict.fromkeys(units, 0)
    for begin, end in spans:
        at, stop = begin + offset, end + offset
        while at < stop:
            fitting = [unit for unit in units if at % unit == 0 and at + unit <= align_up(stop, units[0])]
            unit = max(fitting, default=units[0])
            counts[unit] += 1
            at = at // unit * unit + unit
    return counts


def chip_time(chip: Chip, erases: dict[int, int], programmed: int) -> ChipTime | None:
    """Typical time of the operations; None if the row of the chip lacks one that is needed.

    FRAM takes bytes as fast as the bus brings them.
    """
    if chip.kind == "fram":
        return ChipTime(0, is_estimate=False)
    jobs = [(chip.timings.get(f"erase_{unit // 1024}k"), count) for unit, count in erases.items()]
    jobs = jobs if chip.erase_bytes else []
    jobs.append((_program_timing(chip), programmed))
    total_us, is_estimate = 0, False
    for timing, count in jobs:
        typical_us = None if timing is None else _microseconds(timing)
        if count and (timing is None or typical_us is None):
            return None
        if count and timing is not None and typical_us is not None:
            total_us += count * typical_us
            is_estimate |= not timing.is_verified
    return ChipTime(total_us / 1e6, is_estimate)


def _program_timing(chip: Chip) -> Timing | None:
    names = ("program_word",) if chip.program == "aai" else ("program_page", "write_page")
    return next((chip.timings[name] for name in names if name in chip.timings), None)


def _microseconds(timing: Timing) -> int | None:
    return timing.maximum_us if timing.typical_us is None else timing.typical_us
