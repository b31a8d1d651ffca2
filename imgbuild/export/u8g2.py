"""U8g2: XBM bitmaps for ``u8g2_DrawXBMP``."""

from __future__ import annotations

from imgbuild.export.ctext import Constant, byte_array, describe, extra_macros, refuse
from imgbuild.export.gfx import ONE_BIT, bitmap_of, pack_rows, size_macros
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry

PROLOGUE = """
#if defined(ARDUINO)
#include <U8g2lib.h>
#else
#include "u8g2.h"
#endif
"""


def export_asset(image: Image, entry: Entry, name: str) -> Constant:
    """1 bit a pixel, the leftmost in the lowest bit, rows on bytes."""
    bitmap = bitmap_of(image, entry)
    if bitmap.pixel_format.name not in ONE_BIT:
        known = ", ".join(ONE_BIT)
        refuse(
            entry, image, f"is {bitmap.pixel_format.name}, U8g2 draws 1 bit a pixel", f"build it as {known}"
        )
    bits = pack_rows(bitmap.samples().colour != 0, "little")
    array = byte_array(f"@ unsigned char {name}_bits[] U8X8_PROGMEM", bits)
    macros = size_macros(name, bitmap) + extra_macros(name, bitmap, has_colour=False)  # it has one colour
    return Constant(describe(entry, name), macros, (array,))
