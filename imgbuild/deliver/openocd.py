"""OpenOCD with a bank driver for the flash (stmqspi and others): a script that trusts no answer of 0.

OpenOCD 0.12 writes nothing to an address outside every bank, or only the part inside one, warns, and answers
0; a start inside a sector makes it erase the whole sector ("Adding extra erase range"). The script asks the
configuration for its banks and sectors first, refuses what does not fit or what would erase a reserved byte,
counts what was written, and ends with ``shutdown error`` at the first fault.
"""

from __future__ import annotations

import re

from imgbuild.deliver.job import Job, Judge, Outcome, Plan, Step, last_lines, name_piece, piece_files
from imgbuild.deliver.judging import tool_failed
from imgbuild.errors import Diagnostic, fail
from imgbuild.model import Range

SCRIPT = "flash.tcl"
_FAULT = re.compile(r"^imgbuild-fault (IB\d{3}): (.*)$", re.MULTILINE)
_DONE = "imgbuild-done"
_BOARD_CONFIGS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "stm32f746g-disco": (("board/stm32f746g-disco.cfg",), ()),
}
"""Configuration files, and commands in front of them, of boards that OpenOCD 0.12 knows with their flash."""

_PRELUDE = """\
proc imgb_fault {code text} {
    echo "imgbuild-fault $code: $text"
    shutdown error
}
proc imgb_shown {first last} {
    return [format "0x%08X..0x%08X" $first $last]
}
"""

_PROCS = """\
proc imgb_find_bank {first last} {
    set number 0
    set known ""
    foreach bank [flash list] {
        catch {flash probe $number}
        set bank [lindex [flash list] $number]
        set low [dict get $bank base]
        set high [expr {$low + [dict get $bank size] - 1}]
        if {$first >= $low && $last <= $high} {
            return $number
        }
        append known " " [imgb_shown $low $high]
        incr number
    }
    imgb_fault IB701 "no flash bank holds [imgb_shown $first $last]; this configuration has:$known"
}
proc imgb_check_erase {number first last reserved} {
    set base [dict get [lindex [flash list] $number] base]
    set sectors 0
    foreach line [split [flash info $number] "\\n"] {
        if {![regexp {#\\s*[0-9]+: (0x[0-9a-f]+) \\((0x[0-9a-f]+) } $line all offset size]} {
            continue
        }
        set low [expr {$base + $offset}]
        set high [expr {$low + $size - 1}]
        if {$high < $first || $low > $last} {
            continue
        }
        incr sectors
        foreach {name from to} $reserved {
            if {$from <= $high && $low <= $to} {
                imgb_fault IB703 "OpenOCD erases sector [imgb_shown $low $high],\\
                    which holds a part of reserved range '$name' ([imgb_shown $from $to])"
            }
        }
    }
    if {$sectors == 0 && [llength $reserved] > 0} {
        imgb_fault IB703 "OpenOCD tells no sectors of [imgb_shown $first $last]:\\
            what it would erase is not known"
    }
}
proc imgb_write {file first size reserved} {
    set last [expr {$first + $size - 1}]
    set number [imgb_find_bank $first $last]
    imgb_check_erase $number $first $last $reserved
    set said [capture {flash write_image erase $file $first bin}]
    echo $said
    set written 0
    regexp {wrote ([0-9]+) bytes} $said all written
    if {$written < $size} {
        imgb_fault IB707 "OpenOCD wrote $written of $size bytes at [format 0x%08X $first]"
    }
}
"""


def plan(job: Job, version: tuple[int, ...] | None) -> Plan:
    """One run of OpenOCD with a script of ours; with ``--loader`` the one for a loader in RAM.

    Raises BuildError: IB712 if no configuration is given and the board's is not known.
    """
    if job.options.loader is not None:
        from imgbuild.deliver.openocd_ram import plan_ram

        return plan_ram(job, version)
    files = {**piece_files(job), SCRIPT: make_script(job).encode()}
    return Plan((Step(tool_arguments(job), judge_script(job)),), files)


def tool_arguments(job: Job) -> tuple[str, ...]:
    """The interface's file, commands that must come early, configuration files, then our script."""
    options = job.options
    configs, presets = options.configs, options.presets
    board = job.site.board.name if job.site.board else ""
    if not configs and board in _BOARD_CONFIGS:
        configs, presets = _BOARD_CONFIGS[board][0], (*_BOARD_CONFIGS[board][1], *presets)
    if not configs:
        how = "--interface interface/stlink.cfg --preset 'set QUADSPI 1' --config target/stm32h7x.cfg"
        hint = f"such as {how}; a bank also needs its pins set up, see OpenOCD's board/ files"
        fail("IB712", "OpenOCD needs a configuration (--config) for this board", hint=hint)
    arguments: list[str] = []
    for flag, values in (
        ("-f", (options.interface,) if options.interface else ()),
        ("-c", presets),
        ("-f", configs),
    ):
        for value in values:
            arguments += [flag, value]
    if options.serial_number:
        arguments += ["-c", f"adapter serial {quote(options.serial_number)}"]
    return (*arguments, "-f", SCRIPT)


def quote(text: str) -> str:
    """A word of Tcl: braces keep everything but braces and backslashes, which are escaped instead."""
    if any(character in text for character in "{}\\\n"):
        return "".join(f"\\{c}" if not c.isalnum() else c for c in text.replace("\n", " "))
    return f"{{{text}}}"


def reserved_list(job: Job) -> str:
    """A list of Tcl: name, first and last address of every reserved range."""
    base = job.site.base or 0
    rows = [_reserved_row(taken, base) for taken in job.site.reserved if taken.size_bytes]
    return "{" + " ".join(rows) + "}"


def _reserved_row(taken: Range, base: int) -> str:
    return f"{quote(taken.name)} 0x{base + taken.offset_bytes:08X} 0x{base + taken.end_bytes - 1:08X}"


def make_script(job: Job) -> str:
    """The script: halt, write and count every piece, compare, perhaps run, say that it is done."""
    lines = ["init", "reset init", f"set reserved {reserved_list(job)}"]
    for number, piece in enumerate(job.pieces):
        file, at = name_piece(job, number), f"0x{piece.address:08X}"
        lines.append(f"imgb_write {file} {at} {len(piece.data)} $reserved")
    if job.options.is_verified:
        for number, piece in enumerate(job.pieces):
            lines.append(f"verify_image {name_piece(job, number)} 0x{piece.address:08X} bin")
    lines += ["reset run"] if job.options.is_left else []
    lines += [f'echo "{_DONE} {job.total_bytes}"', "shutdown"]
    return _PRELUDE + _PROCS + "\n".join(lines) + "\n"


def judge_script(job: Job) -> Judge:
    """A run is done if the script says so; its own faults become diagnostics."""

    def judge(outcome: Outcome) -> list[Diagnostic]:
        faults = parse_faults(outcome.output)
        if faults:
            return faults
        if outcome.status:
            return [tool_failed("OpenOCD", outcome)]
        if f"{_DONE} {job.total_bytes}" in outcome.output:
            return []
        words = last_lines(outcome.output)
        return [
            Diagnostic("IB707", f"OpenOCD answered 0 without finishing its script; its last words:\n{words}")
        ]

    return judge


def parse_faults(output: str) -> list[Diagnostic]:
    """The faults that a script of ours told."""
    return [Diagnostic(match[1], match[2].rstrip("\r")) for match in _FAULT.finditer(output)]
