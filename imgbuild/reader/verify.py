"""Checks a flash image: every byte that a CRC covers, every payload, and what the build meant."""

from __future__ import annotations

import itertools
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity
from imgbuild.model import (
    Animation,
    Codec,
    DecodedFont,
    DecodedGlyph,
    EncodedAsset,
    GlyphRuns,
    Kind,
    Samples,
    StringTable,
)
from imgbuild.reader.animation import read_animation
from imgbuild.reader.bitmap import Bitmap, decode_together, fail_malformed, read_bitmap
from imgbuild.reader.container import Image, open_image
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.pack import NO_VARIANT, Entry, Pack
from imgbuild.reader.picture import PICTURE_CODECS, read_picture
from imgbuild.reader.runs import read_runs
from imgbuild.reader.strings import read_strings

Decoded = Samples | Animation | Font | GlyphRuns | StringTable | bytes
Expected = Samples | Animation | DecodedFont | GlyphRuns | StringTable | bytes

_KIND_NAMES: dict[int, str] = {
    Kind.BITMAP: "bitmaps",
    Kind.ANIMATION: "animations",
    Kind.FONT: "fonts",
    Kind.FILE: "files",
    Kind.STRINGS: "strings",
    Kind.GLYPH_RUNS: "texts",
}
_DIFFERENCES_MAX = 5
"""Of one font or animation: further glyphs or frames that differ tell nothing new."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What :func:`verify_image` found. ``image`` is None if the container could not be opened.

    ``counts``: ``assets``, ``bitmaps``, ``animations``, ``fonts``, ``files``, ``others`` and
    ``payload_bytes`` (payloads that several assets share count once).
    """

    image: Image | None
    diagnostics: tuple[Diagnostic, ...]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def is_sound(self) -> bool:
        """Whether no error was found."""
        return not any(d.severity is Severity.ERROR for d in self.diagnostics)


def verify_image(data: bytes | memoryview, place: Place, *, layout: str | None = None) -> VerifyReport:
    """Check everything that the image itself tells; errors are reported, not raised.

    Header, end marker, index CRC-32, check bytes, bounds, order of names, look-up of every asset by
    name and key, contract_hash, payload CRC-32s, and every payload decoded. What lies behind
    ``total_bytes`` is ignored.
    """
    found = Diagnostics()
    try:
        image = open_image(data, place, damage=found, layout=layout)
    except BuildError as error:
        return VerifyReport(None, (*found.items, *error.diagnostics))
    if image.pack is not None:
        _check_names(image.pack, found)
        _check_lookup(image.pack, found)
        _check_variants(image.pack, found)
        _check_overlap(image.pack, found)
        _check_contract(image.pack, found)
    checked: set[tuple[str, int, int, int]] = set()
    _decode_together(image)
    for asset in image.assets:
        _check_payload(image, asset, checked, found)
    return VerifyReport(image, tuple(found.items), _count(image))


def _count(image: Image) -> dict[str, int]:
    kinds = Counter(_KIND_NAMES.get(asset.kind, "others") for asset in image.assets)
    counts = {what: kinds[what] for what in (*_KIND_NAMES.values(), "others")}
    spans = {(_file_of(image, asset), asset.offset, asset.stored_bytes) for asset in image.assets}
    return {"assets": len(image.assets), **counts, "payload_bytes": sum(size for _, _, size in spans)}


def _identity(image: Image, asset: Entry) -> tuple[str, int, int]:
    return _file_of(image, asset), asset.offset, asset.stored_bytes


def _decode_together(image: Image) -> None:
    """Bitmaps of codec 3 are decoded side by side, each payload once; what is malformed is left for later."""
    found: dict[tuple[str, int, int], Bitmap] = {}
    for asset in image.assets:
        if asset.kind == Kind.BITMAP and asset.codec == Codec.RANGE_PIXELS:
            with suppress(BuildError):
                bitmap = read_bitmap(image.payload(asset), asset)
                _check_strips(image, bitmap)
                found.setdefault(_identity(image, asset), bitmap)
    image.together.update(zip(found, decode_together(list(found.values())), strict=True))


def _file_of(image: Image, asset: Entry) -> str:
    """What an asset's offset counts in: its file in littlefs, the pack otherwise."""
    return "" if image.pack else asset.name


