"""dfu-util and DfuSe devices: the list of devices judged first, the download by what was really written.

dfu-util answers 0 in cases where it wrote nothing: a file of another alternate setting is skipped element by
element. So an image is always given as bytes with an address and an alternate setting, and a step counts as
done only if dfu-util said so in words. DfuSe names a memory by a string, ``@Name/0xADDRESS/n*SSSKx,...``:
size and unit of n pages, then a letter whose bits 0 to 2 say readable, erasable, writable (ST UM0424, 10.3.2;
dfu-util, dfuse_mem.c).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from imgbuild.addressed import Piece, format_span
from imgbuild.deliver.job import Job, Judge, Outcome, Plan, Step, last_lines, name_piece, piece_files
from imgbuild.deliver.judging import judge_failure, tool_failed
from imgbuild.errors import Diagnostic, fail
from imgbuild.units import format_bytes

_FOUND = re.compile(
    r'^Found (?P<mode>DFU|Runtime): \[(?P<vid>[0-9a-f]{4}):(?P<pid>[0-9a-f]{4})\].*?path="(?P<path>[^"]*)",'
    r' alt=(?P<alt>\d+), name="(?P<name>[^"]*)", serial="(?P<serial>[^"]*)"',
    re.MULTILINE,
)
_PAGES = re.compile(r"(\d+)\*\s*(\d+)([ BKM])([a-g])")
_UNIT_BYTES = {" ": 1, "B": 1, "K": 1 << 10, "M": 1 << 20}
_READ, _ERASE, _WRITE = 1, 2, 4
_ANY = 0xFFFF
_SECONDS_NO_ANSWER = "unplug it, plug it in again in DFU mode, and look at 'dfu-util --list'"


@dataclass(frozen=True, slots=True)
class Device:
    """One line of ``dfu-util --list``: one alternate setting of one device in DFU mode."""

    vid: int
    pid: int
    path: str
    alt: int
    name: str
    serial: str


@dataclass(frozen=True, slots=True)
class Pages:
    """``count`` pages of ``size_bytes`` from ``address`` on; ``bits``: 1 readable, 2 erasable, 4 writable."""

    address: int
    count: int
    size_bytes: int
    bits: int

    @property
    def end(self) -> int:
        """The address behind the last page."""
        return self.address + self.count * self.size_bytes


def parse_list(output: str) -> list[Device]:
    """The devices in DFU mode that ``dfu-util --list`` tells of."""
    return [
        Device(int(m["vid"], 16), int(m["pid"], 16), m["path"], int(m["alt"]), m["name"], m["serial"])
        for m in _FOUND.finditer(output)
        if m["mode"] == "DFU"
    ]


def parse_memory(name: str) -> list[Pages]:
    """The pages that a DfuSe name string tells of, in its order; none for a string that is not one."""
    if not name.startswith("@"):
        return []
    parts = name.split("/")[1:]
    pages: list[Pages] = []
    for start, layout in zip(parts[::2], parts[1::2], strict=False):
        try:
            at = int(start.strip(), 16)
        except ValueError:
            return []
        for count, size, unit, letter in _PAGES.findall(layout):
            row = Pages(at, int(count), int(size) * _UNIT_BYTES[unit], ord(letter) - ord("a") + 1)
            pages.append(row)
            at = row.end
    return pages


def plan(job: Job, _version: tuple[int, ...] | None) -> Plan:
    """List, download each piece, read it back, and leave DFU mode if asked to.

    Raises BuildError: IB710 for a DfuSe file of another device or alternate setting, IB712 without ids.
    """
    vid, pid, alt = settle_ids(job)
    serial = job.options.serial_number
    device = ("-d", f",{vid:04x}:{pid:04x}", "-a", str(alt), *(("-S", serial) if serial else ()))
    steps = [Step(("--list",), _judge_list(job, vid, pid, alt), is_probe=True)]
    for number, piece in enumerate(job.pieces):
        target = ("-s", f"0x{piece.address:08X}", "-D", name_piece(job, number))
        steps.append(Step((*device, *target), _judge_download(piece)))
    if job.options.is_verified:
        for number, piece in enumerate(job.pieces):
            back = f"back{number}.bin"
            source = ("-s", f"0x{piece.address:08X}:{len(piece.data)}", "-U", back)
            steps.append(Step((*device, *source), _judge_upload(piece, back)))
    if job.options.is_left:
        last = job.pieces[-1]
        source = ("-s", f"0x{last.address:08X}:1:leave", "-U", "leave.bin")
        steps.append(Step((*device, *source), judge_failure("dfu-util")))
    return Plan(tuple(steps), piece_files(job))


def settle_ids(job: Job) -> tuple[int, int, int]:
    """Vendor, product and alternate setting: the command line's, else the board's, else the DfuSe file's."""
    dfu, given = job.site.board.dfu if job.site.board else None, job.options
    of_file = job.dfu_ids
    ids, alt = given.usb_id, given.alt
    if ids is None and dfu is not None:
        ids = dfu.vid, dfu.pid
    if alt is None and dfu is not None:
        alt = dfu.alt
    if of_file is not None:
        ids = (of_file.vid, of_file.pid) if ids is None and of_file.vid != _ANY else ids
        alt = of_file.alt if alt is None else alt
    if ids is None or alt is None:
        missing = "USB ids (--usb-id 0483:df11)" if ids is None else "alternate setting (--alt 0)"
        fail("IB712", f"dfu-util needs the device's {missing}: no board tells them")
    _compare_with_file(job, ids, alt)
    return (*ids, alt)


