"""The table of ``imgbuild/codecs/costs.py`` against instructions counted afresh on a Cortex-M4.

``python -m tests.bench draw_cost`` counts the instructions of strips of every kind of pixels and every set
of pictures (the counting itself is that of ``decode_cost``), prints them beside the table's estimate, and
fails where the table is off by more than :data:`TOLERANCE`. ``python -m tests.bench.draw_cost`` prints the
figures of a new table, ready to be put there.
"""

from __future__ import annotations

import re
import struct
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from c import handmade as h

from bench import decode_cost
from imgbuild.codecs import CODECS
from imgbuild.codecs.costs import estimate_instructions
from imgbuild.codecs.range_pixels import KINDS, encode_strips
from imgbuild.model import Codec
from imgbuild.range_tables import RANGE_KINDS

TOLERANCE = 0.15
"""Of a kind's total over all sets, and for raw and range of each set on its own."""
LOOSE_TOLERANCE = 0.30
"""Of a set by rle or lz4, whose few instructions depend on how many runs and matches there are."""
SETS = ("icons", "flat icons", "photos", "backgrounds", "screens")
FORMATS = ("rgb565", "rgb565a8", "rgb888", "argb8888", "a8", "a4", "i8", "i4", "gray8", "gray4")
WITH_ALPHA = ("rgb565a8", "argb8888", "a8", "a4")
"""They are measured with the sets that have any."""
HAVE_ALPHA = ("icons", "flat icons")
STRIPS = 16
PACK_BYTES = 6 << 20
"""Strips put into one run of the firmware, whose flash has 8 MiB."""


@dataclass(frozen=True)
class Count:
    """What one strip, or several together, came to."""

    pixels: int
    decoded_bytes: int
    stored_bytes: int
    instructions: int


Key = tuple[str, Codec, str]
"""Pixel format, codec, set of pictures."""


def _sum(counts: Sequence[Count]) -> Count:
    return Count(*(sum(getattr(count, item.name) for count in counts) for item in fields(Count)))


def _halves(counts: Sequence[Count]) -> list[Count]:
    """The strips of a set that took fewer bytes per pixel than the others, and the others."""
    ranked = sorted(counts, key=lambda count: count.stored_bytes / count.pixels)
    middle = (len(ranked) + 1) // 2
    return [_sum(half) for half in (ranked[:middle], ranked[middle:]) if half]


def _assets(sets: dict[str, list[decode_cost.U8]]) -> Iterator[tuple[h.Asset, decode_cost.Strip, Key]]:
    number = 0
    for pixel_format in FORMATS:
        for group in HAVE_ALPHA if pixel_format in WITH_ALPHA else SETS:
            pieces = _cut(sets[group])
            strips = [decode_cost._strip(piece, pixel_format) for piece in pieces]
            coded = {
                codec: [CODECS[codec.label].encode_strip(s.plain, s.shape) for s in strips]
                for codec in (Codec.RAW, Codec.RLE, Codec.LZ4)
            }
            coded[Codec.RANGE_PIXELS] = encode_strips(
                KINDS[RANGE_KINDS[pixel_format]], [s.values for s in strips]
            )
            for codec, stored in coded.items():
                for strip, data in zip(strips, stored, strict=True):
                    if codec is not Codec.RAW and len(data) >= len(strip.plain):
                        continue  # stored raw: a copy
                    yield (
                        decode_cost._asset(f"n{number}", strip, int(codec), data),
                        strip,
                        (pixel_format, codec, group),
                    )
                    number += 1


