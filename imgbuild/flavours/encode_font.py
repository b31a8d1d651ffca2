"""The way from a decoded font to its asset: our own font, or a font file of another flavour."""

from __future__ import annotations

from dataclasses import replace

from imgbuild.errors import Diagnostic, Severity
from imgbuild.model import NATIVE, DecodedFont, EncodedAsset, FontOptions, PlannedAsset


def encode_font_asset(
    asset: PlannedAsset, options: FontOptions, decoded: DecodedFont, *, is_strict: bool
) -> tuple[EncodedAsset, list[Diagnostic]]:
    """``decoded`` as the font or file that ``options`` ask for, and warnings (errors if strict).

    Raises BuildError with IB306 for what our font cannot hold, IB370 for what LVGL's cannot.
    """
    if options.flavour == NATIVE:
        from imgbuild.glyphs.table import encode_font

        return encode_font(asset, decoded), []
    from imgbuild.flavours.lvgl9_font import encode_lvgl9_font

    encoded, warnings = encode_lvgl9_font(asset, decoded)
    severity = Severity.ERROR if is_strict else Severity.WARNING
    found = [replace(warning, severity=severity) for warning in warnings]
    return replace(encoded, font=decoded), found