def _compare_with_file(job: Job, ids: tuple[int, int], alt: int) -> None:
    of_file = job.dfu_ids
    if of_file is None:
        return
    name = job.source.name
    if of_file.alt != alt:
        what = "dfu-util would skip all of it, and answer 0"
        message = f"{name} is for alternate setting {of_file.alt}, not {alt}: {what}"
        fail("IB710", message, hint=f"--alt {of_file.alt} if the file is right")
    pairs = zip((of_file.vid, of_file.pid), ids, strict=True)
    if any(meant not in (_ANY, asked) for meant, asked in pairs):
        shown = f"{of_file.vid:04x}:{of_file.pid:04x}, not {ids[0]:04x}:{ids[1]:04x}"
        fail("IB710", f"{name} is for the USB device {shown}")


# --- judging ---------------------------------------------------------------------------------------


def _judge_list(job: Job, vid: int, pid: int, alt: int) -> Judge:
    def judge(outcome: Outcome) -> list[Diagnostic]:
        if outcome.status:
            return [tool_failed("dfu-util", outcome)]
        listed = parse_list(outcome.output)
        fitting = [d for d in listed if (d.vid, d.pid) == (vid, pid)]
        if job.options.serial_number:
            fitting = [d for d in fitting if d.serial == job.options.serial_number]
        return judge_devices(job, listed, fitting, alt) or judge_memory(
            job, next(d for d in fitting if d.alt == alt)
        )

    return judge


def judge_devices(
    job: Job, listed: Sequence[Device], fitting: Sequence[Device], alt: int
) -> list[Diagnostic]:
    """What is wrong on the ports: no device, another one, several (IB708), no such setting (IB710)."""
    if not fitting:
        others = sorted({f"{d.vid:04x}:{d.pid:04x}" for d in listed})
        what = f"there is {', '.join(others)}" if others else "no device is in DFU mode"
        return [Diagnostic("IB708", f"{_wanted(job)} is not on any port: {what}", hint=_how(job))]
    paths = sorted({(d.path, d.serial) for d in fitting})
    if len(paths) > 1:
        shown = ", ".join(f"{serial} at {path}" for path, serial in paths)
        hint = f"--serial-number {paths[0][1]}, or unplug all but one"
        return [Diagnostic("IB708", f"{len(paths)} devices are in DFU mode: {shown}", hint=hint)]
    if alt not in {d.alt for d in fitting}:
        known = "; ".join(f"{d.alt}: {d.name.strip()}" for d in sorted(fitting, key=lambda d: d.alt))
        message = f"the device has no alternate setting {alt}; it has {known}"
        return [Diagnostic("IB710", message, hint="another boot loader than the board's may have answered")]
    return []


def _wanted(job: Job) -> str:
    vid, pid, _ = settle_ids(job)
    number = job.options.serial_number
    return f"{vid:04x}:{pid:04x}" + (f" with serial number {number}" if number else "")


