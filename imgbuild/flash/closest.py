"""The name that a misspelt one most likely means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, of equals the first; None if none is like it."""
    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, n=5, cutoff=0.6)

    def rank(candidate: str) -> tuple[float, int]:
        ratio = difflib.SequenceMatcher(None, candidate, name.lower()).ratio()
        return -ratio, names.index(candidate)

    return min(close, key=rank, default=None)
