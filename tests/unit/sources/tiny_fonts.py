"""Tiny fonts made by hand, byte by byte, so that their pixels can be worked out on paper."""

from __future__ import annotations

import struct

Square = tuple[int, int, int, int] | None  # left, bottom, right, top in font units of 1/1000 em; None: blank


def tiny_font(
    glyphs: dict[int, Square],
    *,
    notdef: Square = None,
    advance: int = 725,
    flavour: str = "truetype",
    omit: tuple[str, ...] = (),
    extra: dict[bytes, bytes] | None = None,
) -> bytes:
    """A font whose glyphs are one square each; ``flavour`` is truetype or cff."""
    points = sorted(glyphs)
    squares = [notdef, *(glyphs[point] for point in points)]
    outlines = _cff_tables(squares) if flavour == "cff" else _glyf_tables(squares)
    count = len(squares)
    head = struct.pack(
        ">IIIIHHQQhhhhHHhhh", 0x10000, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, -200, 1000, 800, 0, 8, 2, 1, 0
    )
    hhea = struct.pack(
        ">IhhhHhhhhhhhhhhhH", 0x10000, 801, -201, 90, advance, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, count
    )
    post = struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0)
    tables = {
        b"head": head,
        b"hhea": hhea,
        b"hmtx": b"".join(struct.pack(">Hh", advance, square[0] if square else 0) for square in squares),
        b"cmap": _cmap(points),
        b"post": post,
        **outlines,
        **(extra or {}),
    }
    return _sfnt({tag: data for tag, data in tables.items() if tag.decode() not in omit}, flavour)


def _cmap(points: list[int]) -> bytes:
    groups = b"".join(struct.pack(">III", point, point, index) for index, point in enumerate(points, 1))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(points)) + groups
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _glyf_tables(squares: list[Square]) -> dict[bytes, bytes]:
    glyf, loca = b"", [0]
    for square in squares:
        if square:
            left, bottom, right, top = square
            glyf += struct.pack(">hhhhhHH", 1, left, bottom, right, top, 3, 0) + b"\x01" * 4
            glyf += struct.pack(">hhhh", left, 0, right - left, 0)
            glyf += struct.pack(">hhhh", bottom, top - bottom, 0, bottom - top)
            glyf += bytes(-len(glyf) % 4)
        loca.append(len(glyf))
    maxp = struct.pack(">IHHHHHHHHHHHHHH", 0x10000, len(squares), 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)
    return {b"maxp": maxp, b"glyf": glyf or bytes(4), b"loca": struct.pack(f">{len(loca)}I", *loca)}


def _cff_tables(squares: list[Square]) -> dict[bytes, bytes]:
    def number(value: int) -> bytes:
        return struct.pack(">Bh", 28, value)

    def index(items: list[bytes]) -> bytes:
        if not items:
            return b"\0\0"
        offsets = [1]
        for item in items:
            offsets.append(offsets[-1] + len(item))
        return (
            struct.pack(">HB", len(items), 2) + struct.pack(f">{len(offsets)}H", *offsets) + b"".join(items)
        )

    def charstring(square: Square) -> bytes:
        if square is None:
            return b"\x0e"
        left, bottom, right, top = square
        moves = number(left) + number(bottom) + b"\x15" + number(top - bottom) + b"\x07"
        return moves + number(right - left) + b"\x06" + number(bottom - top) + b"\x07\x0e"

    def top_dict(charstrings: int, private: int) -> bytes:
        return struct.pack(">BiB", 29, charstrings, 17) + struct.pack(">BiBiB", 29, 0, 29, private, 18)

    front = b"\x01\x00\x04\x02" + index([b"Tiny"])
    behind = index([]) + index([])
    charstrings = len(front) + len(index([top_dict(0, 0)])) + len(behind)
    strings = index([charstring(square) for square in squares])
    cff = front + index([top_dict(charstrings, charstrings + len(strings))]) + behind + strings
    return {b"maxp": struct.pack(">IH", 0x5000, len(squares)), b"CFF ": cff}


def _sfnt(tables: dict[bytes, bytes], flavour: str) -> bytes:
    magic = b"OTTO" if flavour == "cff" else b"\0\1\0\0"
    directory = magic + struct.pack(">HHHH", len(tables), 0, 0, 0)
    at = len(directory) + 16 * len(tables)
    body = b""
    for tag, data in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, 0, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return directory + body


TINY_BDF = """STARTFONT 2.1
FONT -tiny-tiny-medium-r-normal--8-80-75-75-c-50-iso10646-1
SIZE 8 75 75
FONTBOUNDINGBOX 3 3 0 -1
STARTPROPERTIES 6
PIXEL_SIZE 8
FONT_ASCENT 6
FONT_DESCENT 2
DEFAULT_CHAR 63
CHARSET_REGISTRY "ISO10646"
CHARSET_ENCODING "1"
ENDPROPERTIES
CHARS 4
STARTCHAR spare
ENCODING -1
SWIDTH 500 0
DWIDTH 5 0
BBX 1 1 0 0
BITMAP
80
ENDCHAR
STARTCHAR question
ENCODING 63
SWIDTH 500 0
DWIDTH 3 0
BBX 2 2 0 0
BITMAP
C0
C0
ENDCHAR
STARTCHAR A
ENCODING 65
SWIDTH 500 0
DWIDTH 5 0
BBX 3 2 1 -1
BITMAP
A0
40
ENDCHAR
STARTCHAR C
ENCODING 67
SWIDTH 500 0
DWIDTH 2 0
BBX 1 3 0 0
BITMAP
80
80
80
ENDCHAR
ENDFONT
"""
