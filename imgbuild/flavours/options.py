"""Options and flavours: what has no effect on a picture in the format of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from imgbuild.errors import Diagnostics, Place
from imgbuild.flavours import FLAVOURS
from imgbuild.model import NATIVE
from imgbuild.pixels.formats import PIXEL_FORMATS

if TYPE_CHECKING:
    from imgbuild.manifest.yamlpos import YamlPath

Values = Mapping[str, Any]


class _Merged(Protocol):
    """Options of all levels, and the places of those asked for (imgbuild.options.Merged)."""

    @property
    def values(self) -> Values: ...
    @property
    def explicit(self) -> Mapping[str, YamlPath]: ...


_M = TypeVar("_M", bound=_Merged)


def _always(_values: Values) -> bool:
    return True


def _is_not_565(values: Values) -> bool:
    return values.get("pixel_format") != "rgb565"


def _is_coded(values: Values) -> bool:
    return bool(values.get("codec", "raw") != "raw")


def _is_not_lvgls(values: Values) -> bool:
    return values["codec"] not in ("raw", "rle", "lz4", "auto")


def _is_asked(key: str) -> Callable[[Values], bool]:
    return lambda values: bool(values[key])


def _is_coverage(values: Values) -> bool:
    row = PIXEL_FORMATS.get(values.get("pixel_format", ""))
    return row is not None and row.is_coverage


_FILE_KEYS = ("pixel_format", "byte_order", "bit_order", "codec", "strip_bytes", "row_align")
_Rule = tuple[Callable[[Values], bool], str]
_FILE_RULES: dict[str, _Rule] = {
    **dict.fromkeys(_FILE_KEYS, (_always, "a {flavour} file has its own layout")),
    "nine_patch": (_always, "a {flavour} file has no place for it"),
    "premultiplied": (_is_asked("premultiplied"), "a {flavour} file has no premultiplied colours"),
    "trim": (_is_asked("trim"), "a {flavour} file has no place for the offset"),
}
_NO_FRAMES: _Rule = (_is_asked("animate"), "a {flavour} file has one frame")
_NO_HEADER: _Rule = (_always, "only our own bitmaps can carry it")
_NO_QUALITY: _Rule = (_always, "{flavour} keeps every pixel")

_USELESS: dict[str, dict[str, _Rule]] = {
    NATIVE: {
        "quality": (_always, "it belongs to 'flavour: jpeg'"),
        "lvgl_header": (_is_coded, "LVGL uses pixels in place only with codec raw"),
    },
    "lvgl9": {
        "byte_order": (_is_not_565, "LVGL has swapped bytes for rgb565 only"),
        "bit_order": (_always, "LVGL has the leftmost pixel in the highest bits"),
        "invert": (_is_asked("invert"), "LVGL takes the highest grey for white"),
        "strip_bytes": (_always, "LVGL decodes a picture as a whole"),
        "animate": _NO_FRAMES,
        "codec": (_is_not_lvgls, "LVGL has rle and lz4 only"),
        "lvgl_header": (_always, "an LVGL file has this header anyway"),
        "nine_patch": (_always, "an LVGL file has no place for it"),
        "prefer": (_always, "LVGL has lz4 only to choose from"),
        "tint": (_is_coverage, "LVGL draws {pixel_format} in the colour of its style (image_recolor)"),
        "trim": (_is_asked("trim"), "an LVGL file has no place for the offset"),
        "quality": (_always, "it belongs to 'flavour: jpeg'"),
    },
    "jpeg": {**_FILE_RULES, "animate": _NO_FRAMES, "lvgl_header": _NO_HEADER},
    "png": {**_FILE_RULES, "animate": _NO_FRAMES, "lvgl_header": _NO_HEADER, "quality": _NO_QUALITY},
    "qoi": {**_FILE_RULES, "animate": _NO_FRAMES, "lvgl_header": _NO_HEADER, "quality": _NO_QUALITY},
}


def settle_flavour(merged: _M, label: str, place_of: Callable[[YamlPath], Place], found: Diagnostics) -> _M:
    """``merged`` without the options that the flavour has no use for; IB118 for those asked for."""
    name = merged.values.get("flavour", NATIVE)
    values, explicit = dict(merged.values), dict(merged.explicit)
    for key, (applies, reason) in _USELESS[name].items():
        if key not in values or not applies(merged.values):
            continue
        del values[key]
        if key in explicit:
            why, place = reason.format(**{**merged.values, "flavour": name}), place_of(explicit.pop(key))
            found.error("IB118", f"'{key}' has no effect on image {label}: {why}", place, f"take '{key}' out")
    if name in FLAVOURS and FLAVOURS[name].pixel_format is not None:
        values["pixel_format"] = FLAVOURS[name].pixel_format
    return replace(merged, values=values, explicit=explicit)  # type: ignore[type-var]
