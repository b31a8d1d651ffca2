"""``imgbuild convert``: a flash image in another format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.addressed import DeliveryOptions, Piece, format_span, join_pieces
from imgbuild.cli import console
from imgbuild.cli.delivery_options import add_delivery_options, read_delivery_options
from imgbuild.cli.image_argument import read_image_file, split_address
from imgbuild.codes import exit_code_of
from imgbuild.errors import ExitCode, Place, fail
from imgbuild.model import Artifact
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.cli.convert_several import Several
    from imgbuild.emit.settle import Settled

_PATH = click.Path(path_type=Path)


@click.command("convert")
@click.argument("image", type=_PATH)
@click.option(
    "-o", "--output", type=_PATH, required=True, help="The file to write; its suffix decides the format."
)
@click.option("--board", help="Put the image at the start of this board's largest free range.")
@add_delivery_options
@click.option("--partitions", "partition_table", type=_PATH,
              help="esp: the project's partition table (CSV); the image must fit its partition.")  # fmt: skip
@click.option("--partition", help="esp: name of that partition.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
def command(**options: Any) -> int:
    """Write flash image IMAGE (.bin, .hex, .srec, .elf, .dfu or .uf2) in another format, checked first.

    An addressed IMAGE keeps its address unless --board or --address gives another. One that holds several
    partitions becomes another file with addresses, with all of them, firmware merged with them, and the gaps;
    IMAGE@0x900C0000 takes the one at that address.

    \b
      imgbuild convert ext.bin -o ext.hex --board daisy-seed
      imgbuild convert ext.bin -o ext.elf --address 0x90000000
      imgbuild convert all.hex -o all.dfu --board daisy-seed
    """
    path, output = options["image"], options["output"].absolute()
    delivery = read_delivery_options(options, output)
    _refuse_useless_board(options["board"], delivery, output)
    several = _read_several(path, delivery, output)
    if several is not None:
        from imgbuild.cli.convert_several import convert_several

        _refuse_replacing(output, (path, *delivery.merge))
        made, settled = convert_several(several, output, options["board"], delivery)
        return _write(made, settled, [*several.images, *several.firmware], output, options)
    data = read_image_file(path)
    status = _check_image(data, path)
    if status:
        return status
    _refuse_replacing(output, (split_address(path)[0], *delivery.merge))
    made, settled = _convert(data, path, output, options["board"], delivery)
    return _write(made, settled, [Piece(settled.address, data)], output, options)


def _read_several(path: Path, delivery: DeliveryOptions, output: Path) -> Several | None:
    """All of a file with several images, if the output can hold that."""
    from imgbuild.cli.convert_several import read_several
    from imgbuild.emit.output_formats import choose_format

    is_addressed = choose_format(output, delivery.format_name).is_addressed
    return read_several(path) if is_addressed else None


def _refuse_useless_board(board: str | None, delivery: DeliveryOptions, output: Path) -> None:
    from imgbuild.emit.output_formats import choose_format

    chosen = choose_format(output, delivery.format_name)
    if board is not None and not chosen.options & {"address", "dfu_vid"}:
        raise click.UsageError(f"--board has no effect on a {chosen.name} file ({output.name})")


def _check_image(data: bytes, path: Path) -> int:
    """Report what is wrong with the image: what is damaged is not spread."""
    from imgbuild.reader.verify_file import check_bytes

    checked = check_bytes(path, data)
    console.report(checked.diagnostics)
    return exit_code_of(checked.diagnostics)


def _refuse_replacing(output: Path, inputs: tuple[Path, ...]) -> None:
    for path in inputs:
        if output.is_file() and path.is_file() and output.samefile(path):
            hint = "give the output another name or folder"
            fail(
                "IB503",
                f"the conversion would write {output.name} over its own input",
                Place(str(path)),
                hint,
            )


def _convert(
    data: bytes, path: Path, output: Path, board: str | None, delivery: DeliveryOptions
) -> tuple[bytes, Settled]:
    from imgbuild.emit.flash_file import image_symbols
    from imgbuild.emit.settle import fill_delivery, settle_delivery
    from imgbuild.flash.region import target_of_board

    place = Place(str(path))
    target = target_of_board(board, len(data), place, delivery.address) if board is not None else None
    if target is None and delivery.address is None:
        delivery = replace(delivery, address=_address_in(path))
    settled = settle_delivery(delivery, output, path.stem, target, place)
    is_elf = settled.format.name == "elf"
    symbols = image_symbols(path.stem, settled.address, data) if is_elf else ()
    return fill_delivery(settled, data, symbols), settled


def _address_in(path: Path) -> int | None:
    """The address that an addressed image file gives; None for any other file."""
    from imgbuild.inputs import read_input
    from imgbuild.reader.addressed import read_image_address

    file, address = split_address(path)
    return read_image_address(read_input(file), file, address)


def _write(made: bytes, settled: Settled, pieces: list[Piece], output: Path, options: dict[str, Any]) -> int:
    from imgbuild.output import write_artifacts

    is_changed = bool(write_artifacts([Artifact(output, made)]))
    kind, total = settled.format, sum(len(piece.data) for piece in pieces)
    if options["is_json"]:
        document = {"schema_version": 1, "image": str(output), "format": kind.name, "image_bytes": total}
        document |= {"address": settled.address} if kind.is_addressed else {}
        console.write_json({**document, "is_changed": is_changed})
        return ExitCode.DONE
    spans = ", ".join(format_span(piece.address, piece.end) for piece in join_pieces(pieces))
    where = f" at {spans}" if kind.is_addressed else ""
    state = "" if is_changed else ", unchanged"
    console.write_line(f"{console.shown_path(output)}: {kind.name}, {format_bytes(total)}{where}{state}")
    return ExitCode.DONE
