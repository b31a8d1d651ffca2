"""Whether an image fits, and who is to blame when it does not."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from imgbuild.codecs import CODECS, StripShape
from imgbuild.errors import Diagnostic, Place
from imgbuild.limits import STRIP_BYTES_DEFAULT
from imgbuild.model import Codec, DecodedFont, EncodedAsset, FlashTarget, Kind, Samples
from imgbuild.units import format_bytes

BLAMED_MAX = 5

_SMALLER_FORMATS = {0x10: ("rgb565a8", 1), 0x11: ("rgb565", 2), 0x0F: ("rgb565", 1)}
"""Number of a pixel format (FORMAT.md 4.1): a smaller one, and the bytes that it saves per pixel."""
_SMALLER_BPP = {8: 4, 4: 2, 2: 1}
_OTHER_CODECS = (Codec.RAW, Codec.RLE, Codec.LZ4)
_QUICK_PIXELS = 1 << 21
"""Codec range takes a second or two for so many; of a larger picture it is not told what it would save."""


def check_fit(
    assets: Sequence[EncodedAsset],
    *,
    needed_bytes: int,
    target: FlashTarget,
    budget_bytes: int | None,
    place: Place | None = None,
) -> list[Diagnostic]:
    """IB405 if ``needed_bytes`` exceed the region, IB406 if they exceed the budget.

    Both name the biggest assets.

    What an option would save is computed from the asset's own pixels, not estimated.
    """
    region = target.region
    found = []
    if needed_bytes > region.size_bytes:
        excess = needed_bytes - region.size_bytes
        message = (
            f"the image takes {format_bytes(needed_bytes)}; the free region at 0x{region.offset_bytes:X} of"
            f" {target.chip.name} has {format_bytes(region.size_bytes)}: {format_bytes(excess)} too many"
        )
        found.append(Diagnostic("IB405", message, place, _blame(assets)))
    if budget_bytes is not None and needed_bytes > budget_bytes:
        message = (
            f"the image takes {format_bytes(needed_bytes)}, the budget is {format_bytes(budget_bytes)}:"
            f" {format_bytes(needed_bytes - budget_bytes)} too many"
        )
        found.append(Diagnostic("IB406", message, place, None if found else _blame(assets)))
    return found


def check_region(image_bytes: int, target: FlashTarget, place: Place | None = None) -> list[Diagnostic]:
    """Defence in depth: the image's bytes lie inside region and chip and touch no reserved byte.

    The region was chosen so; this looks again at what is really going to be written. IB404, IB405, IB407.
    """
    region, chip = target.region, target.chip
    end = region.offset_bytes + image_bytes
    found = []
    if image_bytes > region.size_bytes:
        message = (
            f"{format_bytes(image_bytes)} at 0x{region.offset_bytes:X} end at 0x{end:X},"
            f" behind the region's end 0x{region.end_bytes:X}"
        )
        found.append(Diagnostic("IB405", message, place))
    if region.offset_bytes < 0 or end > chip.size_bytes:
        message = (
            f"0x{region.offset_bytes:X}..0x{end:X} leaves the chip {chip.name} of 0x{chip.size_bytes:X} B"
        )
        found.append(Diagnostic("IB407", message, place))
    if region.offset_bytes % target.erase_bytes or region.size_bytes % target.erase_bytes:
        message = (
            f"the region 0x{region.offset_bytes:X}..0x{region.end_bytes:X} does not start and end on erase"
            f" blocks of {format_bytes(target.erase_bytes)}"
        )
        found.append(Diagnostic("IB407", message, place))
    for reserved in target.reserved:
        if max(region.offset_bytes, reserved.offset_bytes) < min(end, reserved.end_bytes):
            message = (
                f"0x{region.offset_bytes:X}..0x{end:X} would overwrite"
                f' "{reserved.name}" at 0x{reserved.offset_bytes:X}..0x{reserved.end_bytes:X}'
            )
            found.append(Diagnostic("IB404", message, place))
    return found


def _blame(assets: Sequence[EncodedAsset]) -> str | None:
    """The biggest assets, one per distinct payload, each with what would make it smaller."""
    distinct = {asset.payload: asset for asset in reversed(assets)}
    biggest = sorted(distinct.values(), key=lambda asset: (-len(asset.payload), asset.name))[:BLAMED_MAX]
    lines = []
    for asset in biggest:
        line = f'  "{asset.name}": {format_bytes(len(asset.payload))}'
        saving = max(_savings(asset), key=lambda pair: pair[1], default=None)
        if saving is not None:
            line += f"; {saving[0]} would save {format_bytes(saving[1])}"
        lines.append(line)
    return "\n".join(["make the biggest assets smaller, or leave them out:", *lines]) if lines else None


def _savings(asset: EncodedAsset) -> list[tuple[str, int]]:
    """What to write into the manifest, and the bytes of the payload that it saves (above 0)."""
    rules = _RULES.get(asset.kind, ())
    return [(text, saved) for text, saved in (rule(asset) for rule in rules) if saved > 0]


def _save_by_lz4(asset: EncodedAsset) -> tuple[str, int]:
    """Cut into strips of the default size and really compress them."""
    text = "codec: lz4"
    if asset.codec is not Codec.RAW or not asset.height:
        return text, 0
    pixels = asset.payload[asset.anchor_bytes :]
    stride_bytes, alpha_offset = struct.unpack_from("<I12xI", asset.payload)
    colour = pixels[: alpha_offset - asset.anchor_bytes] if alpha_offset else pixels
    alpha = pixels[len(colour) :]
    row_count = len(colour) // stride_bytes
    alpha_stride = len(alpha) // row_count
    rows = STRIP_BYTES_DEFAULT // (stride_bytes + alpha_stride)
    if not rows:
        return text, 0  # a row is larger than a strip: refused
    stored = 0
    for first in range(0, row_count, rows):
        last = first + rows
        strip = (
            colour[first * stride_bytes : last * stride_bytes]
            + alpha[first * alpha_stride : last * alpha_stride]
        )
        stored += 4 + min(len(strip), len(CODECS["lz4"].encode_strip(strip, StripShape(len(strip), 1))))
    return text, len(pixels) - stored


def _save_by_range(asset: EncodedAsset) -> tuple[str, int]:
    """Really code the picture, if that does not take long."""
    from imgbuild.pixels.formats import PIXEL_FORMATS
    from imgbuild.pixels.payload import HEADER, ORDER_INVERTED
    from imgbuild.pixels.range_bitmaps import STRIP_ROWS_MAX, RangeJob, can_code, encode_together

    text = "codec: auto with prefer: size (codec range, slower to draw)"
    samples = asset.expected
    pixel_format = next((row for row in PIXEL_FORMATS.values() if row.number == asset.pixel_format), None)
    if not isinstance(samples, Samples) or pixel_format is None or not can_code(pixel_format):
        return text, 0
    if asset.codec not in _OTHER_CODECS or asset.width * asset.height > _QUICK_PIXELS:
        return text, 0
    stride_bytes, order, _, _, _, strip_count, *_ = HEADER.unpack_from(asset.payload)
    row_bytes = stride_bytes + pixel_format.second_stride(stride_bytes)
    rows = min(asset.height, STRIP_BYTES_DEFAULT // row_bytes, STRIP_ROWS_MAX)
    if not rows:
        return text, 0
    job = RangeJob(samples, pixel_format, rows, bool(order & ORDER_INVERTED))
    (strips,) = encode_together([job])
    raw_bytes = [min(rows, asset.height - first) * row_bytes for first in range(0, asset.height, rows)]
    stored = sum(4 + min(len(data) or raw, raw) for data, raw in zip(strips, raw_bytes, strict=True))
    pixels = len(asset.payload) - asset.anchor_bytes + 4 * strip_count
    return text, pixels - stored


def _save_by_format(asset: EncodedAsset) -> tuple[str, int]:
    name, pixel_bytes = _SMALLER_FORMATS.get(asset.pixel_format, ("", 0))
    is_raw = asset.codec is Codec.RAW
    return f"pixel_format: {name}", pixel_bytes * asset.width * asset.height if is_raw else 0


def _save_by_bpp(asset: EncodedAsset) -> tuple[str, int]:
    font = asset.expected
    if asset.codec is not Codec.RAW or not isinstance(font, DecodedFont) or font.bpp not in _SMALLER_BPP:
        return "", 0
    bpp = _SMALLER_BPP[font.bpp]
    saved = sum(
        (glyph.coverage.size * font.bpp + 7) // 8 - (glyph.coverage.size * bpp + 7) // 8
        for glyph in font.glyphs
    )
    return f"bpp: {bpp}", saved


_RULES: dict[Kind, tuple[Callable[[EncodedAsset], tuple[str, int]], ...]] = {
    Kind.BITMAP: (_save_by_range, _save_by_lz4, _save_by_format),
    Kind.FONT: (_save_by_bpp,),
}
