"""``<name>_settings.h``: keys, types, defaults and limits of a settings area, and the table that C takes."""

from __future__ import annotations

from collections.abc import Sequence

from imgbuild.emit.c_header import comment_text, define_lines, guard_header, u32_text
from imgbuild.emit.c_names import c_identifier
from imgbuild.settings import PlannedSetting, geometry_of

SETTINGS_FORMAT = 1


def settings_header(
    name: str,
    settings: Sequence[PlannedSetting],
    *,
    offset_bytes: int,
    region_bytes: int,
    erase_bytes: int,
) -> str:
    """The text of the header. ``name`` gives the prefix (``weather_settings``: ``WEATHER_SETTINGS_…``).

    ``offset_bytes`` counts from the chip's first byte. What comes from a setting's name stands behind KEY_,
    DEFAULT_, MIN_, MAX_ or BYTES_, so that no name meets a fixed macro.
    """
    prefix, geometry = c_identifier(name), geometry_of(erase_bytes, region_bytes)
    fixed = [
        (f"{prefix}_OFFSET", u32_text(offset_bytes)),
        (f"{prefix}_BYTES", u32_text(region_bytes)),
        (f"{prefix}_SECTOR_BYTES", u32_text(geometry.sector_bytes)),
        (f"{prefix}_SECTORS", str(geometry.sectors)),
        (f"{prefix}_COUNT", str(len(settings))),
    ]
    body = [
        '#include "imgb_settings.h"',
        "",
        f"#if IMGB_SETTINGS_FORMAT != {SETTINGS_FORMAT}",
        f'#error "this header is of settings format {SETTINGS_FORMAT}, imgb_settings.h of another one"',
        "#endif",
        "",
        "/* the area: OFFSET from the chip's first byte */",
        *define_lines(fixed),
    ]
    for setting in settings:
        body += ["", f"/* {_describe(setting)} */", *define_lines(_macros(prefix, setting))]
    return guard_header(f"{prefix}_H", [*body, "", *_table(prefix, settings)])


def _describe(setting: PlannedSetting) -> str:
    what = f'"{comment_text(setting.name)}": {setting.type}'
    if setting.type == "bool":
        return what
    if setting.is_number:
        return f"{what}, {setting.min} to {setting.max}"
    return f"{what}, at most {setting.max_bytes} bytes"


def _macros(prefix: str, setting: PlannedSetting) -> list[tuple[str, str]]:
    rows = [("KEY", u32_text(setting.key))]
    if isinstance(setting.default, int):
        rows.append(("DEFAULT", _number(setting, setting.default)))
        rows += [("MIN", _number(setting, setting.min)), ("MAX", _number(setting, setting.max))]
    else:
        rows += [("DEFAULT", _text(setting.default)), ("BYTES", str(setting.max_bytes))]
    return [(f"{prefix}_{what}_{setting.c_name}", value) for what, value in rows]


def _number(setting: PlannedSetting, value: int) -> str:
    if setting.type == "u32":
        return f"UINT32_C({value})"
    if value == -0x8000_0000:  # its digits alone are no int32_t
        return "(-INT32_C(2147483647) - 1)"
    return f"INT32_C({value})" if value >= 0 else f"(-INT32_C({-value}))"


def _text(value: bytes) -> str:
    """``value`` as a C string literal: what is not plain ASCII in octal, always three digits."""
    plain = (chr(b) if 0x20 <= b < 0x7F and chr(b) not in '"\\?' else f"\\{b:03o}" for b in value)
    return '"' + "".join(plain) + '"'


def _table(prefix: str, settings: Sequence[PlannedSetting]) -> list[str]:
    lines = [
        f"/* static const imgb_setting_t table[{prefix}_COUNT] = {prefix}_TABLE; */",
        f"#define {prefix}_TABLE \\",
        "  { \\",
    ]
    for setting in settings:
        is_number = isinstance(setting.default, int)
        default = _bytes_of(setting.default)
        fields = (
            f"{prefix}_KEY_{setting.c_name}",
            u32_text(setting.min & 0xFFFF_FFFF),
            u32_text(setting.max & 0xFFFF_FFFF),
            f"(const uint8_t *){_text(default)}",
            str(len(default)),
            f"IMGB_SETTING_{setting.type.upper()}",
            "4" if is_number else str(setting.max_bytes),
        )
        lines.append(f"    {{{', '.join(fields)}}}, \\")
    return [*lines, "  }"]


def _bytes_of(default: int | bytes) -> bytes:
    return (default & 0xFFFF_FFFF).to_bytes(4, "little") if isinstance(default, int) else default
