"""The options of an asset, each spelled out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from imgbuild.errors import Place
from imgbuild.model.kinds import NATIVE


@dataclass(frozen=True, slots=True)
class Resize:
    """Target box in pixels; ``fit`` is ``contain``, ``cover``, ``stretch`` or ``none``.

    A side of 0 follows from the other one and the picture's proportions. ``filter``: ``lanczos``, ``box``
    or ``nearest``; ``is_linear``: in linear light instead of sRGB's values.
    """

    width_px: int
    height_px: int
    fit: str = "contain"
    filter: str = "lanczos"
    is_linear: bool = False


@dataclass(frozen=True, slots=True)
class Trim:
    """Where a bitmap without its transparent borders belongs in the picture; px, 0..65535."""

    x_px: int
    y_px: int
    full_width_px: int
    full_height_px: int


@dataclass(frozen=True, slots=True)
class NinePatch:
    """Insets in px from the left, top, right and bottom edge: of what is stretched, of the content box."""

    stretch: tuple[int, int, int, int]
    content: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """Every option of a picture spelled out. ``codec``: ``raw``, ``rle``, ``lz4``, ``range`` or ``auto``.

    ``pixel_format``: a name of PIXEL_FORMATS, or ``auto``. The steps' order: pixels/geometry.py.
    """

    pixel_format: str
    byte_order: str = "little"  # little | big: order of the bytes of a multi-byte pixel
    bit_order: str = "msb"  # msb | lsb: which bits of a byte hold the leftmost pixel
    codec: str = "raw"
    prefer: str = "balanced"  # codec auto: size | balanced | speed
    strip_bytes: int = 8192
    row_align_bytes: int = 1  # stride is rounded up to a multiple of this
    align_bytes: int = 4
    invert: bool | str = False  # True: every bit of a pixel | black, colour: of the first, second plane
    is_premultiplied: bool = False  # argb8888: R, G and B are multiplied by the alpha
    resize: Resize | None = None
    background: tuple[int, int, int] | None = None  # None: black where the format has no alpha
    cut: tuple[int, int, int, int] | None = None  # x, y, width, height in px: a sprite of a sheet
    flavour: str = NATIVE  # ours, or the format of others: lvgl9, jpeg, png, qoi
    lvgl_header: bool = False  # LVGL's header in front of our own raw pixels
    quality: int = 90  # of flavour jpeg, 1..100
    nine_patch: NinePatch | None = None
    has_nine_patch_border: bool = False  # the outermost pixels of the source mark the stretchable part
    crop: tuple[int, int, int, int] | None = None  # x, y, width, height in px of the upright source
    rotate_degrees: int = 0  # 0 | 90 | 180 | 270, clockwise
    mirror: str = ""  # x: left and right change places | y: top and bottom | xy
    gamma: float | None = None  # colour values become v^(1/gamma)
    tint: tuple[int, int, int] | None = None  # R G B of every pixel
    alpha_threshold: int | None = None  # alpha from here on becomes 255, below it 0
    is_trimmed: bool = False
    icc: str = "convert"  # convert | ignore
    is_lossless: bool = False
    display_format: str | None = None  # what the display shows, for pixel_format auto
    lvgl_formats: tuple[str, ...] = ()  # if any, auto chooses of these, whose palettes LVGL has in full
    is_animated: bool = False  # every frame of the source, not only the first
    dither: str = "none"  # none | bayer2 | bayer4 | bayer8 | floyd-steinberg | atkinson | sierra-lite
    palette: tuple[tuple[int, int, int, int], ...] | None = None  # R G B A; inks: how they look
    is_palette_optimal: bool = False  # indexed: found by pixels/optimal.py
    palette_group: str | None = None  # who shares the palette that is found
    colours: int | None = None  # at most so many are found; None: as many as the format holds

    @property
    def may_use_range(self) -> bool:
        """Whether the picture may end up in codec range."""
        return self.codec == "range" or (self.codec == "auto" and self.prefer != "speed")


@dataclass(frozen=True, slots=True)
class FontSize:
    """How large a font is to be. ``measure``: ``em``, ``cap_height`` or ``line_height``, all in px."""

    measure: str
    px_64: int  # in 1/64 px


@dataclass(frozen=True, slots=True)
class FontWeight:
    """By how much strokes become wider, negative: narrower; ``amount`` in 1/1000 px, or 1/100000 em."""

    amount: int
    is_of_em: bool = False


@dataclass(frozen=True, slots=True)
class FontSource:
    """A further source of a font asset. Options as in FontOptions; ``size`` None: that of the asset.

    ``characters`` are code points of the asset, None: those asked of the asset; ``map``: (code point of the
    asset, that of the source) where they differ, sorted. ``shift_px`` raises its glyphs.
    """

    source: Path = field(repr=False)  # the cache knows it by its bytes
    place: Place = field(repr=False)
    characters: tuple[int, ...] | None = None
    map: tuple[tuple[int, int], ...] = ()
    size: FontSize | None = None
    hinting: str = "light"
    face: int | str = 0
    axes: tuple[tuple[str, float], ...] = ()
    is_strike: bool = False
    weight: FontWeight | None = None
    shift_px: int = 0


@dataclass(frozen=True, slots=True)
class FontOptions:
    """Every option of a font spelled out; ``characters`` is sorted and free of duplicates."""

    size_px: int
    bpp: int
    characters: tuple[int, ...]
    hinting: str = "light"  # none | light | normal | mono | auto
    codec: str = "auto"  # raw | range | auto: range where it is smaller
    align_bytes: int = 4
    size: FontSize | None = None  # None: an em of size_px; size_px is 0 where only the font can tell it
    face: int | str = 0  # of a collection: its number or its name
    axes: tuple[tuple[str, float], ...] = ()  # of a variable font, sorted by tag
    is_strike: bool = False  # the bitmaps inside of an outline font
    gamma: float = 1.0  # coverage c of 0..1 becomes c ^ (1 / gamma)
    weight: FontWeight | None = None
    merge: tuple[FontSource, ...] = ()  # further sources; of the first that has a character it is taken
    fallback: str = ""  # the font asset to ask for characters that this one lacks
    fallback_key: int = 0
    kerning: bool = True
    askers: tuple[tuple[str, tuple[int, ...]], ...] = ()  # who asks for which characters: texts and files
    glyph_ids: tuple[int, ...] = ()  # glyphs of the first source that shaped texts need
    flavour: str = NATIVE  # ours, or a font file of others: lvgl9 (codec raw | rle | auto)


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Options of a plain file."""

    align_bytes: int = 4


