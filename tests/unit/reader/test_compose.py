"""Drawing on RGB565, checked against slow scalar code written from FORMAT.md section 8."""

from __future__ import annotations

import random
import struct

import pytest
from unit.reader import handmade
from unit.reader.handmade import HandGlyph, Item
from unit.reader.samples import entry_of

from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, decode_text, measure_text, pack_rgb565
from imgbuild.reader.font import read_font


def scalar_565(r: int, g: int, b: int) -> int:
    return ((r * 249 + 1014) // 2048) * 2048 + ((g * 253 + 505) // 1024) * 32 + (b * 249 + 1014) // 2048


def scalar_blend(s: int, d: int, a: int) -> int:
    k = a + a // 128
    out = 0
    for shift, mask in ((11, 31), (5, 63), (0, 31)):
        field = ((s >> shift & mask) * k + (d >> shift & mask) * (256 - k) + 128) // 256
        out |= field << shift
    return out


def open_bitmap(payload: bytes, width: int, height: int, pixel_format: int):
    return read_bitmap(payload, entry_of(Item("pic", payload, 1, width, height, pixel_format)))


def noise(screen: Screen, seed: int = 1) -> list[list[int]]:
    rng = random.Random(seed)
    before = [[rng.randrange(65536) for _ in range(screen.width)] for _ in range(screen.height)]
    screen.pixels[:] = before
    return before


def random_bitmap(name: str, rng: random.Random, width: int, height: int):
    """A bitmap, and for each pixel its R, G, B (or 5:6:5 value, or None) and alpha."""
    count = width * height
    data = [rng.randbytes(4) for _ in range(count)]
    if name == "argb8888":
        payload = handmade.bitmap(b"".join(data), 4 * width)
        return open_bitmap(payload, width, height, 0x10), [((p[2], p[1], p[0]), p[3]) for p in data]
    if name == "xrgb8888":
        payload = handmade.bitmap(b"".join(p[:3] + b"\xff" for p in data), 4 * width)
        return open_bitmap(payload, width, height, 0x11), [((p[2], p[1], p[0]), 255) for p in data]
    if name == "rgb888":
        payload = handmade.bitmap(b"".join(p[:3] for p in data), 3 * width)
        return open_bitmap(payload, width, height, 0x0F), [((p[2], p[1], p[0]), 255) for p in data]
    if name == "rgb565a8":
        payload = handmade.bitmap(b"".join(p[:2] for p in data), 2 * width, alpha=bytes(p[2] for p in data))
        return open_bitmap(payload, width, height, 0x14), [(p[0] | p[1] << 8, p[2]) for p in data]
    if name == "rgb565":
        payload = handmade.bitmap(b"".join(p[:2] for p in data), 2 * width, 1)
        return open_bitmap(payload, width, height, 0x12), [(p[1] | p[0] << 8, 255) for p in data]
    if name == "i8":
        palette = rng.randbytes(1024)
        payload = handmade.bitmap(bytes(p[0] for p in data), width, palette=palette)
        colours = [palette[4 * p[0] : 4 * p[0] + 4] for p in data]
        return open_bitmap(payload, width, height, 0x0A), [((c[2], c[1], c[0]), c[3]) for c in colours]
    if name == "gray8":
        payload = handmade.bitmap(bytes(p[0] for p in data), width)
        return open_bitmap(payload, width, height, 0x06), [((p[0], p[0], p[0]), 255) for p in data]
    payload = handmade.bitmap(bytes(p[0] for p in data), width)
    return open_bitmap(payload, width, height, 0x0E), [(None, p[0]) for p in data]


FORMATS = ["argb8888", "xrgb8888", "rgb888", "rgb565a8", "rgb565", "i8", "gray8", "a8"]
PLACES = [(0, 0), (3, 2), (-3, -2), (13, 9), (-7, 3), (40, 40), (-40, 0), (0, -6)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("x", "y"), PLACES)
def test_bitmaps_are_blended_and_clipped_like_the_slow_code(name, x, y):
    rng = random.Random(name)
    bitmap, pixels = random_bitmap(name, rng, 7, 6)
    screen = Screen(16, 12)
    expected = noise(screen)
    screen.draw_bitmap(x, y, bitmap, 0xA55A)
    for n, (colour, alpha) in enumerate(pixels):
        row, column = y + n // 7, x + n % 7
        if 0 <= row < 12 and 0 <= column < 16:
            source = (
                0xA55A if colour is None else scalar_565(*colour) if isinstance(colour, tuple) else colour
            )
            expected[row][column] = scalar_blend(source, expected[row][column], alpha)
    assert screen.pixels.tolist() == expected


def test_full_and_no_coverage_are_exact():
    screen = Screen(2, 1)
    noise(screen)
    before = screen.pixels[0, 0]
    screen.draw_bitmap(0, 0, open_bitmap(handmade.bitmap(bytes([0, 255]), 2), 2, 1, 0x0E), 0x1357)
    assert screen.pixels[0].tolist() == [before, 0x1357]


@pytest.mark.parametrize(
    ("number", "byte", "level"), [(0x0B, 0x80, 255), (0x0C, 0x40, 85), (0x0D, 0x70, 119)]
)
def test_levels_below_8_bits_scale_to_255(number, byte, level):
    screen = Screen(1, 1)
    screen.draw_bitmap(0, 0, open_bitmap(handmade.bitmap(bytes([byte]), 1), 1, 1, number), 0xFFFF)
    assert screen.pixels[0, 0] == scalar_blend(0xFFFF, 0, level)


def test_every_8_bit_value_goes_to_the_nearest_field():
    for value in range(256):
        packed = pack_rgb565(value, value, value)
        assert packed == scalar_565(value, value, value)
        assert (packed >> 11, packed >> 5 & 63) == (round(value * 31 / 255), round(value * 63 / 255))


def scalar_premultiplied(rgb: tuple[int, int, int], below: int, a: int) -> int:
    """FORMAT.md section 8, one pixel."""
    k = a + a // 128
    out = 0
    for p, shift, mask, factor in zip(rgb, (11, 5, 0), (31, 63, 31), (7967, 16191, 7967), strict=True):
        share = (p * factor + 128) // 256
        out |= min(mask, (share + (below >> shift & mask) * (256 - k) + 128) // 256) << shift
    return out if a else below


def test_premultiplied_colours_are_added():
    rng = random.Random(4)
    pixels = [[255, 255, 255, 255], [0, 0, 0, 255], [9, 9, 9, 0], *([*rng.randbytes(4)] for _ in range(97))]
    payload = handmade.bitmap(b"".join(bytes([b, g, r, a]) for r, g, b, a in pixels), 40, 4)
    screen = Screen(10, 10)
    before = noise(screen)
    screen.draw_bitmap(0, 0, open_bitmap(payload, 10, 10, 0x10))
    wanted = [
        scalar_premultiplied((r, g, b), before[n // 10][n % 10], a) for n, (r, g, b, a) in enumerate(pixels)
    ]
    assert screen.pixels.reshape(-1).tolist() == wanted
    assert wanted[:2] == [0xFFFF, 0]


@pytest.mark.parametrize(
    ("x", "y", "w", "h"),
    [(1, 1, 3, 2), (-2, -2, 4, 4), (6, 3, 9, 9), (0, 0, 0, 5), (2, 2, -1, 1), (-9, 0, 3, 3)],
)
def test_fill_is_clipped(x, y, w, h):
    screen = Screen(8, 5)
    expected = noise(screen)
    screen.draw_fill(x, y, w, h, 0x1234)
    for row in range(max(y, 0), min(y + h, 5)):
        for column in range(max(x, 0), min(x + w, 8)):
            expected[row][column] = 0x1234
    assert screen.pixels.tolist() == expected


def text_font():
    glyphs = [
        HandGlyph(40, 0, 2, ((15,), (7,))),
        HandGlyph(25),
        HandGlyph(53, -1, 3, ((1, 8, 3), (15, 15, 15), (3, 0, 14))),
        HandGlyph(91, 2, -1, ((4, 5),)),
    ]
    segments = [(0x20, 0, 1, b""), (0x41, 1, 2, b"")]
    payload = handmade.font(glyphs, segments)
    return glyphs, read_font(payload, entry_of(Item("body", payload, 2, 0, 12, 0x0D)))


@pytest.mark.parametrize(("x", "baseline"), [(5, 10), (-4, 2), (30, 21), (0, 0), (-100, 5)])
def test_text_is_drawn_like_the_slow_code(x, baseline):
    glyphs, font = text_font()
    screen = Screen(40, 20)
    expected = noise(screen)
    end = screen.draw_text(x, baseline, font, "AB ABÿA", 0xC0DE)
    pen = 16 * x
    for index in (2, 3, 1, 2, 3, 0, 2):
        glyph = glyphs[index]
        for dy, levels in enumerate(glyph.levels):
            for dx, level in enumerate(levels):
                column, row = (pen + 8) // 16 + glyph.x + dx, baseline - glyph.y + dy
                if 0 <= row < 20 and 0 <= column < 40:
                    expected[row][column] = scalar_blend(0xC0DE, expected[row][column], level * 17)
        pen += glyph.advance
    assert screen.pixels.tolist() == expected
    assert end == (pen + 8) // 16


def test_measured_width_is_rounded_up():
    _, font = text_font()
    assert measure_text(font, "") == 0
    assert measure_text(font, "A") == 4  # 53/16 px
    assert measure_text(font, b"AB \xff") == 14  # (53 + 91 + 25 + 40) / 16 = 13.06 px


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # Unicode 15, table 3-8 and the examples around it
        ("c0 af e0 80 bf f0 81 82 41", "\ufffd" * 8 + "A"),
        ("ed a0 80 ed bf bf ed af 41", "\ufffd" * 8 + "A"),
        ("f4 91 92 93 ff 41 80 bf 42", "\ufffd" * 5 + "A" + "\ufffd" * 2 + "B"),
        ("e1 80 e2 f0 91 92 f1 bf 41", "\ufffd" * 4 + "A"),
        ("41 00 42", "A"),
        ("f0 9f 98", "\ufffd"),
        ("c3 a9 f0 9f 98 80", "é😀"),
    ],
)
def test_invalid_utf8_counts_by_maximal_parts(raw, expected):
    assert decode_text(bytes.fromhex(raw)) == expected


def test_a_str_with_a_lone_surrogate_draws_as_its_bytes_would():
    assert decode_text("a\ud800b") == "a\ufffd\ufffd\ufffdb"


def test_png_colours_are_the_nearest_to_the_screen_values():
    values = list(range(0, 65536, 97))
    screen = Screen(len(values), 1)
    screen.pixels[0] = values
    for value, pixel in zip(values, screen.to_rgb888()[0].tolist(), strict=True):
        assert pixel == [
            round(f * 255) for f in ((value >> 11) / 31, (value >> 5 & 63) / 63, (value & 31) / 31)
        ]


def test_a_big_endian_bitmap_draws_the_same_pixels():
    screens = []
    for order, code in ((0, "<6H"), (1, ">6H")):
        screen = Screen(3, 2)
        payload = handmade.bitmap(struct.pack(code, 1, 2, 0xF800, 0x1234, 5, 6), 6, order)
        screen.draw_bitmap(0, 0, open_bitmap(payload, 3, 2, 0x12))
        screens.append(screen.pixels.tolist())
    assert screens[0] == screens[1] == [[1, 2, 0xF800], [0x1234, 5, 6]]
