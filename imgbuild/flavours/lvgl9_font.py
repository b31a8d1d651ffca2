"""LVGL 9 font files (``.bin``), as lv_binfont_create loads them.

Tables head, cmap, loca, glyf and, where glyphs kern, kern follow each other; each is u32 size, four
letters, contents, filled to a multiple of 4; all numbers little endian. A glyph is a bit stream from the
highest bit of a byte on: advance, x, y of its bottom, width, height, pixels (lv_binfont_loader.c, and the
font specification of lv_font_conv).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgbuild.errors import Diagnostic, Severity
from imgbuild.flavours.bits import make_codes, pack_streams
from imgbuild.flavours.lvgl_cmap import HEADER_BYTES, Cmap, split_cmap
from imgbuild.flavours.lvgl_font import (
    LvglFont,
    bitmap_formats,
    code_bitmaps,
    line_metrics,
    number_glyphs,
    refuse_impossible,
    why_large,
)
from imgbuild.flavours.lvgl_kern import KernClasses, KernPairs, choose_kerning
from imgbuild.model import Codec, DecodedFont, DecodedGlyph, EncodedAsset, FontOptions, Kind, PlannedAsset

_HEAD = struct.Struct("<IHHHhHhHhhHH10BhH")
_CMAP = struct.Struct("<IIHHHBx")
_VERSION = 1
_TABLE_HEADER_BYTES = 8
_SMALL_IDS = 0x100
_SMALL_OFFSETS = 0x10000
_KERN_PAIRS, _KERN_CLASSES = 0, 3


def encode_lvgl9_font(asset: PlannedAsset, decoded: DecodedFont) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``decoded`` as a LVGL 9 font file, an asset of kind file.

    Characters that look alike share a glyph where that makes the file smaller. Raises BuildError with IB370
    for what LVGL cannot hold or draw; warns with IB371 of what it holds only if it is built so.
    """
    options = asset.options
    if not isinstance(options, FontOptions):
        raise TypeError(options)
    label = f'font "{asset.name}"'
    formats = bitmap_formats(options.codec, decoded.bpp, label, asset.place, asset.name)
    plain = number_glyphs(decoded, is_shared=False)
    refuse_impossible(plain, label, asset.place, asset.name)
    fonts = [plain]
    shared = number_glyphs(decoded, is_shared=True)
    if shared.count < plain.count:
        fonts.append(shared)
    files = [_build(decoded, font, number) for font in fonts for number in formats]
    file = min(files, key=lambda one: len(one.data))
    encoded = EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.FILE,
        payload=file.data,
        crc32=zlib.crc32(file.data),
        width=0,
        height=0,
        pixel_format=0,
        codec=Codec.RAW,
        raw_bytes=len(file.data),
        align_bytes=options.align_bytes,
        anchor_bytes=0,
        max_strip_bytes=0,
        expected=file.data,
        notes=decoded.notes,
    )
    return encoded, _warn_large(asset, file.why_large)


def _warn_large(asset: PlannedAsset, reason: str) -> list[Diagnostic]:
    if not reason:
        return []
    message = f'font "{asset.name}" needs an LVGL built with LV_FONT_FMT_TXT_LARGE: {reason}'
    hint = "set LV_FONT_FMT_TXT_LARGE to 1 in lv_conf.h, or make the font smaller"
    return [Diagnostic("IB371", message, asset.place, hint, asset.name, Severity.WARNING)]


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    why_large: str


@dataclass(frozen=True, slots=True)
class _Widths:
    """Bits of the fields in front of a glyph's pixels; ``scale``: 1/16 px of the advance's unit."""

    advance: int
    xy: int
    wh: int
    scale: int
    default_advance: int

    @property
    def bits(self) -> int:
        return self.advance + 2 * self.xy + 2 * self.wh


def _build(decoded: DecodedFont, font: LvglFont, bitmap_format: int) -> _File:
    widths = _widths(font.glyphs)
    pixels = code_bitmaps(font.glyphs, decoded.bpp, bitmap_format)
    heads = [make_codes(*_head_fields(glyph, widths)) for glyph in font.glyphs]
    streams = pack_streams(list(zip(heads, pixels, strict=True)), "big")
    kern = choose_kerning(font.pairs, font.count)
    glyf = b"".join(streams)
    sizes = [len(stream) for stream in streams]
    # the reserved glyph takes no bytes: it begins where the first one does
    offsets = np.concatenate(([0, 0], np.cumsum(sizes)[:-1])) + _TABLE_HEADER_BYTES
    is_long = _TABLE_HEADER_BYTES + len(glyf) >= _SMALL_OFFSETS
    loca = struct.pack("<I", font.count) + offsets.astype("<u4" if is_long else "<u2").tobytes()
    is_wide = font.count > _SMALL_IDS
    tables = [
        _table("head", _head(decoded, font, widths, bitmap_format, kern, is_long=is_long, is_wide=is_wide)),
        _table("cmap", _cmap_data(split_cmap(font.codepoints, font.ids))),
        _table("loca", loca),
        _table("glyf", glyf),
    ]
    if kern is not None:
        tables.append(_table("kern", _kern_data(kern, is_wide=is_wide)))
    head_bytes = widths.bits // 8  # the loader drops as many whole bytes of each glyph with pixels
    inked = [size - head_bytes for size, glyph in zip(sizes, font.glyphs, strict=True) if glyph.coverage.size]
    return _File(b"".join(tables), why_large(font, sum(inked)))


