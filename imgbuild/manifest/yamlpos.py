"""YAML with the place of every key and value, and without YAML's traps.

The events of PyYAML's parser are turned into plain values here, in one loop without recursion. PyYAML's own
constructor keeps duplicate keys silently, reads ``010`` as 8, ``12:30`` as 750 and ``no`` as false, and
follows aliases without limit; none of that happens here.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from imgbuild.errors import BuildError, Diagnostics, Place, fail
from imgbuild.limits import MANIFEST_BYTES_MAX, MANIFEST_DEPTH_MAX, MANIFEST_NODES_MAX
from imgbuild.manifest.yamlsyntax import report_control_character, report_syntax_error
from imgbuild.units import format_bytes

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

YamlPath = tuple[str | int, ...]
"""Keys and list indices from the root to a value."""

_CONSTANTS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# YAML 1.2 core schema, less octal numbers, .inf/.nan and floats without a point: those stay text.
# The bounds on digits keep int() and float() away from numbers that no manifest means.
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})\.[0-9]{1,30}(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(slots=True)
class Positions:
    """Where the keys and values of one YAML file stand."""

    file: str
    keys: dict[YamlPath, Place] = field(default_factory=dict)
    values: dict[YamlPath, Place] = field(default_factory=dict)
    doubtful: set[YamlPath] = field(default_factory=set)
    """Paths whose value was refused (aliases, merge keys): what is said about them later is noise."""

    def key(self, path: YamlPath) -> Place:
        """The place of the key ``path`` ends with, or of the nearest thing around it."""
        return self.keys.get(path) or self.value(path)

    def value(self, path: YamlPath) -> Place:
        """The place of the value at ``path``, or of the nearest value around it."""
        for length in range(len(path), -1, -1):
            place = self.values.get(path[:length])
            if place:
                return place
        return Place(self.file)

    def is_doubtful(self, path: YamlPath) -> bool:
        """Whether the value at ``path`` or one around it was refused."""
        return any(path[:length] in self.doubtful for length in range(len(path) + 1))


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain values (dict with text keys, list, str, int, float, bool, None) with places."""

    value: Any
    positions: Positions


def load_yaml(path: Path) -> Document:
    """Read a YAML file. Raises :class:`BuildError` with all that is wrong (IB101, 102, 103, 107, 108)."""
    document, diagnostics = read_yaml(path)
    diagnostics.raise_if_errors()
    return document


def read_yaml(path: Path) -> tuple[Document, Diagnostics]:
    """Read a YAML file as far as it makes sense, and tell what was refused in it.

    Raises :class:`BuildError` where nothing can be made of the file (IB101, IB102, IB108).
    """
    name = path.as_posix()
    return parse_yaml(_read_text(path, name), name)


def parse_yaml(text: str, file: str, *, is_text: bool = False) -> tuple[Document, Diagnostics]:
    """Like :func:`read_yaml` for ``text``; ``file`` is the name that places carry.

    ``is_text``: values are texts as they stand, ``no`` and ``1.50`` too; only what is empty is None.
    """
    builder = _Builder(Positions(file), is_text=is_text)
    try:
        for event in _parse_events(text, file):
            if builder.take(event):
                break
    except BuildError as error:  # what was found before the file broke off is worth telling, too
        raise BuildError(*builder.diagnostics.items, *error.diagnostics) from None
    return Document(builder.root, builder.positions), builder.diagnostics


def _read_text(path: Path, name: str) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            fail("IB101", f"{path.name} is {kind}; expected a manifest (YAML)", Place(name))
        with path.open("rb") as stream:
            data = stream.read(MANIFEST_BYTES_MAX + 1)
    except FileNotFoundError:
        fail("IB101", f"there is no file {path.name}; expected a manifest", Place(name))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        fail("IB101", f"{path.name} cannot be read: {reason}", Place(name))
    if len(data) > MANIFEST_BYTES_MAX:
        limit = format_bytes(MANIFEST_BYTES_MAX)
        fail("IB108", f"the file is larger than {limit}, the most accepted", Place(name))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8-sig")) + 1
        message = f"byte 0x{data[error.start]:02X} is not UTF-8; expected a manifest in UTF-8"
        fail("IB101", message, Place(name, line, column), hint="save the file with the encoding UTF-8")


def _parse_events(text: str, file: str) -> Iterator[Any]:
    report_control_character(text, file)
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        report_syntax_error(error, text, file)


