"""LVGL 9: ``lv_image_dsc_t`` with its data (lv_image_dsc.h, lv_color.h)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from imgbuild.export.ctext import Constant, byte_array, describe, extra_macros, refuse
from imgbuild.flavours.lvgl9 import FORMAT_NAMES, HEADER_BYTES, MAGIC
from imgbuild.model import Codec, Kind
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.pixels.pack import pack_samples
from imgbuild.pixels.payload import ORDER_BIG, ORDER_PREMULTIPLIED
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.container import Image
from imgbuild.reader.pack import Entry

PROLOGUE = """
#if defined(LV_LVGL_H_INCLUDE_SIMPLE)
#include "lvgl.h"
#else
#include "lvgl/lvgl.h"
#endif

#ifndef LV_ATTRIBUTE_MEM_ALIGN
#define LV_ATTRIBUTE_MEM_ALIGN
#endif
#ifndef LV_ATTRIBUTE_LARGE_CONST
#define LV_ATTRIBUTE_LARGE_CONST
#endif
"""

_HEADER = struct.Struct("<BBHHHHH")
_FLAGS = ((0x01, "LV_IMAGE_FLAGS_PREMULTIPLIED"), (0x08, "LV_IMAGE_FLAGS_COMPRESSED"))
_RGB565_SWAPPED = 0x1B
_FONT_FILE = b"head"
_HINT = "name bitmaps, fonts, or pictures of 'flavour: lvgl9'"


@dataclass(frozen=True, slots=True)
class _Picture:
    number: int
    flags: int
    width: int
    height: int
    stride_bytes: int
    data: bytes
    macros: tuple[tuple[str, int | str], ...] = ()


def export_asset(image: Image, entry: Entry, name: str) -> Constant:
    """A bitmap of a pixel format that LVGL has, or a file made with ``flavour: lvgl9``."""
    if entry.kind == Kind.FILE:
        picture = _read_file(image, entry)
    elif entry.kind == Kind.BITMAP and entry.codec not in (Codec.JPEG, Codec.PNG, Codec.QOI):
        picture = _read_pixels(image, entry, name)
    else:
        refuse(entry, image, "is no bitmap and no font", _HINT)
    flags = " | ".join(text for bit, text in _FLAGS if picture.flags & bit) or "0"
    fields = (
        ".magic = LV_IMAGE_HEADER_MAGIC",
        f".cf = LV_COLOR_FORMAT_{FORMAT_NAMES[picture.number]}",
        f".flags = {flags}",
        f".w = {picture.width}",
        f".h = {picture.height}",
        f".stride = {picture.stride_bytes}",
    )
    attributes = "LV_ATTRIBUTE_MEM_ALIGN LV_ATTRIBUTE_LARGE_CONST"
    data = byte_array(f"static const {attributes} uint8_t {name}_map[]", picture.data)
    header = ",\n    ".join(fields)
    descriptor = (
        f"@ lv_image_dsc_t {name} = {{\n  .header = {{\n    {header},\n  }},\n"
        f"  .data_size = sizeof({name}_map),\n  .data = {name}_map,\n}};"
    )
    return Constant(describe(entry, name), picture.macros, (data, descriptor))


def _read_pixels(image: Image, entry: Entry, name: str) -> _Picture:
    bitmap = read_bitmap(image.payload(entry), entry)
    row = PIXEL_FORMATS[bitmap.pixel_format.name]
    if row.number not in FORMAT_NAMES:
        known = ", ".join(name for name, other in PIXEL_FORMATS.items() if other.number in FORMAT_NAMES)
        refuse(
            entry, image, f"is {row.name}, a pixel format that LVGL 9 lacks", f"build it as one of {known}"
        )
    samples = bitmap.samples()
    is_swapped = row.name == "rgb565" and bool(bitmap.order & ORDER_BIG)
    planes = pack_samples(samples, row, "big" if is_swapped else "little", "msb", 1)
    palette = b"" if samples.palette is None else samples.palette[:, [2, 1, 0, 3]].tobytes()
    alpha = b"" if planes.alpha is None else planes.alpha.tobytes()
    data = palette.ljust(4 * row.palette_max, b"\0") + planes.colour.tobytes() + alpha
    flags = 0x01 if bitmap.order & ORDER_PREMULTIPLIED else 0
    number = _RGB565_SWAPPED if is_swapped else row.number
    macros = extra_macros(name, bitmap)
    return _Picture(number, flags, bitmap.width, bitmap.height, planes.stride_bytes, data, macros)


def _read_file(image: Image, entry: Entry) -> _Picture:
    data = bytes(image.payload(entry))
    if len(data) >= HEADER_BYTES:
        magic, number, flags, width, height, stride_bytes, _ = _HEADER.unpack_from(data)
        if magic == MAGIC and number in FORMAT_NAMES:
            return _Picture(number, flags, width, height, stride_bytes, data[HEADER_BYTES:])
    if data[4:8] == _FONT_FILE:
        refuse(entry, image, "is a font file of LVGL 9 already", "'imgbuild extract' gets it out")
    refuse(entry, image, "is a file, and none of LVGL 9", _HINT)
