"""The values that travel from step to step (all frozen). No step's logic lives here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Place
from imgbuild.losses import LossReport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    U8 = NDArray[np.uint8]


NATIVE = "imgb"
"""The flavour of our own payloads; others are rows of imgbuild.flavours."""


class Kind(IntEnum):
    """Kinds of assets; the numbers stand in the index (FORMAT.md)."""

    BITMAP = 1
    FONT = 2
    FILE = 3
    STRINGS = 4
    GLYPH_RUNS = 5
    ANIMATION = 6


class Codec(IntEnum):
    """How a payload's pixels are stored; the numbers stand in the index (FORMAT.md)."""

    RAW = 0
    RLE = 1
    LZ4 = 2
    RANGE_PIXELS = 3
    RANGE_GLYPHS = 4
    JPEG = 0x40
    PNG = 0x41
    QOI = 0x42

    @property
    def label(self) -> str:
        """The manifest's word: both range codecs are ``range``."""
        return self.name.lower().removesuffix("_pixels").removesuffix("_glyphs")


# --- flash -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """A byte range of a chip, offsets from the chip's first byte."""

    offset_bytes: int
    size_bytes: int
    name: str = ""

    @property
    def end_bytes(self) -> int:
        """The first byte behind the range."""
        return self.offset_bytes + self.size_bytes


@dataclass(frozen=True, slots=True)
class Timing:
    """One time of a data sheet; ``is_verified`` is false where no data sheet backs the figure."""

    typical_us: int | None
    maximum_us: int | None
    source: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A memory chip. ``erase_bytes`` lists the erase units, smallest first; FRAM and EEPROM have none.

    ``kind``: ``nor``, ``fram`` or ``eeprom``; ``bus``: ``spi``, ``qspi``, ``ospi`` or ``i2c``; ``program``:
    ``page`` or ``aai`` (SST25: bytes, and words with auto address increment). ``erase_commands``: one for
    each erase unit, or none: 20h, 52h and D8h for 4, 32 and 64 KiB.
    """

    name: str
    title: str
    jedec_id: str
    size_bytes: int
    page_bytes: int
    erase_bytes: tuple[int, ...]
    address_bytes: int
    source: str
    timings: dict[str, Timing] = field(default_factory=dict)
    notes: str = ""
    kind: str = "nor"
    bus: str = "spi"
    program: str = "page"
    erase_commands: tuple[int, ...] = ()

    @property
    def block_bytes(self) -> int:
        """What images are laid out in: the smallest erase unit, 256 B where nothing is erased."""
        return self.erase_bytes[0] if self.erase_bytes else 256


@dataclass(frozen=True, slots=True)
class DfuIds:
    """How a board's flash is named over USB DFU: alternate setting, vendor and product."""

    alt: int
    vid: int
    pid: int


@dataclass(frozen=True, slots=True)
class Sectors:
    """A range of a board's chip that its tools erase in blocks of ``erase_bytes``."""

    offset_bytes: int
    size_bytes: int
    erase_bytes: int

    @property
    def end_bytes(self) -> int:
        """Offset of the first byte behind the range."""
        return self.offset_bytes + self.size_bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """A signal of the chip and the pin of the MCU that it is connected to."""

    signal: str
    pin: str


@dataclass(frozen=True, slots=True)
class ProgrammingWay:
    """A tool that writes a board's flash, and how it is used."""

    tool: str
    how: str


@dataclass(frozen=True, slots=True)
class Board:
    """A board: a chip, where it is mapped (None: not mapped), what is reserved on it.

    ``programmed_at`` is the address that tools take for the chip's first byte where it is not mapped;
    ``uf2_family`` a key of UF2_FAMILIES, ``elf_machine`` one of ELF_MACHINES. ``erase_bytes`` holds outside
    of ``sectors``; ``unverified`` tells which facts have no source.
    """

    name: str
    title: str
    chip: str
    mapped_at: int | None
    reserved: tuple[Range, ...]
    erase_bytes: int | None
    source: str
    notes: str = ""
    programmed_at: int | None = None
    dfu: DfuIds | None = None
    uf2_family: str | None = None
    elf_machine: str = "arm"
    sectors: tuple[Sectors, ...] = ()
    wiring: tuple[Wire, ...] = ()
    programming: tuple[ProgrammingWay, ...] = ()
    unverified: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlashTarget:
    """Where an image goes: chip, address and the free range chosen on it.

    ``erase_bytes`` is the erase block of the region, ``base_address`` the address of the region's
    first byte as the MCU sees it (None: not mapped).
    """

    chip: Chip
    board: Board | None
    reserved: tuple[Range, ...]
    region: Range
    erase_bytes: int
    base_address: int | None


# --- plan --------------------------------------------------------------------------------------


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
    shaped: tuple[tuple[tuple[int, str], tuple[ShapedLine, ...]], ...] = ()
    align_bytes: int = 4


@dataclass(frozen=True, slots=True)
class RunOptions:
    """A text that is shaped when the image is built; ``lines`` is filled in when fonts are known."""

    text: str
    font: str  # the asset that its glyphs are of
    language: str | None = None
    direction: str = "auto"  # auto | ltr | rtl
    lines: tuple[ShapedLine, ...] = ()
    align_bytes: int = 4


AssetOptions = ImageOptions | FontOptions | FileOptions | StringsOptions | RunOptions


