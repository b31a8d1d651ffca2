"""A decoder of coded glyphs, written from FORMAT.md 4.5 and 5.4 alone, one decision after the other."""

from __future__ import annotations


class Coder:
    """``taken`` counts the bytes that the decoder asked for."""

    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.at = data, offset
        self.code, self.range = 0, 0xFFFFFFFF
        for _ in range(4):
            self.code = self.code * 256 + self.next_byte()
        self.start = offset

    def next_byte(self) -> int:
        byte = self.data[self.at] if self.at < len(self.data) else 0
        self.at += 1
        return byte

    @property
    def taken(self) -> int:
        return self.at - self.start

    def decide(self, p: int) -> int:
        assert 1 <= p <= 255
        bound = self.range // 256 * p
        if self.code < bound:
            bit, self.range = 0, bound
        else:
            bit, self.code, self.range = 1, self.code - bound, self.range - bound
        if self.range < 2**24:
            self.range *= 256
            self.code = self.code * 256 + self.next_byte()
        return bit


Rows = list[list[int]]


def decode_glyph(data: bytes, offset: int, w: int, h: int, bpp: int, table: bytes) -> tuple[Rows, int]:
    """The rows of a glyph, and how many bytes the decoder took."""
    coder = Coder(data, offset)
    if bpp == 1:
        return _decode_mono(coder, w, h, table), coder.taken
    rows: Rows = []
    row_flag = 0
    for _ in range(h):
        above = rows[-1] if rows else [0] * w
        same = coder.decide(table[row_flag])
        row_flag = 2 if same else 1
        rows.append(list(above) if same else _decode_row(coder, above, bpp, table))
    return rows, coder.taken


def _decode_mono(coder: Coder, w: int, h: int, table: bytes) -> Rows:
    template = [(-1, 0), (-2, 0), (0, -1), (-1, -1), (1, -1), (2, -1), (0, -2)]
    if len(table) == 1024:
        template = [
            (-1, 0), (-2, 0), (-3, 0), (0, -1), (-1, -1), (1, -1), (2, -1), (0, -2), (-1, -2), (1, -2)
        ]  # fmt: skip
    rows = [[0] * w for _ in range(h)]
    for y in range(h):
        for x in range(w):
            places = [(x + dx, y + dy) for dx, dy in template]
            bits = [rows[j][i] if j >= 0 and 0 <= i < w else 0 for i, j in places]
            rows[y][x] = coder.decide(table[int("".join(map(str, bits)), 2)])
    return rows


def _decode_row(coder: Coder, above: list[int], bpp: int, table: bytes) -> list[int]:
    w, top = len(above), 2**bpp - 1
    padded = [0, *above, 0]
    row = [0] * w
    x = no_question_before = 0
    while x < w:
        west = row[x - 1] if x else 0
        may_ask = x >= no_question_before and west in (0, top) and x + 4 <= w
        if may_ask and above[x : x + 4] == [west] * 4:
            if coder.decide(table[3 if west == 0 else 4]):
                row[x : x + 4] = [west] * 4
                x += 4
                continue
            no_question_before = x + 4
        north_west, north, north_east = padded[x : x + 3]
        row[x] = _pixel(coder, table, bpp, west, north, north_west, north_east)
        x += 1
    return row


def _pixel(coder: Coder, table: bytes, bpp: int, w: int, n: int, nw: int, ne: int) -> int:
    top = 2**bpp - 1

    def q(value: int) -> int:
        return 0 if value == 0 else 2 if value == top else 1

    a = 27 * q(w) + 9 * q(n) + 3 * q(nw) + q(ne)
    if coder.decide(table[5 + 4 * a + (w == nw) + 2 * (n == ne)]):
        return n
    if w != n and coder.decide(table[329 + a]):
        return w
    if n != 0 and w != 0 and coder.decide(table[410 + a]):
        return 0
    if top not in (n, w) and coder.decide(table[491 + a]):
        return top
    node = 1
    for _ in range(min(bpp, 4)):
        node = 2 * node + coder.decide(table[572 + 16 * (3 * q(w) + q(n)) + node])
    for _ in range(bpp - 4):
        node = 2 * node + coder.decide(128)
    return node - 2**bpp