def _resolve(text: str) -> Any:
    """The value of a plain (unquoted) scalar."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _place_of(event: Any, file: str) -> Place:
    start, end = event.start_mark, event.end_mark
    length = end.column - start.column if end.line == start.line else 1
    return Place(file, start.line + 1, start.column + 1, max(1, length))


@dataclass(slots=True)
class _Frame:
    """A mapping or sequence under construction."""

    value: dict[str, Any] | list[Any]
    path: YamlPath
    key: str | None = None
    skipped_key: bool = False  # the next node belongs to a key that is no plain text

    @property
    def awaits_key(self) -> bool:
        """Whether the next node is the key of a mapping."""
        return isinstance(self.value, dict) and self.key is None and not self.skipped_key


class _Builder:
    """Takes events one by one; ``root`` is the value in the end."""

    def __init__(self, positions: Positions, *, is_text: bool = False) -> None:
        self.is_text = is_text
        self.root: Any = None
        self.positions = positions
        self.diagnostics = Diagnostics()
        self._frames: list[_Frame] = []
        self._nodes = 0
        self._documents = 0

    def take(self, event: Any) -> bool:
        """Take one event; true when the rest of the file does not matter."""
        if isinstance(event, yaml.DocumentStartEvent):
            return self._start_document(event)
        if isinstance(event, yaml.NodeEvent):
            self._take_node(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end_collection()
        return False

    def _start_document(self, event: Any) -> bool:
        self._documents += 1
        if self._documents == 1:
            return False
        place = _place_of(event, self.positions.file)
        message = "a second document starts here; expected one document per file"
        self.diagnostics.error("IB107", message, place, hint="remove the line '---' and what follows")
        return True

    def _take_node(self, event: Any) -> None:
        place = _place_of(event, self.positions.file)
        self._nodes += 1
        if self._nodes > MANIFEST_NODES_MAX:
            fail("IB108", f"more than {MANIFEST_NODES_MAX} values, the most accepted", place)
        frame = self._frames[-1] if self._frames else None
        self._refuse_features(event, place)
        if frame is not None and frame.awaits_key:
            self._take_key(event, frame, place)
        else:
            self._take_value(event, frame, place)

    def _refuse_features(self, event: Any, place: Place) -> None:
        if isinstance(event, yaml.AliasEvent):
            message = f"alias '*{event.anchor}' found; expected the value itself"
            self.diagnostics.error("IB107", message, place, hint="repeated options belong into 'presets'")
            return
        if event.anchor is not None:
            message = f"anchor '&{event.anchor}' found; anchors and aliases are refused"
            where = Place(place.path, place.line, place.column, len(event.anchor) + 1)
            self.diagnostics.error("IB107", message, where, hint="repeated options belong into 'presets'")
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            message = f"tag '{shown}' found; tags are refused"
            self.diagnostics.error("IB107", message, place, hint="remove the tag")

    def _take_key(self, event: Any, frame: _Frame, place: Place) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            if not isinstance(event, yaml.AliasEvent):
                self.diagnostics.error("IB107", "a list or mapping stands as a key; expected text", place)
            frame.skipped_key = True
            self.positions.doubtful.add(frame.path)
            self._open(event, None, (*frame.path, "?"))
            return
        key = str(event.value)
        if key == "<<" and event.implicit[0]:
            self.positions.doubtful.add(frame.path)
            message = "merge key '<<' found; merge keys are refused"
            self.diagnostics.error("IB107", message, place, hint="repeated options belong into 'presets'")
        path = (*frame.path, key)
        if isinstance(frame.value, dict) and key in frame.value:
            first = self.positions.keys[path].line
            message = f"key '{key}' is given twice; the first one is in line {first}"
            self.diagnostics.error("IB103", message, place)
            self.positions.doubtful.add(path)
        else:
            self._widen_mapping_place(frame, place)
            self.positions.keys[path] = place
        frame.key = key

    def _widen_mapping_place(self, frame: _Frame, key_place: Place) -> None:
        """A block mapping starts at its first key: underline the whole key."""
        place = self.positions.values.get(frame.path)
        if place and (place.line, place.column) == (key_place.line, key_place.column):
            self.positions.values[frame.path] = key_place

    def _take_value(self, event: Any, frame: _Frame | None, place: Place) -> None:
        path = self._store_path(frame)
        if isinstance(event, yaml.AliasEvent):
            self.positions.doubtful.add(path)
            value: Any = None
        elif isinstance(event, yaml.ScalarEvent):
            is_plain = event.implicit[0] and not event.style and not (self.is_text and event.value)
            value = _resolve(event.value) if is_plain else event.value
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.positions.values.setdefault(path, place)
        self._store(frame, value)
        self._open(event, value, path)

    def _store_path(self, frame: _Frame | None) -> YamlPath:
        if frame is None:
            return ()
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        return (*frame.path, "?" if frame.key is None else frame.key)

    def _store(self, frame: _Frame | None, value: Any) -> None:
        if frame is None:
            self.root = value
        elif isinstance(frame.value, list):
            frame.value.append(value)
        else:
            if frame.key is not None:
                frame.value.setdefault(frame.key, value)
            frame.key = None
            frame.skipped_key = False

    def _open(self, event: Any, value: Any, path: YamlPath) -> None:
        """Go into a collection; ``value`` is None for one that stands as a key and is thrown away."""
        if not isinstance(event, yaml.CollectionStartEvent):
            return
        if len(self._frames) >= MANIFEST_DEPTH_MAX:
            place = _place_of(event, self.positions.file)
            fail("IB108", f"nested deeper than {MANIFEST_DEPTH_MAX} levels, the most accepted", place)
        if value is None:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._frames.append(_Frame(value, path))

    def _end_collection(self) -> None:
        self._frames.pop()
