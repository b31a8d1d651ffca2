"""Which partitions of an image file are written, so that what the device keeps in the others stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from imgbuild.addressed import Piece
from imgbuild.deliver.job import Site
from imgbuild.emit.settle_partitions import IMAGE_SUFFIX
from imgbuild.errors import Place, fail
from imgbuild.flash.closest import closest
from imgbuild.inputs import read_input
from imgbuild.model import Range
from imgbuild.partitions import PlacedPartition
from imgbuild.reader.addressed.containers import UNKNOWN, find_containers


@dataclass(frozen=True, slots=True)
class Part:
    """One partition by address, its ``end`` the one behind its last byte.

    ``is_kept``: the device may hold there what is nowhere else. ``argument`` is how a command line names it.
    """

    name: str
    address: int
    end: int
    is_kept: bool
    argument: str


def parts_of_manifest(places: Sequence[PlacedPartition], base: int) -> list[Part]:
    """The partitions of a manifest; ``base`` is the address of the chip's first byte."""
    return [
        Part(
            f'"{one.name}" ({one.container})',
            base + one.areas.whole.offset_bytes,
            base + one.areas.whole.end_bytes,
            one.is_kept,
            one.name,
        )
        for one in places
    ]


def parts_of_file(pieces: Iterable[Piece], path: Path) -> list[Part]:
    """The images in an addressed file. Each has all bytes up to the next one: erased records of updates, too.

    Without a manifest a littlefs may be one that the device writes.
    """
    parts: list[Part] = []
    kinds: list[str] = []
    for piece in pieces:
        found = find_containers(piece)
        ends = [*(one.address for one in found[1:]), piece.end]
        if found and found[0].address > piece.address and parts:
            parts[-1] = replace(parts[-1], end=found[0].address)
        elif not found and parts:
            parts[-1] = replace(parts[-1], end=piece.end)
        for one, end in zip(found, ends, strict=False):
            name = f"{one.kind} at 0x{one.address:08X}"
            argument = f"{path.name}@0x{one.address:08X}"
            parts.append(Part(name, one.address, end, one.kind in ("littlefs", "settings"), argument))
            kinds.append(one.kind)
    return [part for part, kind in zip(parts, kinds, strict=True) if kind != UNKNOWN]


def pick_places(
    places: Sequence[PlacedPartition], names: Sequence[str], place: Place
) -> list[PlacedPartition]:
    """The partitions that are named. Raises BuildError: IB451."""
    known = {one.name: one for one in places}
    for name in names:
        if name not in known:
            meant = closest(name, known)
            listed = f"it has {', '.join(known)}" if known else "it has no 'partitions'"
            hint = f"did you mean '{meant}'? {listed}" if meant else listed
            fail("IB451", f"the manifest has no partition '{name}'", place, hint)
    return [one for one in places if one.name in names]


def cut_pieces(pieces: Sequence[Piece], parts: Sequence[Part], place: Place) -> tuple[Piece, ...]:
    """What lies in the parts. Raises BuildError: IB452 for one of which the file has nothing."""
    cut: list[Piece] = []
    for part in parts:
        own = [
            _clip(piece, part) for piece in pieces if piece.address < part.end and part.address < piece.end
        ]
        if not own:
            span = f"0x{part.address:08X}..0x{part.end - 1:08X}"
            fail("IB452", f"the file has nothing of partition {part.name}, {span}", place)
        cut += own
    return tuple(sorted(cut, key=lambda piece: piece.address))


def _clip(piece: Piece, part: Part) -> Piece:
    low, high = max(piece.address, part.address), min(piece.end, part.end)
    data = memoryview(piece.data)[low - piece.address : high - piece.address]
    return Piece(low, data, piece.origin)


