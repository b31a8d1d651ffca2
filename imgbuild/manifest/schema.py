"""The typed model of the manifest: every key, its type and its range.

All classes are frozen, refuse unknown keys and convert nothing silently. ``None`` always means "not given"
(an empty value is refused before it comes here), so ``given()`` tells which options a person wrote.
The classes carry no defaults that depend on other keys: those are decided in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from imgbuild.errors import Place
from imgbuild.manifest.asset_spec import (
    AssetList,
    BitOrder,
    ByteOrder,
    DefaultsSpec,
    Invert,
    PixelFormat,
    PresetSpec,
    Spec,
)
from imgbuild.manifest.flash_spec import (
    Container,
    ContainerSpec,
    FlashSpec,
    OwnRegion,
    PartitionContainer,
    PartitionContainerSpec,
    UpdateKind,
)
from imgbuild.manifest.settings_spec import Settings
from imgbuild.manifest.values import Box, PartitionSize, Size, StripBytes, Text
from imgbuild.manifest.yamlpos import Positions, YamlPath

MANIFEST_VERSION = 1


class DisplaySpec(Spec):
    """The display: defaults for every bitmap, and the size that a picture should not exceed.

    ``bit_order`` and ``invert`` hold for bitmaps in the display's own pixel format.
    """

    size: Box | None = None
    pixel_format: PixelFormat | None = None
    byte_order: ByteOrder | None = None
    bit_order: BitOrder | None = None
    invert: Invert | None = None
    strip_bytes: StripBytes | None = None


class PartitionSpec(Spec):
    """One of several partitions of the chip: a size in the region that they share, or a region of its own."""

    name: Text
    size: PartitionSize | None = None
    region: OwnRegion = None
    container: PartitionContainer = PartitionContainerSpec()
    update: UpdateKind = "none"
    slot_size: Size | None = None
    journal_size: Size | None = None
    budget: Size | None = None
    assets: AssetList | None = None
    settings: Settings | None = None


class ManifestSpec(Spec):
    """A whole manifest, as written."""

    version: Literal[1]
    name: Text
    flash: FlashSpec
    content_version: Annotated[int, Field(ge=0, le=0xFFFF_FFFF)] = 0
    container: Container = ContainerSpec()
    display: DisplaySpec = DisplaySpec()
    defaults: DefaultsSpec = DefaultsSpec()
    presets: dict[str, PresetSpec] = Field(default_factory=dict)
    budget: Size | None = None
    strict: bool = False
    assets: AssetList | None = None
    partitions: Annotated[tuple[PartitionSpec, ...], Field(strict=False)] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read: its values, and the place of each.

    ``path`` is the file as given, ``folder`` the absolute folder that its paths count from. A place is
    asked for with a tuple such as ``("assets", 3, "pixel_format")``.
    """

    path: Path
    folder: Path
    spec: ManifestSpec
    positions: Positions

    def key_place(self, path: YamlPath) -> Place:
        """Where the key at the end of ``path`` stands; else the nearest thing around it."""
        return self.positions.key(path)

    def value_place(self, path: YamlPath) -> Place:
        """Where the value at ``path`` stands; else the nearest value around it."""
        return self.positions.value(path)
