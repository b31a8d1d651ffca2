"""What the build says of its fonts once they are encoded: missing characters, licence bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from imgbuild.errors import BuildError, Diagnostic, Severity
from imgbuild.font_plan import chain_of
from imgbuild.model import DecodedFont, EncodedAsset, FontOptions, PlannedAsset

_FONTS_NAMED = 4
_FONTS_ASKED = 16
_ASKERS_NAMED = 4


def report_fonts(
    planned: Sequence[PlannedAsset], encoded: Sequence[EncodedAsset], *, is_strict: bool
) -> list[Diagnostic]:
    """Warnings (errors if strict): IB302 missing characters, with the fonts that have them, IB313, IB318."""
    fonts = {asset.name: asset for asset in planned if isinstance(asset.options, FontOptions)}
    decoded = {asset.name: asset.expected for asset in encoded if isinstance(asset.expected, DecodedFont)}
    decoded.update({asset.name: asset.font for asset in encoded if asset.font is not None})
    severity = Severity.ERROR if is_strict else Severity.WARNING
    found: list[Diagnostic] = []
    for name, font in decoded.items():
        asset = fonts.get(name)
        if asset is None:
            continue
        found += [
            Diagnostic(remark.code, remark.message, asset.place, remark.hint, name, severity)
            for remark in dict.fromkeys(font.remarks)
        ]
        missing = _missing(asset, fonts, decoded)
        if missing:
            message, hint = _tell_missing(asset, missing, fonts)
            found.append(Diagnostic("IB302", message, asset.place, hint, name, severity))
    return found


def _missing(
    asset: PlannedAsset, fonts: Mapping[str, PlannedAsset], decoded: Mapping[str, DecodedFont]
) -> list[int]:
    """The characters that neither the font nor its fallbacks have, as stored."""
    there: set[int] = set()
    by_name = {name: font for name, font in fonts.items() if not font.variant}
    for font in chain_of(asset, by_name)[1:]:
        if font.name in decoded:
            there.update(glyph.codepoint for glyph in decoded[font.name].glyphs)
    return [point for point in decoded[asset.name].missing if point not in there]


def _tell_missing(
    asset: PlannedAsset, missing: Sequence[int], fonts: Mapping[str, PlannedAsset]
) -> tuple[str, str]:
    from imgbuild.glyphs.charset import describe_characters

    options = asset.options
    names = [asset.source.name]
    if isinstance(options, FontOptions):
        names += [source.source.name for source in options.merge]
    who = names[0] if len(names) == 1 else f"none of {', '.join(names)}"
    verb = "lacks" if len(names) == 1 else "has"
    message = (
        f'font "{asset.name}": {who} {verb} {len(missing)} '
        f"of the characters asked for: {describe_characters(missing)}{_tell_askers(asset, missing)}"
    )
    owners = list(_owners(asset, missing, fonts))
    if not owners:
        return message, "take them out of 'characters', or choose a font that has them"
    told = [
        f'"{font.name}" ({font.source.name}) has {describe_characters(points)}'
        for font, points in owners[:_FONTS_NAMED]
    ]
    best = max(owners, key=lambda owner: len(owner[1]))[0]
    hint = f"ask it on the device, fallback: {best.name}, or add {best.source.name} under 'merge'"
    return "; ".join((message, *told)), hint


def _tell_askers(asset: PlannedAsset, missing: Sequence[int]) -> str:
    """Who needs them: texts, files and strings of a language; nothing where only ranges do."""
    options = asset.options
    askers = options.askers if isinstance(options, FontOptions) else ()
    labels = [label for label, points in askers if not set(missing).isdisjoint(points)]
    rest = len(labels) - _ASKERS_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"; needed by {', '.join(labels[:_ASKERS_NAMED])}{more}" if labels else ""


def _owners(
    asset: PlannedAsset, missing: Sequence[int], fonts: Mapping[str, PlannedAsset]
) -> Iterator[tuple[PlannedAsset, list[int]]]:
    """The other fonts of the manifest that have some of ``missing``, with what they have; each file once."""
    from imgbuild.sources.font import has_characters

    seen = {path for path, _ in _files(asset)}
    for font in list(fonts.values())[:_FONTS_ASKED]:
        for path, face in _files(font):
            if path in seen:
                continue
            seen.add(path)
            try:
                there = has_characters(path, face, missing)
            except BuildError:
                continue  # told where that font is encoded
            if there:
                yield replace(font, source=path), [point for point in missing if point in there]


def _files(asset: PlannedAsset) -> list[tuple[Path, int | str]]:
    options = asset.options
    if not isinstance(options, FontOptions):
        return []
    return [(asset.source, options.face), *((source.source, source.face) for source in options.merge)]
