"""One coded glyph after the other, read from FORMAT.md 5.4 alone: quick where there are only a few."""

from __future__ import annotations

from typing import NamedTuple

_TOP = 1 << 24
_ROW, _SKIP, _SAME_N, _SAME_W, _ZERO, _FULL, _TREE = 0, 3, 5, 329, 410, 491, 572
_SKIP_PX = 4
_TREE_BITS = 4
_EVEN = 128


class CodedPixels(NamedTuple):
    """What the coded glyphs of a font share: the stored pixels, the depth, the model's table, coded_ratio."""

    data: bytes
    bpp: int
    table: bytes
    ratio: int = 256

    def taken_bytes(self, pixels: int) -> int:
        """How many bytes a decoder takes of a glyph of so many pixels at the most."""
        raw_bytes = (pixels * self.bpp + 7) // 8
        return (raw_bytes * self.ratio + 255) // 256 + 12


class _Coder:
    """The decoder of FORMAT.md 4.5, decisions only. Bytes behind the data count as 0.

    Those behind the ``length`` bytes that a glyph takes, too: a font that says less than it takes shows.
    """

    def __init__(self, data: bytes, offset: int, length: int) -> None:
        self.data = data[: offset + length]
        self.at = offset + 4
        self.code = int.from_bytes((data[offset : offset + 4] + bytes(4))[:4], "big")
        self.range = (1 << 32) - 1

    def decide(self, probability: int) -> int:
        bound = (self.range >> 8) * probability
        if self.code < bound:
            bit = 0
            self.range = bound
        else:
            bit = 1
            self.code -= bound
            self.range -= bound
        if self.range < _TOP:
            self.range <<= 8
            byte = self.data[self.at] if self.at < len(self.data) else 0
            self.code = self.code << 8 | byte
            self.at += 1
        return bit


def decode_plain(shared: CodedPixels, offset: int, width: int, height: int) -> bytes:
    """The values of a glyph of ``width`` x ``height`` px, row after row, one byte each."""
    coder = _Coder(shared.data, offset, shared.taken_bytes(width * height))
    if shared.bpp == 1:
        return _decode_mono(coder, shared.table, width, height)
    top = (1 << shared.bpp) - 1
    side = [1] * (top + 1)
    side[0], side[top] = 0, 2
    above = bytearray(width + 1)
    rows = []
    place = _ROW
    for _ in range(height):
        is_same = coder.decide(shared.table[place])
        place = _ROW + 1 + is_same
        if not is_same:
            above = _decode_row(coder, shared, side, above, width)
        rows.append(bytes(above[:width]))
    return b"".join(rows)


def _decode_row(
    coder: _Coder, shared: CodedPixels, side: list[int], above: bytearray, width: int
) -> bytearray:
    """A row below ``above``; both have one 0 behind their last pixel, which is what lies beside the box."""
    table, top = shared.table, len(side) - 1
    row = bytearray(width + 1)
    west = x = asked_until = 0
    north_west = 0
    while x < width:
        if x >= asked_until and x + _SKIP_PX <= width and west in (0, top):
            run = bytes([west]) * _SKIP_PX
            if above[x : x + _SKIP_PX] == run:
                if coder.decide(table[_SKIP + (west == top)]):
                    row[x : x + _SKIP_PX] = run
                    x += _SKIP_PX
                    north_west = west
                    continue
                asked_until = x + _SKIP_PX
        north, north_east = above[x], above[x + 1]
        corner = 3 * side[west] + side[north]
        context = 9 * corner + 3 * side[north_west] + side[north_east]
        equal = (west == north_west) + 2 * (north == north_east)
        if coder.decide(table[_SAME_N + 4 * context + equal]):
            west = north
        elif west != north and coder.decide(table[_SAME_W + context]):
            pass
        elif north and west and coder.decide(table[_ZERO + context]):
            west = 0
        elif top not in (north, west) and coder.decide(table[_FULL + context]):
            west = top
        else:
            west = _decode_value(coder, shared, _TREE + 16 * corner)
        row[x] = west
        north_west = north
        x += 1
    return row


def _decode_value(coder: _Coder, shared: CodedPixels, tree: int) -> int:
    node = 1
    for number in range(shared.bpp):
        node = 2 * node + coder.decide(shared.table[tree + node] if number < _TREE_BITS else _EVEN)
    return node - (1 << shared.bpp)


def _decode_mono(coder: _Coder, table: bytes, width: int, height: int) -> bytes:
    """Contexts of 7 pixels, or of 10 where the table is for them."""
    is_ten = len(table) > 1 << 7
    margin = bytes(3)
    above2 = above = margin + bytes(width) + margin
    rows = []
    for _ in range(height):
        row = bytearray(width + 6)
        for x in range(3, width + 3):
            context = 2 * row[x - 1] + row[x - 2]
            if is_ten:
                context = 2 * context + row[x - 3]
            near = 8 * above[x] + 4 * above[x - 1] + 2 * above[x + 1] + above[x + 2]
            context = 32 * context + 2 * near + above2[x]
            if is_ten:
                context = 4 * context + 2 * above2[x - 1] + above2[x + 1]
            row[x] = coder.decide(table[context])
        above2, above = above, bytes(row)
        rows.append(above[3 : width + 3])
    return b"".join(rows)