def _check_names(pack: Pack, found: Diagnostics) -> None:
    names = Counter(entry.name for entry in pack.entries if entry.variant == 0)
    for name, count in names.items():
        if count > 1:
            found.error("IB605", f'{count} assets are named "{name}"', pack.place, asset=name)
    header = pack.header
    table = np.frombuffer(pack.data, "<u4", 8 * header.assets, header.index_offset).reshape(-1, 8)[:, 4]
    pool = bytes(pack.data[header.names_offset : header.names_offset + header.names_bytes])
    spans = sorted(set((((table & 0xFFFFFF).astype(np.int64) << 8) | table >> 24).tolist()))
    in_pool = [pool[span >> 8 : (span >> 8) + (span & 0xFF)] for span in spans]
    if in_pool != sorted(in_pool):
        found.error("IB605", "the names of the string pool are not sorted", pack.place)


def _check_lookup(pack: Pack, found: Diagnostics) -> None:
    for entry in pack.entries:
        if entry.variant == 0 and pack.slot_of(entry.key) != entry.slot:
            found.error(
                "IB605",
                f'"{entry.name}" is in slot {entry.slot}, but look-up goes to slot {pack.slot_of(entry.key)}',
                pack.place,
                asset=entry.name,
            )


def _check_variants(pack: Pack, found: Diagnostics) -> None:
    """Each variant hangs in the chain of the asset of its name, once, by rising number (FORMAT.md 3.4)."""
    chained: set[int] = set()
    for base in (entry for entry in pack.entries if entry.variant == 0):
        step, following = base, pack.by_slot.get(base.next_variant)
        while following is not None and following.slot not in chained:
            is_next = following.key == base.key and step.variant < following.variant <= len(pack.variants)
            if not is_next:
                break
            chained.add(following.slot)
            step, following = following, pack.by_slot.get(following.next_variant)
        if step.next_variant != NO_VARIANT and step.next_variant in pack.by_slot:
            message = f'"{base.name}": slot {step.slot} names slot {step.next_variant} as its next variant'
            found.error("IB605", message, pack.place, asset=base.name)
    for entry in pack.entries:
        if entry.variant and entry.slot not in chained:
            message = f'"{entry.name}": variant {entry.variant} in slot {entry.slot} is in no chain'
            found.error("IB605", message, pack.place, asset=entry.name)


def _check_overlap(pack: Pack, found: Diagnostics) -> None:
    """Assets may share one payload as a whole, never a part of it."""
    owners = {(entry.offset, entry.stored_bytes): entry.name for entry in pack.entries if entry.stored_bytes}
    spans = sorted(owners)
    for before, after in itertools.pairwise(spans):
        if sum(before) > after[0]:
            found.error(
                "IB606",
                f'payload of "{owners[after]}" at 0x{after[0]:X} overlaps that of "{owners[before]}"',
                pack.place,
                asset=owners[after],
            )


def _check_contract(pack: Pack, found: Diagnostics) -> None:
    """FORMAT.md section 2.1."""
    crc = 0
    for entry in sorted((e for e in pack.entries if e.variant == 0), key=lambda e: e.name.encode("utf-8")):
        shape = entry.width.to_bytes(2, "little") + entry.height.to_bytes(2, "little")
        line = entry.name.encode("utf-8") + b"\0" + bytes([entry.kind]) + shape + bytes([entry.pixel_format])
        crc = zlib.crc32(line, crc)
    if crc != pack.header.contract_hash and len(pack.entries) == pack.header.assets:
        found.error(
            "IB605",
            f"contract_hash is 0x{pack.header.contract_hash:08X}, the assets give 0x{crc:08X}",
            pack.place,
        )


def _check_payload(
    image: Image, asset: Entry, checked: set[tuple[str, int, int, int]], found: Diagnostics
) -> None:
    identity = (_file_of(image, asset), asset.offset, asset.stored_bytes, asset.crc32)
    payload = image.payload(asset)
    if identity not in checked:
        crc = zlib.crc32(payload)
        if crc != asset.crc32:
            message = f'"{asset.name}": payload CRC-32 is 0x{crc:08X}, the index says 0x{asset.crc32:08X}'
            found.error("IB607", message, image.place, asset=asset.name)
            return
        checked.add(identity)
    try:
        _decode(image, asset, payload)
    except BuildError as error:
        for diagnostic in error.diagnostics:
            found.error(diagnostic.code, diagnostic.message, image.place, asset=asset.name)


