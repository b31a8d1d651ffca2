"""Payloads, where they are placed, the flash image and what is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.losses import LossReport
from imgbuild.model.decoded import DecodedFont
from imgbuild.model.kinds import Codec, Kind
from imgbuild.model.options import NinePatch, ShapedLine, Trim
from imgbuild.model.plan import PlannedPartition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    U8 = NDArray[np.uint8]


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
