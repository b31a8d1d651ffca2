"""Animations are played in place, by rectangles or with one frame buffer: each frame is what a person sees.

What is seen of a GIF, an APNG and a WebP is known here from how they are made, not from any decoder.
"""

from __future__ import annotations

import io
import random
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from support import build_image
from unit.sources import test_frames as source

from c import compose
from c.program import run
from imgbuild.range_tables import RANGE_KINDS
from imgbuild.reader.animation import read_animation
from imgbuild.reader.compose import Screen

WIDTH, HEIGHT = 12, 9
Frames = list[np.ndarray]


def parts(seed: int, count: int = 7) -> list[tuple[int, int, int, int, int]]:
    """Rectangles (x, y, width, height) with a disposal; the first is whole."""
    rng = random.Random(seed)
    cut = [(0, 0, WIDTH, HEIGHT, 1)]
    while len(cut) < count:
        x, y = rng.randrange(WIDTH), rng.randrange(HEIGHT)
        box = x, y, rng.randrange(1, WIDTH - x + 1), rng.randrange(1, HEIGHT - y + 1)
        cut.append((*box, rng.randrange(1, 4)))
    cut[-3] = (*cut[-3][:4], 1)
    return cut


def dispose(
    canvas: np.ndarray, before: np.ndarray, part: tuple[int, int, int, int, int], clear: int
) -> np.ndarray:
    """What the next frame is drawn on; ``clear``: the disposal that clears (the other one restores)."""
    x, y, width, height, disposal = part
    if disposal == 1:
        return canvas
    after = canvas.copy()
    if disposal == clear:
        after[y : y + height, x : x + width] = 0
        return after
    return before


def make_gif() -> tuple[bytes, Frames]:
    """GIF89a, section 23: the clear index leaves what is there; disposals 1 keep, 2 clear, 3 restore."""
    rng, images, seen = random.Random(1), [], []
    canvas = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for number, part in enumerate(parts(11)):
        x, y, width, height, disposal = part
        nothing = number == len(parts(11)) - 2
        indices = [3 if nothing else rng.randrange(4) for _ in range(width * height)]
        images.append(source.image(x, y, width, height, indices, disposal=disposal, clear=3))
        before = canvas
        canvas = canvas.copy()
        for place, index in enumerate(indices):
            if index != 3:
                canvas[y + place // width, x + place % width] = (
                    *source.TABLE[3 * index : 3 * index + 3],
                    255,
                )
        seen.append(canvas)
        canvas = dispose(canvas, before, part, clear=2)
    return source.gif(*images, width=WIDTH, height=HEIGHT, loop=0), seen


def over(above: tuple[int, ...], below: tuple[int, ...]) -> list[int]:
    """The operator "over" of the PNG specification, straight alpha, rounded to the nearest."""
    a, b = Fraction(above[3], 255), Fraction(below[3], 255)
    alpha = a + b * (1 - a)
    mixed = [
        (s * a + d * b * (1 - a)) / alpha if alpha else Fraction(0)
        for s, d in zip(above[:3], below[:3], strict=True)
    ]
    return [int(value + Fraction(1, 2)) for value in (*mixed, alpha * 255)]


def make_apng() -> tuple[bytes, Frames]:
    """fcTL of the PNG specification: blend 0 replaces, 1 lays over; disposals 0 keep, 1 clear, 2 restore."""
    rng, chunks, seen, sequence = np.random.default_rng(2), [], [], 0
    canvas = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for number, part in enumerate(parts(12)):
        x, y, width, height, disposal = part
        pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
        pixels[..., 3] = rng.choice([0, 255, 90], (height, width))
        blend = number % 2
        if number == len(parts(12)) - 2:
            pixels[..., 3], blend = 0, 1
        pixels[pixels[..., 3] == 0] = 0
        chunks.append(source.control(sequence, x, y, width, height, disposal=disposal - 1, blend=blend))
        sequence += 1
        if number:
            chunks.append(source.data_chunk(sequence, pixels))
            sequence += 1
        else:
            chunks.append(source.chunk(b"IDAT", source.rows(pixels)))
        before = canvas
        canvas = canvas.copy()
        for row, column in np.ndindex(height, width):
            at, above = (y + row, x + column), tuple(pixels[row, column].tolist())
            canvas[at] = over(above, tuple(canvas[at].tolist())) if blend else above
        seen.append(canvas)
        canvas = dispose(canvas, before, part, clear=2)
    return source.apng(*chunks, count=len(seen), width=WIDTH, height=HEIGHT), seen


