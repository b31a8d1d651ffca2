"""Files of translated texts to entries: YAML, JSON, CSV, gettext .po and Android's strings.xml."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imgbuild.sources.texts.android import read_android
from imgbuild.sources.texts.entries import TextEntry, TextFile
from imgbuild.sources.texts.gettext import read_po
from imgbuild.sources.texts.mappings import read_csv, read_json, read_yaml_texts

TEXT_READERS: dict[str, Callable[[TextFile], list[TextEntry]]] = {
    ".yaml": read_yaml_texts,
    ".yml": read_yaml_texts,
    ".json": read_json,
    ".csv": read_csv,
    ".po": read_po,
    ".xml": read_android,
}
"""By suffix in lower case."""


def read_texts(path: Path, shown: str, language: str | None) -> list[TextEntry]:
    """Every text of a file, in its order. ``shown``: the name in messages and places.

    ``language``: what the texts are in where neither file nor folder says so.

    Raises BuildError: IB330 not readable as what its suffix says, IB331 an id twice, IB332 no language.
    """
    return TEXT_READERS[path.suffix.lower()](TextFile(path, shown, language))


__all__ = ["TEXT_READERS", "TextEntry", "TextFile", "read_texts"]
