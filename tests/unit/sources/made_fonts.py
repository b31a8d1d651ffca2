"""Fonts of every kind made in the test: no package is needed, and what they must give is known."""

from __future__ import annotations

import struct
from io import BytesIO

from fontTools.colorLib.builder import buildCOLR, buildCPAL
from fontTools.designspaceLib import AxisDescriptor, DesignSpaceDocument, SourceDescriptor
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from fontTools.varLib import build as build_variable

Box = tuple[int, int, int, int]  # left, bottom, right, top in 1/1000 em


def make_font(boxes: dict[str, Box | None], *, family="Made", is_cff=False, advance=600, fs_type=0) -> TTFont:
    """A font of boxes, one per character; its ``.notdef`` is a box as well."""
    order = [".notdef", *(f"u{ord(character):X}" for character in boxes)]
    shapes = dict(zip(order, [(100, 0, 500, 700), *boxes.values()], strict=True))
    fb = FontBuilder(1000, isTTF=not is_cff)
    fb.setupGlyphOrder(order)
    fb.setupCharacterMap({ord(character): f"u{ord(character):X}" for character in boxes})
    pens = {name: T2CharStringPen(advance, None) if is_cff else TTGlyphPen(None) for name in order}
    for name, box in shapes.items():
        if box:
            left, bottom, right, top = box
            pens[name].moveTo((left, bottom))
            for point in ((left, top), (right, top), (right, bottom)):
                pens[name].lineTo(point)
            pens[name].closePath()
    if is_cff:
        fb.setupCFF(family, {}, {name: pen.getCharString() for name, pen in pens.items()}, {})
    else:
        fb.setupGlyf({name: pen.glyph() for name, pen in pens.items()})
    fb.setupHorizontalMetrics({name: (advance, box[0] if box else 0) for name, box in shapes.items()})
    fb.setupHorizontalHeader(ascent=800, descent=-200)
    fb.setupNameTable({"familyName": family, "styleName": "Regular", "psName": family.replace(" ", "")})
    fb.setupOS2(fsType=fs_type)
    fb.setupPost()
    return fb.font


def data_of(font: TTFont | TTCollection, flavour: str | None = None) -> bytes:
    """The file's bytes; ``flavour``: woff or woff2."""
    out = BytesIO()
    if flavour:
        font.flavor = flavour
    font.save(out)
    return out.getvalue()


def make_collection(*fonts: TTFont) -> bytes:
    collection = TTCollection()
    collection.fonts = [TTFont(BytesIO(data_of(font))) for font in fonts]
    return data_of(collection)


def make_variable(*, is_cff=False) -> bytes:
    """A letter H whose width follows the axis ``wght``: 50 at 100, 200 at 400 (default), 500 at 900."""
    space = DesignSpaceDocument()
    axis = AxisDescriptor()
    axis.name, axis.tag = "Weight", "wght"
    axis.minimum, axis.default, axis.maximum = 100, 400, 900
    space.addAxis(axis)
    for weight, width in ((100, 50), (400, 200), (900, 500)):
        source = SourceDescriptor()
        source.font = make_font({"H": (100, 0, 100 + width, 700)}, is_cff=is_cff, advance=width + 200)
        source.location = {"Weight": weight}
        space.addSource(source)
    font, _, _ = build_variable(space, optimize=False)
    return data_of(font)


def make_coloured(outlined: str, blank: str) -> bytes:
    """COLR: the glyphs of both texts have layers in colour, those of ``blank`` no outline."""
    shapes: dict[str, Box | None] = dict.fromkeys("".join(outlined) + "L", (100, 0, 500, 700))
    font = make_font({**shapes, **dict.fromkeys(blank, None)})
    font["COLR"] = buildCOLR({f"u{ord(c):X}": [("u4C", 0)] for c in outlined + blank}, version=0)
    font["CPAL"] = buildCPAL([[(1.0, 0.0, 0.0, 1.0)]])
    return data_of(font)


