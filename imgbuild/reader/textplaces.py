"""A pen that goes over a text: which glyph of which font, and where (FORMAT.md sections 5.5, 5.6 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgbuild.reader.font import Font, Glyph


@dataclass(frozen=True, slots=True)
class Placed:
    """A glyph of a font with its pen, in 1/16 px."""

    pen: int
    font: Font
    index: int

    @property
    def glyph(self) -> Glyph:
        """Its bitmap and metrics."""
        return self.font.glyph(self.index)


def decode_text(text: str | bytes) -> str:
    """The characters that a text draws: up to the first zero byte, invalid bytes as U+FFFD.

    Each maximal part of an ill-formed UTF-8 sequence gives one U+FFFD (Unicode 15, section 3.9,
    "Substitution of Maximal Subparts", as WHATWG's decoder does). A lone surrogate in a str counts
    as its three bytes, so it gives three.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")


def find_font(fonts: Sequence[Font], character: str) -> tuple[Font, int] | None:
    """The first font that has a character, and its glyph there; None if none has it."""
    for font in fonts:
        index = font.glyph_index(ord(character))
        if index is not None:
            return font, index
    return None


class Pen:
    """Places one glyph after the other; ``at`` in 1/16 px."""

    def __init__(self, fonts: Sequence[Font], at: int) -> None:
        self.fonts, self.at = fonts, at
        self._last: tuple[Font, int] | None = None

    def restart(self, at: int) -> None:
        """Go to ``at``; the next glyph is a first one."""
        self.at, self._last = at, None

    def place(self, character: str, spacing: int = 0) -> Placed:
        """The glyph of a character where it belongs; the pen goes behind it. ``spacing`` in 1/16 px."""
        font, index = find_font(self.fonts, character) or (self.fonts[0], 0)
        if self._last is not None:
            self.at += spacing
            if self._last[0] is font:
                self.at += font.kerning.get((self._last[1], index), 0)
        placed = Placed(self.at, font, index)
        self.at += placed.glyph.advance16
        self._last = (font, index)
        return placed
