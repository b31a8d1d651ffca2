"""LVGL font files read back from their specification (lv_font_conv, doc/font_spec.md), by nothing of ours."""

import struct
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Glyph:
    advance: int  # 1/16 px
    x: int
    y: int  # of the bottom row
    pixels: np.ndarray


@dataclass
class FontFile:
    head: dict
    glyphs: list  # by number; 0 is none
    characters: dict  # code point: number of the glyph
    forms: list  # of the subtables of the character map
    kerning: dict = field(default_factory=dict)  # pair of glyphs: 1/16 px
    kern_format: int = -1


HEAD = (
    ("version", "I"), ("tables", "H"), ("size", "H"), ("ascent", "H"), ("descent", "h"),
    ("typo_ascent", "H"), ("typo_descent", "h"), ("line_gap", "H"), ("min_y", "h"), ("max_y", "h"),
    ("default_advance", "H"), ("kerning_scale", "H"), ("loca_format", "B"), ("id_format", "B"),
    ("advance_format", "B"), ("bpp", "B"), ("xy_bits", "B"), ("wh_bits", "B"), ("advance_bits", "B"),
    ("compression", "B"), ("subpixels", "B"), ("reserved", "B"), ("underline", "h"), ("thickness", "H"),
)  # fmt: skip


class Bits:
    """Bits from the highest of a byte on."""

    def __init__(self, data):
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def take(self, count, is_signed=False):
        if not count:
            return 0
        assert self.at + count <= len(self.text), "a glyph ends behind the table"
        value = int(self.text[self.at : self.at + count], 2)
        self.at += count
        return value - (1 << count) if is_signed and value >> (count - 1) else value


def read_font_file(data):
    tables, at = {}, 0
    while at < len(data):
        size, tag = struct.unpack_from("<I4s", data, at)
        assert size % 4 == 0
        assert size >= 8
        tables[tag.decode()] = data[at : at + size]
        at += size
    assert at == len(data)
    names = ["head", "cmap", "loca", "glyf", "kern"]
    assert list(tables) == names[: len(tables)]
    values = struct.unpack_from("<" + "".join(code for _, code in HEAD), tables["head"], 8)
    head = dict(zip([name for name, _ in HEAD], values, strict=True))
    assert (len(tables["head"]), head["version"], head["tables"]) == (48, 1, len(tables) - 1)
    offsets = read_loca(tables["loca"], head["loca_format"])
    assert offsets == sorted(offsets), "the loader takes a glyph's end from the next one's begin"
    glyphs = [read_glyph(tables["glyf"][at:], head) for at in offsets[1:]]
    characters, forms = read_cmap(tables["cmap"])
    font = FontFile(head, [None, *glyphs], characters, forms)
    if "kern" in tables:
        read_kern(tables["kern"], font)
    return font


def read_loca(table, form):
    (count,) = struct.unpack_from("<I", table, 8)
    return list(struct.unpack_from(f"<{count}{'HI'[form]}", table, 12))


def read_cmap(table):
    (count,) = struct.unpack_from("<I", table, 8)
    characters, forms, end = {}, [], 0
    for number in range(count):
        at, first, length, base, entries, form = struct.unpack_from("<IIHHHB", table, 12 + 16 * number)
        assert first >= end, "subtables rise and do not overlap"
        end = first + length
        forms.append(form)
        if form == 0:
            deltas = table[at : at + entries]
            assert len(deltas) == entries == length
            found = {first + n: base + delta for n, delta in enumerate(deltas) if delta or not n}
        elif form == 2:
            found = {first + n: base + n for n in range(length)}
        else:
            codes = struct.unpack_from(f"<{entries}H", table, at)
            assert list(codes) == sorted(set(codes))
            assert codes[-1] < length
            ids = struct.unpack_from(f"<{entries}H", table, at + 2 * entries) if form == 1 else range(entries)
            found = {first + code: base + delta for code, delta in zip(codes, ids, strict=True)}
        characters.update(found)
    return characters, forms


def read_glyph(data, head):
    bits = Bits(data[:8000])
    advance = bits.take(head["advance_bits"]) if head["advance_bits"] else head["default_advance"]
    x, y = bits.take(head["xy_bits"], True), bits.take(head["xy_bits"], True)
    width, height = bits.take(head["wh_bits"]), bits.take(head["wh_bits"])
    if head["compression"]:
        values = take_runs(bits, width * height, head["bpp"])
        pixels = np.array(values, np.uint8).reshape(height, width)
        pixels = np.bitwise_xor.accumulate(pixels, axis=0) if pixels.size else pixels
    else:
        values = [bits.take(head["bpp"]) for _ in range(width * height)]
        pixels = np.array(values, np.uint8).reshape(height, width)
    return Glyph(advance if head["advance_format"] else advance * 16, x, y, pixels)


def take_runs(bits, count, bpp):
    """A pixel; if equal to the one before: a bit per repeat until 0, and 6 bits behind the 11th."""
    pixels, previous = [], None
    while len(pixels) < count:
        pixel = bits.take(bpp)
        pixels.append(pixel)
        if pixel != previous:
            previous = pixel
            continue
        ones = 0
        while len(pixels) < count and bits.take(1):
            ones += 1
            if ones == 11:
                pixels += [pixel] * bits.take(6)
                break
            pixels.append(pixel)
        previous = None  # the pixel behind a run is not compared
    assert len(pixels) == count
    return pixels


def read_kern(table, font):
    font.kern_format = table[8]
    scale = font.head["kerning_scale"]
    if font.kern_format == 0:
        (count,) = struct.unpack_from("<I", table, 12)
        code = "H" if font.head["id_format"] else "B"
        ids = struct.unpack_from(f"<{2 * count}{code}", table, 16)
        pairs = list(zip(ids[0::2], ids[1::2], strict=True))
        assert pairs == sorted(set(pairs))
        values = struct.unpack_from(f"{count}b", table, 16 + struct.calcsize(f"<{2 * count}{code}"))
    else:
        count, rows, columns = struct.unpack_from("<HBB", table, 12)
        lefts, rights = table[16 : 16 + count], table[16 + count : 16 + 2 * count]
        matrix = struct.unpack_from(f"{rows * columns}b", table, 16 + 2 * count)
        pairs = [(a, b) for a in range(count) for b in range(count) if lefts[a] and rights[b]]
        values = [matrix[(lefts[a] - 1) * columns + rights[b] - 1] for a, b in pairs]
    found = zip(pairs, values, strict=True)
    font.kerning = {pair: value * scale >> 4 for pair, value in found if value}
