"""``imgbuild loader stldr``, ``flm`` and ``ram``: the flash driver as a program that tools load into RAM."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.errors import ExitCode
from imgbuild.units import format_bytes, parse_size

if TYPE_CHECKING:
    from imgbuild.loader.board import LoaderBoard
    from imgbuild.loader.build import Loader, LoaderRequest

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PATH = click.Path(path_type=Path)
_ADDRESS_END = 1 << 32


class _Ram(click.ParamType[Any]):
    name = "address:size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from imgbuild.loader.board import Ram

        address, _, size = str(value).partition(":")
        try:
            ram = Ram(parse_size(address), parse_size(size))
        except ValueError:
            self.fail(f"{value!r} is no place in RAM such as 0x20000000:64K", param, ctx)
        if ram.address % 8 or ram.size_bytes == 0 or ram.end > _ADDRESS_END:
            self.fail(f"{value!r} does not begin at a multiple of 8 or leaves the 32 bits", param, ctx)
        return ram


class _JedecId(click.ParamType[Any]):
    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        digits = str(value).replace(" ", "").removeprefix("0x").upper()
        if len(digits) != 6 or not set(digits) <= set("0123456789ABCDEF"):
            self.fail(f"{value!r} is no JEDEC id such as 'EF 40 17'", param, ctx)
        return " ".join((digits[:2], digits[2:4], digits[4:]))


_OPTIONS = (
    click.option("--board", required=True, help="The board: addresses, chip, reserved ranges."),
    click.option("--chip", help="Another chip than the board's."),
    click.option("--region", default="free", show_default=True, metavar="free|NAME|OFFSET:SIZE",
                 help="What may be written: the largest free range, one by name, or a part of one."),
    click.option("--bus", type=_PATH, multiple=True, metavar="FILE.c",
                 help="Your bus functions (imgb_external.h)  [default: an example, if one fits the board]"),
    click.option("--ram", type=_Ram(), help="Where the loader lies  [default: as usual for the processor]"),
    click.option("--jedec-id", type=_JedecId(), help="The chip's id, where its row does not know it."),
    click.option("--boards", "boards_file", type=_FILE, help="A file with boards of your own."),
    click.option("--chips", "chips_file", type=_FILE, help="A file with chips of your own."),
    click.option("--cc", "compiler", default="arm-none-eabi-gcc", show_default=True,
                 help="The compiler: GCC or one that takes its options."),
    click.option("--cpu", default="cortex-m0plus", show_default=True,
                 help="Compile for this one; code of the default runs on every Cortex-M."),
    click.option("--cflag", "flags", multiple=True,
                 help="A flag for the files of --bus, such as -Iinclude or -DPIN=4."),
    click.option("-o", "--output", type=_PATH, help="The file to write."),
    click.option("--source", type=_PATH, help="Write sources and a Makefile to this folder, build nothing."),
    click.option("--json", "is_json", is_flag=True, help="Print one JSON document."),
)  # fmt: skip


def _make_command(name: str, text: str) -> click.Command:
    def run(**options: Any) -> int:
        return _run(name, options)

    run.__doc__ = text
    decorated: Callable[..., int] = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return click.command(name)(decorated)


stldr = _make_command(
    "stldr",
    """Make an external loader for STM32CubeProgrammer (.stldr).

    \b
      imgbuild loader stldr --board stm32f407-w25q64jv -o W25Q64JV_F407.stldr
      STM32_Programmer_CLI -c port=SWD -el W25Q64JV_F407.stldr -w ext.hex -v
    """,
)
flm = _make_command(
    "flm",
    """Make a CMSIS flash algorithm (.FLM) for Keil, pyOCD, probe-rs.

    \b
      imgbuild loader flm --board my-board --boards boards.yaml --bus my_bus.c -o my_board.FLM
    """,
)
ram = _make_command(
    "ram",
    """Make a RAM loader (an ELF file) for scripts of OpenOCD and gdb.

    \b
      imgbuild loader ram --board stm32f407-w25q64jv -o f407_ram.elf
      imgbuild flash ext.bin --board stm32f407-w25q64jv --with openocd --loader f407_ram.elf
    """,
)


def _run(name: str, options: dict[str, Any]) -> int:
    from imgbuild.loader.board import BoardChoice
    from imgbuild.loader.build import LoaderRequest
    from imgbuild.loader.kinds import KINDS

    if (options["output"] is None) == (options["source"] is None):
        raise click.UsageError("give one of -o (the file to write) and --source (a folder for sources)")
    choice = BoardChoice(
        **{
            key: options[key]
            for key in ("board", "chip", "region", "jedec_id", "ram", "boards_file", "chips_file")
        }
    )
    request = LoaderRequest(
        KINDS[name], choice, options["bus"], options["compiler"], options["cpu"], options["flags"]
    )
    if options["source"] is not None:
        return _write_sources(request, options["source"], is_json=options["is_json"])
    return _build(request, options["output"], is_json=options["is_json"])


def _build(request: LoaderRequest, output: Path, *, is_json: bool) -> int:
    from imgbuild.loader.build import build_loader
    from imgbuild.model import Artifact
    from imgbuild.output import write_artifacts

    path = output.absolute()
    _refuse_replacing(path, request)
    loader = build_loader(request)
    console.report(loader.notes)
    is_changed = bool(write_artifacts([Artifact(path, loader.data)]))
    if is_json:
        console.write_json({"schema_version": 1, "output": str(output), **_facts(loader)})
        return ExitCode.DONE
    size = loader.size
    state = "" if is_changed else " (unchanged)"
    console.write_line(
        f"{output}: {request.kind.title}, {size.code_bytes} B of code, {size.data_bytes} B of data{state}"
    )
    _tell_board(loader.board)
    console.write_line("bus functions: " + ", ".join(console.shown_path(path) for path in loader.bus))
    return ExitCode.DONE


def _refuse_replacing(path: Path, request: LoaderRequest) -> None:
    from imgbuild.errors import Place, fail

    inputs = [*request.bus, request.choice.boards_file, request.choice.chips_file]
    for given in inputs:
        if given is not None and os.path.realpath(path) == os.path.realpath(given):
            fail("IB503", "the output would replace this input", Place(str(given)))


def _facts(loader: Loader) -> dict[str, Any]:
    board, size = loader.board, loader.size
    return {
        "name": board.name,
        "start_address": board.base,
        "chip_bytes": board.chip.size_bytes,
        "region": {"offset": board.region.offset_bytes, "bytes": board.region.size_bytes},
        "code_bytes": size.code_bytes,
        "data_bytes": size.data_bytes,
        "ram_bytes": size.ram_bytes,
        "ram": {"address": board.ram.address, "bytes": board.ram.size_bytes},
    }


def _tell_board(board: LoaderBoard) -> None:
    from imgbuild.flash.region import format_range

    size = format_bytes(board.chip.size_bytes)
    console.write_line(
        f"{board.name}: {size} from 0x{board.base:08X}; writes only {format_range(board.region)}"
    )


def _write_sources(request: LoaderRequest, folder: Path, *, is_json: bool) -> int:
    from imgbuild.loader.build import write_sources
    from imgbuild.model import Artifact
    from imgbuild.output import write_artifacts

    board, files = write_sources(request)
    root = folder.absolute()
    write_artifacts([Artifact(root / name, data) for name, data in files.items()])
    if is_json:
        console.write_json({"schema_version": 1, "folder": str(folder), "files": sorted(files)})
        return ExitCode.DONE
    console.write_line(f"{folder}: {len(files)} files; 'make' there builds the {request.kind.title}")
    _tell_board(board)
    return ExitCode.DONE
