"""Options and flavours of fonts: which codec a flavour has, and what it has no place for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from imgbuild.errors import Diagnostics, Place
from imgbuild.model import NATIVE

if TYPE_CHECKING:
    from imgbuild.manifest.yamlpos import YamlPath

_LVGL9 = "lvgl9"
_CODECS = {NATIVE: ("raw", "range", "auto"), _LVGL9: ("raw", "rle", "auto")}
_ONLY_CODED_BPP = 3
"""Bits a pixel that LVGL draws of compressed glyphs only."""


def settle_font_flavour(
    values: Mapping[str, Any],
    explicit: Mapping[str, YamlPath],
    bpp: int,
    refuse: Callable[[str, str], None],
) -> tuple[str, str]:
    """Flavour and codec of a font. ``values``: options of all levels, ``explicit``: those asked for.

    ``refuse`` is called with a key that was asked for and means nothing, and the reason. LVGL's default is
    raw, since it draws compressed glyphs only if it is built so.
    """
    flavour = values.get("flavour", NATIVE)
    if flavour not in _CODECS:
        if "flavour" in explicit:
            refuse("flavour", f"{flavour} is for pictures")
        flavour = NATIVE
    default = "auto" if flavour == NATIVE else "rle" if bpp == _ONLY_CODED_BPP else "raw"
    codec = values.get("codec", default)
    if codec not in _CODECS[flavour]:
        if "codec" in explicit:
            owner = "glyphs of ours have" if flavour == NATIVE else "LVGL's glyphs have"
            refuse("codec", f"{owner} {', '.join(_CODECS[flavour])}, not {codec}")
        codec = default
    if flavour == _LVGL9 and values.get("fallback") and "fallback" in explicit:
        refuse("fallback", "an LVGL font file has no place for it: set it on the lv_font_t")
    return flavour, codec


def refusing(
    name: str, explicit: Mapping[str, YamlPath], place_of: Callable[[YamlPath], Place], found: Diagnostics
) -> Callable[[str, str], None]:
    """What notes IB118 about the font ``name``."""

    def refuse(key: str, reason: str) -> None:
        message = f"'{key}' has no effect on font \"{name}\": {reason}"
        found.error("IB118", message, place_of(explicit[key]), f"take '{key}' out")

    return refuse