@dataclass(frozen=True, slots=True)
class PlannedAsset:
    """One asset with nothing left to guess."""

    name: str
    key: int
    kind: Kind
    c_name: str
    source: Path
    options: AssetOptions
    place: Place
    needs: tuple[str, ...] = ()
    base: str = ""  # a variant's: the name that it is found by; its own name is unique in the build
    variant: str = ""


@dataclass(frozen=True, slots=True)
class PlannedPartition:
    """One partition of the chip and what goes into it. ``container``: ``flat`` or ``littlefs``."""

    name: str
    target: FlashTarget
    container: str
    littlefs_layout: str
    assets: tuple[PlannedAsset, ...]
    budget_bytes: int | None
    place: Place
    budget_place: Place | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole build, decided. ``inputs`` are all files and folders whose change matters."""

    name: str
    content_version: int
    is_strict: bool
    partitions: tuple[PlannedPartition, ...]
    inputs: tuple[Path, ...]
    place: Place
    display_px: tuple[int, int] | None = None
    variants: tuple[str, ...] = ()  # names of variants; the first has number 1


# --- decode ------------------------------------------------------------------------------------


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


# --- encode ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Samples:
    """A bitmap's values as stored, before any packing into bytes; what verification compares.

    ``colour``: uint8 ``[h, w]`` (grey level, coverage, palette index or number of an ink), uint16 ``[h, w]``
    (5:6:5 value), uint8 ``[h, w, 2]`` (grey, alpha) or ``[h, w, 3|4]`` (R G B or R G B A, or levels of the
    bits that the format gives each). ``alpha``: uint8 ``[h, w]`` of a separate alpha plane, or beside a
    5:6:5 value. ``palette``: uint8 ``[n, 4]`` R G B A.
    """

    colour: NDArray[np.uint8] | NDArray[np.uint16]
    alpha: U8 | None = None
    palette: U8 | None = None
    tint: tuple[int, int, int] | None = None  # R G B that coverage is drawn with by default
    trim: Trim | None = None
    nine_patch: NinePatch | None = None


@dataclass(frozen=True, slots=True)
class Animation:
    """What a player with one frame buffer shows: ``frames`` are whole pictures, ``delays_ms`` one for each.

    Indices are compared by what they mean: frames of an indexed format hold R G B A, uint8 ``[h, w, 4]``,
    as ``colour`` and have no palette. ``plays``: how often, 0 for ever.
    """

    frames: tuple[Samples, ...]
    delays_ms: tuple[int, ...]
    plays: int


@dataclass(frozen=True, slots=True)
class CodecTrial:
    """What a picture takes in a codec and a pixel format (its number) that were tried.

    ``pixel_bytes`` are those of ``stored_bytes`` that are pixels: no header, no table, no palette.
    """

    codec: Codec
    pixel_format: int
    stored_bytes: int
    pixel_bytes: int


@dataclass(frozen=True, slots=True)
class GlyphRuns:
    """A shaped text as stored: lines of (glyph of the font asset, x, y), places in 1/16 px."""

    font_key: int
    lines: tuple[ShapedLine, ...]


@dataclass(frozen=True, slots=True)
class StringTable:
    """What a strings asset says: by key, the text in each language."""

    languages: tuple[tuple[str, bool], ...]  # tag, whether it is written from right to left
    contract: int
    texts: dict[int, tuple[str | GlyphRuns, ...]]


@dataclass(frozen=True, slots=True)
class EncodedAsset:
    """A payload and what the index needs to know of it.

    ``pixel_format`` is the format's number (0 where none), ``anchor_bytes`` the byte of the
    payload that must fall on a multiple of ``align_bytes``; ``raw_bytes`` the pixels' size
    uncompressed; ``max_strip_bytes`` the largest decoded strip (0: none). ``expected`` is what an
    independent reader must get back: Samples, Animation, DecodedFont or bytes.
    """

    name: str
    key: int
    kind: Kind
    payload: bytes
    crc32: int
    width: int
    height: int
    pixel_format: int
    codec: Codec
    raw_bytes: int
    align_bytes: int
    anchor_bytes: int
    max_strip_bytes: int
    expected: Samples | Animation | DecodedFont | GlyphRuns | StringTable | bytes
    notes: tuple[str, ...] = ()
    loss: LossReport | None = None
    base: str = ""  # as in PlannedAsset
    variant: int = 0  # number in the pack's table of variants, 0: none
    tried: tuple[CodecTrial, ...] = ()  # codec auto: everything that was tried, what was taken included
    rivals: tuple[EncodedAsset, ...] = ()  # the same in other pixel formats, until codec range was tried
    font: DecodedFont | None = None  # what a font file of another flavour was made of


# --- place, pack, emit -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one asset's payload lies, offsets from the first byte of the pack."""

    asset: EncodedAsset
    offset_bytes: int
    slot: int
    next_variant: int = 0xFFFF  # slot of the next variant of the same name


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets of everything in a flat pack. ``placements`` are sorted by slot."""

    placements: tuple[Placement, ...]
    displacements: tuple[int, ...]
    index_offset: int
    names_offset: int
    names_bytes: int
    tlv_offset: int
    total_bytes: int
    payload_bytes: int
    tlvs: bytes = b""


@dataclass(frozen=True, slots=True)
class FlashImage:
    """The exact flash bytes of one partition. ``used_bytes`` leaves the padding out."""

    partition: PlannedPartition
    data: bytes
    used_bytes: int
    total_bytes: int  # of the pack, or of the filesystem
    pack_id: int
    contract_hash: int
    max_strip_bytes: int
    content_version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file to be written, replaced only where its bytes differ."""

    path: Path
    data: bytes
