"""What coded glyphs cost on a Cortex-M4: instructions per pixel, code, state, flash reads, a line of text.

``python -m tests.bench glyph_cost``: instructions are counted by QEMU (``-icount``, the board of
``decode_cost``), not estimated; they are no cycles. Every glyph's coverage is compared with what was encoded.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import freetype
import numpy as np
from c import handmade as h
from c import samples
from numpy.typing import NDArray

from bench import decode_cost
from imgbuild.codecs.range_glyphs import encode_glyphs

U8 = NDArray[np.uint8]
CJK_FILE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
"""Debian's fonts-noto-cjk."""
LATIN = (*range(0x20, 0x7F), *range(0xA0, 0x100))
CJK = (*range(0x4E00, 0x4F00), *LATIN[:95])
SPI_HZ, COMMAND_BYTES = 20_000_000, 4
"""The bus of the figure for a line of text; a read begins with a command and three bytes of address."""
CORE_HZ = 100_000_000
"""The core of that figure, at an instruction per cycle."""
AIM_PER_PIXEL, AIM_CODE, AIM_STATE = 65, 700, 400
DIGITS_PX, DIGITS_WINDOW = 128, 64


@dataclass(frozen=True)
class Case:
    """A font to measure; ``is_aim``: the project aims at :data:`AIM_PER_PIXEL` for it."""

    name: str
    file: Path
    size_px: int
    bpp: int
    codes: Sequence[int]
    is_aim: bool = False
    is_raw: bool = False


def _cases() -> list[Case]:
    package = Path(__import__("font_roboto").__file__).parent
    roboto = package / "files" / "Roboto-Regular.ttf"
    if not CJK_FILE.exists():
        raise RuntimeError(f"{CJK_FILE} is missing: install fonts-noto-cjk")
    return [
        Case("latin 24 px 4 bpp", roboto, 24, 4, LATIN, is_aim=True),
        Case("CJK 24 px 4 bpp", CJK_FILE, 24, 4, CJK, is_aim=True),
        Case("latin 16 px 4 bpp", roboto, 16, 4, LATIN),
        Case("latin 24 px 2 bpp", roboto, 24, 2, LATIN),
        Case("latin 24 px 3 bpp", roboto, 24, 3, LATIN),
        Case("latin 24 px 8 bpp", roboto, 24, 8, LATIN),
        Case("digits 128 px 4 bpp", roboto, DIGITS_PX, 4, range(0x30, 0x3A)),
        Case("latin 16 px 1 bpp", roboto, 16, 1, LATIN),
        Case("CJK 16 px 1 bpp", CJK_FILE, 16, 1, CJK),
        Case("latin 24 px 4 bpp, raw", roboto, 24, 4, LATIN, is_raw=True),
    ]


def _glyph(face: freetype.Face, code: int, bpp: int) -> h.Glyph:
    target = freetype.FT_LOAD_TARGET_MONO if bpp == 1 else freetype.FT_LOAD_TARGET_LIGHT
    face.load_glyph(face.get_char_index(max(code, 0)), freetype.FT_LOAD_RENDER | target)
    slot = face.glyph
    shape = slot.bitmap.rows, slot.bitmap.pitch
    cells = np.array(slot.bitmap.buffer, np.uint8).reshape(shape)
    levels = (
        np.unpackbits(cells, axis=1) if bpp == 1 else (cells.astype(np.int64) * ((1 << bpp) - 1) + 127) // 255
    )
    rows = levels[:, : slot.bitmap.width].tolist()
    return h.Glyph(code, slot.advance.x >> 2, slot.bitmap_left, slot.bitmap_top, rows)


def _font(case: Case) -> h.Font:
    face = freetype.Face(str(case.file))
    face.set_pixel_sizes(0, case.size_px)
    glyphs = [_glyph(face, code, case.bpp) for code in (-1, *case.codes)]
    return h.Font(case.bpp, glyphs, dense=((0x20, 0x7E),) if 0x20 in case.codes else ())


def _asset(case: Case, font: h.Font) -> h.Asset:
    if case.is_raw:
        return h.font(case.name, font, case.size_px)
    inked = [i for i, glyph in enumerate(font.glyphs) if glyph.rows and glyph.rows[0]]
    plain = [h.pack_glyph(font.glyphs[i], case.bpp) for i in inked]
    bitmaps = [np.array(font.glyphs[i].rows, np.uint8) for i in inked]
    coded = encode_glyphs(bitmaps, plain, case.bpp)
    places = dict.fromkeys(range(len(font.glyphs)), (0, True))
    places.update(zip(inked, zip(coded.offsets, coded.is_raw, strict=True), strict=True))
    kept = h.Coded(coded.model, coded.table, places, coded.pixels)
    return h.font(case.name, font, case.size_px, kept)


def _coverage(font: h.Font) -> int:
    """CRC-32 of what every glyph must decode to."""
    crc = 0
    for line in samples.listing_of_glyphs(font):
        fields = line.split()
        crc = zlib.crc32(bytes.fromhex(fields[7]) if len(fields) > 7 else b"", crc)
    return crc


