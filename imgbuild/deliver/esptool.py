"""esptool: ``write-flash`` with offsets from the flash's first byte.

Up to version 4 the commands are written with underscores, from 5 on with hyphens (esptool's migration guide
for v5); up to 4 the program itself is often called ``esptool.py``. esptool compares an MD5 sum after each
file and says "Hash of data verified."; it erases in sectors of 4 KiB.
"""

from __future__ import annotations

from imgbuild.deliver.job import Job, Plan, Step, name_piece, piece_files
from imgbuild.deliver.judging import judge_words

VERSION_HYPHENS = (5,)
_CHIPS: dict[str, str] = {"esp32-s3": "esp32s3"}
"""esptool's names of the boards' microcontrollers; any other is found out by esptool itself."""


def plan(job: Job, version: tuple[int, ...] | None) -> Plan:
    """One call that writes all pieces; ``version`` None: the newest is meant."""
    options = job.options
    board = job.site.board.name if job.site.board else ""
    mcu = options.mcu or _CHIPS.get(board)
    is_new = version is None or version >= VERSION_HYPHENS
    arguments: list[str] = []
    for flag, value in (("--chip", mcu), ("--port", options.port), ("--baud", options.baud)):
        arguments += [flag, str(value)] if value is not None else []
    if not options.is_left:
        arguments += ["--after", "no-reset" if is_new else "no_reset"]
    arguments.append("write-flash" if is_new else "write_flash")
    for number, piece in enumerate(job.pieces):
        arguments += [f"0x{job.offset_of(piece):X}", name_piece(job, number)]
    judge = judge_words("esptool", ("Hash of data verified",), ("A fatal error",))
    return Plan((Step(tuple(arguments), judge),), piece_files(job))
