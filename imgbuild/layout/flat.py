"""The flat container: where everything lies in a pack, and the pack's bytes (FORMAT.md)."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterable, Sequence

from imgbuild.layout.index import (
    ENTRY_BYTES,
    NO_VARIANT,
    Chain,
    build_displacements,
    keep_displacements,
    pack_entry,
)
from imgbuild.layout.payloads import keep_payloads, place_payloads
from imgbuild.layout.previous import Previous
from imgbuild.model import EncodedAsset, Layout, Placement
from imgbuild.units import align_up

MAGIC = b"IMGB"
END_MAGIC = b"IEND"
FORMAT_MAJOR = 1
MIN_READER = 1
HEADER_BYTES = 64
END_BYTES = 8
VARIANTS_TLV = 3
ERASED = b"\xff"

_HEADER = struct.Struct("<4sBBHIIIIIHHIIIIIBBHI")
_END = struct.Struct("<I4s")


def pack_id_of(name: str) -> int:
    """The header's ``pack_id``: CRC-32 of the manifest's name."""
    return zlib.crc32(name.encode())


def contract_hash_of(assets: Iterable[EncodedAsset]) -> int:
    """The header's ``contract_hash`` (FORMAT.md 2.1): over names and shapes, sorted by name, no variants."""
    crc = 0
    named = ((asset.name.encode(), asset) for asset in assets if not asset.variant)
    for name, asset in sorted(named, key=lambda pair: pair[0]):
        shape = struct.pack("<BHHB", asset.kind, asset.width, asset.height, asset.pixel_format)
        crc = zlib.crc32(name + b"\0" + shape, crc)
    return crc


def max_strip_bytes_of(assets: Iterable[EncodedAsset]) -> int:
    """The header's ``max_strip_bytes``: the largest decoded strip, 0 if there is none."""
    return max((asset.max_strip_bytes for asset in assets), default=0)


def place_flat(
    assets: Sequence[EncodedAsset], variants: Sequence[str] = (), previous: Previous | None = None
) -> Layout:
    """Offsets of everything in the pack of ``assets``; payloads lie in the order given.

    With ``previous``, the layout of an earlier pack, they lie as there as far as possible, and assets keep
    their slots as long as their number does not change.

    ``variants`` names the variants that occur, number 1 first. Look-up leads to assets that are none;
    these have the slots that are left, chained to the asset of their name by rising number. Identical
    payloads are stored once where one place suits the alignment of all. Raises BuildError with IB408 or
    IB114 (see :func:`build_displacements`).
    """
    displacements, slots = _place_entries(assets, previous)
    index_offset = align_up(HEADER_BYTES + 2 * len(displacements), 4)
    names_offset = index_offset + ENTRY_BYTES * len(assets)
    names_bytes = sum(len(asset.name.encode()) for asset in assets if not asset.variant)
    tlv_offset = align_up(names_offset + names_bytes, 4)
    tlvs = _pack_variants(variants)
    start = tlv_offset + len(tlvs)
    offsets, end = keep_payloads(assets, start, previous) if previous else place_payloads(assets, start)
    following = _chain(assets, slots)
    placements = sorted(map(Placement, assets, offsets, slots, following), key=lambda one: one.slot)
    stored = {placement.offset_bytes: len(placement.asset.payload) for placement in placements}
    return Layout(
        placements=tuple(placements),
        displacements=displacements,
        index_offset=index_offset,
        names_offset=names_offset,
        names_bytes=names_bytes,
        tlv_offset=tlv_offset,
        total_bytes=align_up(end, 4) + END_BYTES,
        payload_bytes=sum(stored.values()),
        tlvs=tlvs,
    )


def _name_of(asset: EncodedAsset) -> str:
    """The name that stands in the index."""
    return asset.base if asset.variant else asset.name


def _place_entries(
    assets: Sequence[EncodedAsset], previous: Previous | None
) -> tuple[tuple[int, ...], list[int]]:
    """Displacements, and the slot of each asset."""
    found = [number for number, asset in enumerate(assets) if not asset.variant]
    hidden = [number for number, asset in enumerate(assets) if asset.variant]
    keys, kept = [assets[number].key for number in found], None
    if previous is not None and len(previous.assets) == len(assets):
        kept = keep_displacements(keys, previous.keys, previous.displacements, len(hidden))
    displacements, slots = kept or build_displacements(keys, len(hidden))
    slot_of = dict(zip(found, slots, strict=True))
    free = set(range(len(assets))) - set(slots)
    hidden.sort(key=lambda number: (assets[number].base.encode(), assets[number].variant))
    for number in hidden if previous else ():
        old = previous.assets.get(assets[number].name) if previous else None
        if old is not None and old.slot in free:
            slot_of[number] = old.slot
            free.remove(old.slot)
    waiting = [number for number in hidden if number not in slot_of]
    slot_of.update(zip(waiting, sorted(free), strict=True))
    return displacements, [slot_of[number] for number in range(len(assets))]


