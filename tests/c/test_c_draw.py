"""Drawing gives the pixels of FORMAT.md section 8, clipped on every side, on any band of the screen."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from c import compose, samples
from c import handmade as h
from c.program import run
from imgbuild.errors import Place
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.compose import Screen, measure_text
from imgbuild.reader.font import read_font
from imgbuild.reader.pack import open_pack

SURFACE = (10, -5, 50, 30)
PLACES = [(20, 5), (-3, 0), (45, 12), (12, -9), (30, 22), (10, -5)]
FAR = [(2**31 - 1, 2**31 - 1), (-(2**31), -(2**31)), (2**31 - 40, 0), (0, -(2**31)), (100, 5), (-60, 5)]


def draw(programs, tmp_path, how, assets, script):
    path = tmp_path / "pack.imgb"
    path.write_bytes(h.pack(assets))
    return run([programs.build("draw"), path, how], "\n".join(script) + "\n").splitlines()


def shown(rows, is_swapped=False):
    return ["".join(f"{v & 255:02x}{v >> 8:02x}" if is_swapped else f"{v:04x}" for v in row) for row in rows]


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
def test_bitmaps_of_every_format_are_drawn_exactly(programs, tmp_path, how):
    made = {
        name: one for name, one in samples.bitmaps().items() if name.endswith(("0-0-1", "1-4-1", "2-4-1"))
    }
    script, wanted = [], []
    for i, (name, (picture, _)) in enumerate(made.items()):
        swapped = i % 2
        x, y = PLACES[i % len(PLACES)]
        screen = compose.Screen(*SURFACE)
        screen.bitmap(x, y, picture, 0xA53C)
        script += [
            "surface {} {} {} {} ".format(*SURFACE) + str(swapped),
            f"bitmap {name} {x} {y} a53c",
            "show",
        ]
        rows = screen.rows
        if swapped:  # the surface starts as 0x1234 in memory, whatever its order
            screen = compose.Screen(*SURFACE)
            screen.rows = [[0x3412] * SURFACE[2] for _ in range(SURFACE[3])]
            screen.bitmap(x, y, picture, 0xA53C)
            rows = screen.rows
        wanted += shown(rows, bool(swapped))
    assert draw(programs, tmp_path, how, [a for _, a in made.values()], script) == wanted


SURFACES = {
    "gray8": (compose.Gray8, "02x", 0),
    "mono": (compose.Mono, "d", 0),
    "mono swapped": (compose.Mono, "d", 1),
    "argb8888": (compose.Argb8888, "08x", 0),
}


@pytest.mark.parametrize("how", ["map1", "read4"])
@pytest.mark.parametrize("surface", SURFACES)
def test_bitmaps_of_every_format_are_drawn_on_every_surface(programs, tmp_path, how, surface):
    made = {
        name: one
        for name, one in samples.bitmaps().items()
        if "/wide/" in name and ("/0-0-1" in name or "/2-4-" in name)
    }
    kind, spelled, swapped = SURFACES[surface]
    place = (10, -8, 50, 30)
    script, wanted = [], []
    for i, (name, (picture, _)) in enumerate(made.items()):
        x, y = PLACES[i % len(PLACES)]
        screen = kind(*place)
        if swapped:
            screen.rows = [[0xA5 >> (7 - r % 8) & 1] * place[2] for r in range(place[3])]
        screen.bitmap(x, y, picture, 0xA53C)
        script += [
            "{} {} {} {} {} {}".format(surface.split()[0], *place, swapped),
            f"bitmap {name} {x} {y} a53c",
            "show",
        ]
        wanted += ["".join(format(v, spelled) for v in row) for row in screen.rows]
    assert draw(programs, tmp_path, how, [a for _, a in made.values()], script) == wanted


@pytest.mark.parametrize("surface", SURFACES)
def test_text_and_fills_are_drawn_on_every_surface(programs, tmp_path, surface):
    kind, spelled, swapped = SURFACES[surface]
    font, place = samples.font(4), (0, 0, 60, 24)
    screen = kind(*place)
    if swapped:
        screen.rows = [[0xA5 >> (7 - r % 8) & 1] * place[2] for r in range(place[3])]
    screen.fill(3, 2, 40, 9, 0xFEC0)
    end = screen.text(2, 16, font, "Any", 0x07E3)
    script = ["{} {} {} {} {} {}".format(surface.split()[0], *place, swapped)]
    script += ["fill 3 2 40 9 fec0", "text f 2 16 7e3 Any", "show"]
    wanted = [f"end {end}"] + ["".join(format(v, spelled) for v in row) for row in screen.rows]
    assert draw(programs, tmp_path, "read1", [h.font("f", font)], script) == wanted


# --- both readers ---------------------------------------------------------------------------------

READER_SURFACES = {  # how draw.c is told, the reader's name, spelling, is_swapped
    "rgb565": ("surface", "04x", 0), "rgb565 swapped": ("surface", "04x", 1), "gray8": ("gray8", "02x", 0),
    "mono": ("mono", "d", 0), "mono swapped": ("mono", "d", 1), "argb8888": ("argb8888", "08x", 0),
}  # fmt: skip
GROUND = {"rgb565": 0x1234, "gray8": 0x34}


def reader_screen(surface: str, width: int, height: int) -> Screen:
    """A screen of the Python reader that holds what draw.c starts with."""
    name, *swapped = surface.split()
    screen = Screen(width, height, name)
    if name == "mono":
        bits = [0xA5 >> (7 - y % 8 if swapped else y % 8) & 1 for y in range(height)]
        screen.pixels[:] = np.array(bits)[:, None]
    elif name == "argb8888":
        alphas = np.array([0, 0x80, 0xFF])[np.arange(width * height) % 3].reshape(height, width)
        screen.pixels[:] = alphas << 24 | 0x123456
    else:
        screen.pixels[:] = 0x3412 if swapped else GROUND[name]
    return screen


def sane(picture: h.Picture) -> h.Picture:
    """The same picture in inks that exist: the Python reader refuses what the C reader leaves undrawn."""
    inks = compose.INKS.get(picture.pixel_format)
    if inks is None:
        return picture
    known = [number for number, ink in enumerate(inks) if ink is not None]
    return replace(picture, pixels=[[known[value % len(known)] for value in row] for row in picture.pixels])


def pictures_of_every_format() -> dict[str, h.Picture]:
    return {
        f"{name}-{order}": sane(samples.picture(name, 37, 11, order, 7))
        for name in h.PIXEL_FORMATS
        for order in samples.orders_of(name)
    }


@pytest.mark.parametrize("surface", READER_SURFACES)
def test_both_readers_draw_the_same_on_every_surface(programs, tmp_path, surface):
    pictures, font = pictures_of_every_format(), samples.font(4)
    assets = [h.bitmap(name, picture) for name, picture in pictures.items()] + [h.font("f", font)]
    pack = open_pack(h.pack(assets), Place("pack.imgb"))
    command, spelled, is_swapped = READER_SURFACES[surface]
    script, wanted, width, height = [], [], 50, 30
    places = [(12, 9), (-5, 3), (25, 22), (6, -4)]
    for number, name in enumerate(pictures):
        screen, entry = reader_screen(surface, width, height), pack.find(name)
        x, y = places[number % len(places)]
        screen.draw_fill(4, 2, 20, 14, 0xAD55)
        screen.draw_bitmap(x, y, read_bitmap(pack.payload(entry), entry), 0x1CE7)
        script += [f"{command} 0 0 {width} {height} {is_swapped}", "fill 4 2 20 14 ad55"]
        script += [f"bitmap {name} {x} {y} 1ce7", "show"]
        wanted += spell(screen, spelled, is_swapped)
    screen, face = (
        reader_screen(surface, width, height),
        read_font(pack.payload(pack.find("f")), pack.find("f")),
    )
    end = screen.draw_text(3, 17, face, "Any\u20ac", 0xE71C)
    script += [f"{command} 0 0 {width} {height} {is_swapped}", "text f 3 17 e71c Any\u20ac", "show"]
    wanted += [f"end {end}", *spell(screen, spelled, is_swapped)]
    script.append("measure f Any\u20ac")
    wanted.append(f"width {measure_text(face, 'Any' + chr(0x20AC))}")
    assert draw(programs, tmp_path, "read1", assets, script) == wanted


def spell(screen: Screen, spelled: str, is_swapped: int) -> list[str]:
    """The lines of draw.c's `show`."""
    if screen.kind.name == "rgb565":
        return shown(screen.pixels.tolist(), bool(is_swapped))
    return ["".join(format(value, spelled) for value in row) for row in screen.pixels.tolist()]


