"""All coded glyphs of a font side by side, read from FORMAT.md 5.4 alone: a pixel of each at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imgbuild.reader.glyph_plain import CodedPixels

U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]
Bits = NDArray[np.bool_]

_TOP = np.int64(1) << 24
_ROW, _SKIP, _SAME_N, _SAME_W, _ZERO, _FULL, _TREE = 0, 3, 5, 329, 410, 491, 572
_SKIP_PX = 4
_TREE_BITS = 4
_EVEN = 128


def decode_together(shared: CodedPixels, offsets: I64, widths: I64, heights: I64) -> list[U8]:
    """The values of each glyph, uint8 ``[h, w]``, by where it begins in the pixels and its sides in px."""
    decoder = _Mono if shared.bpp == 1 else _Gray
    return decoder(shared, offsets, widths, heights).decode()


class _Coders:
    """Decoders of FORMAT.md 4.5, decisions only; each reads from a place of its own."""

    def __init__(self, shared: CodedPixels, offsets: I64, pixels: I64) -> None:
        # what lies behind the pixels counts as 0: a coder at the end stays on the last of these. So does what
        # lies behind the bytes that a glyph takes: a font that says less than it takes shows
        self._data = np.frombuffer(shared.data + bytes(8), np.uint8).astype(np.int64)
        taken = ((pixels * shared.bpp + 7) // 8 * shared.ratio + 255) // 256 + 12
        self._end = np.minimum(offsets + taken, len(self._data) - 1)
        self._at = offsets + 4
        self._code = sum((self._data[offsets + n] << (24 - 8 * n) for n in range(4)), np.zeros_like(offsets))
        self._range = np.full(len(offsets), (1 << 32) - 1, np.int64)

    def decide(self, who: I64, probability: I64) -> Bits:
        """One decision of each of the coders ``who``."""
        code, size = self._code[who], self._range[who]
        bound = (size >> 8) * probability
        bit: Bits = code >= bound
        code -= np.where(bit, bound, 0)
        size = np.where(bit, size - bound, bound)
        small = np.flatnonzero(size < _TOP)
        if small.size:
            late = who[small]
            at = self._at[late]
            code[small] = code[small] << 8 | np.where(at < self._end[late], self._data[at], 0)
            size[small] <<= 8
            self._at[late] = np.minimum(at + 1, len(self._data) - 1)
        self._code[who], self._range[who] = code, size
        return bit


class _Font:
    """All boxes in one row of cells, with a margin of zeros, which is what lies outside of a box."""

    margin_px, margin_rows = 1, 1

    def __init__(self, shared: CodedPixels, offsets: I64, widths: I64, heights: I64) -> None:
        # tallest first, so that the glyphs that have a row y are the first ones
        self._order = np.argsort(-heights, kind="stable")
        self.widths, self.heights = widths[self._order], heights[self._order]
        self.strides: I64 = self.widths + self.margin_px
        sizes = (self.heights + self.margin_rows) * self.strides
        self.begins: I64 = np.cumsum(sizes) - sizes + self.margin_rows * self.strides + self.margin_px
        # behind the last box: a margin, and cells that are looked at before their width is
        self.cells = np.zeros(int(sizes.sum()) + 2 * self.margin_px + _SKIP_PX, np.uint8)
        self.coders = _Coders(shared, offsets[self._order], (widths * heights)[self._order])
        self.bpp = shared.bpp
        self.table = np.frombuffer(shared.table, np.uint8).astype(np.int64)

    def decode(self) -> list[U8]:
        """Every glyph, in the order asked for."""
        for y in range(int(self.heights.max(initial=0))):
            who = np.arange(np.searchsorted(-self.heights, -y, side="left"))
            self.decode_row(who, self.begins[who] + y * self.strides[who], is_first=y == 0)
        glyphs: list[U8] = [self.cells[:0]] * len(self.heights)
        boxes = zip(self._order, self.begins, self.heights, self.widths, self.strides, strict=True)
        for number, begin, height, width, stride in boxes:
            box = self.cells[begin : begin + height * stride].reshape(height, stride)
            glyphs[number] = box[:, :width]
        return glyphs

    def decode_row(self, who: I64, starts: I64, *, is_first: bool) -> None:
        """A row of the glyphs ``who``, whose first cells are ``starts``."""
        raise NotImplementedError


class _Gray(_Font):
    def __init__(self, shared: CodedPixels, offsets: I64, widths: I64, heights: I64) -> None:
        super().__init__(shared, offsets, widths, heights)
        self.top = (1 << self.bpp) - 1
        self.side = np.ones(256, np.int64)
        self.side[0], self.side[self.top] = 0, 2
        self.was_same = np.zeros(len(widths), np.int64)
        self.next_x = np.zeros(len(widths), np.int64)  # the first pixel that is not known yet
        self.next_question = np.zeros(len(widths), np.int64)

    def decode_row(self, who: I64, starts: I64, *, is_first: bool) -> None:
        place = np.zeros_like(who) if is_first else 1 + self.was_same[who]
        same = self.coders.decide(who, self.table[_ROW + place])
        self.was_same[who] = same
        self._copy_rows(who[same], starts[same])
        who, starts = who[~same], starts[~same]
        self.next_x[who] = self.next_question[who] = 0
        widths = self.widths[who]
        for x in range(int(widths.max(initial=0))):
            chosen = np.flatnonzero((widths > x) & (self.next_x[who] <= x))
            if chosen.size:
                self._decode_pixels(who[chosen], starts[chosen] + x, x)

    def _copy_rows(self, who: I64, starts: I64) -> None:
        widths = self.widths[who]
        begins = np.cumsum(widths) - widths
        cells = np.arange(int(widths.sum())) + np.repeat(starts - begins, widths)
        self.cells[cells] = self.cells[cells - np.repeat(self.strides[who], widths)]

    def _decode_pixels(self, who: I64, at: I64, x: int) -> None:
        cells = self.cells
        above = at - self.strides[who]
        w = cells[at - 1]
        run = self._find_runs(who, at, above, w, x)
        if run.size:
            keep = np.ones(len(who), np.bool_)
            keep[run] = False
            who, at, above, w = who[keep], at[keep], above[keep], w[keep]
        n, nw, ne = cells[above], cells[above - 1], cells[above + 1]
        corner = 3 * self.side[w] + self.side[n]
        context = 9 * corner + 3 * self.side[nw] + self.side[ne]
        value = n.copy()
        equal = (w == nw) + 2 * (n == ne)
        is_open = ~self.coders.decide(who, self.table[_SAME_N + 4 * context + equal])
        rest = np.flatnonzero(is_open)
        questions = (
            (_SAME_W, w, w != n),
            (_ZERO, np.zeros_like(w), (n != 0) & (w != 0)),
            (_FULL, np.full_like(w, self.top), (n != self.top) & (w != self.top)),
        )
        for part, answer, is_asked in questions:
            asked = rest[is_asked[rest]]
            if asked.size:
                hit = asked[self.coders.decide(who[asked], self.table[part + context[asked]])]
                value[hit] = answer[hit]
                is_open[hit] = False
                rest = rest[is_open[rest]]
        if rest.size:
            value[rest] = self._decode_values(who[rest], _TREE + 16 * corner[rest])
        cells[at] = value

    def _find_runs(self, who: I64, at: I64, above: I64, w: U8, x: int) -> I64:
        """Which of ``who`` have the next four pixels all like the one to the left; these are filled in."""
        can = (w == 0) | (w == self.top)
        can &= (x + _SKIP_PX <= self.widths[who]) & (self.next_question[who] <= x)
        asked = np.flatnonzero(can)
        for step in range(_SKIP_PX):
            asked = asked[self.cells[above[asked] + step] == w[asked]]
        if not asked.size:
            return asked
        bit = self.coders.decide(who[asked], self.table[_SKIP + (w[asked] == self.top)])
        self.next_question[who[asked]] = x + _SKIP_PX
        run = asked[bit]
        self.next_x[who[run]] = x + _SKIP_PX
        for step in range(_SKIP_PX):
            self.cells[at[run] + step] = w[run]
        return run

    def _decode_values(self, who: I64, tree: I64) -> I64:
        node = np.ones_like(who)
        for number in range(self.bpp):
            place = self.table[tree + node] if number < _TREE_BITS else np.full_like(who, _EVEN)
            node = 2 * node + self.coders.decide(who, place)
        return node - (1 << self.bpp)


class _Mono(_Font):
    margin_px, margin_rows = 3, 2

    def decode_row(self, who: I64, starts: I64, *, is_first: bool) -> None:
        del is_first  # rows above the first are zeros
        widths, strides = self.widths[who], self.strides[who]
        is_ten = len(self.table) > 1 << 7
        for x in range(int(widths.max(initial=0))):
            chosen = np.flatnonzero(widths > x)
            at = starts[chosen] + x
            above = at - strides[chosen]
            above2 = above - strides[chosen]
            cells = [at - 1, at - 2, *([at - 3] if is_ten else [])]
            cells += [above, above - 1, above + 1, above + 2, above2]
            cells += [above2 - 1, above2 + 1] if is_ten else []
            context = np.zeros_like(at)
            for cell in cells:
                context = 2 * context + self.cells[cell]
            self.cells[at] = self.coders.decide(who[chosen], self.table[context])
