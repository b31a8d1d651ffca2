"""Font files: recognised, checked to be whole, and turned into what FreeType and HarfBuzz read."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import NoReturn

from imgbuild.errors import Place, fail
from imgbuild.inputs import read_input
from imgbuild.limits import FONT_FILE_BYTES_MAX, FONT_UNPACKED_BYTES_MAX
from imgbuild.units import format_bytes

_BDF_MAGIC, _PCF_MAGIC = b"STARTFONT", b"\x01fcp"
_COLLECTION_MAGIC = b"ttcf"
_WOFF_MAGIC, _WOFF2_MAGIC = b"wOFF", b"wOF2"
_SFNT_MAGICS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_OTHER_MAGICS = {b"%!PS": "a PostScript font", b"%!Fo": "a PostScript font", b"\x1f\x8b": "gzip data",
                 b"PK\x03\x04": "a zip archive", b"<": "a text or web page"}  # fmt: skip
_EXPECTED = "TrueType, OpenType, WOFF, BDF or PCF"

Table = tuple[int, int]
"""Where a table begins in the data, and its bytes."""


@dataclass(frozen=True, slots=True)
class FontFile:
    """What FreeType reads: ``data`` and the number of the face in it; what messages name: the rest.

    ``tables``: those of the face, empty for fonts of bitmaps (BDF, PCF). ``digest``: SHA-256 of the file.
    """

    path: Path
    data: bytes
    place: Place | None
    asset: str | None
    digest: str
    face_index: int = 0
    is_variable: bool = False

    @property
    def is_bdf(self) -> bool:
        """Whether the font is BDF text."""
        return self.data.startswith(_BDF_MAGIC)

    @property
    def is_sfnt(self) -> bool:
        """Whether the font has tables: it is TrueType or OpenType."""
        return self.data[:4] in (*_SFNT_MAGICS, _COLLECTION_MAGIC)

    @property
    def face_count(self) -> int:
        """Faces in the file: more than one in a collection only."""
        if not self.data.startswith(_COLLECTION_MAGIC) or len(self.data) < 12:
            return 1
        return int(struct.unpack_from(">I", self.data, 8)[0])

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of the face by tag. Raises BuildError IB301 where the directory is cut off."""
        return _read_directory(self) if self.is_sfnt else {}

    def table(self, tag: str) -> bytes:
        """A table's bytes, empty where the font has none."""
        start, size = self.tables.get(tag, (0, 0))
        return self.data[start : start + size]

    def fail(self, code: str, message: str, hint: str | None = None) -> NoReturn:
        """Raise a BuildError about this font."""
        fail(code, message, self.place, hint, self.asset)


def read_font(path: Path, place: Place | None, asset: str | None) -> FontFile:
    """The file, recognised by its first bytes, unpacked if it is WOFF, and found to be whole.

    Raises BuildError: IB110 file not found, IB301 no usable font, IB317 unpacks to more than any font has.
    """
    try:
        size = path.stat().st_size
        if size > FONT_FILE_BYTES_MAX:
            limit = format_bytes(FONT_FILE_BYTES_MAX)
            message = f'font file "{path.name}" has {format_bytes(size)}, at most {limit} are read'
            fail("IB301", message, place, None, asset)
        data = read_input(path, FONT_FILE_BYTES_MAX)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        fail("IB110", f'font file "{path.name}" cannot be read: {reason}', place, None, asset)
    font = FontFile(path, data, place, asset, hashlib.sha256(data).hexdigest())
    start = data[:4]
    if start in (_WOFF_MAGIC, _WOFF2_MAGIC):
        font = replace(font, data=_remember(font, "unpacked", _unpack))
    elif not (font.is_sfnt or font.is_bdf or start == _PCF_MAGIC):
        known = next((what for magic, what in _OTHER_MAGICS.items() if start.startswith(magic)), None)
        found = known or (f"no font (it starts with {start.hex(' ').upper()})" if start else "empty")
        font.fail("IB301", f'"{path.name}" is {found}, expected {_EXPECTED}')
    if font.is_sfnt:
        _check_whole(font)
    return font


def choose_face(font: FontFile, face_index: int) -> FontFile:
    """The font's face of that number, whose tables are found to be whole."""
    chosen = replace(font, face_index=face_index)
    if chosen.is_sfnt:
        _check_whole(chosen)
    return chosen


def make_static(font: FontFile, axes: tuple[tuple[str, float], ...]) -> FontFile:
    """A variable font as the static font at ``axes`` (the others at their defaults); others as they are.

    FreeType is never given a variable font. Raises BuildError IB311 for an axis that the font has not or a
    place outside of it, IB301 where the font is broken.
    """
    tables = font.tables
    if "fvar" not in tables:
        if axes:
            message = f'font "{font.path.name}" is not variable, so it has no axis "{axes[0][0]}"'
            font.fail("IB311", message, "take 'axes' out, or choose a variable font")
        return font
    from imgbuild.sources.font_variable import instantiate

    data = _remember(font, repr((font.face_index, axes)), lambda one: instantiate(one, axes))
    static = replace(font, data=data, face_index=0, is_variable=True)
    if not static.is_sfnt or "fvar" in static.tables:
        font.fail("IB301", f'variable font "{font.path.name}" is broken: it has no static instance')
    _check_whole(static)
    return static


