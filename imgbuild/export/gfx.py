"""Adafruit GFX: ``drawBitmap`` (1 bit) and ``drawRGBBitmap`` (5:6:5, with a mask where it is transparent)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgbuild.export.ctext import Constant, byte_array, describe, extra_macros, refuse, word_array
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
    sizes = size_macros(name, bitmap) + extra_macros(name, bitmap)
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
    lost = _describe_loss(bitmap, values, alpha)
    return Constant(describe(entry, name) + lost, sizes, tuple(definitions))


def _describe_loss(bitmap: Bitmap, values: NDArray[np.uint16], alpha: NDArray[np.uint8]) -> str:
    """What the library cannot show, for the comment."""
    lost = ""
    if bool(((alpha > 0) & (alpha < 255)).any()):
        lost += f"; half-transparent pixels are drawn from alpha {_OPAQUE} on, as if opaque"
    seen = alpha > 0
    if not np.array_equal(shown_rgb565(values)[seen], bitmap.rgba()[seen, :3]):
        lost += "; colours rounded to 5:6:5"
    return lost


def shown_rgb565(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """R G B ``[h, w, 3]`` that 5:6:5 ``values`` stand for (FORMAT.md, 4.1)."""
    fields = ((values >> 11, 31), (values >> 5 & 63, 63), (values & 31, 31))
    channels = [(field.astype(np.uint32) * 510 + most) // (2 * most) for field, most in fields]
    return np.stack(channels, axis=-1).astype(np.uint8)


def bitmap_of(image: Image, entry: Entry) -> Bitmap:
    """The bitmap of ``entry``; IB264 for anything else."""
    if entry.kind != Kind.BITMAP or entry.codec in (Codec.JPEG, Codec.PNG, Codec.QOI):
        refuse(entry, image, "is no bitmap and no font", "'imgbuild ls' tells the kinds")
    return read_bitmap(image.payload(entry), entry)


def size_macros(name: str, bitmap: Bitmap) -> tuple[tuple[str, int | str], ...]:
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
