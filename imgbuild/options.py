"""Options of an asset: built-in default < display < defaults < preset < the entry's own.

A *default* that does not apply to an asset is ignored; an *explicit* option (of the entry or of a preset that
it names) that does not apply is an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imgbuild.errors import Diagnostics, Place
from imgbuild.limits import STRIP_BYTES_DEFAULT
from imgbuild.model import FileOptions, ImageOptions, Resize
from imgbuild.pixels.formats import PIXEL_FORMATS

if TYPE_CHECKING:
    from imgbuild.manifest.schema import AssetSpec, Manifest
    from imgbuild.manifest.yamlpos import YamlPath


@dataclass(frozen=True, slots=True)
class Merged:
    """The options of one entry: ``values`` of all levels, ``explicit`` the paths of those asked for."""

    values: Mapping[str, Any]
    explicit: Mapping[str, YamlPath]


_DISPLAY_KEYS = ("pixel_format", "byte_order", "strip_bytes")


def merge_options(manifest: Manifest, entry: AssetSpec, path: YamlPath, found: Diagnostics) -> Merged:
    """All levels of options for ``entry``, whose place in the manifest is ``path``."""
    spec = manifest.spec
    values: dict[str, Any] = {}
    if entry.kind == "image":
        values.update({k: v for k, v in spec.display.given().items() if k in _DISPLAY_KEYS})
    values.update(getattr(spec.defaults, entry.kind).given())
    explicit: dict[str, YamlPath] = {}
    if entry.use is not None:
        preset = spec.presets.get(entry.use)
        if preset is None:
            _unknown_preset(manifest, entry.use, (*path, "use"), found)
        else:
            values.update(preset.given())
            explicit.update({key: ("presets", entry.use, key) for key in preset.given()})
    values.update(entry.options())
    explicit.update({key: (*path, key) for key in entry.options()})
    known = type(entry).model_fields
    for key in [key for key in explicit if key not in known]:
        found.error(
            "IB118",
            f"'{key}' has no effect on {entry.kind} \"{entry.source}\"",
            manifest.key_place(explicit.pop(key)),
            f"this preset is used by the {entry.kind} at line {manifest.key_place(path).line}",
        )
    return Merged({key: value for key, value in values.items() if key in known}, explicit)


def _unknown_preset(manifest: Manifest, name: str, path: YamlPath, found: Diagnostics) -> None:
    close = difflib.get_close_matches(name, manifest.spec.presets, n=1)
    hint = f'did you mean "{close[0]}"?' if close else "define it under 'presets'"
    found.error("IB117", f'there is no preset "{name}"', manifest.value_place(path), hint)


# --- pictures ------------------------------------------------------------------------------------


def image_options(
    merged: Merged, label: str, place_of: Callable[[YamlPath], Place], place: Place, found: Diagnostics
) -> ImageOptions | None:
    """Every option of a picture spelled out; None (and an error) if there is no pixel format."""
    values = merged.values
    if "pixel_format" not in values:
        hint = "give it here, in 'defaults: image', or for all under 'display: pixel_format'"
        found.error("IB106", f"image {label} has no 'pixel_format'", place, hint)
        return None
    _refuse_useless(merged, label, place_of, found)
    resize = values.get("resize")
    return ImageOptions(
        pixel_format=values["pixel_format"],
        byte_order=values.get("byte_order", "little"),
        bit_order=values.get("bit_order", "msb"),
        codec=values.get("codec", "raw"),
        strip_bytes=values.get("strip_bytes", STRIP_BYTES_DEFAULT),
        row_align_bytes=values.get("row_align", 1),
        align_bytes=values.get("align", 4),
        resize=Resize(resize.width, resize.height, resize.fit) if resize else None,
        background=values.get("background"),
    )


def _has_byte_order(options: Mapping[str, Any]) -> bool:
    return PIXEL_FORMATS[options["pixel_format"]].has_byte_order


def _has_bit_order(options: Mapping[str, Any]) -> bool:
    return PIXEL_FORMATS[options["pixel_format"]].has_bit_order


def _has_background(options: Mapping[str, Any]) -> bool:
    return not PIXEL_FORMATS[options["pixel_format"]].has_alpha


def _has_strips(options: Mapping[str, Any]) -> bool:
    return bool(options.get("codec", "raw") != "raw")


_APPLIES: dict[str, tuple[Callable[[Mapping[str, Any]], bool], str]] = {
    "byte_order": (_has_byte_order, "pixels of {pixel_format} are not larger than a byte"),
    "bit_order": (_has_bit_order, "pixels of {pixel_format} are not smaller than a byte"),
    "background": (_has_background, "{pixel_format} keeps the transparency"),
    "strip_bytes": (_has_strips, "codec raw has no strips"),
}


def _refuse_useless(
    merged: Merged, label: str, place_of: Callable[[YamlPath], Place], found: Diagnostics
) -> None:
    for key, (applies, reason) in _APPLIES.items():
        if key in merged.explicit and not applies(merged.values):
            why = reason.format(**merged.values)
            place = place_of(merged.explicit[key])
            found.error("IB118", f"'{key}' has no effect on image {label}: {why}", place, f"take '{key}' out")


# --- files ---------------------------------------------------------------------------------------


def file_options(merged: Merged) -> FileOptions:
    """Every option of a plain file spelled out."""
    return FileOptions(align_bytes=merged.values.get("align", 4))
