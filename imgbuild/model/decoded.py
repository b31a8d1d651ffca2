"""What sources become: pixels, glyphs, bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imgbuild.model.options import NinePatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Frames as uint8 arrays ``[height, width, 4]``: sRGB, straight alpha, R G B A."""

    frames: tuple[U8, ...]
    source_digest: str
    notes: tuple[str, ...] = ()
    is_drawn: bool = False  # from a drawing: sharp at any size
    delays_ms: tuple[int, ...] = ()  # one per frame; empty unless the frames were asked for
    plays: int = 1  # how often the frames are shown, 0 for ever
    nine_patch: NinePatch | None = None  # what the border said that was cut off


@dataclass(frozen=True, slots=True)
class DecodedGlyph:
    """One glyph. ``coverage`` is uint8 ``[height, width]`` with values 0..2^bpp-1.

    ``x`` and ``y`` place the bitmap's top left corner relative to the pen on the baseline, y up:
    FreeType's ``bitmap_left`` and ``bitmap_top``. ``advance`` is in 1/16 px.
    """

    codepoint: int  # -1 for .notdef, -2: no character leads to it, only shaped texts
    coverage: U8
    x: int
    y: int
    advance: int
    glyph_id: int = -1  # its number in the first source's face


@dataclass(frozen=True, slots=True)
class DecodedFont:
    """A font at one size. ``glyphs[0]`` is .notdef, the rest is sorted by code point, those without one last.

    Line metrics in whole px: ``ascent`` up from the baseline, ``descent`` down (negative),
    ``underline_position`` up (negative below the baseline).
    """

    size_px: int
    bpp: int
    ascent: int
    descent: int
    line_gap: int
    underline_position: int
    underline_thickness: int
    glyphs: tuple[DecodedGlyph, ...]
    missing: tuple[int, ...]
    source_digest: str
    notes: tuple[str, ...] = ()
    size_64: int = 0  # px of the em in 1/64 px, exactly; 0: not told
    kern_pairs: dict[tuple[int, int], int] = field(default_factory=dict)  # 1/16 px, by left and right glyph
    kern_found: int = 0  # pairs that the font kerns, those too that round to nothing
    remarks: tuple[FontRemark, ...] = ()


@dataclass(frozen=True, slots=True)
class FontRemark:
    """What a person should be warned of: a diagnostic's code, message and hint."""

    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """A plain file's bytes."""

    data: bytes
    source_digest: str
