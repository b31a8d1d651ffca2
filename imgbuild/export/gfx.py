"""Adafruit GFX: ``drawBitmap`` (1 bit) and ``drawRGBBitmap`` (5:6:5, with a mask where it is transparent)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgbuild.export.ctext import Constant, byte_array, describe, refuse, word_array
from imgbuild.model import Codec, Kind
from imgbuild.pixels.convert import pack_rgb565
from imgbuild.reader.bitmap import Bitmap, read_bitmap
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry

PROLOGUE = """
#include <stdint.h>

#if defined(ARDUINO)
#include <Arduino.h>
#endif
#ifndef PROGMEM
#define PROGMEM
#endif
"""

ONE_BIT = ("gray1", "a1", "mono_page")
"""Formats whose pixels are set or not."""
_OPAQUE = 128
"""Coverage from which a pixel of the mask is set: the library does not blend."""


def export_asset(image: Image, entry: Entry, name: str) -> Constant:
    """1 bit a pixel, the leftmost in the highest bit, rows on bytes; or one uint16_t a pixel."""
    bitmap = bitmap_of(image, entry)
    sizes = size_macros(name, bitmap)
    if bitmap.pixel_format.name in ONE_BIT:
        bits = pack_rows(bitmap.samples().colour != 0, "big")
        return Constant(describe(entry, name), sizes, (byte_array(f"@ uint8_t {name}[] PROGMEM", bits),))
    if bitmap.pixel_format.name in ("a2", "a4", "a8"):
        hint = "build it as a1, or in colours"
        refuse(entry, image, f"is {bitmap.pixel_format.name}, and Adafruit GFX does not blend", hint)
    values, alpha = _colours(bitmap)
    definitions = [word_array(f"@ uint16_t {name}[] PROGMEM", values.reshape(-1).tolist())]
    if bool((alpha < 255).any()):
        definitions.append(byte_array(f"@ uint8_t {name}_mask[] PROGMEM", pack_rows(alpha >= _OPAQUE, "big")))
    return Constant(describe(entry, name), sizes, tuple(definitions))


def bitmap_of(image: Image, entry: Entry) -> Bitmap:
    """The bitmap of ``entry``; IB264 for anything else."""
    if entry.kind != Kind.BITMAP or entry.codec in (Codec.JPEG, Codec.PNG, Codec.QOI):
        refuse(entry, image, "is no bitmap", "name bitmaps only; 'imgbuild ls' tells the kinds")
    return read_bitmap(image.payload(entry), entry)


def size_macros(name: str, bitmap: Bitmap) -> tuple[tuple[str, int], ...]:
    """Width and height as XBM files have them."""
    return (f"{name}_width", bitmap.width), (f"{name}_height", bitmap.height)


def pack_rows(bits: NDArray[np.bool_], order: str) -> bytes:
    """``[h, w]`` packed 8 to a byte; ``order`` is ``big`` (leftmost highest) or ``little``."""
    return np.packbits(bits, axis=1, bitorder="little" if order == "little" else "big").tobytes()


def _colours(bitmap: Bitmap) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """5:6:5 values and alpha, both ``[h, w]``; values stored as 5:6:5 stay as they are."""
    rgba = bitmap.rgba()
    if bitmap.pixel_format.name in ("rgb565", "rgb565a8"):
        return bitmap.samples().colour.astype(np.uint16), rgba[..., 3]
    return pack_rgb565(rgba), rgba[..., 3]
