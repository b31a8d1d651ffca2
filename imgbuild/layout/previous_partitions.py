"""``--base`` with several partitions: a folder of released images, or one file that tells their addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imgbuild.addressed import Piece
from imgbuild.errors import Diagnostics, Place, fail
from imgbuild.inputs import read_input
from imgbuild.layout.previous import Previous, read_previous
from imgbuild.model import Plan, PlannedPartition
from imgbuild.reader.addressed import read_pieces

IMAGE_SUFFIX = ".bin"
_HINT = "name the folder that was released, or its .hex, .srec, .elf, .dfu or .uf2 file"


@dataclass(frozen=True, slots=True)
class Previously:
    """The released layout of each partition, None where there is none to keep; and the files read for it."""

    layouts: tuple[Previous | None, ...]
    inputs: tuple[Path, ...]


def read_previous_of(
    base: Path, plan: Plan, addresses: Sequence[int | None], found: Diagnostics
) -> Previously:
    """The layouts to keep; those of containers other than flat are left alone, they have none.

    ``addresses``: of each partition's image, None where not known. Notes IB524 for a partition that the base
    lacks. Raises BuildError: IB430 to IB432 as for one partition, IB525 (a base without addresses).
    """
    flat = [partition for partition in plan.partitions if partition.container == "flat"]
    if not flat:
        message = "--base keeps the layout of flat images; the manifest has none"
        fail("IB432", message, plan.partitions[0].place, "build without --base")
    if base.is_dir():
        return _read_folder(base, plan, found)
    pieces = _read_pieces(base)
    layouts: list[Previous | None] = []
    for partition, address in zip(plan.partitions, addresses, strict=True):
        data = None if address is None else _cut(pieces, address, partition.target.region.size_bytes)
        if partition.container != "flat":
            layouts.append(None)
        elif data is None:
            _tell_missing(partition, base, found)
            layouts.append(None)
        else:
            layouts.append(read_previous(base, partition.product, partition, data))
    return Previously(tuple(layouts), (base,))


def _read_folder(base: Path, plan: Plan, found: Diagnostics) -> Previously:
    layouts: list[Previous | None] = []
    inputs = []
    for partition in plan.partitions:
        path = base / f"{partition.name}{IMAGE_SUFFIX}"
        if partition.container == "flat" and path.exists():
            layouts.append(read_previous(path, partition.product, partition))
            inputs.append(path)
            continue
        if partition.container == "flat":
            _tell_missing(partition, base, found)
        layouts.append(None)
    return Previously(tuple(layouts), tuple(inputs))


def _read_pieces(base: Path) -> tuple[Piece, ...]:
    place = Place(str(base))
    try:
        pieces, is_addressed = read_pieces(read_input(base), base)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail("IB430", f"--base: cannot read {base.name}: {reason}", place, _HINT)
    if not is_addressed:
        message = f"--base: {base.name} has no addresses: which partition it is of is not told"
        fail("IB525", message, place, _HINT)
    return pieces


def _cut(pieces: Sequence[Piece], address: int, size_bytes: int) -> bytes | None:
    """What a file holds from ``address`` on, at most ``size_bytes``."""
    for piece in pieces:
        if piece.address <= address < piece.end:
            at = address - piece.address
            return bytes(piece.data[at : at + size_bytes])
    return None


def _tell_missing(partition: PlannedPartition, base: Path, found: Diagnostics) -> None:
    message = f'--base: {base.name} lacks partition "{partition.name}", which is laid out anew'
    found.warn("IB524", message, partition.place)
