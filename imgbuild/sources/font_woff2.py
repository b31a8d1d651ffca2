"""WOFF2 to the font that it holds, through fontTools and Brotli, within a limit of memory."""

from __future__ import annotations

import struct
from io import BytesIO

from imgbuild.limits import FONT_UNPACKED_BYTES_MAX
from imgbuild.sources.font_file import FontFile, refuse_bomb

# WOFF File Format 2.0 (W3C Recommendation), sections 4.1 and 4.2
_HEADER_BYTES = 48
_TAG_FOLLOWS = 63
_KNOWN_GLYF, _KNOWN_LOCA = 10, 11
_STEP_BYTES = 1 << 20


def unpack_woff2(font: FontFile) -> bytes:
    """The sfnt inside. Raises BuildError IB301 (broken), IB317 (a decompression bomb)."""
    _refuse_collection(font)
    _measure(font)
    from fontTools.ttLib import woff2

    out = BytesIO()
    try:
        woff2.decompress(BytesIO(font.data), out)
    except Exception as error:  # noqa: BLE001 - fontTools lets whatever a broken font provokes pass through
        font.fail("IB301", f'font "{font.path.name}" cannot be unpacked: {_reason(error)}')
    return out.getvalue()


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:120] or type(error).__name__


def _refuse_collection(font: FontFile) -> None:
    if font.data[4:8] == b"ttcf":
        message = f'"{font.path.name}" is a collection in WOFF2, which is not read'
        font.fail("IB301", message, "unpack it first: woff2_decompress FILE")


def _measure(font: FontFile) -> None:
    """Refuse what announces or unpacks to too much, before fontTools takes it all into memory."""
    data = font.data
    try:
        count, _, _, packed_bytes = struct.unpack_from(">HHII", data, 12)
        at, total = _HEADER_BYTES, 0
        for _ in range(count):
            at, stored, original = _read_entry(data, at)
            total += max(stored, original)
    except (struct.error, IndexError):
        message = f"is truncated: it ends in its table directory ({len(data)} B)"
        font.fail("IB301", f'font "{font.path.name}" {message}')
    refuse_bomb(font, total)
    if len(data) - at < packed_bytes:
        message = f"its tables take {packed_bytes} B, {max(0, len(data) - at)} B are there"
        font.fail("IB301", f'font "{font.path.name}" is truncated: {message}')
    _count_unpacked(font, data[at : at + packed_bytes])


def _read_entry(data: bytes, at: int) -> tuple[int, int, int]:
    """One table: where the next one begins, its bytes as packed and as they will be."""
    flags = data[at]
    at += 5 if flags & 63 == _TAG_FOLLOWS else 1
    at, original = _read_number(data, at)
    version = flags >> 6
    is_outline = flags & 63 in (_KNOWN_GLYF, _KNOWN_LOCA)
    is_transformed = version != 3 if is_outline else version != 0
    if not is_transformed:
        return at, original, original
    at, stored = _read_number(data, at)
    return at, stored, original


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    """UIntBase128: seven bits a byte, the highest bit says that more follow, at most five bytes."""
    value = 0
    for count in range(5):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            return at + count + 1, value
    raise IndexError(at)


def _count_unpacked(font: FontFile, packed: bytes) -> None:
    """Unpack in steps, keeping nothing, and stop at the limit."""
    import brotli

    unpacker, total = brotli.Decompressor(), 0
    try:
        piece = unpacker.process(packed, output_buffer_limit=_STEP_BYTES)
        while piece and total <= FONT_UNPACKED_BYTES_MAX:
            total += len(piece)
            piece = b"" if unpacker.is_finished() else unpacker.process(b"", output_buffer_limit=_STEP_BYTES)
    except brotli.error:
        font.fail("IB301", f'font "{font.path.name}" cannot be unpacked: its compressed data is broken')
    refuse_bomb(font, total)
