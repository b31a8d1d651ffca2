"""What differs between two flash images: assets, and the bytes of each erase block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import BuildError
from imgbuild.model import Codec, Kind
from imgbuild.reader.animation import read_animation
from imgbuild.reader.bitmap import Bitmap, decode_together, read_bitmap
from imgbuild.reader.container import Image
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.listing import list_assets
from imgbuild.reader.pack import Entry
from imgbuild.reader.picture import PICTURE_CODECS
from imgbuild.reader.runs import read_runs
from imgbuild.reader.strings import read_strings

Row = dict[str, Any]
"""An asset as ``ls --json`` tells it."""

_CONTENTS: dict[int, str] = {
    Kind.BITMAP: "pixels",
    Kind.ANIMATION: "frames",
    Kind.FONT: "glyphs",
    Kind.STRINGS: "texts",
    Kind.GLYPH_RUNS: "text",
}
"""What an asset of a kind consists of; of any other, its contents."""


@dataclass(frozen=True, slots=True)
class AssetDifference:
    """One asset that is not the same in both images. ``status``: ``added``, ``removed`` or ``changed``.

    ``what`` of a changed one, of: ``kind``, ``shape``, ``pixel format``, ``codec``, ``pixels`` (``frames``,
    ``glyphs``, ``texts``, ``text``, ``contents``), ``storage`` (other bytes that mean the same), ``moved``.
    """

    name: str
    status: str
    what: tuple[str, ...]
    old: Row | None
    new: Row | None


@dataclass(frozen=True, slots=True)
class BlockDifference:
    """The erase blocks of the new image that hold other bytes than the old one.

    ``spans``: begin and end in the image of neighbouring blocks that differ, at most ``image_bytes``.
    """

    block_bytes: int
    image_bytes: int
    block_count: int
    changed_count: int
    spans: tuple[tuple[int, int], ...]

    @property
    def changed_bytes(self) -> int:
        """Bytes of the blocks that differ."""
        return sum(end - begin for begin, end in self.spans)


def compare_assets(old: Image, new: Image) -> list[AssetDifference]:
    """Assets that differ, sorted by name: added, removed, changed or moved.

    An asset that cannot be decoded in both images has changed contents if its bytes differ.
    """
    olds = dict(zip(map(old.label, old.assets), zip(old.assets, list_assets(old), strict=True), strict=True))
    news = dict(zip(map(new.label, new.assets), zip(new.assets, list_assets(new), strict=True), strict=True))
    found = [AssetDifference(name, "removed", (), olds[name][1], None) for name in olds.keys() - news.keys()]
    found += [AssetDifference(name, "added", (), None, news[name][1]) for name in news.keys() - olds.keys()]
    common = [name for name in news if name in olds]
    pairs = [(olds[name][0], news[name][0]) for name in common]
    other = _other_contents(old, new, pairs)
    for name, pair, contents in zip(common, pairs, other, strict=True):
        what = [*_other_facts(old, new, *pair), *contents]
        has_place = old.pack is not None and new.pack is not None
        if has_place and pair[0].offset != pair[1].offset:
            what.append("moved")
        if what:
            found.append(AssetDifference(name, "changed", tuple(what), olds[name][1], news[name][1]))
    return sorted(found, key=lambda difference: difference.name.encode("utf-8", "surrogatepass"))


def _other_facts(_old: Image, _new: Image, before: Entry, after: Entry) -> list[str]:
    facts = (
        ("kind", before.kind, after.kind),
        ("shape", (before.width, before.height), (after.width, after.height)),
        ("pixel format", before.pixel_format, after.pixel_format),
        ("codec", before.codec, after.codec),
    )
    return [name for name, old, new in facts if old != new]


def _other_contents(old: Image, new: Image, pairs: Sequence[tuple[Entry, Entry]]) -> list[list[str]]:
    """For each pair what of the contents differs; only assets of other bytes are decoded."""
    different = [n for n, (a, b) in enumerate(pairs) if old.payload(a) != new.payload(b)]
    known_old = _decode_bitmaps(old, [pairs[n][0] for n in different])
    known_new = _decode_bitmaps(new, [pairs[n][1] for n in different])
    result: list[list[str]] = [[] for _ in pairs]
    for n in different:
        before, after = pairs[n]
        word = _CONTENTS.get(after.kind, "contents")
        if before.kind != after.kind:
            result[n] = ["contents"]
        elif (before.width, before.height) != (after.width, after.height):
            result[n] = []  # the shape says it
        elif _is_alike(_Side(old, before, known_old), _Side(new, after, known_new)):
            is_told = before.codec != after.codec or before.pixel_format != after.pixel_format
            result[n] = [] if is_told else ["storage"]
        else:
            result[n] = [word]
    return result


@dataclass(frozen=True, slots=True)
class _Side:
    """An asset of one of the images; ``bitmaps``: its image's bitmaps decoded so far, by slot."""

    image: Image
    entry: Entry
    bitmaps: dict[int, Bitmap]

    @property
    def payload(self) -> memoryview:
        return self.image.payload(self.entry)


