"""Checks a flash image: every byte that a CRC covers, every payload, and what the build meant."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place, Severity
from imgbuild.model import Codec, DecodedFont, DecodedGlyph, EncodedAsset, Kind, Samples
from imgbuild.reader.bitmap import Bitmap, read_bitmap
from imgbuild.reader.container import Image, open_image
from imgbuild.reader.font import Font, read_font
from imgbuild.reader.pack import Entry, Pack

_KIND_NAMES = {Kind.BITMAP: "bitmaps", Kind.FONT: "fonts", Kind.FILE: "files"}


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What :func:`verify_image` found. ``image`` is None if the container could not be opened.

    ``counts``: ``assets``, ``bitmaps``, ``fonts``, ``files``, ``others`` and ``payload_bytes``
    (payloads that several assets share count once).
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
        _check_overlap(image.pack, found)
        _check_contract(image.pack, found)
    checked: set[tuple[str, int, int, int]] = set()
    for asset in image.assets:
        _check_payload(image, asset, checked, found)
    return VerifyReport(image, tuple(found.items), _count(image))


def _count(image: Image) -> dict[str, int]:
    kinds = Counter(_KIND_NAMES.get(Kind(a.kind), "others") if a.kind in _KIND_NAMES else "others" for a in image.assets)
    counts = {what: kinds[what] for what in (*_KIND_NAMES.values(), "others")}
    if image.pack is None:
        payload_bytes = sum(asset.stored_bytes for asset in image.assets)
    else:
        payload_bytes = sum(size for _, size in {(a.offset, a.stored_bytes) for a in image.assets})
    return {"assets": len(image.assets), **counts, "payload_bytes": payload_bytes}


def _check_names(pack: Pack, found: Diagnostics) -> None:
    names = Counter(entry.name for entry in pack.entries if entry.variant == 0)
    for name, count in names.items():
        if count > 1:
            found.error("IB605", f'{count} assets are named "{name}"', pack.place, asset=name)
    header = pack.header
    table = np.frombuffer(pack.data, "<u4", 8 * header.assets, header.index_offset).reshape(-1, 8)[:, 4]
    pool = bytes(pack.data[header.names_offset : header.names_offset + header.names_bytes])
    spans = np.unique(((table & 0xFFFFFF).astype(np.int64) << 8) | table >> 24).tolist()
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


def _check_overlap(pack: Pack, found: Diagnostics) -> None:
    """Assets may share one payload as a whole, never a part of it."""
    end, owner = 0, ""
    for entry in sorted(pack.entries, key=lambda e: (e.offset, e.stored_bytes)):
        is_shared = owner != "" and entry.offset + entry.stored_bytes == end and entry.offset == start
        if entry.offset < end and not is_shared:
            found.error(
                "IB606",
                f'payload of "{entry.name}" at 0x{entry.offset:X} overlaps that of "{owner}"',
                pack.place,
                asset=entry.name,
            )
        if entry.stored_bytes:
            start, end, owner = entry.offset, max(end, entry.offset + entry.stored_bytes), entry.name


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
    source = "" if image.pack else asset.name
    identity = (source, asset.offset, asset.stored_bytes, asset.crc32)
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
        found.extend(error.diagnostics)
