"""The plan of a settings area: every value's key, type, default and limits, and how the area is cut.

The bytes are told in ``c_runtime/SETTINGS-FORMAT.md``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imgbuild.errors import Diagnostics, Place
from imgbuild.limits import NAME_BYTES_MAX, SETTINGS_MAX, SETTINGS_SECTORS_MAX
from imgbuild.units import align_up

if TYPE_CHECKING:
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.settings_spec import SettingSpec, SettingType
    from imgbuild.manifest.yamlpos import YamlPath

NUMBER_LIMITS: dict[str, tuple[int, int]] = {
    "u32": (0, 0xFFFF_FFFF),
    "i32": (-0x8000_0000, 0x7FFF_FFFF),
    "bool": (0, 1),
}
"""Least and greatest value of each type that is a number; the others are bytes."""
NUMBER_BYTES = 4

_UNIT_BYTES = 16
_SECTOR_BYTES_MIN, _SECTOR_STEP_BYTES = 256, 64
_PART_BYTES_MAX = 4096
_LOG_START_BYTES = 32
_RECORD_EXTRA_BYTES = 12
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class PlannedSetting:
    """One setting, every value spelled out.

    ``key``: CRC-32 of ``name``. ``default``: an int for u32, i32 and bool (0 or 1), else the bytes.
    ``min`` and ``max`` hold for numbers (0 and 0 for the others), ``max_bytes`` is 4 for numbers.
    ``c_name``: the name as it stands behind the prefix in C macros, such as WIFI_SSID.
    """

    name: str
    key: int
    type: SettingType
    default: int | bytes
    min: int
    max: int
    max_bytes: int
    c_name: str
    place: Place

    @property
    def is_number(self) -> bool:
        """Whether the value is an int; else bytes."""
        return self.type in NUMBER_LIMITS


@dataclass(frozen=True, slots=True)
class SettingsGeometry:
    """How an area is cut: ``sectors`` parts of ``sector_bytes``, one after the other from its first byte."""

    sector_bytes: int
    sectors: int

    @property
    def log_bytes(self) -> int:
        """What records may take in one sector."""
        return self.sector_bytes - _LOG_START_BYTES


def geometry_of(erase_bytes: int, region_bytes: int) -> SettingsGeometry:
    """The sectors of an area of ``region_bytes`` on a chip that erases ``erase_bytes`` at once.

    Chips that are not erased (FRAM, EEPROM: units below 256 bytes) get equal parts of at most 4 KiB, at
    least two. Fewer than two sectors come out where the area has no room for them.
    """
    if erase_bytes < _SECTOR_BYTES_MIN:
        parts = max(2, -(-region_bytes // _PART_BYTES_MAX))
        sector_bytes = region_bytes // parts // _SECTOR_STEP_BYTES * _SECTOR_STEP_BYTES
    else:
        parts = region_bytes // erase_bytes
        sector_bytes = erase_bytes * max(1, -(-parts // SETTINGS_SECTORS_MAX))
    if sector_bytes < _SECTOR_BYTES_MIN:
        return SettingsGeometry(_SECTOR_BYTES_MIN, region_bytes // _SECTOR_BYTES_MIN)
    return SettingsGeometry(sector_bytes, min(region_bytes // sector_bytes, SETTINGS_SECTORS_MAX))


def record_bytes(value_bytes: int) -> int:
    """What a value of so many bytes takes in the log."""
    return align_up(_RECORD_EXTRA_BYTES + value_bytes, _UNIT_BYTES)


def needed_bytes(settings: Iterable[PlannedSetting]) -> int:
    """What all values at their longest take in one sector, and the longest of them once more."""
    sizes = [record_bytes(setting.max_bytes) for setting in settings]
    return sum(sizes) + max(sizes, default=0)


def parse_value(setting_type: str, value: Any) -> int | bytes | None:
    """What ``value`` (of YAML) is as a value of this type; None if it is none.

    Texts become UTF-8, bytes are written as hex such as ``"00 1f"``.
    """
    return _PARSERS[setting_type](value)


def check_value(setting: PlannedSetting, value: int | bytes) -> str | None:
    """Why ``value`` does not suit the setting's limits; None: it does."""
    if isinstance(value, int):
        if setting.min <= value <= setting.max:
            return None
        return f"{value} lies outside {setting.min} to {setting.max}"
    if len(value) <= setting.max_bytes:
        return None
    return f"{len(value)} bytes are more than its {setting.max_bytes}"


