"""Kinds of pixels that codec 3 knows: which tables, which parts of them (FORMAT.md, codec 3)."""

from __future__ import annotations

from dataclasses import dataclass

from imgbuild.codecs.range_pixels.colour import Places
from imgbuild.codecs.range_pixels.residual import OneChannel, Residuals, ThreeChannels
from imgbuild.range_tables import TABLE_BYTES


@dataclass(frozen=True, slots=True)
class PixelKind:
    """One kind. ``alpha_bits``: 8 or 4 where a plane of coverage may be coded, 0 where not.

    A kind with ``places`` codes colours (or indices, or grey levels); ``has_modes``: a strip says whether
    it is flat, and whether it has an alpha plane. The kind's table is its alpha table, then its colour table.
    """

    name: str
    tables: tuple[str, ...]
    alpha_bits: int
    places: Places | None = None
    residuals: Residuals | None = None
    has_modes: bool = False

    @property
    def table_bytes(self) -> int:
        """Bytes of the kind's table."""
        return sum(TABLE_BYTES[name] for name in self.tables)


_ALPHA = TABLE_BYTES["alpha8"]
_COLOUR = Places(_ALPHA + 200, _ALPHA, _ALPHA + 400, _ALPHA + 401, _ALPHA + 403)
_RGB565 = ThreeChannels((5, 6, 5), True, 0, 12, _ALPHA + 419, _ALPHA + 491)
_RGB888 = ThreeChannels((8, 8, 8), False, 2, 14, _ALPHA + 419, _ALPHA + 503)
_FLAT = Places(0, None, 200, 201, 203)

KINDS: dict[str, PixelKind] = {
    kind.name: kind
    for kind in (
        PixelKind("alpha8", ("alpha8",), 8),
        PixelKind("alpha4", ("alpha4",), 4),
        PixelKind("colour565", ("alpha8", "colour565"), 8, _COLOUR, _RGB565, has_modes=True),
        PixelKind("colour888", ("alpha8", "colour888"), 8, _COLOUR, _RGB888, has_modes=True),
        PixelKind("indexed8", ("indexed8",), 0, _FLAT, OneChannel(8, 219)),
        PixelKind("indexed4", ("indexed4",), 0, _FLAT, OneChannel(4, 219)),
        PixelKind("gray8", ("gray8",), 0, _FLAT, OneChannel(8, 219)),
        PixelKind("gray4", ("gray4",), 0, _FLAT, OneChannel(4, 219)),
    )
}
"""Every kind by its name."""
