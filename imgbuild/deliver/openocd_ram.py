"""OpenOCD without a bank driver (plain SPI): a loader in the microcontroller's RAM writes the chip.

The contract with such a loader (``imgbuild loader ram``) stands in c_runtime/loader/external/README.md: an
ELF file with an entry that runs the one job in a mailbox and stops at a ``bkpt``, the mailbox of seven words
(command, address, length, buffer; result, address of a fault, JEDEC id), and a buffer for data.
The result is set to a value that no loader gives before a job starts: a loader that never ran cannot pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imgbuild.addressed import Piece
from imgbuild.deliver.elf_symbols import ElfSymbols, read_symbols
from imgbuild.deliver.job import Job, Plan, Step
from imgbuild.deliver.openocd import _PRELUDE, SCRIPT, judge_script, tool_arguments
from imgbuild.errors import Place, fail
from imgbuild.flash.erase_map import EraseMap
from imgbuild.inputs import read_input
from imgbuild.units import align_up

LOADER_FILE = "loader.elf"
INIT, ERASE, PROGRAM, VERIFY = 1, 2, 3, 4
_SYMBOLS = (
    "imgb_ram_entry",
    "imgb_ram_stack_top",
    "imgb_ram_job",
    "imgb_ram_buffer",
    "imgb_ram_buffer_bytes",
)
_BUFFER_BYTES_MIN, _BUFFER_BYTES_MAX, _RAM_BYTES_MAX = 256, 1 << 16, 1 << 24
"""Pages of 256 B are not cut; more than 64 KiB at once gains nothing."""
_ERASE_BYTES = 0x10000
"""Erased by one job, so that no job takes longer than its time limit."""
_MS_PER_JOB_MIN, _MS_PER_BLOCK_MAX = 10_000, 2_000
"""At least 10 s; a 4 KiB sector takes up to 0.4 s, a 64 KiB block of NOR flash up to 2 s, by data sheets."""

_PENDING = 1
"""The result before a job: the loader's are 0 and negative."""
_FAULTS: dict[int, tuple[str, str]] = {
    -1101: ("IB702", "the loader's guard refused the address: it was made for another region"),
    -1102: ("IB711", "no chip answers: check the wiring, or the loader's pins"),
    -1103: ("IB711", "another chip answers"),
    -1104: ("IB707", "the chip stays busy"),
    -1105: ("IB707", "the chip's blocks stay protected"),
    -1106: ("IB707", "the chip was not erased"),
    -1107: ("IB707", "the chip holds other bytes"),
    -1108: ("IB707", "the address is no start of an erase block"),
}
"""Codes of enum imgb_nor_error (c_runtime/src/imgb_nor.h)."""

_PROCS = """\
proc imgb_name_job {command} {
    return [lindex {nothing init erase program verify} $command]
}
proc imgb_tell_fault {what words} {
    global imgb_faults
    lassign $words result failed_at id
    set result [expr {$result >= 0x80000000 ? $result - 0x100000000 : $result}]
    lassign {IB707 {the loader's bus failed}} code text
    if {[dict exists $imgb_faults $result]} {
        lassign [dict get $imgb_faults $result] code text
    }
    set more ""
    if {$failed_at != 0} {
        append more [format ", first at 0x%08X" $failed_at]
    }
    if {$code eq "IB711"} {
        append more [format ", JEDEC id %06X" $id]
    }
    imgb_fault $code "$text ($what, result $result$more)"
}
proc imgb_job {command address length timeout_ms} {
    global imgb_entry imgb_stack imgb_mailbox imgb_buffer imgb_pending
    write_memory $imgb_mailbox 32 [list $command $address $length $imgb_buffer $imgb_pending 0 0]
    reg sp $imgb_stack
    resume $imgb_entry
    set what "[imgb_name_job $command] at [format 0x%08X $address], $length bytes"
    if {[catch {wait_halt $timeout_ms}]} {
        catch {halt}
        imgb_fault IB707 "the loader in RAM did not end within $timeout_ms ms ($what)"
    }
    set words [read_memory [expr {$imgb_mailbox + 16}] 32 3]
    if {[lindex $words 0] == $imgb_pending} {
        imgb_fault IB707 "the loader in RAM stopped without a result ($what)"
    }
    if {[lindex $words 0] != 0} {
        imgb_tell_fault $what $words
    }
}
proc imgb_start {loader} {
    reset halt
    load_image $loader
    imgb_job 1 0 0 10000
}
proc imgb_send {command chunks timeout_ms} {
    global imgb_buffer
    foreach {file address length} $chunks {
        load_image $file $imgb_buffer bin
        imgb_job $command $address $length $timeout_ms
    }
}
"""


@dataclass(frozen=True, slots=True)
class RamLoader:
    """Where a loader's parts lie in RAM (addresses), and its buffer's size."""

    entry: int
    stack_top: int
    job: int
    buffer: int
    buffer_bytes: int


