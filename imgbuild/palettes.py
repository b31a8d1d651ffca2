"""Palettes of pictures: read from files while planning, shared by a group while building."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.limits import KEPT_PICTURES_BYTES_MAX
from imgbuild.model import AssetOptions, DecodedImage, ImageOptions, PlannedAsset
from imgbuild.pixels.formats import PIXEL_FORMATS, PixelFormat

if TYPE_CHECKING:
    from imgbuild.pixels.optimal import Histogram
    from imgbuild.sources.palettefile import Palette

OPTIMAL = "optimal"
GROUP_NEED = "palette:"
"""How a planned asset names a shared palette among its ``needs``."""


# --- which options mean something ------------------------------------------------------------------


def _row(options: Mapping[str, Any]) -> PixelFormat | None:
    return PIXEL_FORMATS.get(options["pixel_format"])


def can_dither(options: Mapping[str, Any]) -> bool:
    """Whether a pixel's values are few enough that dithering helps (``auto`` may choose such a format)."""
    row = _row(options)
    if row is None or row.is_indexed or row.has_inks:
        return True
    bits = [count for count in row.fields[:3] if count] or [8]
    return min(bits) < 8 or ((row.is_grey or row.is_coverage) and row.levels_max < 255)


def can_palette(options: Mapping[str, Any]) -> bool:
    """Whether the format takes the palette: inks have one, so they take only how theirs look."""
    row = _row(options)
    return bool(row and (row.is_indexed or (row.has_inks and options.get("palette") != OPTIMAL)))


def can_find_palette(options: Mapping[str, Any]) -> bool:
    """Whether a palette is to be found, so that its size or its group mean something."""
    row = _row(options)
    return bool(row and row.is_indexed and options.get("palette", OPTIMAL) == OPTIMAL)


# --- planning --------------------------------------------------------------------------------------


def needs_of(options: AssetOptions) -> tuple[str, ...]:
    """What an asset needs before it can be encoded: its group's palette."""
    group = options.palette_group if isinstance(options, ImageOptions) else None
    return () if group is None else (f"{GROUP_NEED}{group}",)


@dataclass(slots=True)
class PaletteReader:
    """Reads palette files, each once. ``find`` gives the file that a path of the manifest means."""

    found: Diagnostics
    find: Callable[[str, Place], Path | None]
    read: dict[Path, Palette | None] = field(default_factory=dict)

    def complete(
        self, options: ImageOptions, palette: Any, place: Place, asset_name: str
    ) -> ImageOptions | None:
        """``options`` with the colours of the manifest's ``palette``; None and an error if unusable."""
        if palette is None or palette == OPTIMAL:
            return options
        colours: Palette | None = palette
        if isinstance(palette, str):
            path = self.find(palette, place)
            colours = None if path is None else self._read(path, place, asset_name)
        if colours is None or not self._check_size(options, colours, place, asset_name):
            return None
        return replace(options, palette=colours)

    def _read(self, path: Path, place: Place, asset_name: str) -> Palette | None:
        from imgbuild.sources.palettefile import read_palette

        if path not in self.read:
            try:
                self.read[path] = read_palette(path, place, asset_name)
            except BuildError as error:
                self.found.extend(error.diagnostics)
                self.read[path] = None
        return self.read[path]

    def _check_size(self, options: ImageOptions, colours: Palette, place: Place, asset_name: str) -> bool:
        from imgbuild.pixels.epaper import EPAPER_PALETTES

        row = PIXEL_FORMATS[options.pixel_format]
        if row.has_inks:
            inks = [ink.name for ink in EPAPER_PALETTES[row.name]]
            if len(colours) == len(inks):
                return True
            expected = f"{row.name} has {len(inks)} inks ({', '.join(inks)}), each with one colour"
        elif len(colours) <= row.palette_max:
            return True
        else:
            expected = f"{row.name} holds {row.palette_max}"
        fits = [other.name for other in PIXEL_FORMATS.values() if other.palette_max >= len(colours)]
        hint = f"use {fits[0]}, or 'palette: optimal'" if fits and not row.has_inks else None
        message = f'the palette of image "{asset_name}" has {len(colours)} colours; {expected}'
        self.found.error("IB241", message, place, hint, asset_name)
        return False