def guard_others(site: Site, chosen: Sequence[Part], every: Sequence[Part]) -> Site:
    """The site with every partition reserved that is not chosen, so that no erase block of it is erased.

    The range of a single one that is chosen becomes the preferred one.
    """
    base = site.base or 0
    others = [part for part in every if part not in chosen]
    ranges = [Range(p.address - base, p.end - p.address, f"partition {p.argument}") for p in others]
    only = chosen[0] if len(chosen) == 1 else None
    own = None if only is None else Range(only.address - base, only.end - only.address, "region")
    return replace(site, reserved=(*site.reserved, *ranges), preferred=own)


def free_own_rows(site: Site, places: Sequence[PlacedPartition]) -> Site:
    """The site without reserved ranges that a partition takes: rows of a partition table named by ``region``.

    The manifest's other reserved ranges touch no partition: planning refuses that.
    """
    wholes = [one.areas.whole for one in places]
    kept = tuple(
        taken
        for taken in site.reserved
        if not any(w.offset_bytes < taken.end_bytes and taken.offset_bytes < w.end_bytes for w in wholes)
    )
    return replace(site, reserved=kept)


def refuse_reset(pieces: Sequence[Piece], every: Sequence[Part], path: Path, *, is_named: bool) -> None:
    """IB715 where a file of several partitions would overwrite what a device keeps in one of them."""
    touched = [part for part in every if any(p.address < part.end and part.address < p.end for p in pieces)]
    kept = [part for part in touched if part.is_kept]
    others = [part for part in touched if not part.is_kept]
    if len(touched) < 2 or not kept:
        return
    names = ", ".join(part.name for part in kept)
    message = f"{path.name} would reset what the device keeps in {names}"
    update = ",".join(part.argument for part in others)
    new = "--all writes everything, as a new device needs it"
    if not others:
        hint = new
    elif is_named:
        hint = f"--only {update} leaves it as it is; {new}"
    else:
        hint = f"give {others[0].argument} to leave it as it is; {new}"
    fail("IB715", message, Place(str(path)), hint)


# --- files without addresses -----------------------------------------------------------------------


def place_bare(data: bytes | memoryview, one: PlacedPartition, base: int, place: Place) -> list[Piece]:
    """A partition's own file at the partition's address, and what must be erased for it to count.

    Raises BuildError: IB453 if the bytes are of another partition or too many.
    """
    refuse_foreign(data, one, place)
    image = Piece(base + one.areas.image.offset_bytes, data, one.name)
    blank = [Piece(base + area.offset_bytes, b"\xff" * area.size_bytes, one.name) for area in one.areas.blank]
    return [image, *blank]


def refuse_foreign(data: bytes | memoryview, one: PlacedPartition, place: Place) -> None:
    """IB453 unless ``data`` may be the image of this partition: container, product and size."""
    from imgbuild.reader.verify_file import tell_kind
    from imgbuild.units import format_bytes

    kind, room = tell_kind(data), one.areas.image.size_bytes
    pack_id = int.from_bytes(bytes(data[0x10:0x14]), "little")
    if kind != one.container:
        reason = f"it is {one.container}, and this is {kind}"
    elif kind == "flat" and pack_id != one.pack_id:
        reason = f"its pack_id is 0x{one.pack_id:08X}, this one's is 0x{pack_id:08X}"
    elif len(data) > room:
        reason = f"it has room for {format_bytes(room)}, this has {format_bytes(len(data))}"
    else:
        return
    fail("IB453", f"not the image of partition '{one.name}': {reason}", place)


def file_of(folder: Path, one: PlacedPartition) -> Path:
    """A partition's file in the folder that ``build -o folder/`` fills."""
    return folder / f"{one.name}{IMAGE_SUFFIX}"


def read_partition(path: Path, one: PlacedPartition, base: int) -> list[Piece]:
    """A partition's own file, as ``place_bare`` does. Raises BuildError: IB453, IB612."""
    place = Place(str(path))
    try:
        data = read_input(path)
    except OSError as error:
        fail("IB612", f"cannot read {path.name}: {(error.strerror or str(error)).lower()}", place)
    return place_bare(data, one, base, place)
