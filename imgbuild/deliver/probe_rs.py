"""probe-rs: a debug probe and a flash algorithm of the chip's description.

``probe-rs download --chip NAME --binary-format bin --base-address ADDRESS --verify FILE`` (its help). A flash
that the built-in description lacks comes from a file (``--chip-description-path``), made of an .FLM.
"""

from __future__ import annotations

from imgbuild.deliver.job import Job, Plan, Step, name_piece, piece_files
from imgbuild.deliver.judging import judge_words
from imgbuild.errors import fail


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """One call for each piece. Raises BuildError: IB712 without the microcontroller's name."""
    options = job.options
    if options.mcu is None:
        hint = "'probe-rs chip list' has the names"
        fail("IB712", "probe-rs needs the microcontroller's name: --mcu STM32F407VGTx", hint=hint)
    common = ["download", "--chip", options.mcu, "--non-interactive"]
    common += ["--chip-description-path", options.loader] if options.loader else []
    common += ["--probe", options.serial_number] if options.serial_number else []
    common += ["--verify"] if options.is_verified else []
    steps = []
    for number, piece in enumerate(job.pieces):
        where = [
            "--binary-format",
            "bin",
            "--base-address",
            f"0x{piece.address:08X}",
            name_piece(job, number),
        ]
        steps.append(Step((*common, *where), judge_words("probe-rs", ("Finished",), ("Error",))))
    if options.is_left:
        probe = ("--probe", options.serial_number) if options.serial_number else ()
        steps.append(Step(("reset", "--chip", options.mcu, *probe), judge_words("probe-rs", (), ("Error",))))
    return Plan(tuple(steps), piece_files(job))
