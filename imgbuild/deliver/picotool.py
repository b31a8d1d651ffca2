"""picotool: RP2040 and RP2350 in BOOTSEL mode; addresses as the XIP window shows them.

``picotool load [-v] FILE -t bin -o ADDRESS`` (picotool's help). It erases sectors of 4 KiB.
"""

from __future__ import annotations

from imgbuild.deliver.job import Job, Plan, Step, name_piece, piece_files
from imgbuild.deliver.judging import judge_words


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """One call for each piece; the last one restarts the board if asked to."""
    options = job.options
    steps = []
    for number, piece in enumerate(job.pieces):
        arguments = ["load"]
        arguments += ["-v"] if options.is_verified else []
        arguments += ["-x"] if options.is_left and number == len(job.pieces) - 1 else []
        arguments += [name_piece(job, number), "-t", "bin", "-o", f"0x{piece.address:08X}"]
        arguments += ["--ser", options.serial_number] if options.serial_number else []
        wanted = ("Verifying", "100%", "OK") if options.is_verified else ("100%",)
        steps.append(Step(tuple(arguments), judge_words("picotool", wanted, ("ERROR",))))
    return Plan(tuple(steps), piece_files(job))
