"""The font payload of FORMAT.md section 5: header, character map, glyph records, pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import Diagnostics, fail
from imgbuild.glyphs.charmap import choose_segments, pack_charmap
from imgbuild.glyphs.charset import format_codepoint
from imgbuild.glyphs.kerning import Kerning, pack_kerning
from imgbuild.glyphs.storage import StoredGlyphs, store_coded, store_raw
from imgbuild.limits import GLYPHS_MAX
from imgbuild.model import Codec, DecodedFont, DecodedGlyph, EncodedAsset, FontOptions, Kind, PlannedAsset
from imgbuild.units import align_up

HEADER_BYTES = 64
PIXEL_FORMAT_OF_BPP = {1: 0x0B, 2: 0x0C, 3: 0x49, 4: 0x0D, 8: 0x0E}  # a1 a2 (of fonts only) a4 a8
_ADVANCE_FRACTION_BITS_MAX = 4  # advances are decoded in 1/16 px
_HEADER = struct.Struct("<HBBhhhhBBBBHhbb6sIIIIIIHHH6x")

Ints = NDArray[np.int64]
U8 = NDArray[np.uint8]

# What a decoded glyph may hold: the C reader's i16 advance (1/16 px) and position, u16 sides.
_GLYPH_LIMITS = {
    "advance": (-32_768, 32_767, 16, "advance"),
    "x": (-128, 32_767, 1, "left edge"),
    "y": (-128, 32_767, 1, "top edge"),
    "w": (0, 65_535, 1, "width"),
    "h": (0, 65_535, 1, "height"),
}
"""Lowest, highest, how many make a px, and what a person calls it."""
_METRIC_LIMITS = {
    "ascent": (-32_768, 32_767),
    "descent": (-32_768, 32_767),
    "line_gap": (-32_768, 32_767),
    "underline_position": (-32_768, 32_767),
    "underline_thickness": (0, 255),
}


def encode_font(asset: PlannedAsset, decoded: DecodedFont) -> EncodedAsset:
    """The payload of ``decoded``, its glyphs as ``codec`` says; its pixels are the anchor.

    Codec ``range`` codes each glyph that gets smaller by it, ``auto`` does so where the payload gets smaller.
    Raises BuildError: IB306 where a metric, a glyph or an offset does not fit its field.
    """
    options = asset.options
    if not isinstance(options, FontOptions) or decoded.bpp not in PIXEL_FORMAT_OF_BPP:
        message = f'font "{asset.name}" cannot be stored with {decoded.bpp} bpp'
        fail("IB901", message, asset.place, None, asset.name)
    fields = _fields(decoded.glyphs)
    _check(asset, decoded, fields)
    bitmaps = [glyph.coverage for glyph in decoded.glyphs]
    raw = store_raw(bitmaps, decoded.bpp)
    candidates = []
    for stored in _STORES[options.codec](bitmaps, decoded.bpp, raw):
        _check_pixels(asset, stored)
        candidates.append((*_payload(decoded, fields, stored, options.fallback_key), stored.model))
    payload, anchor, model = min(candidates, key=lambda one: len(one[0]))
    return EncodedAsset(
        name=asset.name,
        key=asset.key,
        kind=Kind.FONT,
        payload=payload,
        crc32=zlib.crc32(payload),
        width=0,
        height=decoded.size_px,
        pixel_format=PIXEL_FORMAT_OF_BPP[decoded.bpp],
        codec=Codec.RANGE_GLYPHS if model else Codec.RAW,
        raw_bytes=len(raw.pixels),
        align_bytes=options.align_bytes,
        anchor_bytes=anchor,
        max_strip_bytes=0,
        expected=decoded,
        notes=decoded.notes,
    )


def _stores_auto(bitmaps: list[U8], bpp: int, raw: StoredGlyphs) -> Iterator[StoredGlyphs]:
    yield raw  # first, so that it is taken where coding gains nothing
    yield store_coded(bitmaps, bpp)


_STORES: dict[str, Callable[[list[U8], int, StoredGlyphs], Iterable[StoredGlyphs]]] = {
    "raw": lambda _bitmaps, _bpp, raw: (raw,),
    "range": lambda bitmaps, bpp, _raw: (store_coded(bitmaps, bpp),),
    "auto": _stores_auto,
}
"""What each codec tries."""


def _check_pixels(asset: PlannedAsset, stored: StoredGlyphs) -> None:
    if len(stored.pixels) >= 1 << 32:
        size = len(stored.pixels)
        message = f'the glyphs of "{asset.name}" take {size} bytes, at most 4294967295 are possible'
        fail("IB306", message, asset.place, "use fewer characters, a smaller size or fewer bpp", asset.name)


def pack_records(fields: dict[str, Ints], widths: dict[str, int]) -> bytes:
    """Records of equal size, fields from the lowest bit on with ``widths`` bits each."""
    columns = [
        ((fields[name][:, None] >> np.arange(width)) & 1).astype(np.uint8) for name, width in widths.items()
    ]
    return np.packbits(np.concatenate(columns, axis=1), axis=1, bitorder="little").tobytes()


def _fields(glyphs: tuple[DecodedGlyph, ...]) -> dict[str, Ints]:
    """Each glyph's values, unbiased, advance in 1/16 px."""
    rows = [(g.advance, g.x, g.y, g.coverage.shape[1], g.coverage.shape[0]) for g in glyphs]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return {name: table[:, column] for column, name in enumerate(_GLYPH_LIMITS)}


