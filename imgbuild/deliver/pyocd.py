"""pyOCD: a debug probe and a flash algorithm, of a pack or an .FLM of one's own.

``pyocd load --target NAME --format bin --base-address ADDRESS FILE`` (its help; it erases by sectors unless
told otherwise). A flash that the target lacks is added by a user script with a FlashRegion that names the
.FLM (pyOCD's documentation, "User scripts"). Its sum of bytes programmed and found identical is compared with
the image's size; reading back is ``pyocd commander -c "compare ADDRESS FILE"``.
"""

from __future__ import annotations

import re

from imgbuild.addressed import Piece
from imgbuild.deliver.job import Job, Judge, Outcome, Plan, Step, last_lines, name_piece, piece_files
from imgbuild.deliver.judging import judge_words, tool_failed
from imgbuild.errors import Diagnostic, fail
from imgbuild.units import format_bytes

SCRIPT = "imgbuild_flash.py"
_SUM = re.compile(r"programmed (\d+) bytes.*?(?:identical|skipped) (\d+) bytes")


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """One call for each piece. Raises BuildError: IB712 without the microcontroller's name or a chip."""
    options = job.options
    if options.mcu is None:
        hint = "'pyocd list --targets' has the names"
        fail("IB712", "pyOCD needs the microcontroller's name: --mcu stm32f407vgtx", hint=hint)
    files = piece_files(job)
    probe = ["--target", options.mcu, "--no-config", "--no-wait"]
    if options.loader is not None:
        files[SCRIPT] = make_user_script(job, options.loader).encode()
        probe += ["--script", SCRIPT]
    probe += ["--uid", options.serial_number] if options.serial_number else []
    steps = []
    for number, piece in enumerate(job.pieces):
        how = [
            "--format",
            "bin",
            "--erase",
            "sector",
            "--no-reset",
            "--base-address",
            f"0x{piece.address:08X}",
        ]
        steps.append(Step(("load", *probe, *how, name_piece(job, number)), judge_load(piece)))
    if options.is_verified:
        for number, piece in enumerate(job.pieces):
            compare = f"compare 0x{piece.address:08X} {name_piece(job, number)}"
            judge = judge_words("pyOCD", ("bytes match",))
            steps.append(Step(("commander", *probe, "--command", compare), judge))
    if options.is_left:
        steps.append(Step(("reset", *probe), judge_words("pyOCD", ())))
    return Plan(tuple(steps), files)


def judge_load(piece: Piece) -> Judge:
    """Whether pyOCD programmed, or found already there, as many bytes as the piece has: IB707."""

    def judge(outcome: Outcome) -> list[Diagnostic]:
        if outcome.status:
            return [tool_failed("pyOCD", outcome)]
        done = sum(int(count) for sums in _SUM.findall(outcome.output) for count in sums)
        if done >= len(piece.data):
            return []
        message = f"pyOCD answered 0, but wrote {format_bytes(done)} of {format_bytes(len(piece.data))}"
        return [Diagnostic("IB707", f"{message}; its last words:\n{last_lines(outcome.output)}")]

    return judge


def make_user_script(job: Job, loader: str) -> str:
    """A user script that adds the chip as a flash region, which the .FLM ``loader`` (a path) writes."""
    chip, base = job.site.chip, job.site.base
    if chip is None or base is None:
        fail(
            "IB712", "pyOCD's flash region needs the chip's address and size: name a --board or a --manifest"
        )
    block = job.site.erase.erase_bytes if job.site.erase else chip.block_bytes
    return f"""\
from pyocd.core.memory_map import FlashRegion


def will_connect(board):
    region = FlashRegion(
        name="external", start=0x{base:08X}, length=0x{chip.size_bytes:X},
        sector_size=0x{block:X}, page_size=0x{chip.page_bytes:X}, flm={loader!r},
    )
    board.target.memory_map.add_region(region)
"""