def make_strikes(bits: int = 1) -> bytes:
    """An outline font of A, B and C with bitmaps of 8 px inside for A and B: rows of FF and of 0F."""
    font = make_font(dict.fromkeys("ABC", (0, 0, 500, 500)))
    rows = {1: (b"\xf0\x00\xf0", b"\x30\x30\x30"), 4: (b"\xff\xff\x00\x00\x88\x88", b"\x00\x0f" * 3)}[bits]
    images = [struct.pack(">BBbbB", 3, 4, 1, 3, 6) + row for row in rows]  # height, width, x, y, advance
    ebdt = struct.pack(">I", 0x00020000) + b"".join(images)
    subtable = struct.pack(">HHI", 1, 1, 4) + struct.pack(">III", 0, len(images[0]), sum(map(len, images)))
    array = struct.pack(">HHI", 1, 2, 8)
    line = struct.pack(">bbBbbbbbbbbb", 6, -2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    size = struct.pack(">IIII", 56, len(array) + len(subtable), 1, 0) + line + line
    size += struct.pack(">HHBBBb", 1, 2, 8, 8, bits, 1)
    eblc = struct.pack(">II", 0x00020000, 1) + size + array + subtable
    return with_tables(data_of(font), {b"EBDT": ebdt, b"EBLC": eblc})


def with_tables(data: bytes, more: dict[bytes, bytes]) -> bytes:
    """A font file with tables added or replaced, whatever they hold."""
    count = struct.unpack_from(">H", data, 4)[0]
    rows = [struct.unpack_from(">4sIII", data, 12 + 16 * number) for number in range(count)]
    tables = {tag: data[offset : offset + length] for tag, _, offset, length in rows} | more
    head, body, at = [data[:4] + struct.pack(">HHHH", len(tables), 0, 0, 0)], [], 12 + 16 * len(tables)
    for tag, table in sorted(tables.items()):
        head.append(struct.pack(">4sIII", tag, 0, at, len(table)))
        body.append(table + bytes(-len(table) % 4))
        at += len(body[-1])
    return b"".join(head + body)


def make_of_parts(parts: dict[int, tuple[int, ...]], count: int) -> bytes:
    """A font of the letters from A on, glyphs 1 to ``count``; those of ``parts`` are made of others."""
    font = make_font({chr(0x41 + number): (0, 0, 500, 500) for number in range(count)})
    box = struct.pack(">hhhhhHH", 1, 0, 0, 500, 500, 3, 0) + b"\x01" * 4
    box += struct.pack(">hhhhhhhh", 0, 0, 500, 0, 0, 500, 0, -500)
    glyf, loca = b"", [0]
    for glyph in range(count + 1):
        shape = box
        if glyph in parts:
            more = [0x20] * (len(parts[glyph]) - 1) + [0]
            shape = struct.pack(">hhhhh", -1, 0, 0, 500, 500) + b"".join(
                struct.pack(">HHbb", flags | 0x02, part, 0, 0)
                for flags, part in zip(more, parts[glyph], strict=True)
            )
        glyf += shape + bytes(-len(shape) % 4)
        loca.append(len(glyf))
    data = data_of(font)
    head = bytearray(TTFont(BytesIO(data)).reader["head"])
    head[50:52] = b"\0\1"  # long offsets in loca
    maxp = bytearray(TTFont(BytesIO(data)).reader["maxp"])
    maxp[28:32] = b"\x00\x10\xff\xff"  # as deep as the font likes
    tables = {b"glyf": glyf, b"loca": struct.pack(f">{len(loca)}I", *loca)}
    return with_tables(data, {**tables, b"head": bytes(head), b"maxp": bytes(maxp)})


def make_parts_bomb(levels: int) -> bytes:
    """Glyphs of two parts each, one within the other: 2^levels boxes for the letter A."""
    return make_of_parts({glyph: (glyph + 1,) * 2 for glyph in range(1, levels)}, levels)


def make_loop() -> bytes:
    """A is made of B, and B of A."""
    return make_of_parts({1: (2,), 2: (1,)}, 2)
