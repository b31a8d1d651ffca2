"""A mountain lake at dusk: a height field seen in perspective, lit from the side, drawn by arithmetic only.

The terrain is ridged value noise. For every column of the picture a ray runs over the field; the running
maximum of the slope tells which point each pixel shows. Light, shadow, snow, wood, haze, the reflection in
the water and a film grain follow from the points.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from draw.canvas import rgb

Array = NDArray[np.float64]

SIZE = 1024  # cells of the height field in each direction
WIDTH, HEIGHT = 960, 720  # samples; the picture is half as large
HORIZON = 0.545  # of the height
FOCAL = 1.02
EYE = 0.012  # above the water
SUN_X, SUN_Y = 0.655, 0.43  # in the picture


def value_noise(cells: int, size: int, seed: int) -> Array:
    """Smooth noise from -1 to 1 that repeats after `size` samples."""
    table = np.random.Generator(np.random.PCG64(seed)).random((cells, cells)) * 2 - 1
    place = np.arange(size) * (cells / size)
    low = place.astype(np.int64)
    part = place - low
    part = part * part * part * (part * (part * 6 - 15) + 10)
    high = (low + 1) % cells
    rows = table[low] * (1 - part)[:, None] + table[high] * part[:, None]
    result: Array = rows[:, low] * (1 - part)[None, :] + rows[:, high] * part[None, :]
    return result


def fractal(size: int, first: int, octaves: int, seed: int, gain: float = 0.5) -> Array:
    """A sum of noises, each twice as fine as the one before."""
    total, weight, scale = np.zeros((size, size)), 1.0, 0.0
    for octave in range(octaves):
        total += weight * value_noise(first << octave, size, seed + octave)
        scale += weight
        weight *= gain
    return total / scale


def ridged(size: int, first: int, octaves: int, seed: int) -> Array:
    """Noise with sharp crests, rough above and smooth in the valleys, from 0 to 1."""
    total, weight, scale, carry = np.zeros((size, size)), 1.0, 0.0, np.ones((size, size))
    for octave in range(octaves):
        noise = value_noise(first << octave, size, seed + octave)
        crest = 1 - np.sqrt(noise * noise + 0.012)
        crest = crest * crest * carry
        total += weight * crest
        scale += weight
        carry = np.clip(crest * 1.5, 0, 1)
        weight *= 0.5
    return total / scale


def smooth(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high`, an S between them."""
    part = np.clip((value - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def terrain() -> Array:
    """Heights by [depth, across]; the water level is 0 and a valley runs away from the eye."""
    depth = (np.arange(SIZE) / SIZE)[:, None]
    across = (np.arange(SIZE) / SIZE - 0.5)[None, :]
    bend = 0.045 * np.array([math.sin(9.0 * float(d)) for d in depth[:, 0]])[:, None]
    wobble = fractal(SIZE, 8, 5, 71) * 0.05
    side = np.abs(across - bend + wobble)
    flank = smooth(0.02, 0.30, side - 0.05 * smooth(0.2, 0.5, depth))
    back = smooth(0.55, 0.85, depth + wobble)
    rise = np.clip(np.maximum(flank, 0.42 * back), 0, 1) * (0.05 + 0.34 * depth)
    peaks = ridged(SIZE, 5, 8, 64)
    broad = 0.5 + 0.5 * fractal(SIZE, 3, 3, 41)
    fine = fractal(SIZE, 16, 6, 5)
    return rise * (0.10 + 0.75 * peaks + 0.35 * broad) + 0.02 * fine * (0.15 + rise * 2) - 0.006


def sample(field: Array, depth: Array, across: Array) -> Array:
    """Bilinear look-up; depth from 0 to 1, across from -0.5 to 0.5."""
    row = np.clip(depth * SIZE, 0, SIZE - 1.001)
    column = np.clip((across + 0.5) * SIZE, 0, SIZE - 1.001)
    top, left = row.astype(np.int64), column.astype(np.int64)
    down, right = row - top, column - left
    upper = field[top, left] * (1 - right) + field[top, left + 1] * right
    lower = field[top + 1, left] * (1 - right) + field[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def shadows(height: Array) -> Array:
    """Light from 0 to 1 that reaches each cell from a low sun at the right behind the mountains."""
    lit = np.full(height.shape, -1.0)
    best = np.full(height.shape[0], -1.0)
    fall = 0.34 / SIZE
    for column in range(height.shape[1] - 1, -1, -1):
        best = np.maximum(np.roll(best, -1 if column % 3 == 0 else 0) - fall, height[:, column])
        lit[:, column] = best
    return 1 - smooth(0.0005, 0.008, lit - height)


def trace(height: Array) -> tuple[Array, Array]:
    """Depth (infinite for sky) and column position of what each sample above the horizon shows."""
    rows = round(HEIGHT * HORIZON)
    steps = 0.02 + 0.975 * (np.arange(2400) / 2400) ** 1.6
    slope_x = (np.arange(WIDTH) + 0.5 - WIDTH / 2) / WIDTH / FOCAL
    slope_y = (rows - np.arange(rows) - 0.5) / WIDTH / FOCAL
    depth = np.full((rows, WIDTH), np.inf)
    for column in range(WIDTH):
        seen = sample(height, steps, steps * slope_x[column])
        slope = np.maximum.accumulate((np.maximum(seen, 0) - EYE) / steps)
        index = np.searchsorted(slope, slope_y)
        hit = index < len(steps)
        near, far = np.maximum(index[hit] - 1, 0), index[hit]
        part = np.clip((slope_y[hit] - slope[near]) / np.maximum(slope[far] - slope[near], 1e-12), 0, 1)
        depth[hit, column] = steps[near] * (1 - part) + steps[far] * part
    return depth, slope_x


def ramp(value: Array, places: tuple[float, ...], colours: tuple[str, ...]) -> Array:
    """Colours by piecewise linear interpolation."""
    table = np.array([rgb(code) for code in colours])
    return np.stack([np.interp(value, places, table[:, band]) for band in range(3)], axis=-1)


def mix(first: Array, second: Array, share: Array) -> Array:
    """From the first colour (share 0) to the second (share 1)."""
    return first * (1 - share[..., None]) + second * share[..., None]


def sky(rows: int) -> Array:
    """The evening sky with a glow around the sun and thin clouds lit from below."""
    y = np.broadcast_to(((np.arange(rows) + 0.5) / HEIGHT / HORIZON)[:, None], (rows, WIDTH))
    x = np.broadcast_to(((np.arange(WIDTH) + 0.5) / WIDTH)[None, :], (rows, WIDTH))
    base = ramp(y, (0, 0.3, 0.55, 0.75, 1), ("#2c4f86", "#6384b4", "#b7a0b8", "#f2b08c", "#ffd29a"))
    away = np.sqrt(((x - SUN_X) * 1.1) ** 2 + ((y * HORIZON - SUN_Y) * 1.25) ** 2)
    glow = 1 / (1 + (away / 0.13) ** 2)
    base = mix(base, np.broadcast_to(rgb("#ffd9a0"), base.shape), 0.9 * glow)
    return clouds(base, x, y, glow)


def clouds(base: Array, x: Array, y: Array, glow: Array) -> Array:
    """Streaks of cloud on a ceiling that runs to the horizon."""
    field = fractal(SIZE, 4, 8, 301, 0.55)
    veil = fractal(SIZE, 8, 7, 402, 0.6)
    far = 1 / (1.12 - y)
    depth = np.mod(far * 0.16 + 0.05 * x, 1)
    across = np.mod((x - 0.5) * far * 0.10 + 0.03 * far, 1) - 0.5
    thick = smooth(-0.02, 0.36, sample(field, depth, across) + 0.35 * sample(veil, depth, across))
    thick *= smooth(0.0, 0.18, y + 0.1) * (1 - 0.6 * smooth(0.75, 1.0, y))
    warm = ramp(y, (0, 0.35, 0.7, 1), ("#8e93b8", "#e0a7a6", "#ffc39a", "#ffd7a8"))
    warm = mix(warm, np.broadcast_to(rgb("#fff0cf"), warm.shape), np.clip(glow * 0.9, 0, 1))
    shade = ramp(y, (0, 0.5, 1), ("#4c5f8d", "#8a7f9f", "#d99a8a"))
    edge = smooth(0.35, 1.0, thick)
    return mix(base, mix(warm, shade, edge * 0.6), thick * 0.78)


def ground(height: Array, depth: Array, across: Array, haze: Array) -> Array:
    """The colour of the terrain at the given points, behind the haze of the distance."""
    level = sample(height, depth, across)
    step = 1.2 / SIZE
    east = (sample(height, depth, across + step) - sample(height, depth, across - step)) / (2 * step)
    north = (sample(height, depth + step, across) - sample(height, depth - step, across)) / (2 * step)
    size = np.sqrt(east**2 + north**2 + 1)
    facing = np.clip((0.38 - 0.88 * east - 0.22 * north) / size, 0, 1)
    direct = facing * sample(shadows(height), depth, across)
    grain = sample(fractal(SIZE, 128, 3, 900), np.mod(depth * 3, 1), np.mod(across * 3 + 0.5, 1) - 0.5)
    steep = 1 / size
    wood = (1 - smooth(0.065, 0.115, level + 0.03 * grain)) * smooth(0.40, 0.68, steep + 0.15 * grain)
    snow = smooth(0.105, 0.16, level + 0.04 * grain) * smooth(0.55, 0.78, steep + 0.1 * grain)
    rock = ramp(0.5 + grain, (0, 1), ("#55525c", "#7b6e69"))
    tone = mix(rock, np.broadcast_to(rgb("#223129"), rock.shape), wood)
    tone = tone * (1 + 0.35 * grain[..., None] * wood[..., None])
    tone = mix(tone, np.broadcast_to(rgb("#e9eef6"), rock.shape), snow)
    light = direct[..., None] * np.array([1.95, 1.26, 0.74]) + np.array([0.40, 0.47, 0.62])
    lit = tone * light
    fog = 0.78 * (1 - 1 / (1 + (depth * 1.25) ** 2.4))
    low = np.clip(1 - level / 0.07, 0, 1) * smooth(0.2, 0.8, depth) * 0.4
    return mix(lit, haze, np.clip(fog + low, 0, 0.96))


def scene() -> Array:
    """Everything above the water line, (rows, WIDTH, 3)."""
    height = terrain()
    depth, slope_x = trace(height)
    rows = depth.shape[0]
    picture = sky(rows)
    hit = np.isfinite(depth)
    across = np.broadcast_to(slope_x[None, :], depth.shape) * np.where(hit, depth, 0)
    x = np.broadcast_to((np.arange(WIDTH) / WIDTH)[None, :], depth.shape)[hit]
    near_sun = np.clip(1 - np.abs(x - SUN_X) / 0.6, 0, 1) ** 2
    haze = ramp(near_sun, (0, 1), ("#8f95b5", "#ffc08c"))
    picture[hit] = ground(height, depth[hit], across[hit], haze)
    return picture


def water(above: Array) -> Array:
    """The lake: the mirrored scene, shaken by ripples that grow towards the eye."""
    rows, lake = above.shape[0], HEIGHT - above.shape[0]
    y = ((np.arange(lake) + 0.5) / lake)[:, None]
    x = (np.arange(WIDTH) / WIDTH)[None, :]
    far = 1 / (y + 0.04)
    waves = fractal(SIZE, 32, 5, 640, 0.6)
    ripple = sample(waves, np.mod(far * 0.35 + 0 * x, 1), np.mod((x - 0.5) * far * 0.055 + 0.5, 1) - 0.5)
    gusts = fractal(SIZE, 4, 4, 77)
    calm = smooth(-0.1, 0.5, sample(gusts, np.mod(far * 0.05 + 0 * x, 1), (x - 0.5) * 0.9 + 0 * y))
    push = ripple * (4 + 60 * y) * (1 - 0.55 * calm)
    line = np.clip(rows - 1 - (y * lake * 1.05 + push), 0, rows - 1).astype(np.int64)
    column = np.clip(np.arange(WIDTH)[None, :] + ripple * 5 * y, 0, WIDTH - 1).astype(np.int64)
    mirror = above[line, column]
    deep = np.broadcast_to(rgb("#14263c"), mirror.shape)
    return mix(mirror * 0.92, deep, np.clip(0.12 + 0.42 * y + 0.25 * ripple * y, 0, 1))


def valley(width: int = 480, height: int = 360) -> Image.Image:
    """The finished photograph."""
    above = scene()
    full = np.concatenate([above, water(above)])
    small = full.reshape(height, HEIGHT // height, width, WIDTH // width, 3).mean(axis=(1, 3))
    random = np.random.Generator(np.random.PCG64(12))
    grain = (random.random((height, width)) + random.random((height, width)) - 1) * 0.014
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    vignette = 1 - 0.13 * (x * x + y * y)
    small = np.clip(small * 1.22 * vignette[..., None] + grain[..., None], 0, 1)
    small = small * 0.6 + 0.4 * small * small * (3 - 2 * small)
    return Image.fromarray(np.floor(small * 255 + 0.5).astype(np.uint8))