def plan_settings(
    manifest: Manifest, path_to_mapping: YamlPath, found: Diagnostics
) -> tuple[PlannedSetting, ...]:
    """The settings under the mapping at ``path_to_mapping``, such as ("partitions", 1, "settings"); by name.

    Notes IB115, IB460 to IB463, IB469 and IB470; what is wrong is left out.
    """
    planned = []
    for name, spec in _mapping_at(manifest, path_to_mapping).items():
        one = _Planner(manifest, (*path_to_mapping, name), name, spec, found).plan()
        if one is not None:
            planned.append(one)
    planned.sort(key=lambda setting: setting.name)
    _check_names(planned, found)
    if len(planned) > SETTINGS_MAX:
        message = f"{len(planned)} settings, expected at most {SETTINGS_MAX}"
        place = manifest.key_place(path_to_mapping)
        found.error("IB464", message, place, "keep so many values in a littlefs partition")
    return tuple(planned)


def _mapping_at(manifest: Manifest, path: YamlPath) -> Mapping[str, SettingSpec]:
    node: Any = manifest.spec
    for step in path:
        node = node[step] if isinstance(step, int) else getattr(node, step)
    mapping: Mapping[str, SettingSpec] = node
    return mapping


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans one setting; notes everything that is wrong with it."""

    manifest: Manifest
    path: YamlPath
    name: str
    spec: SettingSpec
    found: Diagnostics

    def plan(self) -> PlannedSetting | None:
        from imgbuild.emit.c_names import c_identifier

        before = len(self.found.items)
        self._check_name()
        self._check_keys()
        type_ = self.spec.type
        least, most = NUMBER_LIMITS.get(type_, (0, 0))
        if type_ in NUMBER_LIMITS:
            least, most = self._limits(least, most)
        default = self._default()
        if len(self.found.items) > before or default is None:
            return None
        max_bytes = NUMBER_BYTES if type_ in NUMBER_LIMITS else self.spec.max_bytes or 0
        setting = PlannedSetting(
            name=self.name,
            key=zlib.crc32(self.name.encode()),
            type=type_,
            default=default,
            min=least,
            max=most,
            max_bytes=max_bytes,
            c_name=c_identifier(self.name),
            place=self.manifest.key_place(self.path),
        )
        return self._in_limits(setting)

    def _check_name(self) -> None:
        if len(self.name.encode()) > NAME_BYTES_MAX or not _NAME.fullmatch(self.name):
            message = f"the name {self.name!r} is not accepted: expected a letter, then letters, digits, "
            message += f'"_", "-", "." and single "/", at most {NAME_BYTES_MAX} bytes'
            self.found.error("IB470", message, self.manifest.key_place(self.path))

    def _check_keys(self) -> None:
        """Each key suits the type, and what the type needs is there."""
        is_number = self.spec.type in NUMBER_LIMITS
        unsuited = ("max_bytes",) if is_number else ("min", "max")
        for key in (*unsuited, *(("min", "max") if self.spec.type == "bool" else ())):
            if getattr(self.spec, key) is not None:
                place = self.manifest.key_place((*self.path, key))
                what = f'setting "{self.name}", which is of type {self.spec.type}'
                self.found.error("IB469", f"'{key}' has no effect on {what}", place, f"take '{key}' out")
        if not is_number and self.spec.max_bytes is None:
            message = f"setting \"{self.name}\" of type {self.spec.type} needs 'max_bytes'"
            hint = "'max_bytes: 32' keeps room for 32 bytes of UTF-8 or data"
            self.found.error("IB469", message, self.manifest.key_place(self.path), hint)

    def _limits(self, least: int, most: int) -> tuple[int, int]:
        low = least if self.spec.min is None else self.spec.min
        high = most if self.spec.max is None else self.spec.max
        for key, value in (("min", low), ("max", high)):
            if not least <= value <= most:
                what = f"'{key}' of setting \"{self.name}\" is {value}"
                message = f"{what}; {self.spec.type} holds {least} to {most}"
                self.found.error("IB461", message, self.manifest.value_place((*self.path, key)))
        if low > high:
            message = f"'min' of setting \"{self.name}\" is {low}, above its 'max' of {high}"
            key = "min" if self.spec.min is not None else "max"
            self.found.error("IB461", message, self.manifest.value_place((*self.path, key)))
        return low, high

    def _default(self) -> int | bytes | None:
        if self.spec.default is None:
            return 0 if self.spec.type in NUMBER_LIMITS else b""
        value = parse_value(self.spec.type, self.spec.default)
        if value is None:
            shown = repr(self.spec.default) if isinstance(self.spec.default, str) else self.spec.default
            shown = str(shown).lower() if isinstance(self.spec.default, bool) else shown
            message = f'the default of setting "{self.name}" is {shown}, expected {EXPECTED[self.spec.type]}'
            self.found.error("IB460", message, self.manifest.value_place((*self.path, "default")))
        return value

    def _in_limits(self, setting: PlannedSetting) -> PlannedSetting | None:
        fault = check_value(setting, setting.default)
        if fault is None:
            return setting
        if self.spec.default is None:
            message = f'setting "{self.name}" has no default, and {fault}'
            self.found.error("IB462", message, setting.place, "give it a 'default'")
            return None
        message = f'the default of setting "{self.name}": {fault}'
        self.found.error("IB462", message, self.manifest.value_place((*self.path, "default")))
        return None


def _check_names(planned: list[PlannedSetting], found: Diagnostics) -> None:
    """Two names of one key, two names of one C identifier."""
    checks: tuple[tuple[str, Callable[[PlannedSetting], object], str], ...] = (
        ("IB463", lambda s: s.key, "have the same key 0x{s.key:08X}"),
        ("IB115", lambda s: s.c_name, "would both become {s.c_name} in C"),
    )
    for code, value_of, words in checks:
        firsts: dict[object, PlannedSetting] = {}
        for setting in sorted(planned, key=lambda s: (s.place.line, s.place.column)):
            first = firsts.setdefault(value_of(setting), setting)
            if first is not setting:
                what = words.format(s=setting)
                message = f'the settings "{setting.name}" and "{first.name}" (line {first.place.line}) {what}'
                found.error(code, message, setting.place, "rename one of them")


# --- values of YAML ------------------------------------------------------------------------------


def _parse_number(value: Any) -> int | None:
    return value if type(value) is int else None


def _parse_bool(value: Any) -> int | None:
    return int(value) if isinstance(value, bool) else None


def _parse_text(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) and "\0" not in value else None


def _parse_hex(value: Any) -> bytes | None:
    try:
        return bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        return None


_PARSERS: dict[str, Callable[[Any], int | bytes | None]] = {
    "u32": _parse_number,
    "i32": _parse_number,
    "bool": _parse_bool,
    "string": _parse_text,
    "bytes": _parse_hex,
}
EXPECTED: dict[str, str] = {
    "u32": "a whole number from 0 to 4294967295",
    "i32": "a whole number from -2147483648 to 2147483647",
    "bool": "true or false",
    "string": "a text without U+0000",
    "bytes": "hex digits in quotes, such as '00 1f'",
}
