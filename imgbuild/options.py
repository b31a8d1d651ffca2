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
from imgbuild.model import NATIVE, FileOptions, ImageOptions, NinePatch, Resize
from imgbuild.nine_patch import BORDER_KEY
from imgbuild.palettes import OPTIMAL, can_dither, can_find_palette, can_palette
from imgbuild.pixels.formats import PIXEL_FORMATS
from imgbuild.range_tables import RANGE_KINDS

if TYPE_CHECKING:
    from imgbuild.manifest.asset_spec import AssetSpec, NinePatchSpec
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.yamlpos import YamlPath


@dataclass(frozen=True, slots=True)
class Merged:
    """The options of one entry: ``values`` of all levels, ``explicit`` the paths of those asked for.

    ``is_complete`` is false if the entry's preset is not known: what is missing may stand there.
    ``display_format`` is the display's own pixel format.
    """

    values: Mapping[str, Any]
    explicit: Mapping[str, YamlPath]
    is_complete: bool = True
    display_format: str | None = None


_PALETTE_KEYS = {"palette", "palette_group", "colours"}
"""Any of them asks an indexed format for a palette, which otherwise must hold every colour."""
_DISPLAY_KEYS = ("pixel_format", "byte_order", "bit_order", "invert", "strip_bytes")
_OWN_BITS_KEYS = ("bit_order", "invert")
"""Of the display they tell how its controller takes the bits of the display's own pixel format."""


def merge_options(manifest: Manifest, entry: AssetSpec, path: YamlPath, found: Diagnostics) -> Merged:
    """All levels of options for ``entry``, whose place in the manifest is ``path``."""
    spec = manifest.spec
    values: dict[str, Any] = {}
    if entry.kind == "image":
        values.update({k: v for k, v in spec.display.given().items() if k in _DISPLAY_KEYS})
    values.update(getattr(spec.defaults, entry.kind).given())
    explicit: dict[str, YamlPath] = {}
    is_complete = entry.use is None or entry.use in spec.presets
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
    applying = {key: value for key, value in values.items() if key in known}
    if entry.kind == "image":
        _leave_to_display(manifest, applying, explicit)
    return Merged(applying, explicit, is_complete, spec.display.pixel_format)


def _leave_to_display(manifest: Manifest, values: dict[str, Any], explicit: Mapping[str, YamlPath]) -> None:
    """Take out what is said of the display's own bits where a picture is not stored as the display has it."""
    display, given = manifest.spec.display, manifest.spec.defaults.image.given()
    is_its_own = display.pixel_format in (None, values.get("pixel_format"))
    if is_its_own and values.get("flavour", NATIVE) == NATIVE:
        return
    for key in _OWN_BITS_KEYS:
        if key in values and key not in explicit and key not in given:
            del values[key]


def _unknown_preset(manifest: Manifest, name: str, path: YamlPath, found: Diagnostics) -> None:
    close = difflib.get_close_matches(name, manifest.spec.presets, n=1)
    hint = f'did you mean "{close[0]}"?' if close else "define it under 'presets'"
    found.error("IB117", f'there is no preset "{name}"', manifest.value_place(path), hint)


# --- pictures ------------------------------------------------------------------------------------


def image_options(
    merged: Merged, label: str, place_of: Callable[[YamlPath], Place], place: Place, found: Diagnostics
) -> ImageOptions | None:
    """Every option of a picture spelled out; None (and an error) without a pixel format."""
    values = merged.values
    if "pixel_format" not in values and not merged.is_complete:
        return None
    if "pixel_format" not in values:
        hint = "give it here, in 'defaults: image', or for all under 'display: pixel_format'"
        found.error("IB106", f"image {label} has no 'pixel_format'", place, hint)
        return None
    _refuse_useless(merged, label, place_of, found)
    return ImageOptions(
        pixel_format=values["pixel_format"],
        byte_order=values.get("byte_order", "little"),
        bit_order=values.get("bit_order", _default_bit_order(values)),
        invert=_can_invert(values) and values.get("invert", False),
        is_premultiplied=_can_premultiply(values) and values.get("premultiplied", False),
        codec=values.get("codec", "raw"),
        prefer=values.get("prefer", "balanced"),
        strip_bytes=values.get("strip_bytes", STRIP_BYTES_DEFAULT),
        row_align_bytes=values.get("row_align", 1),
        align_bytes=values.get("align", 4),
        resize=_resize_of(values),
        background=values.get("background"),
        crop=_crop_of(values),
        rotate_degrees=values.get("rotate", 0),
        mirror=values.get("mirror", ""),
        gamma=values.get("gamma"),
        tint=values.get("tint"),
        alpha_threshold=values.get("alpha_threshold"),
        is_trimmed=_is_still(values) and values.get("trim", False),
        icc=values.get("icc", "convert"),
        is_lossless=values.get("lossless", False),
        display_format=merged.display_format,
        is_animated=values.get("animate", False),
        dither=values.get("dither", "none") if can_dither(values) else "none",
        is_palette_optimal=can_find_palette(values) and not _PALETTE_KEYS.isdisjoint(values),
        palette_group=values.get("palette_group") if can_find_palette(values) else None,
        colours=values.get("colours") if can_find_palette(values) else None,
        flavour=values.get("flavour", NATIVE),
        lvgl_header=_is_still(values) and values.get("lvgl_header", False),
        quality=values.get("quality", 90),
        nine_patch=_nine_patch(values.get("nine_patch")),
        has_nine_patch_border=values.get(BORDER_KEY, False),
    )


