"""Manifest -> Plan: every file found, every option spelled out, every name, key and C name decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.asset_plan import AssetPlanner, check_count, check_names
from imgbuild.emit.c_names import C_KEYWORDS
from imgbuild.errors import BuildError, Diagnostics
from imgbuild.flash.execution import check_execution
from imgbuild.flash.region import resolve_target
from imgbuild.flash.user_files import FlashFiles, find_flash_files
from imgbuild.font_plan import settle_fallbacks
from imgbuild.model import FlashTarget, Plan, PlannedPartition
from imgbuild.partition_checks import check_prefix
from imgbuild.partition_plan import PartitionPlanner
from imgbuild.variants import check_variants, names_of

if TYPE_CHECKING:
    from imgbuild.manifest.schema import Manifest

Planned = tuple[Sequence[PlannedPartition], set[Path]]
"""Partitions, and every file and folder that they are made of."""


def make_plan(manifest: Manifest, roots: Sequence[Path], board: str | None, found: Diagnostics) -> Plan:
    """Decide everything that can be decided without pixels; raises BuildError with all that is wrong."""
    spec = manifest.spec
    has_partitions = spec.partitions is not None
    _check_name(manifest, found)
    plan_partitions = _plan_several if has_partitions else _plan_one
    partitions, inputs = plan_partitions(manifest, tuple(roots), board, found)
    check_execution(manifest, partitions, found)
    found.raise_if_errors()
    return Plan(
        name=spec.name,
        content_version=spec.content_version,
        is_strict=spec.strict,
        partitions=tuple(partitions),
        inputs=tuple(sorted({manifest.path.absolute(), *inputs})),
        place=manifest.value_place(("flash",)),
        display_px=spec.display.size,
        has_partitions=has_partitions,
    )


def _check_name(manifest: Manifest, found: Diagnostics) -> None:
    name, place = manifest.spec.name, manifest.value_place(("name",))
    check_prefix(name, place, found)
    if name.lower() in C_KEYWORDS:
        found.error("IB116", f'"{name}" is a keyword of C or C++', place, "choose the product's name")


def _plan_one(manifest: Manifest, roots: tuple[Path, ...], board: str | None, found: Diagnostics) -> Planned:
    """The short form: ``assets`` at the top level, one partition that is the whole region."""
    spec = manifest.spec
    files, target = _target(manifest, roots, board, found)
    planner = AssetPlanner(manifest, roots, found, entries=spec.assets or ())
    assets = planner.plan_assets()
    assets = settle_fallbacks(assets, planner.fonts.fallback_places, found)
    check_names(assets, spec.name, found)
    check_variants(assets, found)
    check_count(assets, spec.container, manifest.key_place(("assets",)), found)
    found.raise_if_errors()
    if target is None:
        raise BuildError(*found.items)
    partition = PlannedPartition(
        name=spec.name,
        target=target,
        container=spec.container.kind,
        littlefs_layout=spec.container.littlefs_layout,
        assets=tuple(assets),
        budget_bytes=spec.budget,
        place=manifest.value_place(("flash",)),
        budget_place=None if spec.budget is None else manifest.value_place(("budget",)),
        prefix=spec.name,
        product=spec.name,
        variants=names_of(assets),
        is_writable=spec.container.littlefs is not None and spec.container.littlefs.writable,
    )
    return [partition], {*files.paths, *planner.inputs}


def _plan_several(
    manifest: Manifest, roots: tuple[Path, ...], board: str | None, found: Diagnostics
) -> Planned:
    try:
        files = find_flash_files(manifest, roots)
    except BuildError as error:
        raise BuildError(*found.items, *error.diagnostics) from error
    planner = PartitionPlanner(manifest, roots, board, files, found)
    partitions = planner.plan()
    found.raise_if_errors()
    return partitions, {*files.paths, *planner.inputs}


def _target(
    manifest: Manifest, roots: Sequence[Path], board: str | None, found: Diagnostics
) -> tuple[FlashFiles, FlashTarget | None]:
    try:
        files = find_flash_files(manifest, roots)
        return files, resolve_target(manifest, board, files=files)
    except BuildError as error:
        found.extend(error.diagnostics)
        return FlashFiles(), None
