"""What pydantic found, in the words of DESIGN.md section 8: found, expected, did you mean, where."""

from __future__ import annotations

import difflib
import re
from pathlib import PurePosixPath
from typing import Any, get_args

from pydantic import BaseModel

from imgbuild.errors import Diagnostic
from imgbuild.manifest import asset_spec, flash_spec, schema
from imgbuild.manifest.settings_spec import SettingSpec
from imgbuild.manifest.yamlpos import Positions, YamlPath

_LABELS: dict[type[BaseModel], str] = {
    schema.ManifestSpec: "the top level of the manifest",
    flash_spec.FlashSpec: "'flash'",
    schema.DisplaySpec: "'display'",
    asset_spec.ImageAsset: "an image",
    asset_spec.FontAsset: "a font",
    asset_spec.FileAsset: "a file",
    asset_spec.DefaultsSpec: "'defaults'",
    asset_spec.ImageOptionsSpec: "the options of images",
    asset_spec.FontOptionsSpec: "the options of fonts",
    asset_spec.FileOptionsSpec: "the options of files",
    asset_spec.PresetSpec: "a preset",
    asset_spec.ResizeSpec: "'resize'",
    asset_spec.CropSpec: "'crop'",
    asset_spec.CharactersSpec: "'characters'",
    asset_spec.MergeSpec: "a source of 'merge'",
    asset_spec.SpritesSpec: "'sprites'",
    asset_spec.NinePatchSpec: "'nine_patch'",
    flash_spec.LittlefsSpec: "'littlefs'",
    flash_spec.ContainerSpec: "'container'",
    flash_spec.ReservedSpec: "a reserved range",
    flash_spec.RangeSpec: "a region",
    schema.PartitionSpec: "a partition",
    flash_spec.PartitionContainerSpec: "a partition's 'container'",
    flash_spec.SettingsContainerSpec: "the container 'settings'",
    SettingSpec: "a setting",
}
_NO_HOME = (
    asset_spec.PresetSpec,
    asset_spec.ImageOptionsSpec,
    asset_spec.FontOptionsSpec,
    asset_spec.FileOptionsSpec,
)
"""Classes that repeat keys of others: no help as an answer to "where does this key belong?"."""

# What a value of each pydantic error type should have been; {..} are filled from the error's context.
_EXPECTED: dict[str, str] = {
    "expected": "{what}",
    "string_type": "text",
    "string_too_short": "text of at least one character",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping of names to options",
    "tuple_type": "a list",
    "model_type": "a mapping (key: value)",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


_KIND_OF_SUFFIX = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".svg"), "image"),
    **dict.fromkeys((".ttf", ".otf", ".ttc", ".otc", ".woff", ".woff2", ".bdf", ".pcf"), "font"),
}


