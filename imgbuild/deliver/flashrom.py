"""flashrom: a programmer on the chip's own pins (a clip, a Raspberry Pi, a test adapter).

It writes files as large as the chip; a layout file and ``-i`` limit that to the image's range. Which chip
answers is asked first: the wrong one on the wire is refused, and so is one that does not answer.
"""

from __future__ import annotations

import re

from imgbuild.deliver.job import Job, Judge, Outcome, Plan, Step
from imgbuild.deliver.judging import judge_words, tool_failed
from imgbuild.errors import Diagnostic, fail
from imgbuild.model import Chip

LAYOUT, WHOLE = "layout.txt", "chip.bin"
_FOUND = re.compile(r'Found (?P<maker>.*?) flash chip "(?P<name>[^"]+)" \((?P<kilobytes>\d+) kB')
_NAMES: dict[str, tuple[str, ...]] = {
    "sst25vf016b": ("SST25VF016B",),
    "sst25vf032b": ("SST25VF032B",),
    "w25q16jv": ("W25Q16.V",),
    "w25q32jv": ("W25Q32.V",),
    "w25q64jv": ("W25Q64BV/W25Q64CV/W25Q64FV", "W25Q64JV-.Q", "W25Q64JV-.M"),
    "w25q128jv": ("W25Q128.V", "W25Q128.V..M"),
    "is25lp064a": ("IS25LP064",),
    "mx25l8006e": ("MX25L8006E/MX25L8008E",),
    "mx25r6435f": ("MX25R6435F",),
    "n25q128a": ("N25Q128..3E",),
}
"""flashrom 1.3's names (``flashrom -L``) of the chips of chips.yaml; others are compared by their size."""


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """Ask which chip answers, then write the image's range.

    Raises BuildError: IB712 without a programmer, or without a chip.
    """
    chip, options = job.site.chip, job.options
    if options.programmer is None:
        hint = (
            "such as ch341a_spi, or linux_spi:dev=/dev/spidev0.0,spispeed=4000; 'flashrom --help' lists them"
        )
        fail("IB712", "flashrom needs a programmer: --programmer NAME", hint=hint)
    if chip is None:
        fail(
            "IB712", "flashrom writes whole chips: name a --board or a --manifest, so that the chip is known"
        )
    wire = ("-p", options.programmer)
    name = options.flash_chip
    probe = Step((*wire, *(("-c", name) if name else ())), judge_chip(chip, name), is_probe=True)
    chosen = name or _only_name(chip)
    arguments = [*wire, *(("-c", chosen) if chosen else ()), "-l", LAYOUT]
    for number in range(len(job.pieces)):
        arguments += ["-i", f"imgbuild{number}"]
    arguments += ["-w", WHOLE] + ([] if options.is_verified else ["-n"])
    wanted = ("VERIFIED",) if options.is_verified else ("Erase/write done",)
    write = Step(tuple(arguments), judge_words("flashrom", wanted, ("FAILED", "Error")))
    files = {LAYOUT: make_layout(job).encode(), WHOLE: make_whole(job, chip)}
    return Plan((probe, write), files)


def _only_name(chip: Chip) -> str | None:
    names = _NAMES.get(chip.name, ())
    return names[0] if len(names) == 1 else None


def make_layout(job: Job) -> str:
    """A layout file: first and last offset of each piece, and a name."""
    rows = []
    for number, piece in enumerate(job.pieces):
        offset = job.offset_of(piece)
        rows.append(f"{offset:08x}:{offset + len(piece.data) - 1:08x} imgbuild{number}\n")
    return "".join(rows)


def make_whole(job: Job, chip: Chip) -> bytes:
    """A file as large as the chip, with the pieces in their places; flashrom takes nothing else of it."""
    whole = bytearray(b"\xff" * chip.size_bytes)
    for piece in job.pieces:
        at = job.offset_of(piece)
        whole[at : at + len(piece.data)] = piece.data
    return bytes(whole)


def judge_chip(chip: Chip, name: str | None) -> Judge:
    """Whether the chip that answers is the one meant: IB711."""

    def judge(outcome: Outcome) -> list[Diagnostic]:
        found = [(m["name"], int(m["kilobytes"]) * 1024) for m in _FOUND.finditer(outcome.output)]
        wanted = (name,) if name else _NAMES.get(chip.name, ())
        if not found:
            if "No EEPROM/flash device found" in outcome.output:
                hint = "check supply, ground, and that nothing else drives the chip's pins"
                return [Diagnostic("IB711", f"no chip answers; {chip.name} was expected", hint=hint)]
            return [tool_failed("flashrom", outcome)]
        fitting = [
            size for shown, size in found if size == chip.size_bytes and (not wanted or shown in wanted)
        ]
        if fitting:
            return []
        shown = " or ".join(f"{told} ({size // 1024} KiB)" for told, size in found)
        message = f"the chip on the wire is {shown}; expected {chip.name} ({chip.size_bytes // 1024} KiB)"
        hint = f"--flash-chip {found[0][0]!r} if that is another name of the same part"
        return [Diagnostic("IB711", message, hint=hint)]

    return judge
