"""The plan of a manifest that lists ``partitions``: where each lies, what goes into it, what it is called."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.asset_plan import AssetPlanner, check_count, check_names
from imgbuild.emit.c_names import (
    COMMON_MACROS,
    PARTITION_MACROS,
    RUNTIME_PREFIX,
    c_identifier,
    macros_of,
    partition_macro,
    settings_macros_of,
)
from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.flash.erase_map import EraseMap
from imgbuild.flash.partitions import UpdateWish, Wish, divide_partition, place_partitions
from imgbuild.flash.region import resolve_target
from imgbuild.font_plan import settle_fallbacks
from imgbuild.manifest.values import REST
from imgbuild.model import FlashTarget, FontOptions, Kind, PlannedAsset, PlannedPartition, Range
from imgbuild.partition_checks import check_keys, check_partition_names
from imgbuild.partitions import PartitionAreas, PlacedPartition, tell_elsewhere
from imgbuild.settings import plan_settings
from imgbuild.strings_plan import default_strings_name
from imgbuild.texts import font_of
from imgbuild.variants import check_variants, names_of

if TYPE_CHECKING:
    from imgbuild.flash.user_files import FlashFiles
    from imgbuild.manifest.flash_spec import RangeSpec
    from imgbuild.manifest.schema import Manifest, PartitionSpec
    from imgbuild.manifest.yamlpos import YamlPath


@dataclass(frozen=True, slots=True)
class _Site:
    target: FlashTarget
    areas: PartitionAreas


@dataclass(slots=True)
class PartitionPlanner:
    """Plans every entry of ``partitions``; ``inputs`` gathers files and folders that their assets are of."""

    manifest: Manifest
    roots: tuple[Path, ...]
    board: str | None
    files: FlashFiles
    found: Diagnostics
    inputs: set[Path] = field(default_factory=set)

    def plan(self) -> list[PlannedPartition]:
        """All partitions in the manifest's order; raises BuildError with all that is wrong."""
        specs = self.manifest.spec.partitions or ()
        check_partition_names(self.manifest, specs, self.found)
        check_keys(self.manifest, specs, self.found)
        sites = [] if self.found.has_errors else self._find_sites(specs)
        assets = [self._plan_assets(number, spec) for number, spec in enumerate(specs)]
        if self._refuse_foreign(specs, assets):
            self.found.raise_if_errors()  # the same would be told once more of each
        settled = [
            self._settle(spec, planner, planned)
            for spec, (planner, planned) in zip(specs, assets, strict=True)
        ]
        if not any(item.code == "IB445" for item in self.found.items):
            self._check_macros(specs, settled)
        self.found.raise_if_errors()
        return [
            self._partition(number, spec, site, planned)
            for number, (spec, site, planned) in enumerate(zip(specs, sites, settled, strict=True))
        ]

    def place(self) -> list[PlacedPartition]:
        """Where every partition lies, in the manifest's order; assets are not looked at.

        Raises BuildError as ``plan`` does.
        """
        specs = self.manifest.spec.partitions or ()
        check_partition_names(self.manifest, specs, self.found)
        check_keys(self.manifest, specs, self.found)
        sites = [] if self.found.has_errors else self._find_sites(specs)
        self.found.raise_if_errors()
        return [
            PlacedPartition(
                name=spec.name,
                container=spec.container.kind,
                areas=site.areas,
                pack_id=zlib.crc32(self._product(spec).encode()),
                is_kept=spec.container.kind == "settings"
                or bool(spec.container.littlefs and spec.container.littlefs.writable),
                number=number,
            )
            for number, (spec, site) in enumerate(zip(specs, sites, strict=True))
        ]

    def _path(self, number: int, *more: str | int) -> YamlPath:
        return ("partitions", number, *more)

    # --- places

    def _find_sites(self, specs: Sequence[PartitionSpec]) -> list[_Site]:
        """Chip, range and areas of each partition; fewer, with errors noted, where one has no place."""
        own = [self._resolve(spec.region, self._path(number, "region")) if spec.region is not None else None
               for number, spec in enumerate(specs)]  # fmt: skip
        shared = self._resolve() if any(spec.region is None for spec in specs) else None
        known = shared or next((target for target in own if target is not None), None)
        if self.found.has_errors or known is None:
            return []
        erase = EraseMap.of(known.chip, known.board)
        wishes = [self._wish(number, spec, own[number]) for number, spec in enumerate(specs)]
        spans = place_partitions(wishes, shared.region if shared else None, erase, self.found)
        sites = []
        for number, (spec, span) in enumerate(zip(specs, spans, strict=True)):
            if span is not None:
                block = erase.largest(span)
                areas = divide_partition(
                    replace(span, name=spec.name), block, self._update(number, spec), self.found
                )
                sites.append(_Site(_move(own[number] or known, areas, block), areas))
        return sites

    def _resolve(
        self, region: str | RangeSpec | None = None, path: YamlPath = ("flash", "region")
    ) -> FlashTarget | None:
        try:
            return resolve_target(self.manifest, self.board, region, path, self.files)
        except BuildError as error:
            told = list(self.found.items)  # a chip that is not known is told once
            self.found.extend([item for item in error.diagnostics if item not in told])
            return None

    def _wish(self, number: int, spec: PartitionSpec, own: FlashTarget | None) -> Wish:
        place = self.manifest.value_place(self._path(number, "size" if own is None else "region"))
        if own is not None:
            return Wish(spec.name, place, own=own.region)
        if spec.size == REST:
            return Wish(spec.name, place, takes_rest=True)
        return Wish(spec.name, place, int(spec.size or 0))

    def _update(self, number: int, spec: PartitionSpec) -> UpdateWish:
        place = self.manifest.value_place
        return UpdateWish(
            update=spec.update,
            place=place(self._path(number, "size" if spec.region is None else "region")),
            slot_bytes=spec.slot_size,
            slot_place=place(self._path(number, "slot_size")),
            journal_bytes=spec.journal_size,
            journal_place=place(self._path(number, "journal_size")),
        )

    # --- contents

    def _plan_assets(self, number: int, spec: PartitionSpec) -> tuple[AssetPlanner, list[PlannedAsset]]:
        elsewhere = {
            entry.name or default_strings_name(entry.source): other.name
            for other in self.manifest.spec.partitions or ()
            for entry in other.assets or ()
            if entry.kind == "strings" and other is not spec
        }
        path = self._path(number, "assets")
        planner = AssetPlanner(self.manifest, self.roots, self.found, path, spec.assets or (), elsewhere)
        planned = planner.plan_assets()
        self.inputs |= planner.inputs
        return planner, planned

    def _settle(
        self, spec: PartitionSpec, planner: AssetPlanner, planned: list[PlannedAsset]
    ) -> tuple[PlannedAsset, ...]:
        assets = settle_fallbacks(planned, planner.fonts.fallback_places, self.found)
        check_names(assets, self._prefix(spec), self.found)
        check_variants(assets, self.found)
        check_count(assets, spec.container, self.manifest.key_place(planner.path), self.found)
        return tuple(assets)

    def _refuse_foreign(
        self, specs: Sequence[PartitionSpec], assets: Sequence[tuple[AssetPlanner, list[PlannedAsset]]]
    ) -> bool:
        """Note IB448 for each font of another partition that an asset asks for; whether there was any."""
        homes = {
            asset.name: spec.name
            for spec, (_, planned) in zip(specs, assets, strict=True)
            for asset in planned
            if asset.kind is Kind.FONT
        }
        before = len(self.found.items)
        for planner, planned in assets:
            own = {asset.name for asset in planned}
            for font, place in (pair for asset in planned for pair in _fonts_of(asset, planner)):
                if font not in own and font in homes:
                    tell_elsewhere(f'the font "{font}"', homes[font], place, self.found)
        return len(self.found.items) > before

    def _prefix(self, spec: PartitionSpec) -> str:
        return f"{self.manifest.spec.name}_{spec.name}"

    def _product(self, spec: PartitionSpec) -> str:
        return f"{self.manifest.spec.name}/{spec.name}"

    def _check_macros(self, specs: Sequence[PartitionSpec], assets: Sequence[Sequence[PlannedAsset]]) -> None:
        """IB449: no macro stands in two of the headers, which one file of C may include together."""
        name = self.manifest.spec.name
        if c_identifier(name) == RUNTIME_PREFIX:
            message = (
                f"macros that start with {RUNTIME_PREFIX}_ are the reader's; the manifest needs another name"
            )
            self.found.error(
                "IB449", message, self.manifest.value_place(("name",)), "choose the product's name"
            )
        owners = {
            partition_macro(name, spec.name, suffix): f"{name}_partitions.h"
            for spec in specs
            for suffix in PARTITION_MACROS
        }
        owners |= {f"{c_identifier(name)}_{macro}": f"{name}_partitions.h" for macro in COMMON_MACROS}
        owners[f"{c_identifier(name)}_CONFIG_H"] = f"{name}_config.h"
        for number, (spec, planned) in enumerate(zip(specs, assets, strict=True)):
            for macro in sorted(_macros_of(spec, self._prefix(spec), planned)):
                other = owners.setdefault(macro, spec.name)
                if other != spec.name:
                    whose = other if other.endswith(".h") else f'partition "{other}"'
                    message = f'partition "{spec.name}" would define {macro} in C, and so does {whose}'
                    place = self.manifest.value_place(self._path(number, "name"))
                    self.found.error("IB449", message, place, "rename the partition")
                    break

    # --- the whole

    def _partition(
        self, number: int, spec: PartitionSpec, site: _Site, assets: tuple[PlannedAsset, ...]
    ) -> PlannedPartition:
        value_place = self.manifest.value_place
        path = self._path(number, "settings")
        littlefs = spec.container.littlefs
        is_writable = spec.container.kind == "settings" or spec.update != "none"
        return PlannedPartition(
            name=spec.name,
            target=site.target,
            container=spec.container.kind,
            littlefs_layout=spec.container.littlefs_layout,
            assets=assets,
            budget_bytes=spec.budget,
            place=value_place(self._path(number, "name")),
            budget_place=None if spec.budget is None else value_place(self._path(number, "budget")),
            prefix=self._prefix(spec),
            product=self._product(spec),
            variants=names_of(assets),
            areas=site.areas,
            settings=plan_settings(self.manifest, path, self.found) if spec.settings else (),
            is_writable=is_writable or (littlefs is not None and littlefs.writable),
        )