def _table(tag: str, content: bytes) -> bytes:
    size = _TABLE_HEADER_BYTES + len(content) + 3 & ~3
    return (struct.pack("<I4s", size, tag.encode()) + content).ljust(size, b"\0")


# --- head ----------------------------------------------------------------------------------------


def _widths(glyphs: Sequence[DecodedGlyph]) -> _Widths:
    advances = [glyph.advance for glyph in glyphs]
    sides = [side for glyph in glyphs for side in glyph.coverage.shape]
    places = [place for glyph in glyphs for place in _place(glyph)]
    scale = 1 if any(advance % 16 for advance in advances) else 16
    is_one = min(advances) == max(advances)
    return _Widths(
        advance=0 if is_one else (max(advances) // scale).bit_length(),
        xy=1 + max((place if place >= 0 else ~place).bit_length() for place in places),
        wh=max(sides).bit_length(),
        scale=scale,
        default_advance=advances[0] // scale if is_one else 0,
    )


def _place(glyph: DecodedGlyph) -> tuple[int, int]:
    """How many px it is from the pen to the left column, from the baseline up to the bottom edge."""
    return glyph.x, glyph.y - glyph.coverage.shape[0]


def _head_fields(glyph: DecodedGlyph, widths: _Widths) -> tuple[list[int], list[int]]:
    height, width = glyph.coverage.shape
    mask = (1 << widths.xy) - 1
    x, y = _place(glyph)
    values = [glyph.advance // widths.scale, x & mask, y & mask, width, height]
    lengths = [widths.advance, widths.xy, widths.xy, widths.wh, widths.wh]
    return values, lengths


def _head(
    decoded: DecodedFont,
    font: LvglFont,
    widths: _Widths,
    bitmap_format: int,
    kern: KernPairs | KernClasses | None,
    *,
    is_long: bool,
    is_wide: bool,
) -> bytes:
    ascent, descent = line_metrics(decoded)
    tops = [glyph.y for glyph in font.glyphs]
    bottoms = [_place(glyph)[1] for glyph in font.glyphs]
    return _HEAD.pack(
        _VERSION, 3 if kern is None else 4, decoded.size_px,
        ascent, descent, max(0, decoded.ascent), decoded.descent, max(0, decoded.line_gap),
        min(bottoms), max(tops), widths.default_advance, 16 if kern is None else kern.scale,
        is_long, is_wide, widths.scale == 1, decoded.bpp, widths.xy, widths.wh, widths.advance,
        bitmap_format, 0, 0,
        decoded.underline_position, decoded.underline_thickness,
    )  # fmt: skip


# --- cmap and kern -------------------------------------------------------------------------------


def _cmap_data(cmaps: Sequence[Cmap]) -> bytes:
    at = _TABLE_HEADER_BYTES + 4 + HEADER_BYTES * len(cmaps)
    headers, data = b"", b""
    for cmap in cmaps:
        if cmap.codes:
            entries = len(cmap.codes)
            lists = np.array((*cmap.codes, *cmap.offsets), "<u2").tobytes()
        else:
            entries = cmap.span
            lists = bytes(cmap.offsets)
        place = at + len(data)
        headers += _CMAP.pack(place, cmap.first, cmap.span, cmap.glyph, entries, cmap.form)
        data += lists + bytes(-len(lists) % 4)
    return struct.pack("<I", len(cmaps)) + headers + data


def _kern_data(kern: KernPairs | KernClasses, *, is_wide: bool) -> bytes:
    if isinstance(kern, KernPairs):
        ids = np.array(kern.pairs, "<u2" if is_wide else "u1").tobytes()
        values = np.array(kern.values, "i1").tobytes()
        return struct.pack("<B3xI", _KERN_PAIRS, len(kern.pairs)) + ids + values
    head = struct.pack("<B3xHBB", _KERN_CLASSES, len(kern.lefts), len(kern.matrix), len(kern.matrix[0]))
    return head + bytes(kern.lefts) + bytes(kern.rights) + np.array(kern.matrix, "i1").tobytes()
