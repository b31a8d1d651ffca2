"""Rows of a YAML table checked against a literal table of keys; what is wrong is told with its place.

No pydantic here: the tables are read by commands that must start fast.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imgbuild.errors import Diagnostics
from imgbuild.manifest.yamlpos import Positions, YamlPath
from imgbuild.units import parse_size


@dataclass(frozen=True, slots=True)
class Key:
    """What a key's value is. ``parse`` gives the value or raises ValueError or TypeError.

    ``nested``: the value is a mapping with these keys; ``is_list``: a list of such values, ``is_named``: a
    mapping of names to such values.
    """

    parse: Callable[[Any], Any] | None = None
    expected: str = ""
    is_required: bool = False
    default: Any = None
    nested: Mapping[str, Key] | None = None
    is_list: bool = False
    is_named: bool = False


Keys = Mapping[str, Key]


def _is_misspelt(name: str, raw: Mapping[str, Any], keys: Keys) -> bool:
    """Whether a missing key is there under another spelling: that is told as an unknown key."""
    strangers = [given for given in raw if given not in keys]
    return bool(difflib.get_close_matches(name, strangers, n=1, cutoff=0.75))


def parse_text(value: Any) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def parse_bytes(value: Any) -> int:
    """A size such as 64K."""
    if not isinstance(value, (str, int)):
        raise TypeError(value)
    return parse_size(value)


def parse_positive(value: Any) -> int:
    """A size such as 64K, at least 1."""
    size = parse_bytes(value)
    if not size:
        raise ValueError(value)
    return size


def parse_address(value: Any) -> int:
    """An address of 32 bits."""
    address = parse_bytes(value)
    if address >= 1 << 32:
        raise ValueError(value)
    return address


def parse_bool(value: Any) -> bool:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def parse_integer(low: int, high: int) -> Callable[[Any], int]:
    """A parser of whole numbers from ``low`` to ``high``."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(value)
        return value

    return parse


def parse_choice(*allowed: Any) -> Callable[[Any], Any]:
    """A parser that takes one of ``allowed``."""

    def parse(value: Any) -> Any:
        if isinstance(value, bool) or value not in allowed:
            raise ValueError(value)
        return value

    return parse


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads mappings of one file; what is wrong goes to ``found``."""

    positions: Positions
    found: Diagnostics

    def read(self, raw: Any, path: YamlPath, what: str, keys: Keys) -> dict[str, Any]:
        """The parsed values of a mapping, defaults for keys that are not given.

        ``what`` names the mapping in messages. Notes IB421 (unknown key), IB422 (key missing), IB423 (value).
        """
        if not isinstance(raw, dict):
            self._refuse(raw, path, what, "a mapping (key: value)")
            return {}
        for name in raw:
            if name not in keys:
                self._refuse_key(str(name), path, what, keys)
        values = {}
        for name, key in keys.items():
            if name in raw:
                values[name] = self._value(raw[name], (*path, name), what, key)
            else:
                values[name] = key.default
                if key.is_required and not _is_misspelt(name, raw, keys):
                    message = f"key '{name}' is missing in {what}"
                    self.found.error("IB422", message, self.positions.key(path))
        return values

    def _value(self, raw: Any, path: YamlPath, what: str, key: Key) -> Any:
        if key.is_list:
            return self._list(raw, path, what, key)
        if key.is_named:
            return self._named(raw, path, what, key)
        return self._single(raw, path, what, key)

    def _single(self, raw: Any, path: YamlPath, what: str, key: Key) -> Any:
        if key.nested is not None:
            return self.read(
                raw, path, f"'{path[-1]}' of {what}" if isinstance(path[-1], str) else what, key.nested
            )
        try:
            return None if key.parse is None else key.parse(raw)
        except (ValueError, TypeError):
            self._refuse(raw, path, what, key.expected)
            return key.default

    def _list(self, raw: Any, path: YamlPath, what: str, key: Key) -> tuple[Any, ...]:
        if not isinstance(raw, list):
            self._refuse(raw, path, what, "a list")
            return ()
        inner = f"'{path[-1]}' of {what}"
        return tuple(self._single(item, (*path, number), inner, key) for number, item in enumerate(raw))

    def _named(self, raw: Any, path: YamlPath, what: str, key: Key) -> dict[str, Any]:
        if not isinstance(raw, dict):
            self._refuse(raw, path, what, "a mapping of names")
            return {}
        return {name: self._single(item, (*path, name), what, key) for name, item in raw.items()}

    def _refuse(self, raw: Any, path: YamlPath, what: str, expected: str) -> None:
        from imgbuild.manifest.messages import describe_value  # with pydantic, so only when it is needed

        key = next((step for step in reversed(path[1:]) if isinstance(step, str)), None)
        prefix = f"{what}: " if key is None else f"{what}, {key}: "
        message = f"{prefix}found {describe_value(raw)}, expected {expected}"
        self.found.error("IB423", message, self.positions.value(path))

    def _refuse_key(self, name: str, path: YamlPath, what: str, keys: Keys) -> None:
        from imgbuild.manifest.messages import suggest

        hint = suggest(name, list(keys)) or "known here: " + ", ".join(keys)
        self.found.error("IB421", f"unknown key '{name}' in {what}", self.positions.key((*path, name)), hint)
