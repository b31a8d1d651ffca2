"""The demo screen drawn by the Python reader, from the same tables of items that the C sources include."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """The items of ``demo_items.def`` or ``pieces_items.def``; each line is also a call in Python's grammar."""
    items = []
    for line in (COMMON / table).read_text(encoding="utf-8").splitlines():
        if "(" in line and not line.startswith(("/*", " *")):
            items.append(_read_item(line))
    return items


def _read_item(line: str) -> Item:
    call = ast.parse(line, mode="eval").body
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError(f"not an item: {line}")
    values: list[Any] = [arg.id if isinstance(arg, ast.Name) else ast.literal_eval(arg) for arg in call.args]
    return Item(macro=call.func.id, **dict(zip(PARAMETERS[call.func.id], values, strict=True)))


def draw_screen(image: bytes, table: str) -> NDArray[np.uint16]:
    """The 5:6:5 values ``[height, width]`` of the screen that a table describes, drawn from the image's bytes."""
    raise NotImplementedError