def _chain(assets: Sequence[EncodedAsset], slots: Sequence[int]) -> list[int]:
    """For each asset the slot of the next variant of its name."""
    families: dict[str, list[int]] = {}
    for number in sorted(range(len(assets)), key=lambda number: assets[number].variant):
        families.setdefault(_name_of(assets[number]), []).append(number)
    following = [NO_VARIANT] * len(assets)
    for family in families.values():
        for before, after in itertools.pairwise(family):
            following[before] = slots[after]
    return following


def _pack_variants(variants: Sequence[str]) -> bytes:
    """The TLV that names the variants; nothing without any."""
    if not variants:
        return b""
    data = b"".join(bytes((len(name.encode()),)) + name.encode() for name in variants)
    return struct.pack("<HH", VARIANTS_TLV, len(data)) + data + bytes(-len(data) % 4)


def pack_flat(layout: Layout, *, name: str, content_version: int, erase_bytes: int) -> bytes:
    """The pack's bytes, ``layout.total_bytes`` of them.

    ``name`` is the manifest's, ``erase_bytes`` the erase block (a power of two) that the image is
    going to be padded to.
    """
    index = _pack_index(layout)
    header = _pack_header(layout, index, name, content_version, erase_bytes)
    pack = bytearray(ERASED) * layout.total_bytes
    pack[: len(header)] = header
    pack[HEADER_BYTES : HEADER_BYTES + len(index)] = index
    for placement in layout.placements:
        begin = placement.offset_bytes
        pack[begin : begin + len(placement.asset.payload)] = placement.asset.payload
    pack[-END_BYTES:] = _END.pack(zlib.crc32(header[:-4]), END_MAGIC)
    return bytes(pack)


def _pack_index(layout: Layout) -> bytes:
    """Displacements, entries, names: the bytes from the header's end to ``tlv_offset``."""
    displacements = struct.pack(f"<{len(layout.displacements)}H", *layout.displacements)
    names = sorted({_name_of(placement.asset).encode() for placement in layout.placements})
    name_offsets, pool_end = {}, 0
    for name in names:
        name_offsets[name] = pool_end
        pool_end += len(name)
    entries = []
    for placement in layout.placements:
        asset, name = placement.asset, _name_of(placement.asset).encode()
        chain = Chain(zlib.crc32(name), asset.variant, placement.next_variant)
        entries.append(pack_entry(asset, placement.offset_bytes, name_offsets[name], len(name), chain))
    parts = [
        displacements.ljust(layout.index_offset - HEADER_BYTES, b"\0"),
        *entries,
        b"".join(names).ljust(layout.tlv_offset - layout.names_offset, b"\0"),
        layout.tlvs,
    ]
    return b"".join(parts)


def _pack_header(layout: Layout, index: bytes, name: str, content_version: int, erase_bytes: int) -> bytes:
    assets = [placement.asset for placement in layout.placements]
    align_bytes = max((asset.align_bytes for asset in assets), default=4)
    body = _HEADER.pack(
        MAGIC,
        FORMAT_MAJOR,
        MIN_READER,
        HEADER_BYTES,
        layout.total_bytes,
        content_version,
        pack_id_of(name),
        contract_hash_of(assets),
        layout.index_offset,
        len(assets),
        len(layout.displacements),
        layout.names_offset,
        layout.names_bytes,
        zlib.crc32(index),
        layout.tlv_offset,
        len(layout.tlvs),
        max(4, align_bytes).bit_length() - 1,
        erase_bytes.bit_length() - 1,
        0,
        max_strip_bytes_of(assets),
    )
    return body + struct.pack("<I", zlib.crc32(body))


def pad_image(pack: bytes, erase_bytes: int, region_bytes: int | None = None) -> bytes:
    """``pack`` filled with 0xFF to the erase block, or to the region's end if it is given."""
    size = align_up(len(pack), erase_bytes) if region_bytes is None else region_bytes
    return pack.ljust(size, ERASED)
