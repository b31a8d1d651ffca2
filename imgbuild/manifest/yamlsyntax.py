"""Wording of YAML syntax errors: the same for PyYAML's C parser and its Python parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from imgbuild.errors import Place, fail

# YAML 1.2, section 5.1: characters outside this set are not printable and may not stand in a stream.
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Wording:
    """Our words for parser messages that hold one of ``marks``; ``at_context``: show where it began."""

    marks: tuple[str, ...]
    message: str
    hint: str | None = None
    at_context: bool = False


_TAB = _Wording((), "a tab stands where YAML expects spaces", "indent with spaces")
_WORDINGS = (
    _Wording(
        ("mapping values are not allowed",),
        "a ':' stands where no key can be",
        "put text that holds ': ' in quotes, and indent the keys of one mapping equally",
    ),
    _Wording(("cannot start any token",), "{character!r} cannot start a value", "put the text in quotes"),
    _Wording(
        ("unexpected end of stream while scanning a quoted scalar",),
        "the quote opened here is never closed",
        at_context=True,
    ),
    _Wording(("parsing a flow sequence",), "the '[' opened here is not closed by a ']'", at_context=True),
    _Wording(("parsing a flow mapping",), "the '{{' opened here is not closed by a '}}'", at_context=True),
    _Wording(("while parsing a flow node",), "the list or mapping opened before is not closed"),
    _Wording(
        ("while parsing a block collection", "while parsing a block mapping"),
        "this line continues nothing above it",
        "indent the keys of one mapping, or the '-' of one list, equally",
    ),
    _Wording(("could not find expected ':'",), "a ':' is missing: this line is neither a key nor a value"),
    _Wording(
        ("unknown escape character",),
        "the backslash in double quotes starts no escape that YAML knows",
        "use single quotes, and '/' in paths",
    ),
)


def report_control_character(text: str, file: str) -> None:
    """Refuse characters that YAML does not allow in a stream (IB102)."""
    match = _CONTROL.search(text)
    if not match:
        return
    start = match.start()
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    message = f"control character U+{ord(match.group()):04X} in the file; YAML is printable text"
    fail("IB102", message, Place(file, line, column))


def report_syntax_error(error: Any, text: str, file: str) -> NoReturn:
    """Raise IB102 for a ``yaml.YAMLError``."""
    problem = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None)
    place = _place_of_mark(mark, text, file)
    character = _character_at(mark, text)
    if character == "\t":
        fail("IB102", _TAB.message, place, hint=_TAB.hint)
    both = f"{problem} {context}"
    for wording in _WORDINGS:
        if any(m in both for m in wording.marks):
            context_mark = getattr(error, "context_mark", None)
            if wording.at_context and context_mark is not None:
                place = _place_of_mark(context_mark, text, file)
            fail("IB102", wording.message.format(character=character), place, hint=wording.hint)
    fail("IB102", f"not valid YAML: {problem}", place)


def _character_at(mark: Any, text: str) -> str:
    if mark is None:
        return ""
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    return line[mark.column] if mark.column < len(line) else ""


def _place_of_mark(mark: Any, text: str, file: str) -> Place:
    """The mark's place; the end of the file counts as the end of its last line."""
    if mark is None:
        return Place(file)
    lines = text.splitlines()
    if mark.line >= len(lines) and lines:
        return Place(file, len(lines), len(lines[-1]) + 1)
    return Place(file, mark.line + 1, mark.column + 1)