def _cut(pictures: list[decode_cost.U8]) -> list[decode_cost.U8]:
    rows = decode_cost.STRIP_ROWS
    strips = [p[y : y + rows] for p in pictures for y in range(0, p.shape[0], rows)]
    return [strips[i * len(strips) // STRIPS] for i in range(STRIPS)]


def measure(folder: Path) -> dict[Key, list[Count]]:
    """Every strip of all kinds, sets and codecs, with the reader compiled by -Os."""
    from bench.picture_sets import measured_sets

    elf = decode_cost.build_firmware(folder, "-Os")
    counts: dict[Key, list[Count]] = defaultdict(list)
    waiting: list[tuple[h.Asset, decode_cost.Strip, Key]] = []
    size = 0
    for entry in _assets(measured_sets()):
        if size + len(entry[0].payload) + 128 > PACK_BYTES:
            _count(folder, elf, waiting, counts)
            waiting, size = [], 0
        waiting.append(entry)
        size += len(entry[0].payload) + 128
    _count(folder, elf, waiting, counts)
    return counts


def _count(
    folder: Path,
    elf: Path,
    entries: list[tuple[h.Asset, decode_cost.Strip, Key]],
    counts: dict[Key, list[Count]],
) -> None:
    data = h.pack([asset for asset, _, _ in entries])
    flash = folder / "nor.bin"
    flash.write_bytes(data + b"\xff" * (decode_cost.FLASH_BYTES - len(data)))
    lines = decode_cost.run_firmware(elf, flash).splitlines()
    told = {m[1]: int(m[2]) for line in lines if (m := re.fullmatch(r"(n\d+) \d+ (\d+) \d+", line))}
    for asset, strip, key in entries:
        stored = struct.unpack_from("<I", asset.payload, 24)[0] & 0x7FFFFFFF
        pixels = asset.width * asset.height
        counts[key].append(Count(pixels, len(strip.plain), stored, told[asset.name]))


def fit(counts: Sequence[Count]) -> tuple[float, float, float]:
    """Instructions per pixel and per stored byte whose worst error is least, and that error."""
    pixels, stored, counted = (
        np.array([getattr(count, name) for count in counts], float)
        for name in ("pixels", "stored_bytes", "instructions")
    )
    best = (np.inf, 0.0, 0.0)
    for per_pixel in np.linspace(0, (counted / pixels).max(), 301):
        per_byte = np.linspace(0, (counted / stored).max(), 301)
        estimates = per_pixel * pixels[:, None] + per_byte * stored[:, None]
        worst = np.abs(estimates / counted[:, None] - 1).max(axis=0)
        at = int(worst.argmin())
        best = min(best, (float(worst[at]), float(per_pixel), float(per_byte[at])))
    return best[1], best[2], best[0]


def _compare(counts: dict[Key, list[Count]]) -> list[str]:
    """Print every figure beside the table's; what is off."""
    off = []
    kinds: dict[tuple[str, Codec], list[tuple[int, float]]] = defaultdict(list)
    print(f"  {'pixels, codec':20}{'set':14}{'counted':>10}{'table':>10}   instructions per pixel")
    for (pixel_format, codec, group), strips in counts.items():
        count = _sum(strips)
        told = estimate_instructions(
            pixel_format, codec, count.pixels, count.decoded_bytes, count.stored_bytes
        )
        kinds[pixel_format, codec].append((count.instructions, told))
        counted = count.instructions / count.pixels
        print(f"  {pixel_format + ', ' + codec.label:20}{group:14}{counted:10.1f}{told / count.pixels:10.1f}")
        is_loose = codec in (Codec.RLE, Codec.LZ4)
        if abs(told / count.instructions - 1) > (LOOSE_TOLERANCE if is_loose else TOLERANCE):
            off.append(f"{pixel_format} by {codec.label}, {group}")
    for (pixel_format, codec), pairs in kinds.items():
        total, told = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        if abs(told / total - 1) > TOLERANCE:
            off.append(f"{pixel_format} by {codec.label}")
    return off


def main(folder: Path) -> None:
    """Print the comparison. Raises RuntimeError where the table is off."""
    print("the table of drawing costs (imgbuild/codecs/costs.py) beside instructions counted afresh")
    off = _compare(measure(folder))
    if off:
        raise RuntimeError(f"imgbuild/codecs/costs.py is off by more than 15 %: {', '.join(off)}")
    print(f"  kinds within {TOLERANCE:.0%}, sets too, by rle and lz4 {LOOSE_TOLERANCE:.0%}")


def print_table() -> None:
    """The figures of a new table."""
    with tempfile.TemporaryDirectory() as folder:
        counts = measure(Path(folder))
    for pixel_format in FORMATS:
        cells = []
        for codec in (Codec.RLE, Codec.LZ4, Codec.RANGE_PIXELS):
            some = [strips for key, strips in counts.items() if key[:2] == (pixel_format, codec)]
            halves = [half for strips in some for half in _halves(strips)]
            # two sets alone are too much alike to tell pixels from bytes
            per_pixel, per_byte, worst = fit(halves if len(some) == 2 else [_sum(strips) for strips in some])
            cells.append(f"Codec.{codec.name}: ({per_pixel:.1f}, {per_byte:.1f})")
            print(f"# {pixel_format} {codec.label}: at worst off by {worst:.0%}")
        print(f'    "{pixel_format}": {{{", ".join(cells)}}},')


if __name__ == "__main__":
    print_table()