def locate_partitions(path: Path, board: str | None = None) -> list[PlacedPartition]:
    """Where the partitions of a manifest lie, in its order; none if it has no ``partitions``.

    ``board``: as on the command line. Raises BuildError: what is wrong with the manifest and its flash.
    """
    from imgbuild.flash.user_files import find_flash_files
    from imgbuild.manifest.load import load_manifest

    manifest = load_manifest(path)
    if not manifest.spec.partitions:
        return []
    return PartitionPlanner(manifest, (), board, find_flash_files(manifest), Diagnostics()).place()


def _macros_of(spec: PartitionSpec, prefix: str, assets: Sequence[PlannedAsset]) -> set[str]:
    if spec.settings is not None:
        return settings_macros_of(spec.settings, prefix)
    kinds = {asset.name: asset.kind for asset in assets if not asset.variant}
    return macros_of(kinds, prefix, names_of(assets))


def _move(target: FlashTarget, areas: PartitionAreas, erase_bytes: int) -> FlashTarget:
    """``target`` with the range of the partition's image as its region."""
    region = Range(areas.image.offset_bytes, areas.image.size_bytes, target.region.name)
    base = target.base_address
    if base is not None:
        base += region.offset_bytes - target.region.offset_bytes
    return replace(target, region=region, erase_bytes=erase_bytes, base_address=base)


def _fonts_of(asset: PlannedAsset, planner: AssetPlanner) -> Iterator[tuple[str, Place]]:
    """Fonts that an asset asks for, and where it does."""
    font = font_of(asset)
    if font is not None:
        yield font, asset.place
    if isinstance(asset.options, FontOptions) and asset.options.fallback:
        places = planner.fonts.fallback_places
        yield asset.options.fallback, places.get(asset.base or asset.name, asset.place)
