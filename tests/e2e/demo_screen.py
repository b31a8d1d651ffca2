"""The demo screen drawn by the Python reader, from the same tables of items that the C sources include."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, measure_text, pack_rgb565
from imgbuild.reader.container import Image, open_image
from imgbuild.reader.font import read_font

COMMON = Path(__file__).parents[2] / "c_runtime" / "examples" / "common"
WIDTH_PX, HEIGHT_PX = 240, 320

# Parameters of each macro of the tables, as the comment in demo_items.def tells them.
PARAMETERS = {
    "FILL": ("x", "y", "width", "height", "r", "g", "b"),
    "BITMAP": ("x", "y", "name", "r", "g", "b"),
    "BITMAP_KEY": ("x", "y", "key", "name", "r", "g", "b"),
    "TEXT": ("x", "y", "align", "name", "r", "g", "b", "text"),
    "VERSION": ("x", "y", "align", "name", "r", "g", "b", "text"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a table; parameters that a macro lacks keep their defaults."""

    macro: str
    x: int
    y: int
    r: int
    g: int
    b: int
    width: int = 0
    height: int = 0
    key: str = ""  # the C constant
    name: str = ""
    align: str = "LEFT"
    text: str = ""


def read_items(table: str) -> list[Item]:
    """The items of ``demo_items.def`` or ``pieces_items.def``; a line is also a call in Python's grammar."""
    lines = (COMMON / table).read_text(encoding="utf-8").splitlines()
    return [_read_item(line) for line in lines if "(" in line and not line.startswith(("/*", " *"))]


def _read_item(line: str) -> Item:
    call = ast.parse(line, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise TypeError(f"not an item: {line}")
    values: list[Any] = [arg.id if isinstance(arg, ast.Name) else ast.literal_eval(arg) for arg in call.args]
    return Item(macro=call.func.id, **dict(zip(PARAMETERS[call.func.id], values, strict=True)))


def draw_screen(image: bytes, table: str) -> NDArray[np.uint16]:
    """The 5:6:5 values ``[height, width]`` of the screen of a table, drawn from an image's bytes."""
    opened = open_image(image)
    screen = Screen(WIDTH_PX, HEIGHT_PX)
    for item in read_items(table):
        _DRAW[item.macro](screen, opened, item)
    return screen.pixels


def _draw_fill(screen: Screen, _image: Image, item: Item) -> None:
    screen.draw_fill(item.x, item.y, item.width, item.height, pack_rgb565(item.r, item.g, item.b))


def _draw_bitmap(screen: Screen, image: Image, item: Item) -> None:
    entry = image.find(item.name)
    bitmap = read_bitmap(image.payload(entry), entry)
    screen.draw_bitmap(item.x, item.y, bitmap, pack_rgb565(item.r, item.g, item.b))


def _draw_text(screen: Screen, image: Image, item: Item, number: str = "") -> None:
    entry = image.find(item.name)
    font = read_font(image.payload(entry), entry)
    width = measure_text(font, item.text + number)
    left = item.x - {"LEFT": 0, "CENTRE": width // 2, "RIGHT": width}[item.align]
    screen.draw_text(left, item.y, font, item.text + number, pack_rgb565(item.r, item.g, item.b))


def _draw_version(screen: Screen, image: Image, item: Item) -> None:
    if image.header is None:
        raise ValueError("an image without a pack has no content version")
    _draw_text(screen, image, item, str(image.header.content_version))


_DRAW = {
    "FILL": _draw_fill,
    "BITMAP": _draw_bitmap,
    "BITMAP_KEY": _draw_bitmap,
    "TEXT": _draw_text,
    "VERSION": _draw_version,
}
