"""The flash bytes of a partition: its container packed, checked against region, budget, reserved ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics
from imgbuild.model import EncodedAsset, FlashImage, Plan, PlannedPartition

if TYPE_CHECKING:
    from imgbuild.layout.previous import Previous


def pack_partition(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    pad: str,
    found: Diagnostics,
    *,
    previous: Previous | None = None,
) -> FlashImage:
    """The image of one partition. ``pad``: ``erase``, or ``region`` to fill a flat one to its region's end.

    ``previous``: the layout to keep. Raises BuildError with what does not fit.
    """
    from imgbuild.layout.fit import check_fit, check_region
    from imgbuild.layout.flat import contract_hash_of, max_strip_bytes_of, pack_id_of
    from imgbuild.layout.previous import judge_layout

    target = partition.target
    data, used_bytes, total_bytes = _PACKERS[partition.container](plan, partition, assets, pad, previous)
    if previous is not None:
        found.extend(judge_layout(assets, partition.variants, used_bytes, partition))
        found.raise_if_errors()
    budget = partition.budget_bytes
    faults = check_fit(
        assets, needed_bytes=used_bytes, target=target, budget_bytes=budget, place=partition.place
    )
    at_budget = partition.budget_place
    found.extend([replace(item, place=at_budget) if item.code == "IB406" else item for item in faults])
    found.raise_if_errors()
    found.extend(check_region(len(data), target, partition.place))
    return FlashImage(
        partition=partition,
        data=data,
        used_bytes=used_bytes,
        total_bytes=total_bytes,
        pack_id=pack_id_of(partition.product),
        contract_hash=contract_hash_of(assets),
        max_strip_bytes=max_strip_bytes_of(assets),
        content_version=plan.content_version,
        sha256=hashlib.sha256(data).hexdigest(),
    )


Packed = tuple[bytes, int, int]
"""The image's bytes, the bytes it needs at the least, and the bytes of the container."""


def _pack(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    previous: Previous | None = None,
) -> bytes:
    from imgbuild.layout.flat import pack_flat, place_flat

    erase_bytes = partition.target.erase_bytes
    layout = place_flat(assets, partition.variants, previous)
    return pack_flat(
        layout, name=partition.product, content_version=plan.content_version, erase_bytes=erase_bytes
    )


def _pack_flat(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    pad: str,
    previous: Previous | None,
) -> Packed:
    from imgbuild.layout.flat import pad_image

    target = partition.target
    pack = _pack(plan, partition, assets, previous)
    pad_bytes = target.region.size_bytes if pad == "region" else None
    return pad_image(pack, target.erase_bytes, pad_bytes), len(pack), len(pack)


def _pack_littlefs(
    plan: Plan,
    partition: PlannedPartition,
    assets: Sequence[EncodedAsset],
    _pad: str,
    _previous: Previous | None,
) -> Packed:
    from imgbuild.layout.littlefs import PACK_SUFFIX, build_littlefs, list_files

    target, place = partition.target, partition.place
    if partition.littlefs_layout == "pack":
        files = {partition.name + PACK_SUFFIX: _pack(plan, partition, assets)}
    else:
        files = list_files(assets, place)
    image = build_littlefs(
        files, erase_bytes=target.erase_bytes, region_bytes=target.region.size_bytes, place=place
    )
    return image.data, image.used_bytes, len(image.data)


def _pack_settings(
    _plan: Plan,
    partition: PlannedPartition,
    _assets: Sequence[EncodedAsset],
    _pad: str,
    _previous: Previous | None,
) -> Packed:
    from imgbuild.layout.settings import build_settings

    target = partition.target
    data = build_settings(
        partition.settings,
        erase_bytes=target.unit_bytes,
        region_bytes=target.region.size_bytes,
        place=partition.place,
    )
    return data, len(data), len(data)


_PACKERS: dict[str, Callable[..., Packed]] = {
    "flat": _pack_flat,
    "littlefs": _pack_littlefs,
    "settings": _pack_settings,
}
