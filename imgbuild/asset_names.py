"""Names of assets: what a pattern such as ``icons/{stem}`` becomes for a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from imgbuild.variants import split_scale, stem_without_suffix

FIELD = re.compile(r"\{([^{}]*)\}")
FILE_FIELDS = ("stem", "name", "parent")
"""Fields of a name that every file fills."""


def stem_of(file: Path) -> str:
    """The name without suffix and without what makes it a 9-patch or a variant."""
    return split_scale(stem_without_suffix(file))[0]


def fields_of_file(file: Path) -> dict[str, str]:
    """The values of FILE_FIELDS."""
    return {"stem": stem_of(file), "name": file.name, "parent": file.parent.name}


def fill_name(template: str, values: Mapping[str, str]) -> str:
    """``template`` with the fields filled that ``values`` has; others stay."""
    return FIELD.sub(lambda match: values.get(match[1], match[0]), template)
