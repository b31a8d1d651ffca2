"""Shaped texts between planning and encoding: glyphs that fonts must have, and their numbers afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostic, Diagnostics, Severity
from imgbuild.model import (
    Codec,
    DecodedFont,
    EncodedAsset,
    FontOptions,
    Kind,
    PlannedAsset,
    RunOptions,
    ShapedLine,
    StringsOptions,
)

if TYPE_CHECKING:
    from imgbuild.glyphs.shape import ShapingFont

FONT_NEED = "font:"
"""How a planned asset names a font among its ``needs``."""
_PLACE_MAX = 0x7FFF


def font_of(asset: PlannedAsset) -> str | None:
    """The font asset that an asset's shaped texts are for."""
    options = asset.options
    if isinstance(options, RunOptions):
        return options.font
    return options.shape if isinstance(options, StringsOptions) else None


def is_text(asset: PlannedAsset) -> bool:
    """Whether an asset holds texts, which are encoded after the fonts."""
    return isinstance(asset.options, (RunOptions, StringsOptions))


# --- before fonts are encoded ----------------------------------------------------------------------


def settle_texts(
    assets: Sequence[PlannedAsset], found: Diagnostics, *, is_strict: bool
) -> tuple[PlannedAsset, ...]:
    """Shape every text that needs it, and give each font the glyphs that its texts took.

    Notes IB350 (no such font), IB351 (emoji sequences), IB352 (characters that the font lacks), IB353
    (wider than places hold).
    """
    if not any(is_text(asset) for asset in assets):
        return tuple(assets)
    fonts = {asset.name: asset for asset in assets if asset.kind == Kind.FONT}
    shaper = _Shaper(fonts, found, Severity.ERROR if is_strict else Severity.WARNING)
    settled = [shaper.settle(asset) if is_text(asset) else asset for asset in assets]
    return tuple(shaper.with_glyphs(asset) for asset in settled)


@dataclass(frozen=True, slots=True)
class _How:
    """How texts are shaped: for which font asset, and as what."""

    font: str
    language: str | None
    script: str | None
    direction: str = "auto"