def _check(asset: PlannedAsset, decoded: DecodedFont, fields: dict[str, Ints]) -> None:
    """Raise IB306 for everything that the format's fields cannot hold."""
    found = Diagnostics()
    if not 1 <= len(decoded.glyphs) <= GLYPHS_MAX:
        message = f'font "{asset.name}" has {len(decoded.glyphs)} glyphs, at most {GLYPHS_MAX} are possible'
        found.error("IB306", message, asset.place, "ask for fewer characters", asset.name)
    for name, (low, high) in _METRIC_LIMITS.items():
        value = getattr(decoded, name)
        if not low <= value <= high:
            message = f'{name} of font "{asset.name}" is {value} px, the format holds {low} to {high} px'
            found.error("IB306", message, asset.place, "use a smaller size", asset.name)
    for name, (low, high, scale, what) in _GLYPH_LIMITS.items():
        outside = np.flatnonzero((fields[name] < low) | (fields[name] > high))
        if outside.size:
            glyph = decoded.glyphs[int(outside[0])]
            which = ".notdef" if glyph.codepoint < 0 else format_codepoint(glyph.codepoint)
            message = (
                f'{what} of glyph {which} in font "{asset.name}" is {fields[name][outside[0]] / scale:g} px, '
                f"the format holds {low / scale:g} to {high / scale:g} px"
            )
            hint = "use a smaller size, or leave the character out"
            found.error("IB306", message, asset.place, hint, asset.name)
    found.raise_if_errors()


def _payload(
    decoded: DecodedFont, fields: dict[str, Ints], stored: StoredGlyphs, fallback_key: int = 0
) -> tuple[bytes, int]:
    """The payload's bytes and the offset of its pixels."""
    pixels = stored.pixels
    segments = choose_segments(tuple(glyph.codepoint for glyph in decoded.glyphs if glyph.codepoint >= 0))
    charmap = pack_charmap(segments, HEADER_BYTES)
    fraction_bits = _fraction_bits(fields["advance"])
    biased, biases = _bias(fields, fraction_bits)
    biased["offset"] = np.append(stored.offsets, len(pixels))
    widths = {name: int(values.max(initial=0)).bit_length() for name, values in biased.items()}
    biased["raw"] = np.append(stored.is_raw, 0)
    records = pack_records(biased, {**widths, "raw": 1})
    records_at = HEADER_BYTES + len(charmap)
    table_at = records_at + len(records)
    # Payloads start on a multiple of 4, so only an anchor on a multiple of 4 can be aligned to more.
    kern = pack_kerning(Kerning(decoded.kern_pairs))
    kern_at = align_up(table_at + len(stored.table), 4)
    pixels_at = align_up(kern_at + len(kern), 4)
    header = _HEADER.pack(
        decoded.size_px, decoded.bpp, stored.model,
        decoded.ascent, decoded.descent, decoded.line_gap,
        decoded.underline_position, decoded.underline_thickness,
        fraction_bits, len(segments), len(records) // (len(decoded.glyphs) + 1), len(decoded.glyphs),
        biases["advance"], biases["x"], biases["y"], bytes(widths.values()),
        records_at, pixels_at, len(pixels), kern_at if kern else 0, table_at if stored.table else 0,
        fallback_key, int(fields["w"].max()), int(fields["h"].max()), stored.ratio,
    )  # fmt: skip
    front = b"".join((header, charmap, records, stored.table))
    front += bytes(kern_at - len(front)) + kern
    return front + bytes(pixels_at - len(front)) + pixels, pixels_at


def _fraction_bits(advances: Ints) -> int:
    """The fewest bits behind the point that hold all advances (given in 1/16 px) exactly."""
    bits = _ADVANCE_FRACTION_BITS_MAX
    used = int(np.bitwise_or.reduce(advances & 15))
    while bits and not used & (1 << (_ADVANCE_FRACTION_BITS_MAX - bits)):
        bits -= 1
    return bits


def _bias(fields: dict[str, Ints], fraction_bits: int) -> tuple[dict[str, Ints], dict[str, int]]:
    """Fields as unsigned numbers with a record of zeros behind them, and what was taken off."""
    values = dict(fields)
    values["advance"] = fields["advance"] >> (_ADVANCE_FRACTION_BITS_MAX - fraction_bits)
    biases = {name: int(values[name].min()) for name in ("advance", "x", "y")}
    for name in ("x", "y"):
        biases[name] = min(biases[name], 127)  # an i8; the rest goes into the field
    order = ("advance", "x", "y", "w", "h")
    return {name: np.append(values[name] - biases.get(name, 0), 0) for name in order}, biases
