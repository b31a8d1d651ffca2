"""Variants: several assets of one name, of which firmware chooses one when it runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from imgbuild.emit.c_names import c_identifier
from imgbuild.errors import Diagnostics
from imgbuild.model import PlannedAsset

NUMBER_MAX = 255
"""u8 variant in the index entry (FORMAT.md 3.2); 0 is the asset itself."""

_SCALE = re.compile(r"(.+)@([2-9]x)")


def split_scale(stem: str) -> tuple[str, str]:
    """``wifi@2x`` as ``wifi`` and ``2x``; any other stem and nothing."""
    match = _SCALE.fullmatch(stem)
    return (match[1], match[2]) if match else (stem, "")


def variant_of(given: str | None, file: Path | None) -> str:
    """The variant that the manifest names, that the picture's file name ends with, or both; or "" ."""
    parts = (given or "", split_scale(stem_without_suffix(file))[1] if file else "")
    return "@".join(part for part in parts if part)


def stem_without_suffix(file: Path) -> str:
    """The file's name without suffix, nor the ``.9`` of a 9-patch."""
    return file.name[: -len(".9.png")] if file.name.endswith(".9.png") else file.stem


_LVGL_SUFFIX = ".bin"


def name_variant(base: str, variant: str) -> str:
    """The name under which a variant of ``base`` is stored where names alone tell (FORMAT.md 3.4).

    ``wifi`` and ``dark`` give ``wifi@dark``. A final ``.bin`` stays at the end: LVGL knows its files by it.
    """
    stem = base.removesuffix(_LVGL_SUFFIX)
    return f"{stem}@{variant}{base[len(stem) :]}"


def names_of(assets: Sequence[PlannedAsset]) -> tuple[str, ...]:
    """The names of all variants in the order in which they come up, so that a new one changes no number."""
    return tuple(dict.fromkeys(asset.variant for asset in assets if asset.variant))


def check_variants(assets: Sequence[PlannedAsset], found: Diagnostics) -> None:
    """Note IB268 (a variant of nothing) and IB269 (variants that cannot stand side by side)."""
    bases = {asset.name: asset for asset in assets if not asset.variant}
    for asset in assets:
        base = bases.get(asset.base)
        if not asset.variant:
            continue
        if base is None:
            message = f'"{asset.base}" has a variant {asset.variant}, but no asset that is none'
            hint = "add the entry without 'variant': firmware finds the variants through it"
            if "@" in asset.source.stem:
                hint += f"; or rename {asset.source.name}: @2x to @9x mark variants"
            found.error("IB268", message, asset.place, hint, asset.name)
        elif base.kind is not asset.kind:
            kinds = f"a {asset.kind.name.lower()}, and the asset itself a {base.kind.name.lower()}"
            found.error("IB269", f'variant {asset.variant} of "{asset.base}" is {kinds}', asset.place)
    _check_names(assets, found)


def _check_names(assets: Sequence[PlannedAsset], found: Diagnostics) -> None:
    names = names_of(assets)
    places = {asset.variant: asset.place for asset in reversed(assets)}
    if len(names) > NUMBER_MAX:
        message = f"{len(names)} variants; a pack holds at most {NUMBER_MAX}"
        found.error("IB269", message, places[names[NUMBER_MAX]])
    owners: dict[str, str] = {}
    for name in names:
        other = owners.setdefault(c_identifier(name), name)
        if other != name:
            message = f'the variants "{other}" and "{name}" would be one name in C'
            found.error("IB269", message, places[name], "rename one of them")
