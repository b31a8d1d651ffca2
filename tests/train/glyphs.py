"""Train the built-in tables of glyphs: ``cd tests && python -m train glyphs``.

They learn from typefaces that no benchmark measures (which are DejaVu Sans, Roboto and Noto Sans CJK), from
the Debian packages fonts-noto-core, fonts-liberation, fonts-open-sans, fonts-lato, fonts-wqy-zenhei,
fonts-wqy-microhei, fonts-arphic-uming, fonts-arphic-ukai, fonts-droid-fallback and fonts-ipafont.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgbuild.codecs.range_glyphs_events import GRAY_BYTES, MONO7_BYTES, MONO10_BYTES, model_gray, model_mono
from imgbuild.codecs.range_glyphs_tables import make_table
from imgbuild.model import FontOptions
from imgbuild.sources.font import decode_font, font_codepoints
from train.glyph_files import write_tables

ROOT = Path(__file__).resolve().parents[2]
_FONTS = Path("/usr/share/fonts")
_TRUETYPE, _OPENTYPE = _FONTS / "truetype", _FONTS / "opentype"

_LATIN = [
    *(_TRUETYPE / "noto" / f"Noto{face}.ttf" for face in (
        "Sans-Regular", "Sans-Bold", "Sans-Italic", "Serif-Regular", "Serif-Bold", "SansDisplay-Regular",
        "SerifDisplay-Regular")),
    *(_TRUETYPE / "liberation" / f"Liberation{face}.ttf" for face in (
        "Sans-Regular", "Sans-Bold", "SansNarrow-Regular", "Mono-Regular", "Serif-Regular")),
    *(_TRUETYPE / "open-sans" / f"OpenSans-{face}.ttf" for face in (
        "Regular", "Light", "Semibold", "CondBold")),
    *(_TRUETYPE / "lato" / f"Lato-{face}.ttf" for face in ("Regular", "Medium", "Light", "Bold")),
]  # fmt: skip
_CJK = [
    _TRUETYPE / "wqy" / "wqy-zenhei.ttc",
    _TRUETYPE / "wqy" / "wqy-microhei.ttc",
    _TRUETYPE / "droid" / "DroidSansFallbackFull.ttf",
    _OPENTYPE / "ipafont-gothic" / "ipag.ttf",
    _TRUETYPE / "arphic" / "uming.ttc",
    _TRUETYPE / "arphic" / "ukai.ttc",
    _OPENTYPE / "ipafont-mincho" / "ipam.ttf",
]
_LATIN_CHARACTERS = (*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x391, 0x3CA), *range(0x410, 0x450))
_CJK_CHARACTERS = (*range(0x3041, 0x3097), *range(0x4E00, 0x9FA0, 11))


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a table learns from: each of ``sizes_px`` of each font, at each of ``depths``."""

    fonts: Sequence[Path]
    characters: tuple[int, ...]
    sizes_px: tuple[int, ...]
    depths: tuple[int, ...]
    hintings: tuple[str, ...]


_GRAY, _MONO = ((2, 3, 4, 8), ("light",)), ((1,), ("mono", "light"))
_LESSONS: dict[str, _Lesson] = {
    "latin": _Lesson(_LATIN, _LATIN_CHARACTERS, (12, 14, 16, 18, 20, 24, 28, 32, 40, 56), *_GRAY),
    "cjk": _Lesson(_CJK, _CJK_CHARACTERS, (16, 20, 24, 28, 32), *_GRAY),
    "mono7": _Lesson(_LATIN, _LATIN_CHARACTERS, (10, 12, 14, 16, 18, 20, 24, 32), *_MONO),
    "mono10": _Lesson(_CJK, _CJK_CHARACTERS, (14, 16, 20, 24), *_MONO),
}
_DEPTH_WEIGHTS = {1: 1.0, 2: 0.3, 3: 0.3, 4: 1.0, 8: 0.06}
"""4 bpp are what most fonts have."""
_BYTES = {"latin": GRAY_BYTES, "cjk": GRAY_BYTES, "mono7": MONO7_BYTES, "mono10": MONO10_BYTES}


def main() -> None:
    """Train and write."""
    tables: dict[str, bytes] = {}
    for name, lesson in _LESSONS.items():
        size = _BYTES[name]
        counts = np.zeros(2 * size + 2)
        for bitmaps, bpp in _bitmaps(lesson):
            counts += _DEPTH_WEIGHTS[bpp] * _count(name, bitmaps, bpp, size)
        tables[name] = make_table(counts, size)
        sys.stderr.write(f"{name}: {counts.sum():.0f} decisions\n")
    write_tables(ROOT, tables)


def _count(name: str, bitmaps: list[NDArray[np.uint8]], bpp: int, size: int) -> NDArray[np.int64]:
    model = model_gray(bitmaps, bpp) if bpp > 1 else model_mono(bitmaps, 7 if name == "mono7" else 10)
    return np.bincount(model.events, minlength=2 * size + 2)


def _bitmaps(lesson: _Lesson) -> Iterator[tuple[list[NDArray[np.uint8]], int]]:
    """The different bitmaps with ink of one font at one size and depth, and the depth."""
    for path in lesson.fonts:
        characters = tuple(sorted({*lesson.characters} & {*font_codepoints(path)}))
        for size_px in lesson.sizes_px:
            for bpp in lesson.depths:
                for hinting in lesson.hintings:
                    options = FontOptions(size_px, bpp, characters, hinting)
                    glyphs = decode_font(path, options, None, path.stem).glyphs
                    known = {(g.coverage.shape, g.coverage.tobytes()): g.coverage for g in glyphs}
                    yield [bitmap for bitmap in known.values() if bitmap.size], bpp
