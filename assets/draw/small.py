"""The small pictures: a colour chart, a spinner, and the two plain files."""

import io
import json

import numpy as np
from PIL import Image

from draw.canvas import Canvas, rgb, turned

BARS = ("#ffffff", "#ffd84d", "#35c9d6", "#4cc38a", "#c46df0", "#f2545b", "#3f7ff0", "#10141c")

ABOUT = """\
imgbuild demo
=============

Every picture and font in this flash image was drawn by a script: the icons,
the mountain lake, the pixel font. Run `python assets/draw_assets.py` and you
get the same files again.

This text is stored as a plain file. Firmware reads it where it lies in
flash, without a copy in RAM.
"""

CITIES = (
    ("Bern", 46.95, 7.45, "partly-cloudy-day", 14),
    ("Lisboa", 38.72, -9.14, "sun", 22),
    ("Tromsø", 69.65, 18.96, "snow", -3),
    ("Galway", 53.27, -9.05, "drizzle", 11),
    ("Nagoya", 35.18, 136.91, "rain", 18),
    ("Quito", -0.18, -78.47, "thunder", 16),
    ("Windhoek", -22.56, 17.08, "wind", 27),
    ("Halifax", 44.65, -63.57, "fog", 8),
)


def colour_chart() -> Image.Image:
    """Eight bars over four ramps (red, green, blue, grey) and a fine checker, 64 x 48."""
    rows = np.zeros((48, 64, 3), dtype=np.uint8)
    for index, code in enumerate(BARS):
        rows[:20, index * 8 : index * 8 + 8] = np.floor(rgb(code) * 255 + 0.5).astype(np.uint8)
    slope = (np.arange(64) * 255 // 63).astype(np.uint8)
    for band, channels in enumerate(((0,), (1,), (2,), (0, 1, 2))):
        for channel in channels:
            rows[20 + band * 6 : 26 + band * 6, :, channel] = slope
    y, x = np.mgrid[44:48, 0:64]
    rows[44:48] = np.where(((x + y) % 2 == 0)[..., None], 255, 0)
    return Image.fromarray(rows)


def spinner_frames() -> list[Image.Image]:
    """Three palette frames of twelve dots; every third dot is bright, so three frames run on for ever."""
    levels = 32
    low, high = rgb("#0b1626"), rgb("#7fd4ff")
    ramp = [low + (high - low) * level / (levels - 1) for level in range(levels)]
    palette = [int(part * 255 + 0.5) for colour in ramp for part in colour]
    frames = []
    for step in range(3):
        canvas = Canvas(48, 48, 48)
        for dot in range(12):
            phase = (step - dot) % 3
            radius, alpha = ((3.5, 1.0), (3.0, 0.6), (2.5, 0.3))[phase]
            canvas.fill(canvas.circle(turned((24, 24), 18, dot * 30 - 90), radius), "#ffffff", alpha)
        alpha_plane = np.asarray(canvas.image())[..., 3].astype(np.int64)
        frame = Image.fromarray(((alpha_plane * (levels - 1) + 127) // 255).astype(np.uint8), "P")
        frame.putpalette(palette)
        frames.append(frame)
    return frames


def spinner() -> bytes:
    """The frames as an endless GIF."""
    first, *rest = spinner_frames()
    out = io.BytesIO()
    first.save(
        out, "GIF", save_all=True, append_images=rest, duration=120, loop=0, optimize=False, disposal=1
    )
    return out.getvalue()


def cities() -> bytes:
    """The list of cities for the weather screen."""
    keys = ("name", "lat", "lon", "icon", "temp")
    lines = [json.dumps(dict(zip(keys, city, strict=True)), ensure_ascii=False) for city in CITIES]
    return ('{\n  "cities": [\n    ' + ",\n    ".join(lines) + "\n  ]\n}\n").encode()
