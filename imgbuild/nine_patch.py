"""9-patches in the manifest: what makes a picture one, and what then has no effect on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import Diagnostics, Place
from imgbuild.model import NATIVE

if TYPE_CHECKING:
    from imgbuild.manifest.yamlpos import YamlPath
    from imgbuild.options import Merged

FILE_SUFFIX = ".9.png"
"""By this Android knows a picture whose outermost pixels mark what is stretched (NinePatch drawables)."""
BORDER_KEY = "nine_patch_border"
"""Among the values of an entry: the picture has such a border."""

_MOVING = ("resize", "crop", "rotate", "mirror", "trim", "animate")


def settle_nine_patch(
    merged: Merged, file: Path, place_of: Callable[[YamlPath], Place], place: Place, found: Diagnostics
) -> Merged:
    """``merged`` for ``file``: with BORDER_KEY if it has a border, without options that would move it.

    Notes IB118 for such options that were asked for, and IB266 for a border that the flavour cannot keep.
    """
    has_border = file.name.endswith(FILE_SUFFIX) and "nine_patch" not in merged.values
    flavour = merged.values.get("flavour", NATIVE)
    if has_border and flavour != NATIVE:
        message = f'"{file.name}" has the border of a 9-patch, which flavour {flavour} cannot keep'
        found.error("IB266", message, place, "take 'flavour' out, or name the file without '.9'")
    if not has_border and "nine_patch" not in merged.values:
        return merged
    values, explicit = dict(merged.values), dict(merged.explicit)
    for key in [key for key in _MOVING if key in values]:
        del values[key]
        if key in explicit:
            message = f"'{key}' has no effect on the 9-patch {file.name}: it is stretched when it is drawn"
            found.error("IB118", message, place_of(explicit.pop(key)), f"take '{key}' out")
    if has_border:
        values[BORDER_KEY] = True
    return replace(merged, values=values, explicit=explicit)
