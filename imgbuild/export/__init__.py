"""Assets of a flash image as C arrays, for firmware without external flash: one line of EXPORTS each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgbuild.errors import Diagnostics
from imgbuild.export import gfx, gfx_font, lvgl, lvgl_font, u8g2, u8g2_font
from imgbuild.export.ctext import Constant, check_names, file_text
from imgbuild.export.fonts import FontChoices, StoredFont, read_stored_font
from imgbuild.model import Kind
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry

Exporter = Callable[[Image, Entry, str], Constant]
FontExporter = Callable[[StoredFont, str, FontChoices, Diagnostics], Constant]


@dataclass(frozen=True, slots=True)
class Library:
    """What writes an asset for a library, and what stands above it; ``font_prologue``: if it is a font."""

    export_picture: Exporter
    prologue: str
    export_font: FontExporter
    font_prologue: str = ""


EXPORTS: dict[str, Library] = {
    "lvgl": Library(lvgl.export_asset, lvgl.PROLOGUE, lvgl_font.export_font),
    "gfx": Library(gfx.export_asset, gfx.PROLOGUE, gfx_font.export_font, gfx_font.PROLOGUE),
    "u8g2": Library(u8g2.export_asset, u8g2.PROLOGUE, u8g2_font.export_font),
}
"""By the library's name."""


def export_c(
    image: Image,
    entries: Sequence[Entry],
    target: str,
    file_name: str,
    *,
    choices: FontChoices,
    found: Diagnostics,
) -> str:
    """The text of ``file_name`` (.c or .h) with ``entries`` of ``image`` for the library ``target``.

    Raises BuildError with IB264 for what the library cannot draw, IB370, IB372 and IB373 for fonts that do
    not fit it, and IB265 for names that collide in C; warns with IB374.
    """
    library = EXPORTS[target]
    names = check_names(entries, image)
    constants = []
    for entry, name in zip(entries, names, strict=True):
        if entry.kind == Kind.FONT:
            constants.append(library.export_font(read_stored_font(image, entry), name, choices, found))
        else:
            constants.append(library.export_picture(image, entry, name))
    has_fonts = any(entry.kind == Kind.FONT for entry in entries)
    prologue = library.prologue.strip("\n")
    if has_fonts and library.font_prologue:
        prologue += "\n" + library.font_prologue.strip("\n")
    return file_text(file_name, prologue, constants)
