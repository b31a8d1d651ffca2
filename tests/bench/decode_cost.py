"""What a pixel costs to decode on a Cortex-M4, in instructions; what the decoders take of code and tables.

``python -m tests.bench decode_cost`` prints, for each kind of pixels and each set of pictures, instructions
per pixel of raw (a copy), rle, lz4 and range; then the bytes of each file of codec range. The instructions
are counted by QEMU (``-icount``, ast1030-evb), not estimated: they are no cycles. Every strip's bytes are
compared with what was encoded.
"""

from __future__ import annotations

import re
import struct
import subprocess
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from c import handmade as h
from numpy.typing import NDArray
from PIL import Image

from imgbuild.codecs import CODECS, StripShape
from imgbuild.codecs.range_pixels import encode_strips
from imgbuild.codecs.range_pixels.batch import PixelStrip
from imgbuild.codecs.range_pixels.kinds import KINDS

RUNTIME = Path(__file__).resolve().parents[2] / "c_runtime"
BOARD = RUNTIME / "examples" / "qemu-cortex-m4"
FLAGS = ["-std=c99", "-mcpu=cortex-m4", "-mthumb", "-ffreestanding", "-ffunction-sections", "-fdata-sections"]
MAIN = Path(__file__).with_suffix(".c")
FLASH_BYTES = 8 << 20
STRIP_ROWS, STRIPS = 16, 24
"""Strips of this height; this many of each set, spread evenly over all of them."""
RANGE = 3
U8 = NDArray[np.uint8]
I32 = NDArray[np.int32]

ROWS: tuple[tuple[str, str, str], ...] = (
    ("rgb565a8", "colour565", "icons"),
    ("rgb565a8", "colour565", "flat icons"),
    ("rgb565", "colour565", "photos"),
    ("rgb565", "colour565", "backgrounds"),
    ("rgb565", "colour565", "screens"),
    ("argb8888", "colour888", "icons"),
    ("rgb888", "colour888", "photos"),
    ("rgb888", "colour888", "screens"),
    ("a8", "alpha8", "icons"),
    ("a4", "alpha4", "flat icons"),
    ("i8", "indexed8", "screens"),
    ("i4", "indexed4", "screens"),
    ("gray8", "gray8", "photos"),
    ("gray4", "gray4", "photos"),
)
"""Pixel format, its kind in codec range, set of pictures."""
AIMS = {("rgb565a8", "icons"): 140, ("rgb565", "photos"): 150, ("rgb565", "screens"): 60, ("a8", "icons"): 45}
"""Instructions per pixel of range that the project aims at, most."""
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("coder, strips", ("coder", "strip")),
    ("alpha of 8 bits (and 4)", ("alpha",)),
    ("rgb565", ("565",)),
    ("rgb888, argb8888", ("8888",)),
    ("i8, i4, gray8, gray4", ("indexed",)),
)

NOT_565A8 = ("8888", "ALPHA4", "INDEXED8", "INDEXED4", "GRAY8", "GRAY4")
"""Kinds to leave out where rgb565a8 is all that a device draws."""


@dataclass(frozen=True)
class Strip:
    """A strip's decoded bytes, its values for the model, and its shape."""

    plain: bytes
    values: PixelStrip
    shape: StripShape
    picture: h.Picture


