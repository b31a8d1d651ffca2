"""The layout of a released image (``--base``), which a new one keeps so that an update writes few sectors."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity, fail
from imgbuild.inputs import read_input
from imgbuild.model import EncodedAsset, FlashTarget, PlannedPartition
from imgbuild.reader.addressed import unwrap_image
from imgbuild.reader.container import FLAT, Image, open_image
from imgbuild.reader.pack import Pack
from imgbuild.units import format_bytes

WASTE_SHARE = 8
"""More than this part of what is needed lost in gaps is worth a remark."""


@dataclass(frozen=True, slots=True)
class PreviousAsset:
    """Where an asset lies in the released pack; ``variant`` as in its entry."""

    offset_bytes: int
    stored_bytes: int
    slot: int
    variant: int
    key: int


@dataclass(frozen=True, slots=True)
class Previous:
    """A released pack: its bytes, its assets by name (a variant's: ``name@variant``), its look-up table."""

    data: bytes = field(repr=False)
    assets: dict[str, PreviousAsset]
    displacements: tuple[int, ...]
    place: Place
    _by_content: dict[tuple[int, int], list[int]] = field(repr=False)

    @classmethod
    def of(cls, image: Image) -> Previous:
        """What a flat image tells. Raises BuildError with IB607 for a payload that is damaged."""
        pack = image.pack
        if pack is None:
            raise ValueError(image.container)
        assets = {}
        contents: dict[tuple[int, int], set[int]] = {}
        for entry in image.assets:
            image.checked_payload(entry)
            contents.setdefault((entry.crc32, entry.stored_bytes), set()).add(entry.offset)
            assets[image.label(entry)] = PreviousAsset(
                entry.offset, entry.stored_bytes, entry.slot, entry.variant, entry.key
            )
        by_content = {key: sorted(offsets) for key, offsets in contents.items()}
        return cls(bytes(pack.data), assets, _displacements_of(pack), image.place, by_content)

    @property
    def keys(self) -> frozenset[int]:
        """The keys that look-up leads to."""
        return frozenset(asset.key for asset in self.assets.values() if not asset.variant)

    def offset_of(self, name: str, payload: bytes) -> int | None:
        """Where the asset of this name lies if its bytes are just these."""
        asset = self.assets.get(name)
        if asset is None or asset.stored_bytes != len(payload):
            return None
        return asset.offset_bytes if self._holds(asset.offset_bytes, payload) else None

    def offsets_of(self, payload: bytes) -> list[int]:
        """Where these bytes lie, under any name, lowest first."""
        offsets = self._by_content.get((zlib.crc32(payload), len(payload)), [])
        return [offset for offset in offsets if self._holds(offset, payload)]

    def _holds(self, offset: int, payload: bytes) -> bool:
        return self.data[offset : offset + len(payload)] == payload


def _displacements_of(pack: Pack) -> tuple[int, ...]:
    header = pack.header
    return struct.unpack_from(f"<{header.buckets}H", pack.data, header.header_bytes)


def read_previous(path: Path, name: str, partition: PlannedPartition, data: bytes | None = None) -> Previous:
    """The layout of the released image in ``path``, of the manifest's ``name``.

    ``data``: what of the file is the image, None: it is still to be read.

    Raises BuildError: IB430 (not readable, damaged, no flash image), IB431 (of another product), IB432 (the
    released image or the one to build is no flat pack).
    """
    place = Place(str(path))
    if partition.container != "flat":
        message = (
            f"--base keeps the layout of a flat image; 'container: {partition.container}' has none of its own"
        )
        fail("IB432", message, partition.place, "build without --base: littlefs moves its blocks as it likes")
    try:
        image = open_image(unwrap_image(read_input(path), path) if data is None else data, place)
        if image.container != FLAT:
            message = f"--base needs a flat image; this is one of littlefs ({image.container})"
            fail("IB432", message, place, "name the flat image that was released, or build without --base")
        _check_product(image, name, place)
        return Previous.of(image)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        fail("IB430", f"--base: cannot read {path.name}: {reason}", place, _HINT)
    except BuildError as error:
        raise BuildError(*_reword(error.diagnostics)) from error


_HINT = "name the image as it was released, or build without --base"


def _reword(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the reader found, told as a fault of the base: the image that is being built is not damaged."""
    if diagnostics[0].code in ("IB431", "IB432"):
        return list(diagnostics)
    found = [
        replace(item, code="IB430", message=f"--base: {item.message} ({item.code})", hint=None)
        for item in diagnostics
    ]
    return [*found[:-1], replace(found[-1], hint=_HINT)]


def _check_product(image: Image, name: str, place: Place) -> None:
    header, wanted = image.header, zlib.crc32(name.encode())
    if header is not None and header.pack_id != wanted:
        message = (
            f"--base is an image of another product: its pack_id is 0x{header.pack_id:08X},"
            f' that of "{name}" 0x{wanted:08X}'
        )
        fail("IB431", message, place, f'name a released image of "{name}", or build without --base')


def judge_layout(
    assets: Sequence[EncodedAsset], variants: Sequence[str], total_bytes: int, partition: PlannedPartition
) -> list[Diagnostic]:
    """What keeping a layout costs: IB433 (much is lost in gaps), IB434 (it fits only without)."""
    from imgbuild.layout.flat import place_flat

    least_bytes = place_flat(assets, variants).total_bytes
    room, what = _room_of(partition.target, partition.budget_bytes)
    found = Diagnostics()
    if least_bytes <= room < total_bytes:
        message = (
            f"with the layout of --base the image takes {format_bytes(total_bytes)}, {what} is"
            f" {format_bytes(room)}; without --base it takes {format_bytes(least_bytes)} and fits"
        )
        found.error(
            "IB434", message, partition.place, "build without --base; the update then writes most sectors"
        )
    elif (total_bytes - least_bytes) * WASTE_SHARE > least_bytes and _is_a_block_more(
        total_bytes, least_bytes, partition.target
    ):
        lost = total_bytes - least_bytes
        message = (
            f"gaps of the layout of --base take {format_bytes(lost)}, {100 * lost // least_bytes} % of"
            f" {format_bytes(least_bytes)} that the image needs"
        )
        found.items.append(
            Diagnostic("IB433", message, partition.place, _COMPACT_HINT, severity=Severity.WARNING)
        )
    return found.items


_COMPACT_HINT = "build once without --base: the image gets smaller, that update writes most sectors"


def _is_a_block_more(total_bytes: int, least_bytes: int, target: FlashTarget) -> bool:
    """Whether more erase blocks are taken, and not just a larger part of the last one."""
    return -(-total_bytes // target.erase_bytes) > -(-least_bytes // target.erase_bytes)


def _room_of(target: FlashTarget, budget_bytes: int | None) -> tuple[int, str]:
    region = target.region.size_bytes
    if budget_bytes is not None and budget_bytes < region:
        return budget_bytes, "the budget"
    return region, "the region"