# --- building --------------------------------------------------------------------------------------


@dataclass(slots=True)
class KeptPictures:
    """Pictures decoded for their group's palette, until they are encoded; only as many as memory allows."""

    room_bytes: int = KEPT_PICTURES_BYTES_MAX
    _kept: dict[str, DecodedImage] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keep(self, asset: PlannedAsset, decoded: DecodedImage) -> None:
        """Remember the picture of ``asset`` if there is room."""
        size_bytes = sum(frame.nbytes for frame in decoded.frames)
        with self._lock:
            if size_bytes <= self.room_bytes:
                self.room_bytes -= size_bytes
                self._kept[asset.name] = decoded

    def take(self, asset: PlannedAsset) -> DecodedImage | None:
        """The picture of ``asset``, which is forgotten here."""
        with self._lock:
            decoded = self._kept.pop(asset.name, None)
            self.room_bytes += sum(frame.nbytes for frame in decoded.frames) if decoded else 0
        return decoded


def settle_palettes(
    assets: Sequence[PlannedAsset], workers: int, kept: KeptPictures
) -> tuple[PlannedAsset, ...]:
    """``assets``, those of a group with the palette that is best for all its pictures together.

    The pictures are decoded for it, in ``workers`` threads, and put into ``kept``; one that cannot be decoded
    does not count here and is complained of when it is encoded.
    """
    groups = groups_of(assets)
    if not groups:
        return tuple(assets)
    settled = list(assets)
    with ThreadPoolExecutor(workers) as pool:
        for numbers in groups.values():
            members = [assets[number] for number in numbers]
            counted = [colours for colours in pool.map(partial(_count, kept), members) if colours]
            options = [options_of(assets[number]) for number in numbers]
            if not counted:
                continue
            palette = shared_palette(options, counted)
            for number, own in zip(numbers, options, strict=True):
                settled[number] = replace(assets[number], options=replace(own, palette=palette))
    return tuple(settled)


def groups_of(assets: Sequence[PlannedAsset]) -> dict[str, list[int]]:
    """Numbers of the assets that share a palette, by the name of their group."""
    groups: dict[str, list[int]] = {}
    for number, asset in enumerate(assets):
        for need in asset.needs:
            if need.startswith(GROUP_NEED):
                groups.setdefault(need[len(GROUP_NEED) :], []).append(number)
    return groups


def shared_palette(members: Sequence[ImageOptions], histograms: Sequence[Histogram]) -> Palette:
    """One palette for all pictures of a group, no larger than the smallest of their formats holds."""
    from imgbuild.pixels.optimal import find_palette, merge_histograms
    from imgbuild.pixels.reduced import palette_size

    size = min(palette_size(PIXEL_FORMATS[options.pixel_format], options) for options in members)
    rows = find_palette(merge_histograms(histograms), size).tolist()
    return tuple((r, g, b, a) for r, g, b, a in rows)


def options_of(asset: PlannedAsset) -> ImageOptions:
    """The options of an asset that is a picture."""
    if not isinstance(asset.options, ImageOptions):
        raise TypeError(f"asset {asset.name!r} has no image options")
    return asset.options


def _count(kept: KeptPictures, asset: PlannedAsset) -> Histogram | None:
    from imgbuild.pixels.bitmap import count_bitmap_colours
    from imgbuild.sources.image import decode_image

    try:
        decoded = decode_image(asset.source, options_of(asset), asset.place, asset.name)
        kept.keep(asset, decoded)
        return count_bitmap_colours(asset, decoded)
    except BuildError:
        return None
