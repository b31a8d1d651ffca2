"""Assets of a flash image as C arrays, for firmware without external flash: one line of EXPORTS each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from imgbuild.export import gfx, lvgl, u8g2
from imgbuild.export.ctext import Constant, check_names, file_text
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry

Exporter = Callable[[Image, Entry, str], Constant]

EXPORTS: dict[str, tuple[Exporter, str]] = {
    "lvgl": (lvgl.export_asset, lvgl.PROLOGUE),
    "gfx": (gfx.export_asset, gfx.PROLOGUE),
    "u8g2": (u8g2.export_asset, u8g2.PROLOGUE),
}
"""What writes an asset for a library, and what stands above it; by the library's name."""


def export_c(image: Image, entries: Sequence[Entry], target: str, file_name: str) -> str:
    """The text of ``file_name`` (.c or .h) with ``entries`` of ``image`` for the library ``target``.

    Raises BuildError with IB264 for what the library cannot draw and IB265 for names that collide in C.
    """
    exporter, prologue = EXPORTS[target]
    names = check_names(entries, image)
    constants = [exporter(image, entry, name) for entry, name in zip(entries, names, strict=True)]
    return file_text(file_name, prologue, constants)