def test_nothing_is_drawn_far_outside(programs, tmp_path):
    picture = samples.picture("rgb565", 37, 11)
    font = samples.font(4)
    script = ["surface {} {} {} {} 0".format(*SURFACE)]
    for x, y in FAR:
        script += [f"bitmap p {x} {y} ffff", f"fill {x} {y} 30 30 ffff", f"text f {x} {y} ffff Ab"]
    script += [f"fill {-(2**31)} 0 {2**31 - 1} 5 ffff", "fill 20 5 -3 9 ffff", "fill 20 5 3 0 ffff", "show"]
    lines = draw(programs, tmp_path, "read1", [h.bitmap("p", picture), h.font("f", font)], script)
    assert [line for line in lines if line.startswith("error")] == []
    assert lines[-SURFACE[3] :] == shown(compose.Screen(*SURFACE).rows)


def test_a_fill_larger_than_any_screen_covers_the_band(programs, tmp_path):
    script = ["surface 5 5 4 3 1", f"fill -7 -7 {2**31 - 1} {2**31 - 1} 1f2e", "show"]
    assert draw(programs, tmp_path, "read1", [h.file("x", b"")], script) == ["2e1f" * 4] * 3


TEXTS = ["Hello, world", "   x", "ÄöÜ €", "☃ snow", "\u0416", "unknown: \u4e2d\u6587 end", "", "A" * 60]


