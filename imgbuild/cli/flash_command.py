"""``imgbuild flash``: a flash image onto a board, through a tool or a link to loader firmware."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.cli.delivery_options import AddressParam, UsbIdParam
from imgbuild.errors import ExitCode, Place
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.deliver.job import Job, Site, ToolOptions
    from imgbuild.deliver.ways import Way
    from imgbuild.model import FlashTarget

_PATH = click.Path(path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WAYS = ("dfu-util", "openocd", "stm32-programmer", "esptool", "picotool", "pyocd", "probe-rs", "flashrom")
_FLAGS = {
    "is_verified": "--verify/--no-verify", "is_left": "--leave", "serial_number": "--serial-number",
    "port": "--port", "baud": "--baud", "interface": "--interface", "configs": "--config",
    "presets": "--preset", "loader": "--loader", "mcu": "--mcu", "flash_chip": "--flash-chip",
    "programmer": "--programmer", "usb_id": "--usb-id", "alt": "--alt",
}  # fmt: skip
"""Fields of ToolOptions and the options that set them."""


class _UsbPair(click.ParamType[Any]):
    name = "vid:pid"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        vendor, colon, product = str(value).partition(":")
        if not colon:
            self.fail(f"{value!r} is not a pair of USB ids such as 0483:df11", param, ctx)
        one = UsbIdParam()
        return one.convert(vendor, param, ctx), one.convert(product, param, ctx)


@click.command("flash")
@click.argument("image", type=_PATH)
@click.option(
    "--with", "way", type=click.Choice(_WAYS), help="The tool that writes  [default: the board's only one]"
)
@click.option("--board", help="The board: its chip, address and reserved ranges.")
@click.option("--boards", "boards_file", type=_FILE, help="A file with boards of your own.")
@click.option("--chips", "chips_file", type=_FILE, help="A file with chips of your own, for those boards.")
@click.option("--manifest", type=_FILE, help="Take board, region and reserved ranges from this manifest.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME[,NAME]",
    help="Write these partitions of the --manifest; the others stay as they are on the device.",
)
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    help="Write every partition, also those with what the device keeps (settings, a writable littlefs).",
)
@click.option(
    "--address",
    type=AddressParam(),
    help="Address of the image's first byte  [default: the file's, else where the board is free]",
)
@click.option(
    "--partitions",
    "partition_table",
    type=_FILE,
    help="ESP32: the project's partition table (CSV); with --partition.",
)
@click.option("--partition", help="ESP32: name of the partition to write.")
@click.option("--print", "is_printed", is_flag=True, help="Only show what would be run, as a shell script.")
@click.option(
    "--verify/--no-verify", "is_verified", default=None, help="Compare afterwards  [default: compare]"
)
@click.option(
    "--leave", "is_left", is_flag=True, default=None, help="Let the board run its firmware afterwards."
)
@click.option("--serial-number", help="The probe's or device's serial number, where several are plugged in.")
@click.option("--port", help="esptool: serial port; stm32-programmer: SWD, JTAG, USB1, ...")
@click.option("--baud", type=click.IntRange(1), help="Speed of a serial port.")
@click.option("--interface", help="openocd: the probe's file, such as interface/stlink.cfg.")
@click.option("--config", "configs", multiple=True, help="openocd: a configuration file; several in order.")
@click.option("--preset", "presets", multiple=True, help="openocd: a command in front of those files.")
@click.option(
    "--loader",
    help="External loader: .stldr (stm32-programmer), loader for RAM (openocd), .FLM (pyocd),"
    " chip description (probe-rs).",
)
@click.option("--mcu", help="The microcontroller's name as esptool, pyocd or probe-rs knows it.")
@click.option("--flash-chip", help="flashrom: the memory's name as flashrom knows it.")
@click.option("--programmer", help="flashrom: the programmer, such as ch341a_spi.")
@click.option("--usb-id", type=_UsbPair(), help="dfu-util: vendor and product  [default: the board's]")
@click.option(
    "--alt", type=click.IntRange(0, 255), help="dfu-util: alternate setting  [default: the board's]"
)
@click.option("--serial", metavar="PORT", help="Send to loader firmware on this serial port.")
@click.option("--tcp", metavar="HOST:PORT", help="Send to loader firmware behind a socket.")
@click.option(
    "--whole", "is_whole", is_flag=True, help="--serial, --tcp: send every sector, not only changed ones."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(**options: Any) -> int:
    """Write flash image IMAGE (.bin, .hex, .srec, .elf, .dfu or .uf2) onto a board, checked first.

    Nothing is started for an image that is damaged, leaves the chip, or comes near a reserved range.

    A file with several partitions, or the folder with a file for each (with --manifest), is written whole
    only with --all if a device keeps settings or files of its own in one of them: an update must not reset
    these. --only NAME writes some partitions, IMAGE@0x900C0000 the one at that address; then no erase block
    of another one is touched.

    \b
      imgbuild flash ext.bin --board spark-core
      imgbuild flash ext.hex --board daisy-seed --with dfu-util --leave
      imgbuild flash ext.bin --board esp32-s3 --partitions parts.csv --partition assets --port /dev/ttyUSB0
      imgbuild flash ext.bin --serial /dev/ttyACM0
      imgbuild flash update.imgu --tcp 192.168.0.7:7000              # a package of 'imgbuild ota make'
      imgbuild flash all.hex --manifest watch.yaml --only assets     # an update
      imgbuild flash all.hex --all --board daisy-seed                # a new device
    """  # fmt: skip
    from imgbuild.cli.flash_package import flash_package, is_package

    if is_package(options["image"]):
        return flash_package(options)
    if options["serial"] or options["tcp"]:
        return _flash_over_link(options)
    if options["is_whole"]:
        raise click.UsageError("--whole goes with --serial or --tcp")
    from imgbuild.deliver.delivering import choose_way, prepare

    job = _make_job(options)
    way = choose_way(options["way"], job.site.board)
    _refuse_useless(options, way)
    prepare(job, way)
    if job.site.chip is None:
        _warn_unknown(options)
    return _print(job, way, options) if options["is_printed"] else _run(job, way, options)


def _make_job(options: dict[str, Any]) -> Job:
    from imgbuild.cli.flash_choice import choose
    from imgbuild.deliver.job import Job
    from imgbuild.deliver.placing import find_site

    chosen = choose(options, find_site(_question(options)))
    given = _tool_options(options)
    return Job(chosen.source, chosen.pieces, chosen.site, given, chosen.dfu_ids, chosen.is_part)


def _question(options: dict[str, Any]) -> Any:
    from imgbuild.deliver.placing import SiteQuestion

    if (options["partition"] is None) != (options["partition_table"] is None):
        raise click.UsageError("--partitions and --partition go together")
    if options["board"] is None and (options["boards_file"] or options["chips_file"]):
        raise click.UsageError("--boards and --chips go with --board")
    names = ("board", "boards_file", "chips_file", "manifest", "partition_table", "partition")
    return SiteQuestion(**{name: options[name] for name in names})


def _tool_options(options: dict[str, Any]) -> ToolOptions:
    from imgbuild.deliver.job import ToolOptions

    given = {name: options[name] for name in _FLAGS if options[name] not in (None, ())}
    for name in ("interface", "loader"):
        if name in given:
            given[name] = _absolute(given[name])
    if "configs" in given:
        given["configs"] = tuple(map(_absolute, given["configs"]))
    return ToolOptions(**given)


def _absolute(text: str) -> str:
    """The absolute path of a file that exists here; any other text is a name that the tool looks up."""
    path = Path(text)
    return str(path.absolute()) if path.is_file() else text


def _refuse_useless(options: dict[str, Any], way: Way) -> None:
    for name, flag in _FLAGS.items():
        if options[name] not in (None, ()) and name not in way.options:
            raise click.UsageError(f"{flag} has no effect with {way.name}")


def _warn_unknown(options: dict[str, Any]) -> None:
    from imgbuild.errors import Diagnostic, Severity

    message = "no board is named: what is reserved on the chip, and where it ends, is not known"
    hint = "--board or --manifest; 'imgbuild boards' lists the boards known"
    place = Place(str(options["image"]))
    console.report([Diagnostic("IB714", message, place, hint, severity=Severity.WARNING)])


# --- running ---------------------------------------------------------------------------------------


def _run(job: Job, way: Way, options: dict[str, Any]) -> int:
    from imgbuild.deliver.delivering import deliver

    is_quiet = options["is_json"]
    show = console.pass_through if console.is_terminal() and not is_quiet else None
    try:
        done = deliver(job, way, show, None if is_quiet else lambda line: console.note(_shell(line)))
    except KeyboardInterrupt:
        console.note(
            f"interrupted: {way.name} was ended; the chip may hold a part of the image, flash it again"
        )
        return ExitCode.INTERRUPTED
    if options["is_json"]:
        version = ".".join(map(str, done.version)) if done.version else None
        document = {**_document(job, way), "commands": [list(line) for line in done.commands]}
        console.write_json({**document, "tool_version": version, "written_bytes": done.total_bytes})
        return ExitCode.DONE
    state = "written and compared" if _is_compared(job, way) else "written"
    console.write_line(f"{console.shown_path(job.source)}: {_where(job)} {state} with {way.name}")
    return ExitCode.DONE


def _is_compared(job: Job, way: Way) -> bool:
    return job.options.is_verified or way.name == "esptool"


def _where(job: Job) -> str:
    from imgbuild.addressed import format_span

    spans = ", ".join(format_span(piece.address, piece.end) for piece in job.pieces)
    return f"{format_bytes(job.total_bytes)} at {spans}"


def _document(job: Job, way: Way) -> dict[str, Any]:
    from imgbuild.deliver.estimate import estimate

    guess = estimate(job, way.link)
    board, chip = job.site.board, job.site.chip
    return {
        "schema_version": 1,
        "image": str(job.source),
        "with": way.name,
        "board": board.name if board else None,
        "chip": chip.name if chip else None,
        "ranges": [{"address": piece.address, "bytes": len(piece.data)} for piece in job.pieces],
        "is_verified": _is_compared(job, way),
        "estimate": {
            "sent_bytes": guess.sent_bytes,
            "seconds": round(guess.seconds, 1),
            "chip_seconds": None if guess.chip_seconds is None else round(guess.chip_seconds, 1),
            "assumes": guess.assumption,
        },
    }


# --- printing --------------------------------------------------------------------------------------


def _print(job: Job, way: Way, options: dict[str, Any]) -> int:
    plan = way.plan(job, None)
    commands = [[way.executables[0], *step.arguments] for step in plan.steps]
    if options["is_json"]:
        texts = {name: data.decode() for name, data in plan.files.items() if _is_text(name)}
        sizes = {name: len(data) for name, data in plan.files.items() if not _is_text(name)}
        console.write_json({**_document(job, way), "commands": commands, "scripts": texts, "files": sizes})
        return ExitCode.DONE
    console.write_line(f"# {console.shown_path(job.source)}: {_where(job)}, with {way.name}; nothing was run")
    for name, data in plan.files.items():
        _print_file(job, name, data)
    for line in commands:
        console.write_line(_shell(line))
    console.write_line(f"# {_tell_estimate(job, way)}")
    return ExitCode.DONE


def _is_text(name: str) -> bool:
    return name.endswith((".tcl", ".txt", ".py"))


def _print_file(job: Job, name: str, data: bytes) -> None:
    """A line of shell that makes a file of the private folder, or what it holds."""
    source = str(job.source)
    if _is_text(name):
        console.write_line(f"cat >{name} <<'END'\n{data.decode()}END")
    elif name == "image.bin" and not job.is_part:
        is_bare = not job.source.is_file() or job.source.read_bytes() == data  # a pipe gives its bytes once
        console.write_line(
            _shell(["cp", source, name] if is_bare else ["imgbuild", "convert", source, "-o", name])
        )
    else:
        console.write_line(f"# {name}: {format_bytes(len(data))}, made of {console.shown_path(job.source)}")


def _shell(line: Any) -> str:
    import shlex

    return shlex.join(str(word) for word in line)


def _tell_estimate(job: Job, way: Way) -> str:
    from imgbuild.deliver.estimate import estimate

    guess = estimate(job, way.link)
    chip = (
        "the chip's own time is not known"
        if guess.chip_seconds is None
        else f"{guess.chip_seconds:.1f} s of it in the chip"
    )
    sent = f"{format_bytes(guess.sent_bytes)} sent"
    return f"about {guess.seconds:.0f} s (estimate: {guess.assumption}; {sent}; {chip})"


# --- loader firmware -------------------------------------------------------------------------------


def _flash_over_link(options: dict[str, Any]) -> int:
    from imgbuild.cli.flash_choice import choose
    from imgbuild.cli.flash_link import flash_over_link
    from imgbuild.deliver.placing import check_pieces, find_site

    if options["serial"] and options["tcp"]:
        raise click.UsageError("--serial and --tcp do not go together")
    for name, flag in {"way": "--with", "is_printed": "--print", **_FLAGS}.items():
        if options[name] and name not in ("is_verified", "baud"):
            raise click.UsageError(f"{flag} has no effect with --serial or --tcp")
    chosen = choose(options, find_site(_question(options)), is_placed=False)
    pieces, site, target = chosen.pieces, chosen.site, None
    if site.chip is not None:
        check_pieces(pieces, site, Place(str(chosen.source)), tool="the loader")
        target = _target_of(site, pieces[0].address, len(pieces[0].data))
    if len(pieces) > 1:
        raise click.UsageError("a loader takes one image; give its .bin, or --only NAME")
    given = {**options, "verify": options["is_verified"] is not False, "whole": options["is_whole"]}
    return flash_over_link(chosen.source, bytes(pieces[0].data), target, given)


def _target_of(site: Site, address: int, size_bytes: int) -> FlashTarget | None:
    from imgbuild.deliver.placing import erased_span
    from imgbuild.model import FlashTarget, Range

    if site.chip is None or site.erase is None:
        return None
    span = erased_span(Range(address - (site.base or 0), size_bytes), site.erase)
    region = Range(span.offset_bytes, span.size_bytes, "region")
    if site.preferred is not None and site.preferred.offset_bytes == span.offset_bytes:
        region = site.preferred
    mapped = site.board is None or site.board.mapped_at is not None
    base = address if mapped and site.base is not None else None
    return FlashTarget(site.chip, site.board, site.reserved, region, site.erase.largest(region), base)
