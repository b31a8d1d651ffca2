"""``imgbuild loader c-array``: an image in chunks, for boards that only the user's own programs can write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from imgbuild.cli import console
from imgbuild.cli.image_argument import read_image_file
from imgbuild.codes import exit_code_of
from imgbuild.errors import ExitCode, Place, fail
from imgbuild.units import format_bytes, parse_size

if TYPE_CHECKING:
    from imgbuild.model import FlashTarget


class _Size(click.ParamType[int]):
    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_size(str(value))
        except ValueError:
            self.fail(f"'{value}' is no size in bytes such as 60K or 0x10000", param, ctx)


class _ChunkSize(_Size):
    name = "auto|size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        return 0 if value == "auto" else (super().convert(value, param, ctx) or -1)


@click.command("c-array")
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--board", help="The board; the image goes to the start of its largest free range.")
@click.option("--chip", help="In place of a board: the chip …")
@click.option("--offset", type=_Size(), help="… and where the image begins on it.")
@click.option("--chunk", "chunk_bytes", type=_ChunkSize(), default="auto", show_default=True,
              help="Bytes per chunk, whole erase blocks; auto: by the board's program memory.")  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write to."
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    image: Path,
    board: str | None,
    chip: str | None,
    offset: int | None,
    chunk_bytes: int,
    output: Path,
    is_json: bool,
) -> int:
    """Cut flash image IMAGE into C arrays, one for each upload of a loader sketch.

    The folder then holds the chunks, loader.c and the flash driver: add bus functions for your board, call
    imgb_loader_run, and upload once for each chunk (IMGB_CHUNK=1, 2, …); each run prints what is left.

    \b
      imgbuild loader c-array ext.bin --board spark-core -o sketch/
    """
    from imgbuild.loader.c_array import check_chunk_bytes, choose_chunk_bytes, cut_chunks, write_sketch
    from imgbuild.output import write_artifacts
    from imgbuild.reader.verify import verify_image

    place = Place(str(image))
    data = read_image_file(image)
    report = verify_image(data, place)
    console.report(report.diagnostics)
    status = exit_code_of(report.diagnostics)
    if status:
        return status
    target = _target(board, chip, offset, len(data), place)
    memory = target.board.program_memory if target.board else None
    size = max(chunk_bytes, 0) or (
        choose_chunk_bytes(memory, target.erase_bytes, board) if chunk_bytes == 0 else 0
    )
    check_chunk_bytes(size, target.erase_bytes, memory)
    chunks = cut_chunks(data, size, target.erase_bytes)
    changed = write_artifacts(write_sketch(chunks, target, output.absolute(), place))
    if is_json:
        rows = [
            {"number": c.number, "offset": c.offset_bytes, "bytes": len(c.data), "crc32": c.crc32}
            for c in chunks
        ]
        console.write_json({"schema_version": 1, "folder": str(output), "chunk_bytes": size, "chunks": rows})
        return ExitCode.DONE
    state = "" if changed else ", unchanged"
    plural = "" if len(chunks) == 1 else "s"
    folder = console.shown_path(output.absolute())
    console.write_line(
        f"{folder}: {len(chunks)} chunk{plural} of at most {format_bytes(size)}, "
        f"from 0x{target.region.offset_bytes:06X} on {target.chip.name}{state}"
    )
    return ExitCode.DONE


def _target(
    board: str | None, chip: str | None, offset: int | None, image_bytes: int, place: Place
) -> FlashTarget:
    from imgbuild.flash.region import target_of_board

    if board is not None:
        if chip is not None or offset is not None:
            raise click.UsageError("--board knows the chip and the offset: leave --chip and --offset out")
        return target_of_board(board, image_bytes, place)
    if chip is None or offset is None:
        raise click.UsageError("name the place: --board NAME, or --chip NAME with --offset")
    return _target_of_chip(chip, offset, image_bytes, place)


def _target_of_chip(name: str, offset: int, image_bytes: int, place: Place) -> FlashTarget:
    from imgbuild.flash.closest import closest
    from imgbuild.flash.tables import load_chips
    from imgbuild.model import FlashTarget, Range
    from imgbuild.units import align_up

    chips = load_chips()
    chip = chips.get(name)
    if chip is None:
        meant = closest(name, chips)
        hint = f"did you mean '{meant}'? " if meant else ""
        fail("IB402", f"--chip: unknown chip '{name}'", hint=hint + "'imgbuild chips' lists all")
    block = chip.block_bytes
    if offset % block:
        message = f"--offset 0x{offset:X} is no multiple of the erase block of {format_bytes(block)}"
        fail("IB407", message, hint="chunks are erased in whole blocks")
    total = align_up(image_bytes, block)
    if offset + total > chip.size_bytes:
        message = (
            f"{format_bytes(total)} at 0x{offset:X} end past the chip of {format_bytes(chip.size_bytes)}"
        )
        fail("IB407", message, place)
    return FlashTarget(chip, None, (), Range(offset, total, "image"), block, None)
