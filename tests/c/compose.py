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


class Screen:
    def __init__(self, x0: int, y0: int, width: int, height: int) -> None:
        self.x0, self.y0, self.width, self.height = x0, y0, width, height
        self.rows: Surface = [[0x1234] * width for _ in range(height)]

    def put(self, x: int, y: int, colour: int, alpha: int) -> None:
        x, y = x - self.x0, y - self.y0
        if 0 <= x < self.width and 0 <= y < self.height:
            self.rows[y][x] = blend(colour, self.rows[y][x], alpha)

    def fill(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        for row in range(max(y, self.y0), min(y + height, self.y0 + self.height)):
            for column in range(max(x, self.x0), min(x + width, self.x0 + self.width)):
                self.put(column, row, colour, 255)

    def bitmap(self, x: int, y: int, picture: h.Picture, colour: int) -> None:
        for row, values in enumerate(picture.pixels):
            for column, value in enumerate(values):
                alpha = picture.alpha[row][column] if picture.alpha else 255
                self.put(x + column, y + row, *colour_of(picture, value, alpha, colour))

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


def colour_of(picture: h.Picture, value: int, alpha: int, colour: int) -> tuple[int, int]:
    name = picture.pixel_format
    bits = h.PIXEL_FORMATS[name][1]
    if name.startswith("a") and bits <= 8:
        return colour, value * 255 // ((1 << bits) - 1)
    if name.startswith("i"):
        b, g, r, a = picture.palette[value]
        return rgb565(r, g, b), a
    if name.startswith("gray"):
        level = value * 255 // ((1 << bits) - 1)
        return rgb565(level, level, level), 255
    if name.startswith("rgb565"):
        return value, alpha
    alpha = value >> 24 if name == "argb8888" else 255
    return rgb565(value >> 16 & 255, value >> 8 & 255, value & 255), alpha


def glyph_of(font: h.Font, character: str) -> h.Glyph:
    return next((g for g in font.glyphs[1:] if g.codepoint == ord(character)), font.glyphs[0])


def measure(font: h.Font, text: str) -> int:
    end = sum(glyph_of(font, c).advance << (4 - font.fraction) for c in text)
    return (end + 15) >> 4
