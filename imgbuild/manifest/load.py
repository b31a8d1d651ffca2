"""The step *load*: a YAML file becomes a :class:`Manifest`, or all that is wrong with it is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from imgbuild.errors import Diagnostic, Diagnostics, Place
from imgbuild.manifest.messages import clean_path, describe_value, is_misspelt, translate
from imgbuild.manifest.schema import MANIFEST_VERSION, Manifest, ManifestSpec
from imgbuild.manifest.yamlpos import Positions, YamlPath, read_yaml


def load_manifest(path: Path) -> Manifest:
    """Read and check a manifest. Raises :class:`BuildError` with every error found (IB101 to IB108, IB120).

    ``path`` stands in places as given. The files that the manifest names are not looked at.
    """
    document, found = read_yaml(path)
    spec = _validate(document.value, document.positions, found)
    found.items.sort(key=_order)
    found.raise_if_errors()
    if spec is None:  # every way to None notes an error
        raise AssertionError(path)
    return Manifest(path, path.absolute().parent, spec, document.positions)


def _order(diagnostic: Diagnostic) -> tuple[int, int]:
    place = diagnostic.place
    return (place.line, place.column) if place else (0, 0)


def _validate(raw: Any, positions: Positions, found: Diagnostics) -> ManifestSpec | None:
    if not isinstance(raw, dict):
        what = "the manifest is empty" if raw is None else f"found {describe_value(raw)}"
        place = positions.value(()) if raw is not None else Place(positions.file)
        hint = "the least is: version, name, flash and assets"
        found.error("IB105", f"{what}; expected a mapping (key: value)", place, hint=hint)
        return None
    if _is_other_version(raw, positions, found):
        return None  # another version has other keys: what else is said about it is noise
    empty = _report_empty_values(raw, (), positions, found)
    _check_combinations(raw, positions, found)
    try:
        return ManifestSpec.model_validate(raw)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            path = clean_path(raw, item["loc"])
            if not (positions.is_doubtful(path) or path in empty or is_misspelt(item)):
                found.items.append(translate(item, raw, positions))
    return None


def _is_other_version(raw: dict[str, Any], positions: Positions, found: Diagnostics) -> bool:
    if "version" not in raw or raw["version"] is None or positions.is_doubtful(("version",)):
        return False
    version = raw["version"]
    if type(version) is int and version == MANIFEST_VERSION:  # true is an int, too
        return False
    message = f"version: found {describe_value(version)}, expected {MANIFEST_VERSION}"
    hint = "a newer imgbuild may read it" if type(version) is int and version > MANIFEST_VERSION else None
    found.error("IB120", message, positions.value(("version",)), hint=hint)
    return True


def _report_empty_values(raw: Any, path: YamlPath, positions: Positions, found: Diagnostics) -> set[YamlPath]:
    """Refuse keys and list items without a value; gives their paths (the depth of ``raw`` is limited)."""
    empty: set[YamlPath] = set()
    items = raw.items() if isinstance(raw, dict) else enumerate(raw)
    for step, value in items:
        here = (*path, step)
        if isinstance(value, (dict, list)):
            empty |= _report_empty_values(value, here, positions, found)
        elif value is None:
            empty.add(here)
            if not positions.is_doubtful(here):
                _report_empty(step, here, positions, found)
    return empty


def _report_empty(step: str | int, path: YamlPath, positions: Positions, found: Diagnostics) -> None:
    if isinstance(step, int):
        found.error("IB105", "the list has an empty entry", positions.value(path))
        return
    hint = "remove the key to keep the default"
    if step == "background":
        hint = "put the colour in quotes: a '#' starts a comment"
    found.error("IB105", f"key '{step}' has no value", positions.key(path), hint=hint)


def _check_combinations(raw: dict[str, Any], positions: Positions, found: Diagnostics) -> None:
    """Keys that exclude or need each other."""
    flash = raw.get("flash")
    if isinstance(flash, dict) and "board" in flash and "chip" in flash:
        message = "found 'board' and 'chip'; expected one of them: a board tells its chip"
        found.error("IB105", message, positions.key(("flash", "chip")))
    if "assets" in raw and "partitions" in raw:
        message = "found 'assets' and 'partitions'; expected one of them: each partition lists its assets"
        found.error("IB105", message, positions.key(("assets",)))
    for key in ("container", "budget"):
        if key in raw and "partitions" in raw:
            message = f"found '{key}' beside 'partitions'; expected it in each partition that it is meant for"
            found.error("IB105", message, positions.key((key,)))
    if "assets" not in raw and "partitions" not in raw and not positions.is_doubtful(()):
        message = "key 'assets' is missing in the top level of the manifest"
        found.error("IB106", message, positions.value(()))
