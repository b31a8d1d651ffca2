"""Draw all demo pictures and fonts.

python assets/draw_assets.py            write every file beside this script
python assets/draw_assets.py --check    write nothing; exit 1 if a file is missing or would change
python assets/draw_assets.py --out DIR  write into another folder
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from draw.bdf import pixel_font, symbol_font
from draw.landscape import valley
from draw.small import ABOUT, cities, colour_chart, spinner
from draw.status import STATUS, status_icon
from draw.vectors import VECTORS, vector_icon
from draw.weather import LARGE, WEATHER, weather_icon
from PIL import Image, ImageSequence

PICTURES = {".png", ".jpg", ".webp", ".bmp", ".gif"}
LOSSY = {".jpg", ".webp"}


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def icons() -> dict[str, bytes]:
    """All icons by path."""
    files = {}
    for name in WEATHER:
        files[f"icons/weather/{name}.png"] = encode(weather_icon(name, 64), "PNG", optimize=True)
    for name in LARGE:
        files[f"icons/large/{name}.png"] = encode(weather_icon(name, 128), "PNG", optimize=True)
    for name in STATUS:
        files[f"icons/status/{name}.png"] = encode(status_icon(name), "PNG", optimize=True)
    for name in VECTORS:
        files[f"icons/ui/{name}.svg"] = vector_icon(name)
    return files


def photos() -> dict[str, bytes]:
    """The larger pictures by path."""
    photo = valley()
    small = photo.resize((160, 120), Image.Resampling.BOX)
    return {
        "photos/valley.jpg": encode(photo, "JPEG", quality=90, subsampling=0),
        "photos/valley-small.webp": encode(small, "WEBP", quality=88, method=6),
        "photos/colour-chart.bmp": encode(colour_chart(), "BMP"),
        "photos/spinner.gif": spinner(),
    }


def everything() -> dict[str, bytes]:
    """All files by path."""
    return {
        **icons(),
        **photos(),
        "fonts/pixel-6x10.bdf": pixel_font(),
        "fonts/weather-symbols.bdf": symbol_font(),
        "files/about.txt": ABOUT.encode(),
        "files/cities.json": cities(),
    }


def frames(data: bytes) -> np.ndarray:
    """All pixels of all frames."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array([np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)])


def same(suffix: str, old: bytes, new: bytes) -> bool:
    """Whether two files hold the same content.

    Another release of an encoder may pack the same pixels differently, and another processor may round
    a sum differently; that is no change.
    """
    if old == new or suffix not in PICTURES:
        return old == new
    first, second = frames(old), frames(new)
    if first.shape != second.shape:
        return False
    difference = np.abs(first.astype(np.int64) - second.astype(np.int64))
    return bool(difference.max() <= (12 if suffix in LOSSY else 1))


def main() -> int:
    """Draw, then write or compare."""
    parser = argparse.ArgumentParser(description="Draw the demo assets.")
    parser.add_argument("--check", action="store_true", help="exit 1 if a file is missing or would change")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).resolve().parent, help="folder to write to"
    )
    options = parser.parse_args()
    changed = 0
    files = everything()
    for name, data in files.items():
        path = options.out / name
        if options.check:
            if not path.is_file() or not same(path.suffix, path.read_bytes(), data):
                print(f"would change: {name}")
                changed += 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    total = sum(map(len, files.values()))
    print(f"{len(files)} files, {total} bytes" + (f", {changed} would change" if options.check else ""))
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
