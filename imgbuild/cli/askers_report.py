"""``imgbuild build --report``: who needs which characters of each font."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from imgbuild.cli import console
from imgbuild.model import FontOptions, PlannedAsset

_SHOWN = 24
"""Characters shown in a cell, the highest ones: those that set a text apart."""


def list_lines(assets: Iterable[PlannedAsset]) -> list[str]:
    """A table: font, who asks (a text, a file, a language of strings), how many characters, some of them."""
    rows = [
        (asset.name, label, str(len(points)), _show(points)) for asset, label, points in _askers_of(assets)
    ]
    return (
        console.format_table(("FONT", "ASKED BY", "CHARACTERS", "AMONG THEM"), rows, frozenset({2}))
        if rows
        else []
    )


def askers_json(assets: Iterable[PlannedAsset]) -> list[dict[str, Any]]:
    """The same as plain values, with every character."""
    return [
        {"font": asset.name, "asked_by": label, "characters": "".join(map(chr, points))}
        for asset, label, points in _askers_of(assets)
    ]


def _askers_of(assets: Iterable[PlannedAsset]) -> Iterable[tuple[PlannedAsset, str, Sequence[int]]]:
    for asset in assets:
        if isinstance(asset.options, FontOptions):
            for label, points in asset.options.askers:
                yield asset, label, points


def _show(points: Sequence[int]) -> str:
    text = "".join(chr(point) for point in points[-_SHOWN:] if chr(point).isprintable())
    return text if len(points) <= _SHOWN else f"… {text}"
