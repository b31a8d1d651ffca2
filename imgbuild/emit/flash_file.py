"""The flash image's own file, in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from imgbuild.emit.c_names import c_identifier, macro_name
from imgbuild.emit.delivery import Symbol
from imgbuild.emit.job import EmitJob
from imgbuild.emit.settle import fill_delivery
from imgbuild.model import Artifact


def emit_flash_file(job: EmitJob) -> list[Artifact]:
    """One file: the image's bytes as they are, or wrapped as :mod:`imgbuild.emit.output_formats` tells."""
    data = job.image.data
    if job.settled is not None:
        wants_symbols = job.settled.format.name == "elf"
        symbols = image_symbols(job.name, job.settled.address, data) if wants_symbols else ()
        data = fill_delivery(job.settled, data, symbols)
    return [Artifact(job.image_path, data)]


def image_symbols(name: str, address: int, data: bytes) -> tuple[Symbol, ...]:
    """``<name>_start``, ``_end``, ``_size`` of an image, and one symbol for each asset of a flat one."""
    symbols = {symbol.name: symbol for symbol in range_symbols(name, address, data)}
    for symbol in _asset_symbols(c_identifier(name).lower(), address, data):
        symbols.setdefault(symbol.name, symbol)
    return tuple(symbols.values())


def range_symbols(name: str, address: int, data: bytes) -> tuple[Symbol, ...]:
    """``<name>_start``, ``_end``, ``_size`` of an image, whatever is in it."""
    prefix = c_identifier(name).lower()
    return (
        Symbol(f"{prefix}_start", address),
        Symbol(f"{prefix}_end", address + len(data)),
        Symbol(f"{prefix}_size", len(data), is_absolute=True),
    )


def _asset_symbols(prefix: str, address: int, data: bytes) -> Iterator[Symbol]:
    from imgbuild.reader.container import FLAT, open_image

    image = open_image(data)
    if image.container != FLAT:
        return
    for asset in image.assets:
        name = macro_name(prefix, image.label(asset)).lower()
        yield Symbol(name, address + asset.offset, asset.stored_bytes)