def _print_sizes(folder: Path, level: str) -> None:
    """Code of each file, as compiled alone."""
    sizes = {}
    for label, stem in (("gray", "glyph_range"), ("mono", "glyph_mono"), ("tables", "glyph_tables")):
        sizes[label] = _size(folder, stem, level)
    code = {label: size[0] for label, size in sizes.items()}
    decoders = code["gray"] + code["mono"]
    print(
        f"  decoder, 2 bpp and more {code['gray']} B, 1 bpp {code['mono']} B, together {decoders} B", end=""
    )
    print(f" (aim {AIM_CODE})" if level == "-Os" else "")
    shared = _functions(folder, "range_coder", level, ("refill", "imgb_range_feed", "imgb_range_begin"))
    shared += _functions(folder, "range_coder", level, ("imgb_range_bit",))
    print(f"  shared coder {shared} B, choice of the table {code['tables']} B, tables {sizes['tables'][1]} B")


def _functions(folder: Path, stem: str, level: str, names: Sequence[str]) -> int:
    """Bytes of some functions of a file."""
    _size(folder, stem, level)
    listed = decode_cost._run("arm-none-eabi-size", "-A", folder / f"{stem}.o")
    found = dict(re.findall(r"^\.text\.(\S+)\s+(\d+)", listed, re.MULTILINE))
    return sum(int(found.get(name, 0)) for name in names)


def _size(folder: Path, stem: str, level: str) -> tuple[int, int]:
    """Bytes of code and of tables of one file."""
    target = folder / f"{stem}.o"
    source = decode_cost.RUNTIME / "src" / f"imgb_{stem}.c"
    include = f"-I{decode_cost.RUNTIME / 'src'}"
    decode_cost._run("arm-none-eabi-gcc", *decode_cost.FLAGS, level, include, "-c", source, "-o", target)
    listed = decode_cost._run("arm-none-eabi-size", "-A", target)
    sections = re.findall(r"^\.(text|rodata)\S*\s+(\d+)", listed, re.MULTILINE)
    code = sum(int(size) for name, size in sections if name == "text")
    return code, sum(int(size) for _, size in sections) - code


def _print_font(case: Case, font: h.Font, asset: h.Asset, said: dict[str, list[int]]) -> None:
    pixels, instructions, crc = said[f"font {case.name}"]
    if crc != _coverage(font):
        raise RuntimeError(f"{case.name} was decoded wrongly")
    inked = sum(1 for glyph in font.glyphs if glyph.rows)
    aim = f" (aim {AIM_PER_PIXEL})" if case.is_aim else ""
    each = f"{len(asset.payload) / inked:6.1f} B/glyph"
    print(f"  {case.name:24}{instructions / pixels:7.1f} instructions/pixel, {each}{aim}")


def _print_text(case: Case, said: dict[str, list[int]]) -> None:
    reads, size, instructions = said[f"text {case.name}"]
    bus = (size + COMMAND_BYTES * reads) * 8 / SPI_HZ
    core = instructions / CORE_HZ
    figures = f"{reads} reads, {size} B, {instructions} instructions"
    times = f"{bus * 1e3:.2f} ms on the bus + {core * 1e3:.2f} ms = {(bus + core) * 1e3:.2f} ms"
    print(f"  {case.name:24}{figures}: {times}")


def main(folder: Path) -> None:
    """Print the figures, with the reader compiled by -Os and by -O2."""
    cases = [(case, _font(case)) for case in _cases()]
    assets = [_asset(case, font) for case, font in cases]
    data = h.pack(assets)
    flash = folder / "nor.bin"
    flash.write_bytes(data + b"\xff" * (decode_cost.FLASH_BYTES - len(data)))
    source = Path(__file__).with_suffix(".c")
    for level in ("-Os", "-O2"):
        print(f"glyphs, Cortex-M4, {level}")
        output = decode_cost.run_firmware(decode_cost.build_firmware(folder, level, source), flash)
        said = {
            f"{kind} {name}": [int(n) for n in numbers.split()]
            for kind, name, numbers in re.findall(
                r"^(font|text) (.*?)((?: \d+){3})\r?$", output, re.MULTILINE
            )
        }
        for (case, font), asset in zip(cases, assets, strict=True):
            _print_font(case, font, asset, said)
        _print_sizes(folder, level)
        print(f'  "The quick brown fox" over {SPI_HZ // 10**6} MHz SPI, core of {CORE_HZ // 10**6} MHz')
        for case, _ in cases:
            if case.size_px == 24:
                _print_text(case, said)
    found = re.search(r"^state (\d+) (\d+)", output, re.MULTILINE)
    if found is None:
        raise RuntimeError("the firmware did not say how large its structs are")
    font = next(font for case, font in cases if case.size_px == DIGITS_PX)
    widest = max(len(glyph.rows[0]) for glyph in font.glyphs if glyph.rows)
    parts = (int(found[1]), widest + 2, DIGITS_WINDOW)
    print(
        f"state of {DIGITS_PX} px digits: {' + '.join(map(str, parts))} (rows, row, window) = {sum(parts)} B"
        f" (aim {AIM_STATE}); imgb_font_t {found[2]} B"
    )
