"""FORMAT.md section 8 in plain integers, one pixel at a time: what drawing must give."""

from __future__ import annotations

from c import handmade as h

Surface = list[list[int]]


def rgb565(r: int, g: int, b: int) -> int:
    return ((r * 249 + 1014) >> 11) << 11 | ((g * 253 + 505) >> 10) << 5 | ((b * 249 + 1014) >> 11)


def blend(s: int, d: int, a: int) -> int:
    if a == 0:
        return d
    k = a + (a >> 7)
    out = 0
    for shift, mask in ((11, 31), (5, 63), (0, 31)):
        out |= (((s >> shift & mask) * k + (d >> shift & mask) * (256 - k) + 128) >> 8) << shift
    return out


NATIVE, WIDE, PREMULTIPLIED = range(3)
BLACK, WHITE, RED, YELLOW, GREEN, BLUE, ORANGE = 0, 0xFFFF, 0xF800, 0xFFE0, 0x07E0, 0x001F, 0xFC00
INKS = {
    "epd_bwr": (BLACK, RED, WHITE, RED),  # by the bits of the planes
    "epd_bwy": (BLACK, YELLOW, WHITE, YELLOW),
    "epd_bwry": (BLACK, WHITE, YELLOW, RED),
    "epd_6color": (BLACK, WHITE, YELLOW, RED, None, BLUE, GREEN),
    "epd_7color": (BLACK, WHITE, GREEN, BLUE, RED, YELLOW, ORANGE),
}
FIELDS = {  # A, R, G, B from the highest bits; of rgb666 with two unused bits behind each
    "argb1555": (1, 5, 5, 5), "argb4444": (4, 4, 4, 4), "argb2222": (2, 2, 2, 2), "rgb332": (0, 3, 3, 2),
    "rgb444": (0, 4, 4, 4), "rgb666": (0, 6, 6, 6), "rgb888": (0, 8, 8, 8), "xrgb8888": (0, 8, 8, 8),
    "argb8888": (8, 8, 8, 8),
}  # fmt: skip


def level(value: int, bits: int) -> int:
    """value * 255 / (2^n - 1), rounded to the nearest."""
    top = (1 << bits) - 1
    return (value * 510 + top) // (2 * top)


def fields_of(name: str, value: int) -> tuple[tuple[int, int, int], int]:
    """R G B of 8 bits, and the alpha."""
    gap = 2 if name == "rgb666" else 0
    levels = []
    for bits in reversed(FIELDS[name]):
        value >>= gap
        levels.append(level(value & ((1 << bits) - 1), bits) if bits else 255)
        value >>= bits
    b, g, r, a = levels
    return (r, g, b), a


def wide(r: int, g: int, b: int) -> int:
    return r << 16 | g << 8 | b


def colour_of(picture: h.Picture, value: int, alpha: int, colour: int) -> tuple[int, int, int]:
    """Kind of the colour, the colour (5:6:5 or R << 16 | G << 8 | B), and the coverage."""
    name = picture.pixel_format
    bits = h.PIXEL_FORMATS[name][1]
    if name in ("a1", "a2", "a4", "a8"):
        return NATIVE, colour, level(value, bits)
    if name in ("i1", "i2", "i4", "i8"):
        b, g, r, a = picture.palette[value]
        return WIDE, wide(r, g, b), a
    if name in INKS:
        ink = INKS[name][value] if value < len(INKS[name]) else None
        return NATIVE, ink or 0, 0 if ink is None else 255
    if name in h.GREYS or name == "epd_gray4":
        return WIDE, level(value, 2 if name == "epd_gray4" else bits) * 0x010101, 255
    if name.startswith("rgb565"):
        return NATIVE, value, alpha
    if name == "argb8565":
        return NATIVE, value & 0xFFFF, value >> 16
    if name == "al88":
        return WIDE, (value & 255) * 0x010101, value >> 8
    if name == "bgr888":
        return WIDE, wide(value & 255, value >> 8 & 255, value >> 16), 255
    rgb, a = fields_of(name, value)
    is_premultiplied = name == "argb8888" and picture.order & h.PREMULTIPLIED
    return PREMULTIPLIED if is_premultiplied else WIDE, wide(*rgb), a


def split(colour: int) -> tuple[int, int, int]:
    return colour >> 16, colour >> 8 & 255, colour & 255


def blend_premultiplied(p: int, d: int, a: int) -> int:
    if a == 0:
        return d
    k = a + (a >> 7)
    out = 0
    shares = ((16, 11, 31, 7967), (8, 5, 63, 16191), (0, 0, 31, 7967))
    for from_shift, shift, mask, factor in shares:
        s = ((p >> from_shift & 255) * factor + 128) >> 8
        out |= min(mask, (s + (d >> shift & mask) * (256 - k) + 128) >> 8) << shift
    return out


