"""Where the images of several partitions go: a file for each in a folder, or one file with addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.addressed import DeliveryOptions, Piece
from imgbuild.emit.delivery import Symbol
from imgbuild.emit.output_formats import OUTPUT_FORMATS, choose_format
from imgbuild.emit.settle import (
    Owner,
    Settled,
    base_of,
    place_image,
    read_merged,
    settle_image,
    write_delivery,
)
from imgbuild.errors import fail
from imgbuild.model import FlashImage, FlashTarget, Plan, PlannedPartition, Range

IMAGE_SUFFIX = ".bin"


@dataclass(frozen=True, slots=True)
class SettledPartitions:
    """``folder``: each partition has a file of its own there. Else ``parts`` tell its place in one file.

    ``parts`` are in the plan's order.
    """

    folder: Path | None
    parts: tuple[Settled, ...] = ()


def is_folder(output: Path, options: DeliveryOptions, *, is_marked: bool) -> bool:
    """Whether an output path means a folder: it is one, has a slash at its end, or has no suffix."""
    return options.format_name is None and (is_marked or output.is_dir() or not output.suffix)


def settle_partitions(
    plan: Plan, options: DeliveryOptions, output: Path, *, is_marked: bool
) -> SettledPartitions:
    """What the output is, before any image is made. ``is_marked``: the path was written with a slash.

    Raises BuildError: IB523 (several partitions in a file without addresses), or as settle_delivery does.
    """
    if is_folder(output, options, is_marked=is_marked):
        return SettledPartitions(output)
    chosen = choose_format(output, options.format_name)
    partitions = plan.partitions
    if not chosen.is_addressed and len(partitions) > 1:
        addressed = ", ".join(row.suffixes[0] for row in OUTPUT_FORMATS.values() if row.is_addressed)
        message = (
            f"a {chosen.name} file ({output.name}) has no addresses and holds one partition; the manifest has"
        )
        hint = f"name a folder (-o {output.stem}/) for a file each, or a file with addresses: {addressed}"
        fail("IB523", f"{message} {len(partitions)}", plan.partitions[0].place, hint)
    firmware = read_merged(options.merge)
    lowest = min(whole_of(partition).offset_bytes for partition in partitions)
    parts = []
    for partition in partitions:
        own = options
        if options.address is not None:
            own = replace(options, address=options.address + whole_of(partition).offset_bytes - lowest)
        owner = Owner(plan.name, _whole_target(partition), partition.place)
        parts.append(settle_image(own, output, owner, firmware))
    return SettledPartitions(None, tuple(parts))


def addresses_of(plan: Plan, settled: Settled | SettledPartitions) -> list[int | None]:
    """The address of each partition's first byte in files with addresses; None where none is known."""
    if isinstance(settled, SettledPartitions) and settled.parts and settled.parts[0].format.is_addressed:
        return [part.address for part in settled.parts]
    bases = [base_of(partition.target) for partition in plan.partitions]
    return [
        None if base is None else base + whole_of(partition).offset_bytes
        for base, partition in zip(bases, plan.partitions, strict=True)
    ]


def whole_of(partition: PlannedPartition) -> Range:
    """All of a partition, not only its image."""
    if partition.areas is None:
        return partition.target.region
    area = partition.areas.whole
    return Range(area.offset_bytes, area.size_bytes, partition.name)


def _whole_target(partition: PlannedPartition) -> FlashTarget:
    """No firmware may lie anywhere in the partition."""
    return replace(partition.target, region=whole_of(partition), base_address=_base_of(partition))


def _base_of(partition: PlannedPartition) -> int | None:
    base, target = partition.target.base_address, partition.target
    return None if base is None else base - target.region.offset_bytes + whole_of(partition).offset_bytes


def fill_partitions(
    settled: SettledPartitions, images: Sequence[FlashImage], symbols: Sequence[Symbol] = ()
) -> bytes:
    """The output file's bytes: every image at its address, and 0xFF where a record of updates must be erased.

    Raises BuildError: IB511, IB515, IB613, as fill_delivery does.
    """
    first = settled.parts[0]
    pieces, blanks = [], []
    for part, image in zip(settled.parts, images, strict=True):
        partition = image.partition
        pieces.append(place_image(part, image.data, partition.name))
        if first.format.is_addressed and partition.areas is not None:
            shift = part.address - partition.areas.whole.offset_bytes
            blanks += [
                Piece(area.offset_bytes + shift, b"\xff" * area.size_bytes, f"{partition.name}.erased")
                for area in partition.areas.blank
            ]
    frame = replace(first.frame, image=pieces[0], others=(*pieces[1:], *blanks), symbols=tuple(symbols))
    return write_delivery(first, frame)