def _how(job: Job) -> str:
    ways = job.site.board.programming if job.site.board else ()
    return next((way.how for way in ways if way.tool == "dfu-util"), _SECONDS_NO_ANSWER)


def judge_memory(job: Job, device: Device) -> list[Diagnostic]:
    """Whether the memory that a device names takes the pieces, and erases nothing reserved: IB709, IB703."""
    pages = parse_memory(device.name)
    found = []
    for piece in job.pieces:
        touched = [row for row in pages if row.address < piece.end and piece.address < row.end]
        covered = sum(min(row.end, piece.end) - max(row.address, piece.address) for row in touched)
        writable = [row for row in touched if row.bits & _WRITE and row.bits & _ERASE]
        if covered < len(piece.data) or writable != touched:
            span = format_span(piece.address, piece.end)
            message = f"the device names its memory '{device.name.strip()}': it cannot write {span}"
            found.append(Diagnostic("IB709", message, hint=_wrong_device_hint(job, device)))
        else:
            found += _judge_erased(job, piece, touched)
    return found


def _wrong_device_hint(job: Job, device: Device) -> str:
    if "internal flash" in device.name.lower():
        return "this is a boot loader of the microcontroller's own flash (ST's ROM?): " + _how(job)
    return _how(job)


def _judge_erased(job: Job, piece: Piece, touched: Sequence[Pages]) -> list[Diagnostic]:
    """The device's own pages around a piece against what is reserved."""
    first, last = touched[0], touched[-1]
    low = piece.address - (piece.address - first.address) % first.size_bytes
    high = piece.end + (last.address - piece.end) % last.size_bytes
    base = job.site.base or 0
    for taken in job.site.reserved:
        start, end = base + taken.offset_bytes, base + taken.end_bytes
        if low < end and start < high:
            size = format_bytes(max(first.size_bytes, last.size_bytes))
            message = (
                f"the device erases pages of {size}: {format_span(low, high)} holds a part of reserved range"
                f" '{taken.name}' ({format_span(start, end)})"
            )
            return [Diagnostic("IB703", message)]
    return []


def _judge_download(piece: Piece) -> Judge:
    def judge(outcome: Outcome) -> list[Diagnostic]:
        if outcome.status:
            return [tool_failed("dfu-util", outcome)]
        return judge_downloaded(outcome.output, piece)

    return judge


def judge_downloaded(output: str, piece: Piece) -> list[Diagnostic]:
    """Whether dfu-util, which answered 0, tells of this piece being written: else IB707."""
    element = f"Downloading element to address = 0x{piece.address:08x}, size = {len(piece.data)}"
    is_done = element in output and "File downloaded successfully" in output
    if is_done and "skipping" not in output.lower():
        return []
    size, at = format_bytes(len(piece.data)), f"0x{piece.address:08X}"
    message = f"dfu-util answered 0, but did not write {size} at {at}; its last words:\n{last_lines(output)}"
    return [Diagnostic("IB707", message)]


def _judge_upload(piece: Piece, name: str) -> Judge:
    def judge(outcome: Outcome) -> list[Diagnostic]:
        if outcome.status:
            return [tool_failed("dfu-util", outcome)]
        path = outcome.folder / name
        got = path.read_bytes() if path.is_file() else b""
        return compare_read_back(got, piece)

    return judge


def compare_read_back(got: bytes, piece: Piece) -> list[Diagnostic]:
    """What a tool read back against what it was given: IB707 names the first byte that differs."""
    meant = bytes(piece.data)
    if got == meant:
        return []
    at = next(
        (i for i, (a, b) in enumerate(zip(got, meant, strict=False)) if a != b), min(len(got), len(meant))
    )
    wrong = sum(a != b for a, b in zip(got, meant, strict=False)) + abs(len(meant) - len(got))
    message = (
        f"read back, {wrong} of {format_bytes(len(meant))} differ, the first at 0x{piece.address + at:08X}:"
        f" found {got[at : at + 4].hex(' ') or 'nothing'}, written was {meant[at : at + 4].hex(' ')}"
    )
    return [
        Diagnostic("IB707", message, hint="write again; if it stays, look at the chip's block protection")
    ]