def make_webp() -> tuple[bytes, Frames]:
    """Lossless: every frame is what went in, whatever rectangles and blending libwebp chooses."""
    rng = np.random.default_rng(3)
    frame = rng.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    frame[..., 3] = rng.choice([0, 255, 128], (HEIGHT, WIDTH))
    seen = []
    for number in range(6):
        frame = frame.copy()
        y, x = number % 5, 2 * number % 7
        frame[y : y + 4, x : x + 5] = rng.integers(0, 256, (4, 5, 4), np.uint8)
        frame[y, x : x + 5, 3] = 0
        frame[frame[..., 3] == 0] = 0
        seen.append(frame)
    stream = io.BytesIO()
    first, *rest = (Image.fromarray(one) for one in seen)
    first.save(
        stream, "webp", save_all=True, append_images=rest, duration=[40, 50, 60, 70, 80, 90], lossless=True
    )
    return stream.getvalue(), seen


SOURCES = {"gif": make_gif, "png": make_apng, "webp": make_webp}
ALPHA_FORMATS = ["argb8888", "rgb565a8", "argb8565", "argb4444", "argb1555", "al88", "a8", "a2", "i8"]
OPAQUE_FORMATS = ["rgb565", "rgb888", "gray8", "gray2", "mono_page"]
MORE = {"i8": ", palette: optimal"}
BACKGROUND_KEY = ", background: '#204060'"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A pack with every source in many formats, and the frames that are seen of each source."""
    folder, entries = tmp_path_factory.mktemp("animations"), []
    seen = {}
    for suffix, make in SOURCES.items():
        data, seen[suffix] = make()
        (folder / f"a.{suffix}").write_bytes(data)
        for number, name in enumerate([*ALPHA_FORMATS, *OPAQUE_FORMATS]):
            codec = ("raw", "rle", "lz4", "range")[number % 4]
            codec = codec if name in RANGE_KINDS or codec != "range" else "lz4"
            more = MORE.get(name, BACKGROUND_KEY if name in OPAQUE_FORMATS else "")
            entry = f"image: a.{suffix}, name: {suffix}/{name}, animate: true, codec: {codec}"
            entries.append(f"  - {{{entry}, pixel_format: {name}{more}}}\n")
    head = "version: 1\nname: anim\nflash: {board: spark-core}\nassets:\n"
    image, _ = build_image(folder, head + "".join(entries))
    path = folder / "pack.imgb"
    path.write_bytes(bytes(image.pack.data))
    return path, image, seen


def lines_of_values(values, spelled: str) -> str:
    return "".join(format(value, spelled) for row in values for value in row)


def animation_of(image, name):
    entry = image.find(name)
    return read_animation(image.payload(entry), entry)


@pytest.mark.parametrize("suffix", SOURCES)
def test_one_frame_buffer_shows_every_frame_of_the_source(programs, played, suffix):
    path, image, seen = played
    said = run([programs.build("animate"), path, "read1", f"{suffix}/argb8888", "buffer"]).splitlines()
    wanted = []
    for frame in seen[suffix]:
        argb = frame.astype(np.uint32)
        wanted.append(
            lines_of_values(
                (argb[..., 3] << 24 | argb[..., 0] << 16 | argb[..., 1] << 8 | argb[..., 2]).tolist(), "08x"
            )
        )
    assert said == wanted * 2, "played again from the start"
    kinds = {part.bitmap is None for part in animation_of(image, f"{suffix}/argb8888").frames}
    assert kinds == ({False} if suffix == "webp" else {True, False}), (
        "one frame of the others changes nothing"
    )


@pytest.mark.parametrize("how", ["map1", "read4"])
@pytest.mark.parametrize("suffix", SOURCES)
def test_one_frame_buffer_in_every_format_is_as_the_python_reader_plays_it(programs, played, how, suffix):
    path, image, _ = played
    for name in (*ALPHA_FORMATS, *OPAQUE_FORMATS):
        if name in ("a8", "a2"):
            continue  # coverage has no colour of its own: drawn below
        said = run([programs.build("animate"), path, how, f"{suffix}/{name}", "buffer"]).splitlines()
        wanted = []
        for rgba in animation_of(image, f"{suffix}/{name}").rgba_frames():
            wide = np.where(rgba[..., 3:] == 0, 0, rgba).astype(np.uint32)
            argb = wide[..., 3] << 24 | wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
            wanted.append(lines_of_values(argb.tolist(), "08x"))
        assert said == wanted * 2, name


@pytest.mark.parametrize("suffix", SOURCES)
def test_a_frame_buffer_of_the_animations_own_pixels(programs, played, suffix):
    path, image, seen = played
    for name in ("argb8888", "rgb565a8", "rgb565", "a8", "gray8"):
        said = run([programs.build("animate"), path, "read1", f"{suffix}/{name}", "rows"]).splitlines()
        wanted = []
        for samples_shown in animation_of(image, f"{suffix}/{name}").shown().frames:
            colour = samples_shown.colour
            pixels = (
                colour[..., [2, 1, 0, 3]].tobytes()
                if name == "argb8888"
                else colour.astype(colour.dtype.newbyteorder("<")).tobytes()
            )
            alpha = b"" if samples_shown.alpha is None else samples_shown.alpha.tobytes()
            wanted.append(f"{pixels.hex()} {alpha.hex()}")
        assert said == wanted * 2, name
    exact = [f"{frame[..., [2, 1, 0, 3]].tobytes().hex()} " for frame in seen[suffix]]
    assert (
        run([programs.build("animate"), path, "read1", f"{suffix}/argb8888", "rows"]).splitlines()
        == exact * 2
    )


SCREENS = {
    "rgb565": (compose.Screen, "04x", 0), "rgb565 swapped": (compose.Screen, "04x", 1),
    "gray8": (compose.Gray8, "02x", 0), "mono": (compose.Mono, "d", 0),
    "mono swapped": (compose.Mono, "d", 1),
    "argb8888": (compose.Argb8888, "08x", 0),
}  # fmt: skip
SCREEN_PX, PLACE_PX, BACKGROUND = (18, 13), (4, 6), 0x2B0C  # so that the picture leaves the screen below


def direct(programs, path, name, surface, how="read1"):
    kind, *_ = surface.split()
    arguments = ["direct", *PLACE_PX, f"{BACKGROUND:x}", kind, SCREENS[surface][2], *SCREEN_PX]
    return run([programs.build("animate"), path, how, name, *map(str, arguments)]).splitlines()


def swapped_565(value: int) -> int:
    return value >> 8 | (value & 255) << 8


@pytest.mark.parametrize("surface", SCREENS)
@pytest.mark.parametrize("suffix", SOURCES)
def test_rectangles_straight_onto_a_surface_show_what_whole_frames_would(programs, played, suffix, surface):
    """By hand: the background, and the source's whole frame over it, pixel by pixel (FORMAT.md 8 and 8.1)."""
    path, _, seen = played
    kind, spelled, _ = SCREENS[surface]
    wanted = []
    for frame in seen[suffix]:
        screen = kind(0, 0, *SCREEN_PX)
        screen.fill(0, 0, *SCREEN_PX, BACKGROUND)
        for row, column in np.ndindex(HEIGHT, WIDTH):
            r, g, b, a = frame[row, column].tolist()
            screen.put(PLACE_PX[0] + column, PLACE_PX[1] + row, compose.wide(r, g, b), a, compose.WIDE)
        turn = swapped_565 if surface == "rgb565 swapped" else int
        wanted.append(lines_of_values([[turn(value) for value in row] for row in screen.rows], spelled))
    assert direct(programs, path, f"{suffix}/argb8888", surface) == wanted * 2


@pytest.mark.parametrize("surface", SCREENS)
@pytest.mark.parametrize("suffix", SOURCES)
def test_both_readers_play_every_format_on_every_surface(programs, played, suffix, surface):
    path, image, _ = played
    kind, spelled = surface.split()[0], SCREENS[surface][1]
    for name in (*ALPHA_FORMATS, *OPAQUE_FORMATS):
        screen, wanted = Screen(*SCREEN_PX, kind), []
        screen.draw_fill(0, 0, *SCREEN_PX, BACKGROUND)
        for frame in animation_of(image, f"{suffix}/{name}").frames:
            screen.draw_frame(*PLACE_PX, frame, background565=BACKGROUND, color565=0x1CE7)
            turn = swapped_565 if surface == "rgb565 swapped" else int
            wanted.append(
                lines_of_values([[turn(v) for v in row] for row in screen.pixels.tolist()], spelled)
            )
        assert direct(programs, path, f"{suffix}/{name}", surface, "map1") == wanted * 2, name
