"""Pictures and fonts for the C reader's tests, and what a listing of them must say."""

from __future__ import annotations

import functools
import random

from c import handmade as h

SIZES = {"wide": (37, 11), "dot": (1, 1)}


def picture(pixel_format: str, width: int, height: int, order: int = 0, seed: int = 1) -> h.Picture:
    """Random pixels with runs in them, so that LZ4 finds both matches and literals."""
    rng = random.Random(f"{pixel_format} {width} {height} {seed}")
    bits = h.PIXEL_FORMATS[pixel_format][1]
    top = (1 << bits * (2 if pixel_format in h.TWO_PLANES else 1)) - 1
    keep = 0xFCFCFC if pixel_format == "rgb666" else top
    palette = []
    if pixel_format.startswith("i"):
        palette = [tuple(rng.randrange(256) for _ in range(4)) for _ in range(min(1 << bits, 200))]
        top = len(palette) - 1

    def row() -> list[int]:
        values: list[int] = []
        while len(values) < width:
            values += [rng.randrange(top + 1) & keep] * rng.choice([1, 1, 2, 9])
        return values[:width]

    pixels = []
    while len(pixels) < height:
        pixels += [row()] * rng.choice([1, 3])
    alpha = None
    if pixel_format == "rgb565a8":
        alpha = [[rng.choice([0, 255, rng.randrange(256)]) for _ in range(width)] for _ in range(height)]
    if pixel_format == "xrgb8888":
        pixels = [[v | 0xFF000000 for v in r] for r in pixels]
    return h.Picture(pixel_format, pixels[:height], alpha, palette, order)


def orders_of(pixel_format: str) -> list[int]:
    bits = h.PIXEL_FORMATS[pixel_format][1]
    orders = [0] if bits in (8, 12) else [0, h.LSB_FIRST] if bits < 8 else [0, h.BIG]
    if pixel_format in h.GREYS:
        orders.append(h.INVERTED)
    if pixel_format in h.TWO_PLANES:
        orders += [h.SECOND_INVERTED, h.INVERTED | h.SECOND_INVERTED | h.LSB_FIRST, h.INVERTED]
    if pixel_format == "argb8888":
        orders += [h.PREMULTIPLIED, h.PREMULTIPLIED | h.BIG]
    return orders


RUNS = ((h.RLE, 4, 1), (h.RLE, 1, 4), (h.RLE, 16, 1))


@functools.cache
def bitmaps() -> dict[str, tuple[h.Picture, h.Asset]]:
    """Every pixel format, both orders, raw and in strips of RLE and LZ4, rows with and without padding."""
    made = {}
    for pixel_format in h.PIXEL_FORMATS:
        for order in orders_of(pixel_format):
            for size, (width, height) in SIZES.items():
                for codec, rows, align in (
                    (h.RAW, 0, 1),
                    (h.RAW, 0, 8),
                    (h.LZ4, 4, 1),
                    (h.LZ4, 1, 4),
                    (h.LZ4, 16, 1),
                    *RUNS,
                ):
                    name = f"{pixel_format}/{order}/{size}/{codec}-{rows}-{align}"
                    p = picture(pixel_format, width, height, order)
                    made[name] = (
                        p,
                        h.bitmap(name, p, codec, rows, even(p, align), b"\x07\x80\x03\0abc\0" * (rows == 4)),
                    )
    return made


def even(p: h.Picture, align: int) -> int:
    return align * 2 if p.alpha and align == 1 else align


def font(bpp: int, seed: int = 1) -> h.Font:
    """Latin with holes, a dense run, characters far away; a blank, a wide one and negative places."""
    rng = random.Random(f"font {bpp} {seed}")
    codes = [
        *range(0x20, 0x7F),
        *range(0xA0, 0x180, 3),
        *range(0x400, 0x450),
        0x20AC,
        0x2603,
        0x1F600,
        0x1F6FF,
    ]
    glyphs = []
    for code in [-1, *codes]:
        w, rows_px = (0, 0) if code == 0x20 else (rng.randrange(1, 14), rng.randrange(1, 17))
        if code == 0x2603:
            w = 40
        rows = [[rng.randrange(1 << bpp) for _ in range(w)] for _ in range(rows_px)]
        glyphs.append(
            h.Glyph(code, rng.randrange(30, 220), rng.randrange(-3, 4), rng.randrange(-4, 15), rows)
        )
    return h.Font(bpp, glyphs, dense=((0x20, 0x7E), (0x400, 0x44F)))


def listing_of_bitmap(p: h.Picture, asset: h.Asset, row_align: int) -> list[str]:
    number = h.PIXEL_FORMATS[p.pixel_format][0]
    palette = b"".join(bytes(c) for c in p.palette).hex()
    colour, alpha = h.rows_of(p, h.stride_of(p, row_align))
    lines = [f"bitmap {p.width} {p.height} format {number} order {p.order} palette {palette}".rstrip()]
    for y, row in enumerate(colour):
        lines.append(f"row {row.hex()}" + (f" {alpha[y].hex()}" if alpha else ""))
    return lines


def listing_of_font(f: h.Font, size_px: int = 16) -> list[str]:
    lines = [f"font {size_px} {f.bpp} {f.ascent} {f.descent} {f.line_gap} -2 1 {len(f.glyphs)}"]
    looked_at = [*range(0x3000), *range(0x3000, 0x110000, 257)]
    index = {g.codepoint: i for i, g in enumerate(f.glyphs)}
    lines += [f"char {c} {index[c]}" for c in looked_at if c in index]
    return lines + listing_of_glyphs(f)


def listing_of_glyphs(f: h.Font) -> list[str]:
    lines, top = [], (1 << f.bpp) - 1
    for i, g in enumerate(f.glyphs):
        w = len(g.rows[0]) if g.rows else 0
        pixels = bytes((v * 255 * 2 + top) // (2 * top) for row in g.rows for v in row).hex()
        advance = g.advance << (4 - f.fraction)
        lines.append(f"glyph {i} {advance} {g.x} {g.y} {w} {len(g.rows)} {pixels}".rstrip())
    return lines