# --- made once per build ---------------------------------------------------------------------------

_KEPT_MAX = 4
_kept: dict[tuple[str, str], bytes] = {}
_kept_lock = Lock()


def _remember(font: FontFile, what: str, make: Callable[[FontFile], bytes]) -> bytes:
    """What ``make`` gives for the font: made once for all assets, the last few are kept."""
    key = (font.digest, what)
    with _kept_lock:  # held while making: another thread may want the same
        if key not in _kept:
            made = make(font)
            while len(_kept) >= _KEPT_MAX:
                del _kept[next(iter(_kept))]
            _kept[key] = made
        return _kept[key]


# --- tables ----------------------------------------------------------------------------------------


def _read_directory(font: FontFile) -> dict[str, Table]:
    """The table directory (OpenType specification 1.9, "Organization of an OpenType Font")."""
    data = font.data
    try:
        at = 0
        if data.startswith(_COLLECTION_MAGIC):
            at = struct.unpack_from(">I", data, 12 + 4 * font.face_index)[0]
        count = struct.unpack_from(">H", data, at + 4)[0]
        rows = [struct.unpack_from(">4s4xII", data, at + 12 + 16 * number) for number in range(count)]
    except struct.error:
        size = f"it ends in its table directory ({len(data)} B)"
        font.fail("IB301", f'font "{font.path.name}" is truncated: {size}')
    return {tag.decode("latin-1"): (offset, length) for tag, offset, length in rows}


def _check_whole(font: FontFile) -> None:
    """Refuse a truncated file: FreeType would give blank glyphs for what lies behind the end."""
    end = len(font.data)
    for tag, (offset, length) in _read_directory(font).items():
        if offset > end or length > end - offset:
            shown = tag.encode("latin-1").decode("ascii", "replace").strip()
            message = f'table "{shown}" ends at 0x{offset + length:X}, the file at 0x{end:X}'
            font.fail("IB301", f'font "{font.path.name}" is broken or truncated: {message}')


def _join_tables(magic: bytes, tables: Mapping[str, bytes]) -> bytes:
    """A font file of these tables. Checksums are left 0, which no rasteriser looks at."""
    rows = sorted((tag.encode("latin-1"), data) for tag, data in tables.items())
    at = 12 + 16 * len(rows)
    directory, body = [magic, struct.pack(">HHHH", len(rows), 0, 0, 0)], []
    for tag, data in rows:
        directory.append(struct.pack(">4sIII", tag, 0, at, len(data)))
        body += [data, bytes(-len(data) % 4)]
        at += len(data) + -len(data) % 4
    return b"".join((*directory, *body))


# --- web fonts -------------------------------------------------------------------------------------


def _unpack(font: FontFile) -> bytes:
    if font.data.startswith(_WOFF2_MAGIC):
        from imgbuild.sources.font_woff2 import unpack_woff2

        return unpack_woff2(font)
    return _unpack_woff(font)


def _unpack_woff(font: FontFile) -> bytes:
    """WOFF 1.0 (W3C Recommendation, sections 3 to 5): each table is stored or compressed by zlib."""
    data, name = font.data, font.path.name
    try:
        flavour, count = struct.unpack_from(">4s4xH", data, 4)
        rows = [struct.unpack_from(">4sIII4x", data, 44 + 20 * number) for number in range(count)]
    except struct.error:
        font.fail("IB301", f'font "{name}" is truncated: it ends in its table directory ({len(data)} B)')
    if not rows:
        font.fail("IB301", f'font "{name}" is broken: it has no tables')
    refuse_bomb(font, sum(row[3] for row in rows))
    tables: dict[str, bytes] = {}
    for tag, offset, stored, length in rows:
        shown = tag.decode("latin-1")
        packed = data[offset : offset + stored]
        if len(packed) < stored:
            font.fail("IB301", f'font "{name}" is broken or truncated: table "{shown.strip()}" is cut off')
        tables[shown] = packed if stored >= length else _inflate(font, shown, packed, length)
    return _join_tables(flavour, tables)


def _inflate(font: FontFile, tag: str, packed: bytes, length: int) -> bytes:
    try:
        table = zlib.decompressobj().decompress(packed, length + 1)
    except zlib.error as error:
        message = f'table "{tag.strip()}" cannot be decompressed'
        font.fail("IB301", f'font "{font.path.name}" is broken: {message} ({error})')
    if len(table) != length:
        message = f'table "{tag.strip()}" has other than the {length} B that it should have'
        font.fail("IB301", f'font "{font.path.name}" is broken: {message}')
    return table


def refuse_bomb(font: FontFile, size_bytes: int) -> None:
    """Raise IB317 if a web font would unpack to more than any font has."""
    if size_bytes > FONT_UNPACKED_BYTES_MAX:
        limit = format_bytes(FONT_UNPACKED_BYTES_MAX)
        message = f"unpacks to {format_bytes(size_bytes)} or more, at most {limit} are taken"
        font.fail("IB317", f'font "{font.path.name}" of {format_bytes(len(font.data))} {message}')