@dataclass(frozen=True, slots=True)
class ShapedLine:
    """One line of a shaped text: glyphs of the font file in the order of drawing, places in 1/16 px.

    ``glyphs``: (glyph number in the font file, x right of the line's left end, y above the baseline).
    """

    glyphs: tuple[tuple[int, int, int], ...]
    width_16: int
    is_rtl: bool = False


@dataclass(frozen=True, slots=True)
class StringsOptions:
    """Texts of all languages. ``ids`` are sorted as bytes; ``texts[n][m]``: id ``n`` in language ``m``.

    A text that a language lacks is that of language 0. ``shape``: the font asset that texts which need it
    are shaped for; ``shaped``: (language, text) to their lines, filled in when fonts are known.
    """

    languages: tuple[str, ...]
    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    shape: str | None = None
    script: str | None = None  # of characters that are common to scripts; ISO 15924
    shaped: tuple[tuple[tuple[int, str], tuple[ShapedLine, ...]], ...] = ()
    align_bytes: int = 4


@dataclass(frozen=True, slots=True)
class RunOptions:
    """A text that is shaped when the image is built; ``lines`` is filled in when fonts are known."""

    text: str
    font: str  # the asset that its glyphs are of
    language: str | None = None
    script: str | None = None  # of characters that are common to scripts; ISO 15924
    direction: str = "auto"  # auto | ltr | rtl
    lines: tuple[ShapedLine, ...] = ()
    align_bytes: int = 4


AssetOptions = ImageOptions | FontOptions | FileOptions | StringsOptions | RunOptions
