"""About how long a delivery takes: the chip's own times and what such links usually do. All are estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imgbuild.deliver.job import Job
from imgbuild.flash.delivery_times import (
    LINKS,
    chip_time,
    choose_blocks,
    count_erases,
    page_bytes_of,
)

_BY_NAME = {link.name: link for link in LINKS}
_ESP_BYTES_S, _BOOTSEL_BYTES_S, _CLIP_BYTES_S = 46_000, 300_000, 100_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Seconds for a number of bytes over a way's link, and what that assumes.

    ``is_read_back``: comparing brings the bytes back over the link; ``reads_chip``: all of it is read first.
    """

    assumption: str
    seconds: Callable[[int], float]
    is_read_back: bool = True
    reads_chip: bool = False


RATES: dict[str, Rate] = {
    "dfu": Rate(_BY_NAME["DFU"].assumption, _BY_NAME["DFU"].seconds),
    "swd": Rate(_BY_NAME["SWD"].assumption, _BY_NAME["SWD"].seconds),
    "esp": Rate(
        "serial at 460800 baud, no compression gained", lambda n: n / _ESP_BYTES_S, is_read_back=False
    ),
    "bootsel": Rate("USB full speed, 300 KB/s", lambda n: n / _BOOTSEL_BYTES_S),
    "clip": Rate(
        "programmer at 100 KB/s, the chip read once before", lambda n: n / _CLIP_BYTES_S, reads_chip=True
    ),
}
"""By ``Way.link``. Rates are what such links usually reach, not measurements of a board."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes over the link, and seconds; ``chip_seconds`` is None where a time of the chip is not known."""

    sent_bytes: int
    link_seconds: float
    chip_seconds: float | None
    assumption: str

    @property
    def seconds(self) -> float:
        """Link and chip together: such links wait for the chip."""
        return self.link_seconds + (self.chip_seconds or 0)


def estimate(job: Job, link: str) -> Estimate:
    """What a delivery of ``job`` takes; read back, the bytes go over the link twice."""
    rate = RATES[link]
    sent = job.total_bytes * (2 if job.options.is_verified and rate.is_read_back else 1)
    read = job.site.chip.size_bytes if rate.reads_chip and job.site.chip else 0
    return Estimate(sent, rate.seconds(sent + read), _chip_seconds(job), rate.assumption)


def _chip_seconds(job: Job) -> float | None:
    chip = job.site.chip
    if chip is None or job.site.erase is None:
        return None
    spans = [(job.offset_of(piece), job.offset_of(piece) + len(piece.data)) for piece in job.pieces]
    erases = count_erases(spans, choose_blocks(chip, job.site.erase.erase_bytes))
    pages = sum(-(-(end - begin) // page_bytes_of(chip)) for begin, end in spans)
    time = chip_time(chip, erases, pages)
    return None if time is None else time.seconds