def _resize_of(values: Mapping[str, Any]) -> Resize | None:
    resize = values.get("resize")
    if resize is None:
        return None
    return Resize(resize.width or 0, resize.height or 0, resize.fit, resize.filter, resize.linear)


def _crop_of(values: Mapping[str, Any]) -> tuple[int, int, int, int] | None:
    crop = values.get("crop")
    return None if crop is None else (crop.x, crop.y, crop.width, crop.height)


def _has_byte_order(options: Mapping[str, Any]) -> bool:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    return row is None or row.has_byte_order  # auto may choose such a format


def _has_bit_order(options: Mapping[str, Any]) -> bool:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    return row is None or row.has_bit_order


def _default_bit_order(options: Mapping[str, Any]) -> str:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    return row.default_bit_order if row else "msb"


def _can_invert(options: Mapping[str, Any]) -> bool:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    if options.get("invert") in ("colour", "black"):
        return bool(row and row.can_invert and row.has_inks)
    return bool(row and row.can_invert)


def _can_premultiply(options: Mapping[str, Any]) -> bool:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    return bool(row and row.can_premultiply)


def _has_background(options: Mapping[str, Any]) -> bool:
    row = PIXEL_FORMATS.get(options["pixel_format"])
    if row is not None and row.is_indexed:
        return "palette" in options and options["palette"] != OPTIMAL  # which may be opaque
    return row is not None and not row.has_alpha


def _has_strips(options: Mapping[str, Any]) -> bool:
    return bool(options.get("codec", "raw") != "raw")


def _is_auto(options: Mapping[str, Any]) -> bool:
    return bool(options.get("codec") == "auto")


def _has_codec(options: Mapping[str, Any]) -> bool:
    known = {*RANGE_KINDS, "auto"}
    return options.get("codec") != "range" or options["pixel_format"] in known


def _is_still(options: Mapping[str, Any]) -> bool:
    return not options.get("animate", False)


_APPLIES: dict[str, tuple[Callable[[Mapping[str, Any]], bool], str]] = {
    "byte_order": (_has_byte_order, "pixels of {pixel_format} are not larger than a byte"),
    "bit_order": (_has_bit_order, "pixels of {pixel_format} are not smaller than a byte"),
    "invert": (_can_invert, "{pixel_format} has no such bits to invert"),
    "premultiplied": (_can_premultiply, "{pixel_format} has no alpha of 8 bits beside 8 bits of R, G and B"),
    "dither": (can_dither, "{pixel_format} has 8 bits per channel"),
    "palette": (can_palette, "{pixel_format} has no palette to choose"),
    "palette_group": (can_find_palette, "{pixel_format} has no palette, or one is given"),
    "colours": (can_find_palette, "{pixel_format} has no palette, or one is given"),
    "background": (_has_background, "{pixel_format} keeps the transparency"),
    "strip_bytes": (_has_strips, "codec raw has no strips"),
    "codec": (_has_codec, "codec range knows no {pixel_format}"),
    "prefer": (_is_auto, "it is a wish for codec auto"),
    "trim": (_is_still, "frames of an animation keep their place"),
    "lvgl_header": (_is_still, "LVGL knows no animation of ours"),
}


def _nine_patch(spec: NinePatchSpec | None) -> NinePatch | None:
    """The content box is the stretchable part, unless a border says otherwise."""
    if spec is None:
        return None
    insets = (spec.left, spec.top, spec.right, spec.bottom)
    return NinePatch(insets, insets)


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
