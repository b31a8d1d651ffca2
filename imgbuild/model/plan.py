"""The whole build, decided: assets, partitions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgbuild.errors import Place
from imgbuild.model.flash import FlashTarget
from imgbuild.model.kinds import Kind
from imgbuild.model.options import AssetOptions

if TYPE_CHECKING:
    from imgbuild.partitions import PartitionAreas


@dataclass(frozen=True, slots=True)
class PlannedAsset:
    """One asset with nothing left to guess."""

    name: str
    key: int
    kind: Kind
    c_name: str
    source: Path
    options: AssetOptions
    place: Place
    needs: tuple[str, ...] = ()
    base: str = ""  # a variant's: the name that it is found by; its own name is unique in the build
    variant: str = ""


@dataclass(frozen=True, slots=True)
class PlannedPartition:
    """One partition of the chip and what goes into it. ``container``: ``flat``, ``littlefs`` or ``settings``.

    ``target.region`` is where the image's bytes go; ``areas`` what else belongs to one of several partitions.
    ``prefix`` begins generated names, ``product`` is what ``pack_id`` is made of; both are the manifest's
    name where the manifest has no ``partitions``. ``is_writable``: the device writes here.
    """

    name: str
    target: FlashTarget
    container: str
    littlefs_layout: str
    assets: tuple[PlannedAsset, ...]
    budget_bytes: int | None
    place: Place
    budget_place: Place | None = None
    prefix: str = ""
    product: str = ""
    variants: tuple[str, ...] = ()  # names of variants; the first has number 1
    areas: PartitionAreas | None = None  # None: the only partition, all of the region
    settings: tuple[Any, ...] = ()
    is_writable: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole build, decided. ``inputs`` are all files and folders whose change matters."""

    name: str
    content_version: int
    is_strict: bool
    partitions: tuple[PlannedPartition, ...]
    inputs: tuple[Path, ...]
    place: Place
    display_px: tuple[int, int] | None = None
    has_partitions: bool = False  # the manifest lists 'partitions': each output is named after its own