def _decode(image: Image, asset: Entry, payload: memoryview) -> Decoded | None:
    """What a payload holds; None for kinds that this reader does not know. Raises IB608."""
    decode = _DECODERS.get(asset.kind)
    return decode(image, asset, payload) if decode else None


def _decode_bitmap(image: Image, asset: Entry, payload: memoryview) -> Decoded:
    if asset.codec in PICTURE_CODECS:
        read_picture(payload, asset)
        return bytes(payload)
    bitmap = read_bitmap(payload, asset)
    _check_strips(image, bitmap)
    return image.together.get(_identity(image, asset), bitmap).samples()


def _decode_animation(image: Image, asset: Entry, payload: memoryview) -> Decoded:
    animation = read_animation(payload, asset).decoded_together()
    for bitmap in animation.bitmaps:
        _check_strips(image, bitmap)
    return animation.shown()


def _decode_file(_image: Image, asset: Entry, payload: memoryview) -> Decoded:
    if asset.codec != Codec.RAW:
        fail_malformed(asset.name, f"a file with codec {asset.codec}, files are stored raw")
    return bytes(payload)


_DECODERS: dict[int, Callable[[Image, Entry, memoryview], Decoded]] = {
    Kind.BITMAP: _decode_bitmap,
    Kind.ANIMATION: _decode_animation,
    Kind.FONT: lambda _image, asset, payload: read_font(payload, asset),
    Kind.STRINGS: lambda _image, asset, payload: read_strings(payload, asset.name).to_table(),
    Kind.GLYPH_RUNS: lambda _image, asset, payload: read_runs(payload, asset.name),
    Kind.FILE: _decode_file,
}


def _check_strips(image: Image, bitmap: Bitmap) -> None:
    """A device reserves the header's max_strip_bytes: no strip may be larger."""
    header = image.header
    if header is not None and bitmap.max_strip_bytes > header.max_strip_bytes:
        fail_malformed(
            bitmap.name,
            f"strips of {bitmap.max_strip_bytes} bytes, the header says at most {header.max_strip_bytes}",
        )
    sizes = bitmap.stride_bytes + bitmap.alpha_stride_bytes
    for number, (start, end, _) in enumerate(bitmap.strips):
        rows = min(bitmap.strip_rows, bitmap.row_count - number * bitmap.strip_rows)
        if end - start > rows * sizes:
            fail_malformed(bitmap.name, f"strip {number} is stored larger than its {rows * sizes} bytes")


# --- what the build meant ----------------------------------------------------------------------


def compare_expected(image: Image, encoded: Sequence[EncodedAsset]) -> list[Diagnostic]:
    """Decode every asset again and compare it with what the build meant: IB613 for each difference.

    Also compares the set of names, the index entries and, in a pack, the alignment of the anchors.
    """
    found = Diagnostics()
    names = {asset.base if asset.variant and image.pack else asset.name for asset in encoded}
    surplus = {asset.name for asset in image.assets} - names
    for name in sorted(surplus):
        found.error("IB613", f'the image holds "{name}", which no step made', image.place, asset=name)
    for asset in encoded:
        try:
            differences = _compare_asset(image, asset)
        except BuildError as error:
            differences = [f"{d.code}: {d.message}" for d in error.diagnostics]
        for difference in differences:
            found.error("IB613", f'"{asset.name}": {difference}', image.place, asset=asset.name)
    return found.items


def _compare_asset(image: Image, asset: EncodedAsset) -> list[str]:
    is_variant = bool(asset.variant) and image.pack is not None
    entry = image.find(asset.base if is_variant else asset.name)
    if is_variant and image.pack is not None:
        entry = image.pack.select(entry, asset.variant)
    names = ("key", "kind", "crc32", "width", "height", "pixel_format", "codec")
    pairs = [(name, getattr(entry, name), getattr(asset, name)) for name in names]
    if is_variant:
        pairs[0] = ("key", entry.key, zlib.crc32(asset.base.encode()))
        pairs.append(("variant", entry.variant, asset.variant))
    pairs.append(("stored_bytes", entry.stored_bytes, len(asset.payload)))
    differences = [f"{name} is {got}, meant was {meant}" for name, got, meant in pairs if got != meant]
    if differences:
        return differences
    if image.pack is not None:
        if not is_variant and image.pack.get(asset.key) != entry:
            differences.append("look-up by key gives another asset")
        if (entry.offset + asset.anchor_bytes) % asset.align_bytes:
            at = entry.offset + asset.anchor_bytes
            differences.append(f"anchor at 0x{at:X}, expected a multiple of {asset.align_bytes}")
    return differences + _compare_values(_decode(image, entry, image.payload(entry)), asset.expected)


