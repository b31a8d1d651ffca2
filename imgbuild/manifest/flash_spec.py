"""Keys that say where on the chip things lie, and in what container (``schema.py`` has the whole)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from imgbuild.manifest.asset_spec import Spec
from imgbuild.manifest.values import Address, Size, Text, parse_container, parse_partition_container

ExecutesFrom = Literal["internal", "other-bank", "same-chip"]
LittlefsLayout = Literal["files", "pack"]
UpdateKind = Literal["none", "slots", "in-place"]


class RangeSpec(Spec):
    """A byte range of the chip."""

    offset: Size
    size: Size


class ReservedSpec(RangeSpec):
    """A range of the chip that belongs to something else."""

    name: Text


def _text_or_mapping(value: Any) -> str | None:
    if isinstance(value, str):
        return "<text>"
    return "<mapping>" if isinstance(value, dict) else None


_TEXT_OR_MAPPING = Discriminator(
    _text_or_mapping,
    custom_error_type="expected",
    custom_error_message="expected {what}",
    custom_error_context={"what": "'free', the name of a range, or {offset: 0x80000, size: 1M}"},
)
Region = Annotated[Annotated[str, Tag("<text>")] | Annotated[RangeSpec, Tag("<mapping>")], _TEXT_OR_MAPPING]
OwnRegion = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[RangeSpec, Tag("<mapping>")] | Annotated[None, Tag("<none>")],
    _TEXT_OR_MAPPING,
]
"""As :data:`Region`, or not given."""


class FlashSpec(Spec):
    """Where the flash image goes: a board, or a chip with what a board would tell of it."""

    board: Text | None = None
    chip: Text | None = None
    mapped_at: Address | None = None
    reserved: Annotated[tuple[ReservedSpec, ...], Field(strict=False)] = ()
    region: Region = "free"
    boards: Text | None = None
    chips: Text | None = None
    partition_table: Text | None = None
    executes_from: ExecutesFrom | None = None
    ram_writer: bool = False


class LittlefsSpec(Spec):
    """How assets lie in a littlefs; ``writable``: the device writes into it."""

    layout: LittlefsLayout = "files"
    writable: bool = False


class ContainerSpec(Spec):
    """``flat``, ``littlefs`` or ``{littlefs: {layout: …}}``."""

    littlefs: LittlefsSpec | None = None

    @property
    def kind(self) -> str:
        """``flat`` or ``littlefs``."""
        return "flat" if self.littlefs is None else "littlefs"

    @property
    def littlefs_layout(self) -> str:
        """``files`` or ``pack``; ``files`` for a flat container, where it means nothing."""
        return self.littlefs.layout if self.littlefs else "files"


Container = Annotated[ContainerSpec, BeforeValidator(parse_container)]


class SettingsContainerSpec(Spec):
    """The container ``settings`` has no options."""


class PartitionContainerSpec(ContainerSpec):
    """What a partition can be besides: ``settings``."""

    settings: SettingsContainerSpec | None = None

    @property
    def kind(self) -> str:
        """``flat``, ``littlefs`` or ``settings``."""
        return super().kind if self.settings is None else "settings"


PartitionContainer = Annotated[PartitionContainerSpec, BeforeValidator(parse_partition_container)]
