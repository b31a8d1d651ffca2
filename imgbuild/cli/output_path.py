"""An output path that remembers whether it was written as a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

_HAS_SLASH = "imgbuild.output has a slash at its end"


class OutputPath(click.Path):
    """As click.Path with Path as its type, which forgets a slash at the end."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; :func:`has_slash` tells the rest."""
        if ctx is not None:
            ctx.meta[_HAS_SLASH] = os.fspath(value).endswith(("/", os.sep))
        return super().convert(value, param, ctx)


def has_slash() -> bool:
    """Whether the command's output path ended with a slash: it means a folder."""
    return bool(click.get_current_context().meta.get(_HAS_SLASH))