def _compare_values(decoded: Decoded | None, expected: Expected) -> list[str]:
    if isinstance(expected, Samples) and isinstance(decoded, Samples):
        return _compare_samples(decoded, expected)
    if isinstance(expected, Animation) and isinstance(decoded, Animation):
        return _compare_animations(decoded, expected)
    if isinstance(expected, DecodedFont) and isinstance(decoded, Font):
        return _compare_fonts(decoded, expected)
    return [] if decoded == expected else ["other bytes than meant"]


def _compare_samples(decoded: Samples, expected: Samples) -> list[str]:
    """Compare plane by plane; a palette's order counts, as the indices do."""
    differences = []
    for plane in ("colour", "alpha", "palette"):
        got, meant = getattr(decoded, plane), getattr(expected, plane)
        if got is None or meant is None:
            if got is not meant:
                differences.append(f"{plane}: {_describe(got)}, meant was {_describe(meant)}")
        elif got.shape != meant.shape or got.dtype.itemsize != meant.dtype.itemsize:
            differences.append(f"{plane}: {_describe(got)}, meant was {_describe(meant)}")
        elif not np.array_equal(got, meant):
            where = np.argwhere(got != meant)
            at = tuple(where[0].tolist())
            differences.append(
                f"{plane} at {at} is {got[at]}, meant was {meant[at]} ({len(where)} values differ)"
            )
    for name in ("trim", "tint", "nine_patch"):
        got, meant = getattr(decoded, name), getattr(expected, name)
        if got != meant:
            differences.append(f"{name} is {got}, meant was {meant}")
    return differences


def _compare_animations(decoded: Animation, expected: Animation) -> list[str]:
    """Compare what is shown after each frame, and for how long."""
    pairs = (
        ("frames", len(decoded.frames), len(expected.frames)),
        ("plays", decoded.plays, expected.plays),
        ("delays", decoded.delays_ms, expected.delays_ms),
    )
    differences = [f"{name}: {got}, meant was {meant}" for name, got, meant in pairs if got != meant]
    if not differences:
        for number, (got, meant) in enumerate(zip(decoded.frames, expected.frames, strict=True), 1):
            differences += [f"frame {number}: {what}" for what in _compare_samples(got, meant)]
    return differences[:_DIFFERENCES_MAX]


def _describe(plane: NDArray[np.generic] | None) -> str:
    return "none" if plane is None else f"{plane.dtype.name}{list(plane.shape)}"


def _compare_fonts(font: Font, expected: DecodedFont) -> list[str]:
    decoded = font.to_decoded()
    names = (
        "size_px",
        "bpp",
        "ascent",
        "descent",
        "line_gap",
        "underline_position",
        "underline_thickness",
    )
    pairs = [(name, getattr(decoded, name), getattr(expected, name)) for name in names]
    pairs.append(("glyph count", len(decoded.glyphs), len(expected.glyphs)))
    differences = [f"{name} is {got}, meant was {meant}" for name, got, meant in pairs if got != meant]
    if not differences:
        for index, (got, meant) in enumerate(zip(decoded.glyphs, expected.glyphs, strict=True)):
            what = _compare_glyphs(got, meant)
            if what:
                differences.append(f"glyph {index} (U+{max(meant.codepoint, 0):04X}): {what}")
    if decoded.kern_pairs != expected.kern_pairs:
        pair = min(p for p, _ in decoded.kern_pairs.items() ^ expected.kern_pairs.items())
        differences.append(f"kerning of glyphs {pair[0]} and {pair[1]} is another than meant")
    return differences[:_DIFFERENCES_MAX]


def _compare_glyphs(got: DecodedGlyph, meant: DecodedGlyph) -> str:
    """A blank glyph has neither size nor place: only code point and advance are compared."""
    if (got.codepoint, got.advance) != (max(meant.codepoint, -1), meant.advance):  # below 0: no character's
        return f"U+{got.codepoint:04X}, advance {got.advance}; meant was advance {meant.advance}"
    if not got.coverage.size and not meant.coverage.size:
        return ""
    if (got.x, got.y) != (meant.x, meant.y):
        return f"place is {got.x}, {got.y}, meant was {meant.x}, {meant.y}"
    return "" if np.array_equal(got.coverage, meant.coverage) else "other coverage than meant"
