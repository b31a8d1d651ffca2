"""Texts in Android's strings.xml.

``values-de/strings.xml`` is German, ``values/`` the default language. Plurals are ``name.one``,
``name.other``; arrays ``name.0``, ``name.1``. Escapes and quotes as in Android's "String resources".
"""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from imgbuild.sources.texts.entries import TextEntry, TextFile, normalise_tag

_FOLDER = re.compile(r"values-(?:b\+(?P<bcp>[A-Za-z0-9+]+)|(?P<tag>[a-z]{2,3})(?:-r(?P<region>[A-Z]{2}))?)")
_ESCAPES = {"n": "\n", "t": "\t", "'": "'", '"': '"', "@": "@", "?": "?", "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))|(\s+)", re.DOTALL)
_COLLECTIONS = {"plurals": "quantity", "string-array": None}


def read_android(file: TextFile) -> list[TextEntry]:
    """A strings.xml. Entity declarations are refused, as every document type is."""
    collector = _Collector(file, _language(file))
    parser = expat.ParserCreate()
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.StartDoctypeDeclHandler = collector.refuse_doctype
    collector.parser = parser
    try:
        parser.Parse(file.read().encode(), True)
    except expat.ExpatError as error:
        file.fail(f"it is not XML: {expat.ErrorString(error.code)}", error.lineno, error.offset + 1)
    if not collector.is_resources:
        file.fail("expected <resources> with <string name=…>")
    return collector.found


def _language(file: TextFile) -> str:
    match = _FOLDER.fullmatch(file.path.parent.name)
    if match is None:
        return file.known_language()
    if match["bcp"]:
        return normalise_tag(match["bcp"].replace("+", "-"))
    return match["tag"] + (f"-{match['region']}" if match["region"] else "")


def _unescape(text: str) -> str:
    """What Android shows: blanks run together outside of quotes, escapes replaced, quotes taken off."""
    parts = re.split(r'((?<!\\)"(?:[^"\\]|\\.)*")', text.strip())
    shown = (
        _ESCAPE.sub(_replace_quoted, part[1:-1]) if number & 1 else _ESCAPE.sub(_replace, part)
        for number, part in enumerate(parts)
    )
    return "".join(shown)


def _replace(match: re.Match[str]) -> str:
    return " " if match[3] else _replace_quoted(match)


def _replace_quoted(match: re.Match[str]) -> str:
    """As :func:`_replace` inside of quotes, where blanks stay."""
    if match[1]:
        return chr(int(match[1], 16))
    return match[3] or _ESCAPES.get(match[2], match[2])


class _Collector:
    """Takes expat's events."""

    def __init__(self, file: TextFile, language: str) -> None:
        self.file, self.language = file, language
        self.found: list[TextEntry] = []
        self.is_resources = False
        self.parser: Any = None
        self._collection = ""
        self._count = 0
        self._name: str | None = None
        self._parts: list[str] = []

    def refuse_doctype(self, *_args: Any) -> None:
        line = self.parser.CurrentLineNumber
        self.file.fail("a document type is refused: it could define entities without end", line)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "resources":
            self.is_resources = True
        elif tag in _COLLECTIONS:
            self._collection, self._count = attributes.get("name", ""), 0
        elif tag == "string":
            self._name, self._parts = attributes.get("name"), []
        elif tag == "item" and self._collection:
            own = attributes.get("quantity", str(self._count))
            self._name, self._parts = f"{self._collection}.{own}", []
            self._count += 1

    def text(self, data: str) -> None:
        if self._name is not None:
            self._parts.append(data)

    def end(self, tag: str) -> None:
        if tag in {"string", "item"} and self._name:
            place = self.file.place(self.parser.CurrentLineNumber)
            text = _unescape("".join(self._parts))
            self.found.append(TextEntry(self.language, self._name, text, place))
        if tag in {"string", "item"}:
            self._name = None
        elif tag in _COLLECTIONS:
            self._collection = ""
