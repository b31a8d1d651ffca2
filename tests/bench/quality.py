"""What RGB565, e-paper and palette conversions do to photographs: PSNR and CIEDE2000.

"3x3" is the mean of the light of 3x3 neighbours, what is seen from some way off: dithering adds noise to each
pixel so that this comes out right.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.colour import ciede2000, lab, linear, mean_of_neighbours, psnr, srgb

U8 = NDArray[np.uint8]

VALLEY = Path(__file__).parents[2] / "assets/photos/valley.jpg"
BACKGROUNDS = Path("/usr/share/backgrounds")
PHOTOS_MAX = 6
FS = ((1, 0, 7), (-1, 1, 3), (0, 1, 5), (1, 1, 1))


def photographs() -> list[U8]:
    """320x240 px each: valley.jpg, and up to 5 JPEGs of the system's backgrounds, spread over their list."""
    found = sorted(BACKGROUNDS.rglob("nature/*.jpg"))
    chosen = [found[i * len(found) // (PHOTOS_MAX - 1)] for i in range(PHOTOS_MAX - 1)] if found else []
    photos = []
    for path in (VALLEY, *chosen):
        with Image.open(path) as image:
            photos.append(np.asarray(image.convert("RGB").resize((320, 240), Image.Resampling.LANCZOS)))
    return photos


def plain_floyd_steinberg(rgb: U8, nearest: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> U8:
    """The textbook's: errors in sRGB values, one pixel after the other."""
    height, width, _ = rgb.shape
    wanted = np.zeros((height + 1, width + 2, 3))
    wanted[:height, 1:-1] = rgb
    for y in range(height):
        for x in range(1, width + 1):
            old = np.clip(wanted[y, x], 0, 255)
            wanted[y, x] = nearest(old)
            error = (old - wanted[y, x]) / 16
            for dx, dy, weight in FS:
                wanted[y + dy, x + dx] += error * weight
    return wanted[:height, 1:-1].astype(np.uint8)


def _expand(levels: NDArray[np.integer], most: NDArray[np.integer]) -> U8:
    return ((levels * 510 + most) // (2 * most)).astype(np.uint8)


MOST_565 = np.array([31, 63, 31])


def _ours(rgb: U8, pixel_format: str, **options: object) -> U8:
    """Through the product: encoded, and shown as the independent reader's values say."""
    from imgbuild.model import ImageOptions
    from imgbuild.pixels.epaper import EPAPER_PALETTES
    from imgbuild.pixels.formats import PIXEL_FORMATS
    from imgbuild.pixels.reduce import reduce_image

    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    row = PIXEL_FORMATS[pixel_format]
    samples = reduce_image(rgba, row, ImageOptions(pixel_format, **options)).samples
    if samples.palette is not None:
        return samples.palette[samples.colour][..., :3]
    if row.has_inks:
        table = np.zeros((16, 3), np.uint8)
        for ink in EPAPER_PALETTES[pixel_format]:
            table[ink.code] = ink.rgb
        return table[samples.colour]
    value = samples.colour.astype(np.int64)
    return _expand(np.stack([value >> 11, value >> 5 & 63, value & 31], axis=-1), MOST_565)


def _figures(source: U8, shown: U8) -> list[float]:
    before, after = linear(source), linear(shown)
    far, far_after = mean_of_neighbours(before), mean_of_neighbours(after)
    here = ciede2000(lab(before), lab(after))
    there = ciede2000(lab(far), lab(far_after))
    far_psnr = psnr(srgb(far), srgb(far_after))
    return [
        psnr(source, shown), here.mean(), np.percentile(here, 95),
        far_psnr, there.mean(), np.percentile(there, 95),
    ]  # fmt: skip


def _row(label: str, photos: list[U8], shown: list[U8], extra: str = "") -> None:
    figures = np.mean([_figures(*pair) for pair in zip(photos, shown, strict=True)], axis=0)
    print(f"    {label:30}" + "{:8.2f}{:8.2f}{:8.2f}    {:8.2f}{:8.2f}{:8.2f}".format(*figures), extra)


def _nearest_565(old: NDArray[np.float64]) -> NDArray[np.float64]:
    return _expand(np.rint(old * MOST_565 / 255).astype(int), MOST_565).astype(float)


def _nearest_of(colours: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda old: colours[((colours - old) ** 2).sum(axis=1).argmin()]


def _nearest_picture(rgb: U8, colours: NDArray[np.float64]) -> U8:
    away = ((rgb[:, :, np.newaxis] - colours) ** 2).sum(axis=-1)
    return colours[away.argmin(axis=-1)].astype(np.uint8)


def _inks(pixel_format: str) -> NDArray[np.float64]:
    from imgbuild.pixels.epaper import EPAPER_PALETTES

    return np.array([ink.rgb for ink in EPAPER_PALETTES[pixel_format]], float)


def _pillow_palette(rgb: U8, count: int) -> NDArray[np.float64]:
    palette = Image.fromarray(rgb).quantize(count, Image.Quantize.MEDIANCUT, kmeans=8).getpalette()
    return np.array(palette, float).reshape(-1, 3)[:count]


def _section(title: str, pixel_format: str, photos: list[U8], rows: dict[str, Callable[[U8], U8]]) -> None:
    from imgbuild.pixels.dither import DITHERS

    print(f"  {title}")
    for label, convert in rows.items():
        _row(label, photos, [convert(photo) for photo in photos])
    for dither in DITHERS:
        label = "imgbuild rounded, nearest" if dither == "none" else f"imgbuild {dither}"
        start = process_time()
        shown = [_ours(photo, pixel_format, dither=dither, is_palette_optimal=True) for photo in photos]
        spent = (process_time() - start) / len(photos)
        _row(label, photos, shown, f"{1000 * spent:7.0f} ms CPU")


def main(folder: Path) -> None:
    """Print the figures."""
    photos = photographs()
    print(f"Quality, mean of {len(photos)} photographs of 320x240 px (PSNR in dB: more is better, else less)")
    print(f"    {'':30}    PSNR   dE00     95%        3x3:   PSNR    dE00     95%")
    shift = np.array([3, 2, 3])
    _section("RGB565", "rgb565", photos, {
        "truncated": lambda rgb: _expand(rgb >> shift, MOST_565),
        "Floyd-Steinberg in sRGB": lambda rgb: plain_floyd_steinberg(rgb, _nearest_565),
    })  # fmt: skip
    for name in ("epd_bwr", "epd_6color", "epd_7color"):
        inks = _inks(name)
        nearest = _nearest_of(inks)
        _section(f"e-paper {name}", name, photos, {
            "nearest in sRGB": lambda rgb, c=inks: _nearest_picture(rgb, c),
            "Floyd-Steinberg in sRGB": lambda rgb, n=nearest: plain_floyd_steinberg(rgb, n),
        })  # fmt: skip
    for name, count in (("i4", 16), ("i8", 256)):
        _section(f"{name}, palette: optimal", name, photos, {
            "Pillow's palette, F-S in sRGB": lambda rgb, c=count: plain_floyd_steinberg(
                rgb, _nearest_of(_pillow_palette(rgb, c))
            ),
        })  # fmt: skip
