"""A sheet of sprites: which rectangle of it becomes which asset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics, Place
from imgbuild.limits import ASSETS_MAX

if TYPE_CHECKING:
    from imgbuild.manifest.asset_spec import AssetSpec, SpritesSpec
    from imgbuild.manifest.yamlpos import YamlPath

Rect = tuple[int, int, int, int]
"""x, y, width, height in px."""

SPRITE_FIELDS = ("sprite", "index")
"""Fields of a name that every sprite fills; those of a grid also fill GRID_FIELDS."""
GRID_FIELDS = ("column", "row")


@dataclass(frozen=True, slots=True)
class Sprite:
    """One rectangle of a sheet. ``fields`` fill the name's ``{...}``, ``place`` is where it was asked for."""

    rect: Rect
    fields: dict[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Sheet:
    """A decoded sheet: its file's name, its size in px and where the manifest names its sprites."""

    name: str
    width_px: int
    height_px: int
    path: YamlPath
    place_of: Callable[[YamlPath], Place]

    def describe(self) -> str:
        """``sheet.png is 64x32 px``."""
        return f"{self.name} is {self.width_px}x{self.height_px} px"


def sprites_of(entry: AssetSpec) -> SpritesSpec | None:
    """How the entry's file is cut; None: it is not."""
    return getattr(entry, "sprites", None)


def fields_of(spec: SpritesSpec) -> tuple[str, ...]:
    """What a name may have in braces besides the fields of the file."""
    return SPRITE_FIELDS if spec.rects is not None else SPRITE_FIELDS + GRID_FIELDS


def cut_sheet(spec: SpritesSpec, sheet: Sheet, found: Diagnostics) -> list[Sprite]:
    """The sprites of ``sheet`` in the order of the manifest, a grid's row by row.

    Notes IB260 (a rectangle leaves the sheet), IB261 (the grid does not divide it) and IB408 (more
    sprites than a pack holds); a sprite with an error is left out.
    """
    if spec.rects is not None:
        return _cut_rects(spec.rects, sheet, found)
    return _cut_grid(spec, sheet, found)


def _cut_rects(rects: dict[str, Rect], sheet: Sheet, found: Diagnostics) -> list[Sprite]:
    sprites = []
    for index, (name, rect) in enumerate(rects.items()):
        x, y, width_px, height_px = rect
        place = sheet.place_of((*sheet.path, "rects", name))
        if x + width_px > sheet.width_px or y + height_px > sheet.height_px:
            found.error(
                "IB260",
                f'sprite "{name}" takes x {x} to {x + width_px - 1}, y {y} to {y + height_px - 1};'
                f" {sheet.describe()}",
                place,
                "a rectangle is [x, y, width, height] in pixels, counted from the top left corner",
            )
            continue
        sprites.append(Sprite(rect, {"sprite": name, "index": str(index)}, place))
    return sprites


def _cut_grid(spec: SpritesSpec, sheet: Sheet, found: Diagnostics) -> list[Sprite]:
    place = sheet.place_of(sheet.path)
    if spec.columns and spec.rows:
        columns, rows = spec.columns, spec.rows
        what = f"{columns} columns and {rows} rows"
    else:
        columns, rows = sheet.width_px // (spec.width or 1), sheet.height_px // (spec.height or 1)
        what = f"sprites of {spec.width}x{spec.height} px"
    if columns * rows > ASSETS_MAX:
        found.error("IB408", f"{columns * rows} sprites in {sheet.name}; a pack holds {ASSETS_MAX}", place)
        return []
    width_px, height_px = spec.width or sheet.width_px // columns, spec.height or sheet.height_px // rows
    is_even = (width_px * columns, height_px * rows) == (sheet.width_px, sheet.height_px)
    if not is_even or not columns * rows * width_px * height_px:
        hint = "check the numbers, or name each sprite under 'sprites: rects'"
        found.error("IB261", f"{sheet.describe()}, which {what} do not divide evenly", place, hint)
        return []
    return [
        Sprite(
            (column * width_px, row * height_px, width_px, height_px),
            {"sprite": str(index), "index": str(index), "column": str(column), "row": str(row)},
            place,
        )
        for index, (row, column) in enumerate((r, c) for r in range(rows) for c in range(columns))
    ]