class _Shaper:
    """Shapes texts for the font assets; ``glyphs``: by font asset, glyphs of its file that texts took."""

    def __init__(self, fonts: Mapping[str, PlannedAsset], found: Diagnostics, severity: Severity) -> None:
        self.fonts, self.found, self.severity = fonts, found, severity
        self.glyphs: dict[str, set[int]] = {}
        self._open: dict[str, ShapingFont] = {}

    def settle(self, asset: PlannedAsset) -> PlannedAsset:
        """``asset`` with its texts shaped."""
        options = asset.options
        if isinstance(options, RunOptions):
            how = _How(options.font, options.language, options.script, options.direction)
            lines = self._shape(asset, how, [options.text]).get(options.text, ())
            return replace(asset, options=replace(options, lines=lines))
        if isinstance(options, StringsOptions):
            return replace(asset, options=replace(options, shaped=self._shape_table(asset, options)))
        return asset

    def with_glyphs(self, asset: PlannedAsset) -> PlannedAsset:
        """A font with the glyphs that texts took; anything else as it is."""
        taken = self.glyphs.get(asset.name)
        if taken is None or not isinstance(asset.options, FontOptions):
            return asset
        glyph_ids = tuple(sorted(taken | set(asset.options.glyph_ids)))
        return replace(asset, options=replace(asset.options, glyph_ids=glyph_ids))

    def _shape_table(
        self, asset: PlannedAsset, options: StringsOptions
    ) -> tuple[tuple[tuple[int, str], tuple[ShapedLine, ...]], ...]:
        from imgbuild.glyphs.shape import needs_shaping

        shaped: dict[tuple[int, str], tuple[ShapedLine, ...]] = {}
        for number, language in enumerate(options.languages):
            column = dict.fromkeys(row[number] for row in options.texts)
            texts = [text for text in column if needs_shaping(text)]
            if not texts:
                continue
            if options.shape is None:
                self._tell_unshaped(asset, language, texts)
                continue
            lines = self._shape(asset, _How(options.shape, language, options.script), texts)
            shaped.update({(number, text): line for text, line in lines.items()})
        return tuple(sorted(shaped.items(), key=lambda item: item[0]))

    def _tell_unshaped(self, asset: PlannedAsset, language: str, texts: Sequence[str]) -> None:
        message = (
            f'"{asset.name}" in {language} has {len(texts)} that cannot be drawn character after character, '
            f'for example "{texts[0][:40]}"'
        )
        hint = "name the font asset that they are shaped for: shape: NAME"
        self.found.items.append(Diagnostic("IB350", message, asset.place, hint, asset.name, self.severity))

    def _shape(
        self, asset: PlannedAsset, how: _How, texts: Iterable[str]
    ) -> dict[str, tuple[ShapedLine, ...]]:
        from imgbuild.glyphs.charset import describe_characters
        from imgbuild.glyphs.shape import emoji_sequence, shape_text

        shaping = self._font(asset, how.font)
        if shaping is None:
            return {}
        shaped: dict[str, tuple[ShapedLine, ...]] = {}
        lacking: set[int] = set()
        for text in texts:
            what = emoji_sequence(text)
            if what is not None:
                message = (
                    f'the text "{text[:40]}" of "{asset.name}" has {what}: sequences of emoji are not drawn'
                )
                hint = "use a single emoji of a font with outlines, or a picture"
                self.found.error("IB351", message, asset.place, hint, asset.name)
                continue
            lines, missing = shape_text(
                text, shaping, language=how.language, script=how.script, direction=how.direction
            )
            lacking.update(missing)
            if self._fits(asset, text, lines):
                shaped[text] = lines
        if lacking:
            source = self.fonts[how.font].source.name
            message = f'texts of "{asset.name}": {source} lacks {describe_characters(sorted(lacking))}'
            hint = "choose a font that has them"
            self.found.items.append(
                Diagnostic("IB352", message, asset.place, hint, asset.name, self.severity)
            )
        taken = self.glyphs.setdefault(how.font, set())
        taken.update(
            glyph for lines in shaped.values() for line in lines for glyph, _, _ in line.glyphs if glyph
        )
        return shaped

    def _fits(self, asset: PlannedAsset, text: str, lines: Sequence[ShapedLine]) -> bool:
        widest = max((abs(place) for line in lines for _, x, y in line.glyphs for place in (x, y)), default=0)
        if widest <= _PLACE_MAX:
            return True
        message = f'the text "{text[:40]}…" of "{asset.name}" is {widest // 16} px wide, at most 2047 px fit'
        self.found.error("IB353", message, asset.place, "break it into lines", asset.name)
        return False

    def _font(self, asset: PlannedAsset, font: str) -> ShapingFont | None:
        from imgbuild.sources.font import open_for_shaping

        planned = self.fonts.get(font)
        if planned is None or not isinstance(planned.options, FontOptions):
            known = ", ".join(f'"{name}"' for name in self.fonts) or "none"
            message = (
                f'"{asset.name}" is shaped for "{font}", which is no font of the manifest; fonts: {known}'
            )
            self.found.error("IB350", message, asset.place, "name a font asset", asset.name)
            return None
        if font not in self._open:
            self._open[font] = open_for_shaping(planned.source, planned.options, planned.place, font)
        return self._open[font]


# --- after fonts are encoded -----------------------------------------------------------------------


def encode_text(asset: PlannedAsset, fonts: Mapping[str, EncodedAsset]) -> EncodedAsset:
    """A strings or text asset; ``fonts``: encoded font assets by name. Raises BuildError IB336."""
    import zlib

    from imgbuild.glyphs.shape import number_glyphs, pack_runs
    from imgbuild.layout.string_table import encode_strings

    font = fonts.get(font_of(asset) or "")
    index_of = {} if font is None else glyph_numbers(font)
    font_key = 0 if font is None else font.key
    options = asset.options
    if not isinstance(options, RunOptions):
        return encode_strings(asset, font_key, index_of)
    runs = number_glyphs(options.lines, font_key, index_of)
    payload = pack_runs(runs)
    return EncodedAsset(
        asset.name, asset.key, Kind.GLYPH_RUNS, payload, zlib.crc32(payload), 0, 0, 0, Codec.RAW,
        len(payload), options.align_bytes, 0, 0, runs,
    )  # fmt: skip


def glyph_numbers(font: EncodedAsset) -> dict[int, int]:
    """Glyphs of a font's file to their places in its glyph table."""
    decoded = font.expected
    if not isinstance(decoded, DecodedFont):
        return {}
    numbers: dict[int, int] = {}
    for index, glyph in enumerate(decoded.glyphs):
        if glyph.glyph_id >= 0:
            numbers.setdefault(glyph.glyph_id, index)
    return numbers
