"""Texts in YAML, JSON and CSV.

A mapping of ids to texts; deeper mappings join their keys with a point (``menu.file``, ``items.one``). Where
every key at the top is a language, each has a mapping of its own: a file of all languages.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.limits import MANIFEST_DEPTH_MAX
from imgbuild.manifest.yamlpos import parse_yaml
from imgbuild.sources.texts.entries import TextEntry, TextFile, is_tag, normalise_tag, text_of

Keys = tuple[str, ...]


def read_yaml_texts(file: TextFile) -> list[TextEntry]:
    """A YAML file; each text with its line."""
    try:
        document, found = parse_yaml(file.read(), file.shown, is_text=True)
        found.raise_if_errors()
    except BuildError as error:
        raise _as_strings_errors(error) from None
    return list(_entries(file, document.value, document.positions.value))


_CODES = {"IB103": "IB331"}


def _as_strings_errors(error: BuildError) -> BuildError:
    """The errors of a YAML file under the codes of strings: a key twice is an id twice."""
    found = Diagnostics()
    for item in error.diagnostics:
        found.error(_CODES.get(item.code, "IB330"), item.message, item.place, item.hint)
    return BuildError(*found.items)


def read_json(file: TextFile) -> list[TextEntry]:
    """A JSON file. An id that stands twice in one object is refused (IB331)."""
    text = file.read()

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise _TwiceError(key)
            found[key] = value
        return found

    try:
        value = json.loads(text, object_pairs_hook=collect)
    except _TwiceError as error:
        _fail_twice(file, error.key)
    except json.JSONDecodeError as error:
        file.fail(f"it is not JSON: {error.msg.lower()}", error.lineno, error.colno)
    except (RecursionError, ValueError):
        file.fail("it is nested too deeply, or a number is too long")
    return list(_entries(file, value, lambda _keys: file.place()))


class _TwiceError(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _fail_twice(file: TextFile, key: str) -> None:
    found = Diagnostics()
    found.error("IB331", f'"{key}" stands twice in {file.path.name}', file.place(), "take one of them out")
    found.raise_if_errors()


def read_csv(file: TextFile) -> list[TextEntry]:
    """A table: a row of column names (the first is the ids', the others languages), then a row per text.

    Separated by commas, semicolons or tabs. An empty cell is a text that is missing.
    """
    text = file.read()
    first_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        columns = {n: normalise_tag(name) for n, name in enumerate(header) if n and is_tag(name)}
        if not columns:
            file.fail(f"found columns {header}, expected the ids' and one per language such as en, pt-BR", 1)
        return list(_csv_entries(file, rows, columns))
    except csv.Error as error:
        file.fail(f"it is not a table: {error}", rows.line_num)


def _csv_entries(file: TextFile, rows: Any, columns: Mapping[int, str]) -> Iterator[TextEntry]:
    for row in rows:
        if not row or not row[0].strip():
            continue
        for number, language in columns.items():
            if number < len(row) and row[number]:
                yield TextEntry(language, row[0].strip(), row[number], file.place(rows.line_num))


def _entries(file: TextFile, value: Any, place_of: Callable[[Keys], Place]) -> Iterator[TextEntry]:
    if not isinstance(value, dict) or not value:
        file.fail("expected a mapping of ids to texts")
    is_all = all(is_tag(str(key)) and isinstance(below, dict) for key, below in value.items())
    own = file.language_of_name()
    if is_all and (own is None or own in {normalise_tag(str(key)) for key in value}):
        for key, below in value.items():
            yield from _Walk(file, normalise_tag(str(key)), 1, place_of).walk(below, (str(key),))
    else:
        yield from _Walk(file, file.known_language(), 0, place_of).walk(value, ())


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through the mappings of one language; ``skip``: how many keys at the top do not belong to ids."""

    file: TextFile
    language: str
    skip: int
    place_of: Callable[[Keys], Place]

    def walk(self, value: dict[str, Any], keys: Keys) -> Iterator[TextEntry]:
        """The texts below ``value``, which stands at ``keys``."""
        if len(keys) > MANIFEST_DEPTH_MAX:
            self.file.fail(f"nested deeper than {MANIFEST_DEPTH_MAX} levels")
        for key, below in value.items():
            path = (*keys, str(key))
            if isinstance(below, dict):
                yield from self.walk(below, path)
            else:
                yield self._entry(below, path)

    def _entry(self, value: Any, path: Keys) -> TextEntry:
        name, place, text = ".".join(path[self.skip :]), self.place_of(path), text_of(value)
        if text is None:
            shown = (
                "nothing" if value is None else "a list" if isinstance(value, list) else str(value).lower()
            )
            self.file.fail(f'"{name}" is {shown}, expected a text', place.line, place.column)
        return TextEntry(self.language, name, text, place)
