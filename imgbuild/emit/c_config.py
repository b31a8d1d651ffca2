"""``<name>_config.h``: which decoders the C reader is compiled with, so that a pack links only what it uses.

A header of its own, since the reader's sources depend on it: it changes when the first asset of a codec
comes or the last one goes, not with names and shapes.
"""

from __future__ import annotations

from collections.abc import Iterable

from imgbuild.emit.c_names import CODEC_SWITCHES
from imgbuild.glyph_tables import TABLE_NAMES
from imgbuild.model import Codec, EncodedAsset
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.range_tables import RANGE_KINDS

_RANGE_SWITCHES: dict[str, str] = {
    "colour565": "RANGE_565",
    "colour888": "RANGE_8888",
    "alpha8": "RANGE_ALPHA8",
    "alpha4": "RANGE_ALPHA4",
    "indexed8": "RANGE_INDEXED8",
    "indexed4": "RANGE_INDEXED4",
    "gray8": "RANGE_GRAY8",
    "gray4": "RANGE_GRAY4",
}
"""Kinds of pixels of codec range, and what follows ``IMGB_CFG_`` in their switches (imgb_config.h)."""
_WITH_ALPHA = ("rgb565a8", "argb8888")
"""Pixel formats whose alpha codec range decodes with the code of a8."""


def needs_of(assets: Iterable[EncodedAsset]) -> tuple[str, ...]:
    """Those of ``CODEC_SWITCHES`` without which some asset could not be decoded, in their order."""
    needed: set[str] = set()
    for asset in assets:
        if asset.codec is Codec.RANGE_GLYPHS:
            needed |= _glyph_needs(asset.payload)
        elif asset.codec in (Codec.RLE, Codec.LZ4):
            needed.add(asset.codec.name)
        elif asset.codec is Codec.RANGE_PIXELS:
            needed |= _range_needs(asset.pixel_format)
    return tuple(switch for switch in CODEC_SWITCHES if switch in needed)


def _range_needs(pixel_format: int) -> set[str]:
    name = next(name for name, row in PIXEL_FORMATS.items() if row.number == pixel_format)
    kinds = {RANGE_KINDS[name], *(("alpha8",) if name in _WITH_ALPHA else ())}
    return {"RANGE", *(_RANGE_SWITCHES[kind] for kind in kinds)}


def _glyph_needs(payload: bytes) -> set[str]:
    """What the font's header (FORMAT.md, section 5) says: its depth, its model."""
    bpp, model = payload[2], payload[3]
    table = {f"GLYPH_{TABLE_NAMES[model].upper()}"} if model in TABLE_NAMES else set()
    return {"GLYPH_RANGE", "GLYPH_MONO" if bpp == 1 else "GLYPH_GRAY", *table}


def config_lines(file_name: str, needs: tuple[str, ...]) -> list[str]:
    """What stands between the guards of ``<name>_config.h``."""
    lines = [
        "/* 1: a decoder that this flash image needs. The reader takes these in when it is compiled with",
        f" * -DIMGB_CFG_FILE='\"{file_name}\"'; a macro that is set before stays as it is. */",
    ]
    for switch in CODEC_SWITCHES:
        macro = f"IMGB_CFG_{switch}"
        lines += [f"#ifndef {macro}", f"#define {macro} {int(switch in needs)}", "#endif"]
    return lines


def check_lines(prefix: str, needs: tuple[str, ...]) -> list[str]:
    """Lines of ``<name>_assets.h``: what the pack needs, and an error where the firmware leaves it out."""
    if not needs:
        return []
    lines = ["", "/* decoders that this flash image needs */", '#include "imgb_config.h"']
    lines += [f"#define {prefix}_NEEDS_{switch} 1" for switch in needs]
    for switch in needs:
        error = f'#error "the flash image needs IMGB_CFG_{switch}, which the configuration leaves out"'
        lines += [f"#if !IMGB_CFG_{switch}", error, "#endif"]
    return lines
