"""Options of the commands that write a flash image: its format, where it goes, what is merged with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from imgbuild.addressed import ADDRESS_END, ELF_MACHINES, UF2_FAMILIES, DeliveryOptions
from imgbuild.units import parse_size

FORMAT_NAMES = ("bin", "hex", "srec", "elf", "dfu", "dfu-plain", "uf2", "esp")
_PATH = click.Path(path_type=Path)
_FLAGS = {
    "address": "--address", "merge": "--merge", "record_bytes": "--record-bytes", "dfu_alt": "--dfu-alt",
    "dfu_vid": "--dfu-vid", "dfu_pid": "--dfu-pid", "uf2_family": "--uf2-family",
    "elf_machine": "--elf-machine", "partition_table": "--partitions", "partition": "--partition",
}  # fmt: skip


class AddressParam(click.ParamType[Any]):
    """An address of 32 bits."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The address that the text means."""
        try:
            address = parse_size(value)
        except ValueError:
            self.fail(f"{value!r} is not an address such as 0x90000000", param, ctx)
        if address >= ADDRESS_END:
            self.fail(f"0x{address:X} has more than 32 bits", param, ctx)
        return address


class UsbIdParam(click.ParamType[Any]):
    """A hexadecimal number of 16 bits."""

    name = "hex"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number that the digits mean."""
        digits = str(value).lower().removeprefix("0x")
        if not digits or len(digits) > 4 or any(digit not in "0123456789abcdef" for digit in digits):
            self.fail(f"{value!r} is not a hexadecimal number of 16 bits such as 1d50", param, ctx)
        return int(digits, 16)


class _Family(click.ParamType[Any]):
    name = "family"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        name = str(value).lower()
        digits = name.removeprefix("0x")
        is_number = name.startswith("0x") and 0 < len(digits) <= 8 and set(digits) <= set("0123456789abcdef")
        if name not in UF2_FAMILIES and name != "none" and not is_number:
            known = ", ".join(UF2_FAMILIES)
            self.fail(f"{value!r} is none of {known}, none, and no number such as 0xe48bff56", param, ctx)
        return name


_OPTIONS = (
    click.option("--format", "format_name", type=click.Choice(FORMAT_NAMES),
                 help="Format of the output  [default: by its suffix: .hex .srec .elf .dfu .uf2, else bin]"),
    click.option("--address", type=AddressParam(),
                 help="Address of the image's first byte  [default: where the board maps or programs it]"),
    click.option("--merge", type=_PATH, multiple=True,
                 help="Firmware (.elf, .hex, .srec, .uf2) to put into the same addressed file."),
    click.option("--record-bytes", type=click.Choice(["16", "32"]),
                 help="hex, srec: bytes per record  [default: 16]"),
    click.option("--dfu-alt", type=click.IntRange(0, 255),
                 help="dfu: alternate setting  [default: the board's]"),
    click.option("--dfu-vid", type=UsbIdParam(),
                 help="dfu, dfu-plain: USB vendor, hexadecimal  [default: the board's]"),
    click.option("--dfu-pid", type=UsbIdParam(),
                 help="dfu, dfu-plain: USB product, hexadecimal  [default: the board's]"),
    click.option("--uf2-family", type=_Family(),
                 help="uf2: a name (rp2040, samd51, ...), a number or none  [default: the board's]"),
    click.option("--elf-machine", type=click.Choice(list(ELF_MACHINES)),
                 help="elf: machine  [default: the board's]"),
)  # fmt: skip


def add_delivery_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the options above, in that order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_delivery_options(options: dict[str, Any], output: Path) -> DeliveryOptions:
    """The options given, paths absolute. A usage error for one that the format has no use for."""
    from imgbuild.emit.output_formats import choose_format

    chosen = choose_format(output, options["format_name"])
    given = {name: options[name] for name in _FLAGS if options.get(name) not in (None, ())}
    for name in given:
        if name not in chosen.options:
            message = f"{_FLAGS[name]} has no effect on a {chosen.name} file ({output.name})"
            raise click.UsageError(message)
    if ("partition" in given) != ("partition_table" in given):
        raise click.UsageError("--partitions and --partition go together")
    if "partition_table" in given:
        given["partition_table"] = given["partition_table"].absolute()
    given["merge"] = tuple(path.absolute() for path in options["merge"])
    given["record_bytes"] = int(options["record_bytes"] or 16)
    return DeliveryOptions(format_name=options["format_name"], **given)


def delivery_identity(options: dict[str, Any]) -> dict[str, Any]:
    """The same as plain values for the stamp."""
    plain = {name: options.get(name) for name in ("format_name", *_FLAGS)}
    plain["merge"] = [str(path.absolute()) for path in options["merge"]]
    return plain