def _cut(pictures: Iterable[U8]) -> list[U8]:
    """Strips of all pictures, ``STRIPS`` of them, spread evenly."""
    strips = [p[y : y + STRIP_ROWS] for p in pictures for y in range(0, p.shape[0], STRIP_ROWS)]
    return [strips[i * len(strips) // STRIPS] for i in range(STRIPS)]


def _indices(strip: U8, colours: int) -> I32:
    """Indices into the strip's own palette, by luminance."""
    image = Image.fromarray(strip[..., :3]).quantize(colours)
    palette = np.array(image.getpalette()).reshape(-1, 3)[:colours]
    rank = np.argsort(np.argsort(palette @ [299, 587, 114], kind="stable"), kind="stable")
    return rank[np.asarray(image)].astype(np.int32)


def _values(strip: U8, pixel_format: str) -> tuple[I32, I32 | None]:
    """The strip's pixels and alpha as numbers."""
    r, g, b, a = (strip[..., i].astype(np.int32) for i in range(4))
    if pixel_format in ("argb8888", "rgb565a8"):
        r, g, b = (np.where(a == 0, 0, v) for v in (r, g, b))
    if pixel_format.startswith("rgb565"):
        colour = (r * 249 + 1014 >> 11 << 11) | (g * 253 + 505 >> 10 << 5) | (b * 249 + 1014 >> 11)
        return colour, a if pixel_format == "rgb565a8" else None
    if pixel_format.endswith("8888"):
        return r << 16 | g << 8 | b, a
    if pixel_format == "rgb888":
        return r << 16 | g << 8 | b, None
    if pixel_format in ("i8", "i4"):
        return _indices(strip, 256 if pixel_format == "i8" else 16), None
    level = a if pixel_format.startswith("a") else (299 * r + 587 * g + 114 * b + 500) // 1000
    return level if pixel_format.endswith("8") else (level + 8) // 17, None


def _strip(pixels: U8, pixel_format: str) -> Strip:
    colour, alpha = _values(pixels, pixel_format)
    is_coverage = pixel_format in ("a8", "a4")
    values = PixelStrip(None, colour) if is_coverage else PixelStrip(colour, alpha)
    shown = colour.astype(np.int64)
    if pixel_format == "argb8888" and alpha is not None:
        shown |= alpha.astype(np.int64) << 24
    planes = alpha.tolist() if pixel_format == "rgb565a8" and alpha is not None else None
    picture = h.Picture(pixel_format, shown.tolist(), planes)
    rows = h.rows_of(picture, h.stride_of(picture, 1))
    plain = b"".join(rows[0] + rows[1])
    bits = h.PIXEL_FORMATS[pixel_format][1]
    return Strip(plain, values, StripShape(sum(map(len, rows[0])), max(1, bits // 8)), picture)


def _asset(name: str, strip: Strip, codec: int, stored: bytes) -> h.Asset:
    """A bitmap of one strip; a strip that came out larger than its pixels is stored raw."""
    picture, is_raw = strip.picture, codec == h.RAW or len(stored) >= len(strip.plain)
    body = strip.plain if is_raw else stored
    entries = 1 << int(picture.pixel_format[1:]) if picture.pixel_format in ("i8", "i4") else 0
    palette_at = 28 if entries else 0
    places = (28 + 4 * entries, 0, palette_at)
    sizes = (h.stride_of(picture, 1), 0, 0, entries, picture.height, 1)
    payload = struct.pack("<IBBHHHIII", *sizes, *places) + struct.pack("<I", len(body) | is_raw << 31)
    number = h.PIXEL_FORMATS[picture.pixel_format][0]
    codec = codec or h.LZ4  # a strip stored raw: decoding is copying
    payload += bytes(4 * entries) + body
    size = (picture.width, picture.height)
    return h.Asset(name, h.BITMAP, payload, *size, number, codec, len(strip.plain))


def make_assets(sets: dict[str, list[U8]]) -> Iterator[tuple[h.Asset, Strip]]:
    """Every strip of every row, with each codec; named ``row/codec/number``."""
    for number, (pixel_format, kind_name, group) in enumerate(ROWS):
        strips = [_strip(pixels, pixel_format) for pixels in _cut(sets[group])]
        coded = {"range": encode_strips(KINDS[kind_name], [s.values for s in strips])}
        for name in ("raw", "rle", "lz4"):
            coded[name] = [CODECS[name].encode_strip(s.plain, s.shape) for s in strips]
        for name, stored in coded.items():
            codec = RANGE if name == "range" else int(CODECS[name].number)
            for i, strip in enumerate(strips):
                yield _asset(f"{number}/{name}/{i}", strip, codec, stored[i]), strip


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout


def build_firmware(folder: Path, level: str, main_c: Path = MAIN) -> Path:
    """The firmware ``main_c`` with the reader, compiled with ``level``."""
    sources = [p for p in sorted((RUNTIME / "src").glob("imgb*.c")) if p.name != "imgb_lfs.c"]
    include = [f"-I{RUNTIME / 'src'}", f"-I{BOARD}"]
    elf = folder / "firmware.elf"
    link = ["-nostdlib", "-nostartfiles", "-T", BOARD / "link.ld", "-Wl,--gc-sections", "-lgcc", "-o", elf]
    _run("arm-none-eabi-gcc", *FLAGS, level, *include, main_c, BOARD / "board.c", *sources, *link)
    return elf


def run_firmware(elf: Path, flash: Path) -> str:
    """What the firmware says about the pack in ``flash``."""
    drive = f"if=mtd,format=raw,snapshot=on,file={flash}"
    board = ["-M", "ast1030-evb,fmc-model=w25q64", "-icount", "shift=3", "-no-reboot", "-drive", drive]
    serial = ["-nographic", "-monitor", "none", "-serial", "stdio"]
    command = ["qemu-system-arm", *board, *serial, "-kernel", str(elf)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=True
    )
    if "RC=0" not in done.stdout:
        raise RuntimeError(f"the firmware failed:\n{done.stdout[-500:]}")
    return done.stdout


def _measure(folder: Path, level: str, assets: list[tuple[h.Asset, Strip]]) -> dict[tuple[int, str], float]:
    """Instructions per pixel of each row and codec."""
    data = h.pack([asset for asset, _ in assets])
    flash = folder / "nor.bin"
    flash.write_bytes(data + b"\xff" * (FLASH_BYTES - len(data)))
    crcs = {asset.name: zlib.crc32(strip.plain) for asset, strip in assets}
    totals: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in run_firmware(build_firmware(folder, level), flash).splitlines():
        found = re.fullmatch(r"((\d+)/(\w+)/\d+) (\d+) (\d+) (\d+)", line)
        if found:
            if int(found[6]) != crcs[found[1]]:
                raise RuntimeError(f"{found[1]} was decoded wrongly")
            total = totals[int(found[2]), found[3]]
            total[0] += int(found[4])
            total[1] += int(found[5])
        elif line.startswith("state"):
            print(
                f"  state of codec range: {' + '.join(line.split()[1:])} B on the stack (coder, colour plane)"
            )
    return {key: instructions / pixels for key, (pixels, instructions) in totals.items()}


def _size(folder: Path, stem: str, *options: str) -> tuple[int, int]:
    """Bytes of code and of tables of one file of codec range."""
    target = folder / f"{stem}.o"
    source = RUNTIME / "src" / f"imgb_range_{stem}.c"
    _run("arm-none-eabi-gcc", *FLAGS, *options, f"-I{RUNTIME / 'src'}", "-c", source, "-o", target)
    sections = re.findall(
        r"^\.(text|rodata)\S*\s+(\d+)", _run("arm-none-eabi-size", "-A", target), re.MULTILINE
    )
    code = sum(int(size) for name, size in sections if name == "text")
    return code, sum(int(size) for _, size in sections) - code


def _print_sizes(folder: Path, level: str) -> None:
    """Code and tables of each part of codec range, and of what rgb565a8 alone needs."""
    for label, stems in PARTS:
        sizes = [_size(folder, stem, level) for stem in stems]
        print(f"  {label:30}{sum(code for code, _ in sizes):8}{sum(tables for _, tables in sizes):8}")
    options = [f"-DIMGB_CFG_RANGE_{kind}=0" for kind in NOT_565A8]
    sizes = [_size(folder, stem, level, *options) for _, stems in PARTS for stem in stems]
    total, tables = (sum(size[i] for size in sizes) for i in range(2))
    print(f"  {'rgb565, rgb565a8, a8 alone':30}{total:8}{tables:8}{'':16}{2150:8}")


def main(folder: Path) -> None:
    """Print the tables, with the reader compiled by -Os and by -O2."""
    from bench.picture_sets import measured_sets

    assets = list(make_assets(measured_sets()))
    for level in ("-Os", "-O2"):
        print(f"decode cost, Cortex-M4, {level}: instructions per pixel, strips of {STRIP_ROWS} rows")
        costs = _measure(folder, level, assets)
        print(f"  {'pixel format, pictures':30}{'raw':>8}{'rle':>8}{'lz4':>8}{'range':>8}{'aim':>8}")
        for number, (pixel_format, _, group) in enumerate(ROWS):
            cells = "".join(f"{costs[number, codec]:8.1f}" for codec in ("raw", "rle", "lz4", "range"))
            print(f"  {pixel_format + ', ' + group:30}{cells}{AIMS.get((pixel_format, group), ''):>8}")
        print(f"  {'codec range, bytes':30}{'code':>8}{'tables':>8}")
        _print_sizes(folder, level)