@pytest.mark.parametrize("how", ["map1", "read1", "read4"])
@pytest.mark.parametrize("bpp", [1, 2, 4, 8])
def test_text_is_drawn_and_measured_exactly(programs, tmp_path, how, bpp):
    font = samples.font(bpp)
    script, wanted = [], []
    for i, text in enumerate(TEXTS):
        x, y = [(12, 15), (-20, 10), (50, 3), (10, 24)][i % 4]
        screen = compose.Screen(*SURFACE)
        end = screen.text(x, y, font, text, 0x07E3)
        script += [
            "surface {} {} {} {} 0".format(*SURFACE),
            f"text f {x} {y} 7e3 {text}",
            "show",
            f"measure f {text}",
        ]
        wanted += [f"end {end}", *shown(screen.rows), f"width {compose.measure(font, text)}"]
    assert draw(programs, tmp_path, how, [h.font("f", font)], script) == wanted


@pytest.mark.parametrize("fraction", [0, 2, 4])
def test_advances_in_any_fraction_of_a_pixel(programs, tmp_path, fraction):
    glyphs = [h.Glyph(c, 3 + 5 * i, 0, 2, [[1, 0], [0, 1]]) for i, c in enumerate([-1, 65, 66, 67])]
    font = h.Font(1, glyphs, fraction=fraction)
    wanted = [f"end {compose.Screen(*SURFACE).text(11, 8, font, 'ABCABC', 0)}"]
    wanted += [f"width {compose.measure(font, 'ABCABC')}"]
    script = ["surface {} {} {} {} 0".format(*SURFACE), "text f 11 8 0 ABCABC", "measure f ABCABC"]
    assert draw(programs, tmp_path, "read1", [h.font("f", font)], script) == wanted


def test_a_screen_drawn_in_bands_is_the_screen_drawn_at_once(programs, tmp_path):
    font, picture = samples.font(4), samples.picture("argb8888", 37, 11)
    drawing = ["bitmap p 7 3 0", "text f 2 15 f81f Bands of it"]
    assets = [h.bitmap("p", picture, h.LZ4, 4), h.font("f", font)]
    once = draw(programs, tmp_path, "read1", assets, ["surface 0 0 60 32 0", *drawing, "show"])
    bands = []
    for y in range(0, 32, 5):
        bands += [f"surface 0 {y} 60 {min(5, 32 - y)} 0", *drawing, "show"]
    lines = draw(programs, tmp_path, "read1", assets, bands)
    assert [line for line in lines if not line.startswith("end")] == once[1:]


def python_points(data: bytes) -> str:
    return "".join(f"{ord(c):x} " for c in data.decode("utf-8", "replace"))


def test_utf8_is_decoded_as_python_does_with_replacement(programs, tmp_path):
    rng = random.Random(8)
    nasty = [0x41, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF]
    nasty += [0x8F, 0x90, 0x9F, 0xA0]
    lines = ["aé€😀\U0010ffff\ud7ff\ue000".encode("utf-8", "replace")]
    lines += [bytes([a, b]) for a in nasty for b in nasty]
    lines += [bytes(rng.choice(nasty) for _ in range(rng.randrange(1, 9))) for _ in range(4000)]
    lines += [bytes(rng.randrange(1, 256) for _ in range(12)) for _ in range(1000)]
    said = run([programs.build("utf8")], "".join(line.hex() + "\n" for line in lines)).splitlines()
    assert said == [python_points(line) for line in lines]