class Screen:
    start = 0x1234

    def __init__(self, x0: int, y0: int, width: int, height: int) -> None:
        self.x0, self.y0, self.width, self.height = x0, y0, width, height
        self.rows: Surface = [[self.first(x, y) for x in range(width)] for y in range(height)]

    def first(self, _x: int, _y: int) -> int:
        return self.start

    def over(self, kind: int, colour: int, below: int, alpha: int) -> int:
        if kind == PREMULTIPLIED:
            return blend_premultiplied(colour, below, alpha)
        return blend(rgb565(*split(colour)) if kind == WIDE else colour, below, alpha)

    def put(self, x: int, y: int, colour: int, alpha: int, kind: int = NATIVE) -> None:
        x, y = x - self.x0, y - self.y0
        if alpha and 0 <= x < self.width and 0 <= y < self.height:
            self.rows[y][x] = self.over(kind, colour, self.rows[y][x], alpha)

    def fill(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        for row in range(max(y, self.y0), min(y + height, self.y0 + self.height)):
            for column in range(max(x, self.x0), min(x + width, self.x0 + self.width)):
                self.put(column, row, colour, 255)

    def bitmap(self, x: int, y: int, picture: h.Picture, colour: int) -> None:
        for row, values in enumerate(picture.pixels):
            for column, value in enumerate(values):
                alpha = picture.alpha[row][column] if picture.alpha else 255
                kind, shown, coverage = colour_of(picture, value, alpha, colour)
                self.put(x + column, y + row, shown, coverage, kind)

    def text(self, x: int, baseline: int, font: h.Font, text: str, colour: int) -> int:
        pen = x * 16
        for c in text:
            g = glyph_of(font, c)
            for row, values in enumerate(g.rows):
                for column, v in enumerate(values):
                    coverage = v * (255 // ((1 << font.bpp) - 1))
                    self.put(((pen + 8) >> 4) + g.x + column, baseline - g.y + row, colour, coverage)
            pen += g.advance << (4 - font.fraction)
        return (pen + 8) >> 4


def glyph_of(font: h.Font, character: str) -> h.Glyph:
    return next((g for g in font.glyphs[1:] if g.codepoint == ord(character)), font.glyphs[0])


def measure(font: h.Font, text: str) -> int:
    end = sum(glyph_of(font, c).advance << (4 - font.fraction) for c in text)
    return (end + 15) >> 4


# --- other surfaces: section 8.1 ------------------------------------------------------------------


def rgb888(colour: int, kind: int) -> tuple[int, int, int]:
    if kind != NATIVE:
        return split(colour)
    return level(colour >> 11, 5), level(colour >> 5 & 63, 6), level(colour & 31, 5)


def mix(s: int, d: int, a: int, kind: int) -> int:
    k = a + (a >> 7)
    if kind == PREMULTIPLIED:
        return min(255, s + ((d * (256 - k) + 128) >> 8))
    return (s * k + d * (256 - k) + 128) >> 8


def luma(colour: int, kind: int) -> int:
    r, g, b = rgb888(colour, kind)
    return (r * 13933 + g * 46871 + b * 4732 + 32768) >> 16


class Gray8(Screen):
    start = 0x34

    def over(self, kind: int, colour: int, below: int, alpha: int) -> int:
        return mix(luma(colour, kind), below, alpha, kind)


class Mono(Screen):
    """1 bit a pixel; the surface is 0xA5 in every byte at first."""

    def first(self, _x: int, y: int) -> int:
        return 0xA5 >> (y & 7) & 1

    def over(self, kind: int, colour: int, below: int, alpha: int) -> int:
        if alpha < 128:
            return below
        y = luma(colour, kind)
        return int(y * 255 >= 128 * alpha if kind == PREMULTIPLIED else y >= 128)


class Argb8888(Screen):
    """Clear, half clear and opaque pixels in turn at first."""

    def first(self, x: int, y: int) -> int:
        return (0, 0x80, 0xFF)[(y * self.width + x) % 3] << 24 | 0x123456

    def over(self, kind: int, colour: int, below: int, alpha: int) -> int:
        below_alpha, source = below >> 24, rgb888(colour, kind)
        if below_alpha == 255:
            mixed = [mix(s, d, alpha, kind) for s, d in zip(source, split(below & 0xFFFFFF), strict=True)]
            return 255 << 24 | wide(*mixed)
        w, v = alpha * 255, below_alpha * (255 - alpha)
        t = w + v
        factor = 65025 if kind == PREMULTIPLIED else w
        channels = zip(source, split(below & 0xFFFFFF), strict=True)
        mixed = [min(255, (s * factor + d * v + t // 2) // t) for s, d in channels]
        return (t + 127) // 255 << 24 | wide(*mixed)
