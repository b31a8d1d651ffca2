"""What ``ls`` and ``info`` tell of an opened image, as plain values."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

from imgbuild.errors import BuildError
from imgbuild.glyph_tables import own_table_bytes
from imgbuild.model import Codec, Kind
from imgbuild.reader.animation import read_animation
from imgbuild.reader.bitmap import read_bitmap
from imgbuild.reader.container import Image
from imgbuild.reader.font import FONT_OF_3_BITS, read_font
from imgbuild.reader.pack import Entry
from imgbuild.reader.pixelformat import PIXEL_FORMATS
from imgbuild.reader.strings import read_strings


def list_assets(image: Image) -> list[dict[str, Any]]:
    """One row per asset, sorted by name, with the keys of ``ls --json``; what does not apply is left out."""
    return [_row(image, entry) for entry in image.assets]


def _row(image: Image, entry: Entry) -> dict[str, Any]:
    name, variant = image.split(entry)
    row: dict[str, Any] = {"key": f"0x{entry.key:08X}", "name": name, "kind": _kind_name(entry.kind)}
    if entry.kind in (Kind.BITMAP, Kind.FONT, Kind.ANIMATION):
        row["pixel_format"] = _format_name(entry.pixel_format)
    if variant:
        row["variant"] = variant
    row["codec"] = _codec_name(entry.codec)
    if entry.kind in (Kind.BITMAP, Kind.ANIMATION):
        row["width"] = entry.width
    if entry.kind in (Kind.BITMAP, Kind.FONT, Kind.ANIMATION):
        row["height"] = entry.height
    if entry.kind == Kind.ANIMATION:
        row |= _tell_animation(image, entry)
    if entry.kind == Kind.BITMAP:
        row |= _tell_extensions(image, entry)
    if entry.kind == Kind.STRINGS:
        row |= _tell_strings(image, entry)
    if image.pack is not None:
        row["offset"] = entry.offset
    row["stored_bytes"] = entry.stored_bytes
    row["raw_bytes"] = _raw_bytes(image, entry)
    row["crc32"] = f"0x{entry.crc32:08X}"
    return row


def _tell_animation(image: Image, entry: Entry) -> dict[str, Any]:
    try:
        animation = read_animation(image.payload(entry), entry)
    except BuildError:
        return {}
    return {"frames": len(animation.frames), "plays": animation.plays, "duration_ms": animation.duration_ms}


def _tell_extensions(image: Image, entry: Entry) -> dict[str, Any]:
    """Where a trimmed bitmap belongs in its whole picture (px), and the colour of coverage."""
    told: dict[str, Any] = {}
    try:
        bitmap = read_bitmap(image.payload(entry), entry)
    except BuildError:
        return told
    if bitmap.trim is not None:
        x, y, width, height = astuple(bitmap.trim)
        told["trim"] = {"x": x, "y": y, "full_width": width, "full_height": height}
    if bitmap.tint is not None:
        told["tint"] = "#{:02X}{:02X}{:02X}".format(*bitmap.tint)
    return told


def _tell_strings(image: Image, entry: Entry) -> dict[str, Any]:
    try:
        strings = read_strings(image.payload(entry), entry.name)
    except BuildError:
        return {}
    return {"texts": strings.strings, "languages": [tag for tag, _ in strings.languages]}


def _raw_bytes(image: Image, entry: Entry) -> int:
    """Bytes of the pixels uncompressed, palette or tables of a font included; else the stored bytes."""
    if entry.kind == Kind.FONT and entry.codec == Codec.RANGE_GLYPHS:
        return _raw_font_bytes(image, entry)
    if entry.kind not in (Kind.BITMAP, Kind.ANIMATION):
        return entry.stored_bytes
    try:
        if entry.kind == Kind.ANIMATION:
            return read_animation(image.payload(entry), entry).raw_bytes
        bitmap = read_bitmap(image.payload(entry), entry)
    except BuildError:
        return entry.stored_bytes
    return bitmap.raw_bytes + 4 * bitmap.palette_count


def _raw_font_bytes(image: Image, entry: Entry) -> int:
    try:
        font = read_font(image.payload(entry), entry)
    except BuildError:
        return entry.stored_bytes
    m = font.metrics
    tables_bytes = entry.stored_bytes - m.pixels_bytes - (own_table_bytes(m.bpp) if m.model_table else 0)
    return tables_bytes + font.raw_bytes()


def _kind_name(kind: int) -> str:
    return Kind(kind).name.lower() if kind in set(Kind) else f"kind {kind}"


def _codec_name(codec: int) -> str:
    return Codec(codec).label if codec in set(Codec) else f"codec {codec}"


def _format_name(number: int) -> str:
    if number == FONT_OF_3_BITS:
        return "a3"
    return PIXEL_FORMATS[number].name if number in PIXEL_FORMATS else f"0x{number:02X}"


def tell_facts(image: Image) -> dict[str, Any]:
    """What ``info`` prints, in its order."""
    payloads = {
        (entry.name if image.pack is None else "", entry.offset, entry.stored_bytes) for entry in image.assets
    }
    facts: dict[str, Any] = {
        "container": image.container,
        "image_bytes": image.size_bytes,
        "assets": len(image.assets),
    }
    facts["payload_bytes"] = sum(stored for _, _, stored in payloads)
    if image.block_bytes:
        facts |= {"block_bytes": image.block_bytes, "block_count": image.block_count}
    header = image.header
    if header is not None:
        facts |= {
            "total_bytes": header.total_bytes,
            "format_major": header.major,
            "min_reader": header.min_reader,
            "content_version": header.content_version,
            "pack_id": header.pack_id,
            "contract_hash": header.contract_hash,
            "max_strip_bytes": header.max_strip_bytes,
            "align_bytes": 1 << min(header.align_log2, 31),
            "erase_bytes": 1 << min(header.erase_log2, 31),
        }
    return facts