def describe_value(value: Any) -> str:
    """A manifest's value as an error message shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 40 else f"'{value[:37]}...'"
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, dict) else "a list"


def suggest(word: Any, known: list[str] | tuple[str, ...]) -> str | None:
    """``did you mean 'x'?`` if something known is close to ``word``."""
    close = difflib.get_close_matches(str(word).lower(), known, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'?" if close else None


def translate(error: Any, raw: Any, positions: Positions) -> Diagnostic:
    """The diagnostic of one entry of ``ValidationError.errors()``; ``raw`` is the whole manifest as read."""
    loc: tuple[str | int, ...] = error["loc"]
    path = clean_path(raw, loc)
    asset = _asset_label(raw, path)
    if error["type"] == "extra_forbidden":
        return _unknown_key(loc, path, positions, asset)
    if error["type"] == "missing":
        message = f"key '{loc[-1]}' is missing in {_where(loc[:-1], path)}"
        return Diagnostic("IB106", message, _place_of_mapping(path, positions), asset=asset)
    if error["type"] == "asset_kind":
        return _unclear_kind(error["input"], path, positions, asset)
    return _refused_value(error, path, positions, asset)


def is_misspelt(error: Any) -> bool:
    """Whether a ``missing`` error only repeats that its key is misspelt: that is told as an unknown key."""
    if error["type"] != "missing" or not isinstance(error["input"], dict):
        return False
    return bool(difflib.get_close_matches(str(error["loc"][-1]), list(error["input"]), n=1, cutoff=0.75))


# --- where ---------------------------------------------------------------------------------------


def clean_path(raw: Any, loc: tuple[str | int, ...]) -> YamlPath:
    """``loc`` without the elements that are pydantic's (tags of unions) and not the manifest's."""
    path: list[str | int] = []
    for step in loc:
        is_key = isinstance(raw, dict) and step in raw
        is_index = isinstance(raw, list) and isinstance(step, int) and step < len(raw)
        if is_key or is_index:
            raw = raw[step]
            path.append(step)
    return tuple(path)


def _value_at(raw: Any, path: YamlPath) -> Any:
    for step in path:
        raw = raw[step]
    return raw


def _asset_label(raw: Any, path: YamlPath) -> str | None:
    """The asset that ``path`` leads into: its name, else its source."""
    for length, step in enumerate(path):
        if step == "assets" and length + 1 < len(path):
            entry = _value_at(raw, path[: length + 2])
            if isinstance(entry, dict):
                keys = ("name", *asset_spec.ASSET_CLASSES)
                return next((str(entry[key]) for key in keys if key in entry), None)
    return None


def _place_of_mapping(path: YamlPath, positions: Positions) -> Any:
    """Where a mapping is shown: at the key that it belongs to, or at its own first key."""
    return positions.keys.get(path) or positions.value(path)


def _specs_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [spec for argument in get_args(annotation) for spec in _specs_in(argument)]


def _class_at(loc: tuple[str | int, ...]) -> type[BaseModel] | None:
    """The model class of the mapping at ``loc``."""
    specs: list[type[BaseModel]] = [schema.ManifestSpec]
    is_name = False  # the next step is a name that a person chose, not a field
    for step in loc:
        if is_name or isinstance(step, int):
            is_name = False
        elif step.startswith("<"):
            specs = [spec for spec in specs if getattr(spec, "kind", None) in {step[1:-1], None}]
        else:
            fields = [spec.model_fields[step] for spec in specs if step in spec.model_fields]
            specs = [found for field in fields for found in _specs_in(field.annotation)]
            is_name = step in ("presets", "settings")
    return specs[0] if len(specs) == 1 else None


def _where(loc: tuple[str | int, ...], path: YamlPath) -> str:
    spec = _class_at(loc)
    if spec is asset_spec.PresetSpec and path:
        return f"preset '{path[1]}'"
    return _LABELS.get(spec, "this mapping") if spec else "this mapping"


# --- the kinds of errors -------------------------------------------------------------------------


def _unknown_key(
    loc: tuple[str | int, ...], path: YamlPath, positions: Positions, asset: str | None
) -> Diagnostic:
    key = str(loc[-1])
    spec = _class_at(loc[:-1])
    allowed = list(spec.model_fields) if spec else []
    message = f"unknown key '{key}' in {_where(loc[:-1], path)}"
    hint = suggest(key, allowed) if _is_close(key, allowed) else None
    hint = hint or _home_of(key, spec) or suggest(key, allowed) or _list_keys(allowed)
    return Diagnostic("IB104", message, positions.key(path), hint, asset)


def _is_close(key: str, allowed: list[str]) -> bool:
    return bool(difflib.get_close_matches(key.lower(), allowed, n=1, cutoff=0.8))


def _list_keys(allowed: list[str]) -> str | None:
    return "known here: " + ", ".join(allowed) if allowed else None


def _home_of(key: str, here: type[BaseModel] | None) -> str | None:
    homes = [
        label
        for spec, label in _LABELS.items()
        if spec is not here and spec not in _NO_HOME and key in spec.model_fields
    ]
    return f"'{key}' is a key of {' or '.join(homes)}" if homes else None


def _unclear_kind(entry: Any, path: YamlPath, positions: Positions, asset: str | None) -> Diagnostic:
    kinds = list(asset_spec.ASSET_CLASSES)
    place = positions.value(path)
    if not isinstance(entry, dict):
        message = f"found {describe_value(entry)}, expected an asset"
        kind = _KIND_OF_SUFFIX.get(PurePosixPath(str(entry)).suffix.lower(), "file")
        hint = (
            f"write it as '- {kind}: {entry}'" if isinstance(entry, str) else "write '- image: icons/*.png'"
        )
        return Diagnostic("IB105", message, place, hint)
    found = [kind for kind in kinds if kind in entry]
    if found:
        second = positions.key((*path, found[1]))
        message = f"found the keys {_join_and(found)} in one asset; expected one of them"
        return Diagnostic("IB105", message, second, "write one entry for each", asset)
    for key in entry:
        if meant := suggest(key, kinds):
            return Diagnostic("IB104", f"unknown key '{key}' in an asset", positions.key((*path, key)), meant)
    message = f"an asset needs one of the keys {', '.join(kinds)}; found {_join_and(list(entry)) or 'none'}"
    return Diagnostic("IB106", message, place, "write '- image: icons/*.png'")


def _join_and(words: list[str]) -> str:
    return " and ".join(f"'{word}'" for word in words)


def _refused_value(error: Any, path: YamlPath, positions: Positions, asset: str | None) -> Diagnostic:
    value, context = error["input"], error.get("ctx", {})
    key = next((step for step in reversed(path) if isinstance(step, str)), None)
    prefix = f"{key}: " if key else ""
    allowed = _allowed_values(error)
    if allowed:
        expected = ", ".join(allowed[:-1]) + f" or {allowed[-1]}" if len(allowed) > 1 else allowed[0]
        hint = suggest(value, allowed) if isinstance(value, str) else None
    else:
        template = _EXPECTED.get(error["type"])
        expected = template.format(**context) if template else str(error["msg"])
        hint = _hint_for_type(error["type"], value, key)
    message = f"{prefix}found {describe_value(value)}, expected {expected}"
    return Diagnostic("IB105", message, positions.value(path), hint, asset)


def _allowed_values(error: Any) -> list[str]:
    context = error.get("ctx", {})
    if error["type"] == "choice":
        return [str(value) for value in context["allowed"]]
    if error["type"] == "literal_error":
        return [a or b for a, b in re.findall(r"'([^']*)'|([0-9]+)", str(context["expected"]))]
    return []


def _hint_for_type(kind: str, value: Any, key: str | None) -> str | None:
    if key == "ranges" and isinstance(value, int):
        return "write code points as U+20-U+7E or U+B0"
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return "put it in quotes if it is meant as text"
    if kind == "int_type" and isinstance(value, str) and value.isdigit():
        return "write it without quotes and leading zeros"
    if kind == "bool_type" and str(value).lower() in {"yes", "on", "no", "off"}:
        return f"write {'true' if str(value).lower() in {'yes', 'on'} else 'false'}"
    if kind == "tuple_type":
        return "start each entry with '- ', or write [a, b]"
    return None