def _decode_bitmaps(image: Image, entries: Sequence[Entry]) -> dict[int, Bitmap]:
    """Sound bitmaps by slot; those of codec range are decoded side by side, which is many times faster."""
    found = {}
    for entry in entries:
        if entry.kind == Kind.BITMAP and entry.codec not in PICTURE_CODECS:
            try:
                found[entry.slot] = read_bitmap(image.payload(entry), entry)
            except BuildError:
                continue
    ranged = [slot for slot, bitmap in found.items() if bitmap.codec == Codec.RANGE_PIXELS]
    decoded = decode_together([found[slot] for slot in ranged])
    return found | dict(zip(ranged, decoded, strict=True))


def _is_alike(before: _Side, after: _Side) -> bool:
    """Whether both mean the same; of a kind or codec that is not known here only equal bytes do."""
    reader = _MEANINGS.get(after.entry.kind)
    if reader is None or {before.entry.codec, after.entry.codec} & PICTURE_CODECS.keys():
        return False
    try:
        return reader(before) == reader(after)
    except (BuildError, KeyError):
        return False


def _mean_bitmap(side: _Side) -> object:
    bitmap = side.bitmaps[side.entry.slot]
    extras = bitmap.trim, bitmap.tint, bitmap.nine_patch, bitmap.is_premultiplied
    return bitmap.rgba().tobytes(), extras


def _mean_animation(side: _Side) -> object:
    animation = read_animation(side.payload, side.entry).decoded_together()
    frames = [frame.tobytes() for frame in animation.rgba_frames()]
    return frames, animation.plays, [frame.delay_ms for frame in animation.frames]


def _mean_font(side: _Side) -> object:
    font: Font = read_font(side.payload, side.entry)
    decoded = font.to_decoded()
    glyphs = [
        (g.codepoint, g.advance, g.x, g.y, g.coverage.shape, g.coverage.tobytes()) for g in decoded.glyphs
    ]
    metrics = decoded.ascent, decoded.descent, decoded.line_gap, decoded.size_px, decoded.bpp
    underline = decoded.underline_position, decoded.underline_thickness
    return glyphs, metrics, underline, decoded.kern_pairs, font.metrics.fallback_key


_MEANINGS: dict[int, Callable[[_Side], object]] = {
    Kind.BITMAP: _mean_bitmap,
    Kind.ANIMATION: _mean_animation,
    Kind.FONT: _mean_font,
    Kind.STRINGS: lambda side: read_strings(side.payload, side.entry.name).to_table(),
    Kind.GLYPH_RUNS: lambda side: read_runs(side.payload, side.entry.name),
}


# --- bytes ---------------------------------------------------------------------------------------


def compare_blocks(
    old: bytes | memoryview, new: bytes | memoryview, block_bytes: int, phase: int = 0
) -> BlockDifference:
    """Erase blocks of ``block_bytes`` in which ``new`` has other bytes than ``old``.

    The image's first byte lies ``phase`` bytes behind the start of an erase block. Behind the old image's
    end its flash counts as erased; blocks behind the new image's end are left as they are.
    """
    size = len(new)
    differs = _differing_bytes(old, new)
    edges = [0, *range(block_bytes - phase % block_bytes, size, block_bytes)] if size else []
    is_other = np.add.reduceat(differs, edges) > 0 if edges else np.zeros(0, np.bool_)
    spans: list[tuple[int, int]] = []
    for begin, end, other in zip(edges, [*edges[1:], size][: len(edges)], is_other.tolist(), strict=True):
        if other and spans and spans[-1][1] == begin:
            spans[-1] = (spans[-1][0], end)
        elif other:
            spans.append((begin, end))
    return BlockDifference(block_bytes, size, len(edges), int(is_other.sum()), tuple(spans))


def _differing_bytes(old: bytes | memoryview, new: bytes | memoryview) -> NDArray[np.int64]:
    """1 for each byte of ``new`` that differs, as integers that can be summed up."""
    after = np.frombuffer(new, np.uint8)
    before = np.full(len(after), 0xFF, np.uint8)
    common = min(len(old), len(new))
    before[:common] = np.frombuffer(old, np.uint8)[:common]
    differs: NDArray[np.int64] = (before != after).astype(np.int64)
    return differs


def count_programmed(
    new: bytes | memoryview, spans: Sequence[tuple[int, int]], page_bytes: int, *, is_erased: bool = True
) -> int:
    """Pages of ``page_bytes`` within ``spans`` that are programmed: where is erased, none of 0xFF alone."""
    data = np.frombuffer(new, np.uint8)
    pages = 0
    for begin, end in spans:
        part = (data[begin:end] != 0xFF) | (not is_erased)
        padded = np.append(part, np.zeros(-len(part) % page_bytes, np.bool_))
        pages += int(padded.reshape(-1, page_bytes).any(axis=1).sum())
    return pages