def read_loader(data: bytes, place: Place) -> RamLoader:
    """The loader in an ELF file. Raises BuildError: IB514 (damaged), IB713 (not one of these loaders)."""
    symbols = read_symbols(data, place)
    missing = [name for name in _SYMBOLS if name not in symbols.addresses]
    if missing:
        hint = "'imgbuild loader ram' makes one"
        fail("IB713", f"no loader for RAM: it has no symbol {missing[0]}", place, hint)
    entry, stack, job, buffer, size_at = (symbols.addresses[name] for name in _SYMBOLS)
    size = _read_size(symbols, size_at, place)
    return RamLoader(entry & ~1, stack, job, buffer, size)


def _read_size(symbols: ElfSymbols, address: int, place: Place) -> int:
    held = symbols.read(address, 4)
    size = int.from_bytes(held, "little")
    if len(held) < 4 or not _BUFFER_BYTES_MIN <= size <= _RAM_BYTES_MAX:
        shown = f"{size} B" if len(held) == 4 else "no bytes"
        fail("IB713", f"imgb_ram_buffer_bytes is {shown}; expected 256 B to 16 MiB", place)
    return min(size // _BUFFER_BYTES_MIN * _BUFFER_BYTES_MIN, _BUFFER_BYTES_MAX)


def plan_ram(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """One run of OpenOCD that loads the loader and hands it the pieces through its buffer."""
    path = Path(job.options.loader or "")
    place = Place(str(path))
    try:
        data = read_input(path)
    except OSError as error:
        fail("IB713", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", place)
    loader = read_loader(data, place)
    chunks = cut_pieces(job.pieces, loader.buffer_bytes)
    files = {LOADER_FILE: data, SCRIPT: make_ram_script(job, loader, chunks).encode()}
    files |= {chunk.file: chunk.data for chunk in chunks}
    return Plan((Step(tool_arguments(job), judge_script(job)),), files)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the buffer takes at once, and the file that holds it."""

    file: str
    address: int
    data: bytes

    @property
    def is_blank(self) -> bool:
        """Whether erasing alone makes these bytes."""
        return self.data.count(0xFF) == len(self.data)


def cut_pieces(pieces: tuple[Piece, ...], buffer_bytes: int) -> list[Chunk]:
    """The pieces cut at multiples of the buffer's size."""
    chunks: list[Chunk] = []
    for piece in pieces:
        data = bytes(piece.data)
        for at in range(0, len(data), buffer_bytes):
            name = f"chunk{len(chunks):04d}.bin"
            chunks.append(Chunk(name, piece.address + at, data[at : at + buffer_bytes]))
    return chunks


def make_ram_script(job: Job, loader: RamLoader, chunks: list[Chunk]) -> str:
    """The script: load the loader, erase by 64 KiB, program chunks that are not blank, compare, say done."""
    rows = {
        "imgb_entry": loader.entry,
        "imgb_stack": loader.stack_top,
        "imgb_mailbox": loader.job,
        "imgb_buffer": loader.buffer,
        "imgb_pending": _PENDING,
    }
    lines = [f"set {name} 0x{value:08X}" for name, value in rows.items()]
    faults = " ".join(f"{number} {{{code} {{{text}}}}}" for number, (code, text) in _FAULTS.items())
    lines += [f"set imgb_faults {{{faults}}}", "init", f"imgb_start {LOADER_FILE}"]
    for first, size, timeout_ms in erase_jobs(job):
        lines.append(f"imgb_job {ERASE} 0x{first:08X} {size} {timeout_ms}")
    written = [chunk for chunk in chunks if not chunk.is_blank]
    lines.append(f"imgb_send {PROGRAM} {_list_chunks(written)} {_MS_PER_JOB_MIN}")
    if job.options.is_verified:
        lines.append(f"imgb_send {VERIFY} {_list_chunks(chunks)} {_MS_PER_JOB_MIN}")
    lines += ["reset run"] if job.options.is_left else []
    lines += [f'echo "imgbuild-done {job.total_bytes}"', "shutdown"]
    return _PRELUDE + _PROCS + "\n".join(lines) + "\n"


def _list_chunks(chunks: list[Chunk]) -> str:
    rows = [f"    {chunk.file} 0x{chunk.address:08X} {len(chunk.data)}" for chunk in chunks]
    return "{\n" + "\n".join(rows) + "\n}" if rows else "{}"


def erase_jobs(job: Job) -> list[tuple[int, int, int]]:
    """Address, bytes and time limit (ms) of each erase: whole blocks of the board, cut at 64 KiB."""
    erase = job.site.erase or EraseMap(0x1000)
    base = job.site.base or 0
    jobs: list[tuple[int, int, int]] = []
    for piece in job.pieces:
        offset = piece.address - base
        for low, high, unit in erase.parts(offset, offset + len(piece.data)):
            at, end = low // unit * unit, align_up(high, unit)
            if jobs and jobs[-1][0] + jobs[-1][1] > base + at:
                at = jobs[-1][0] + jobs[-1][1] - base
            while at < end:
                stop = min(end, align_up(at + 1, max(_ERASE_BYTES, unit)))
                blocks = -(-(stop - at) // unit)
                jobs.append((base + at, stop - at, max(_MS_PER_JOB_MIN, blocks * _MS_PER_BLOCK_MAX)))
                at = stop
    return jobs
