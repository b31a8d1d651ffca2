"""``imgbuild settings``: looks into a settings area and changes it, as a device does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from imgbuild.cli import console
from imgbuild.errors import Place, fail
from imgbuild.units import format_bytes

if TYPE_CHECKING:
    from imgbuild.cli.settings_area import OpenArea
    from imgbuild.reader.settings import Record

_TYPES = ("u32", "i32", "bool", "string", "bytes")
_NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]{1,99}|[0-9]{1,99})")


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--offset", type=str, help="Where the area begins, if FILE holds several."),
        click.option("--partition", help="Which of the manifest's partitions, if several have settings."),
        click.option("--manifest", type=click.Path(path_type=Path), help="Names, types, defaults, limits."),
    ):
        function = option(function)
    return function


@click.group("settings")
def command() -> None:
    """Read and change the settings area in a flash image or in a dump of a device's flash."""


def _open(file: Path, manifest: Path | None, partition: str | None, offset: str | None) -> OpenArea:
    from imgbuild.cli.settings_area import open_area
    from imgbuild.units import parse_size

    try:
        at = None if offset is None else parse_size(offset)
    except ValueError:
        raise click.BadParameter("expected an offset such as 0x80000", param_hint="--offset") from None
    return open_area(file, manifest, partition, at)


@command.command("get")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@_options
def get_command(*, file: Path, name: str, **where: Any) -> None:
    """Print the value of NAME: as stored, else (with --manifest) its default."""
    opened = _open(file, **where)
    record = opened.stored(name)
    if record is not None:
        console.write_line(_shown(record.value))
    elif name in opened.planned:
        console.write_line(_shown(_default_of(opened, name)))
    else:
        hint = "with --manifest its default is printed"
        fail("IB467", f'nothing is stored for "{name}" in {file.name}', Place(str(file)), hint)


@command.command("set", context_settings={"ignore_unknown_options": True})  # a value such as -5
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("value")
@click.option("--type", "type_", type=click.Choice(_TYPES), help="Of a value that is not stored yet.")
@_options
def set_command(*, file: Path, name: str, value: str, type_: str | None, **where: Any) -> None:
    """Store VALUE for NAME: appended to the area's log, as a device does it.

    Bytes are written as hex digits. Without --manifest the type is that of the value stored, or --type.
    """
    from imgbuild.inputs import read_input
    from imgbuild.layout.settings import KINDS, store_record
    from imgbuild.model import Artifact
    from imgbuild.output import write_artifacts

    opened = _open(file, **where)
    type_ = _type_of(opened, name, type_)
    data = _parse(opened, name, type_, value)
    if read_input(file) != opened.data:
        hint = "dump or convert it to a .bin first"
        fail("IB472", f"{file.name} is no plain binary file", Place(str(file)), hint)
    place = opened.area.place
    start, end = place.offset_bytes, place.offset_bytes + place.size_bytes
    area = opened.data[start:end].ljust(place.size_bytes, b"\xff")
    changed = store_record(opened.area, area, opened.key_of(name), KINDS[type_], data)
    if changed is None:
        message = f"the values do not fit in a sector of {format_bytes(place.sector_bytes)}"
        fail("IB464", message, Place(str(file)), "delete some on the device, with imgb_settings_delete")
    if changed != area:
        write_artifacts([Artifact(file, opened.data[:start] + changed + opened.data[end:])])


def _type_of(opened: OpenArea, name: str, type_: str | None) -> str:
    from imgbuild.reader.settings import KIND_NAMES

    if name in opened.planned:
        return opened.planned[name].type
    record = opened.area.values.get(opened.key_of(name))
    known = type_ or (KIND_NAMES.get(record.kind) if record else None)
    if known is None:
        hint = "tell its type: --type u32, or --manifest"
        fail("IB467", f'nothing is stored for "{name}"', Place(str(opened.path)), hint)
    return known


def _parse(opened: OpenArea, name: str, type_: str, text: str) -> bytes:
    """The bytes of a value written on the command line; IB468 where type or limits forbid it."""
    from imgbuild.limits import SETTING_BYTES_MAX
    from imgbuild.settings import EXPECTED, NUMBER_LIMITS, check_value, parse_value

    raw: Any = text
    if type_ == "bool":
        raw = {"true": True, "false": False}.get(text.lower())
    elif type_ in NUMBER_LIMITS:
        raw = int(text, 0) if _NUMBER.fullmatch(text) and not re.match(r"-?0[0-9]", text) else None
    value = parse_value(type_, raw)
    least, most = NUMBER_LIMITS.get(type_, (0, 0))
    if value is None or (isinstance(value, int) and not least <= value <= most):
        fail("IB468", f'"{text}" for "{name}": expected {EXPECTED[type_]}', Place(str(opened.path)))
    fault = check_value(opened.planned[name], value) if name in opened.planned else None
    if fault is None and isinstance(value, bytes) and len(value) > SETTING_BYTES_MAX:
        fault = f"{len(value)} bytes are more than {SETTING_BYTES_MAX}"
    if fault is not None:
        fail("IB468", f'"{name}": {fault}', Place(str(opened.path)))
    return (value & 0xFFFF_FFFF).to_bytes(4, "little") if isinstance(value, int) else value


@command.command("dump")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print one JSON document.")
@_options
def dump_command(*, file: Path, is_json: bool, **where: Any) -> None:
    """Print every value stored, how full the area is and how worn."""
    opened = _open(file, **where)
    rows, facts = _rows(opened), _facts(opened)
    if is_json:
        console.write_json({"schema_version": 1, **facts, "settings": rows})
        return
    for key, fact in facts.items():
        shown = format_bytes(fact) if key.endswith("_bytes") else str(fact)
        console.write_line(f"{key.replace('_', ' '):16} {shown}")
    cells = [(r["name"], r["key"], r["type"], _shown(r["value"]), r["from"]) for r in rows]
    console.write_line()
    console.write_table(("name", "key", "type", "value", "from"), cells)


def _facts(opened: OpenArea) -> dict[str, int]:
    area = opened.area
    return {
        "offset": area.place.offset_bytes,
        "sector_bytes": area.place.sector_bytes,
        "sectors": area.place.sectors,
        "sector_in_use": area.sector,
        "sectors_begun": area.sequence,
        "erases_per_sector": -(-area.sequence // area.place.sectors),
        "records": area.records,
        "damaged": area.damaged,
        "used_bytes": area.end,
        "free_bytes": area.free_bytes,
    }


def _rows(opened: OpenArea) -> list[dict[str, Any]]:
    """Settings of the manifest by name, then what else is stored, by key."""
    rows = []
    for name, setting in sorted(opened.planned.items()):
        record = opened.stored(name)
        value = _default_of(opened, name) if record is None else record.value
        source = "default" if record is None else "stored"
        rows.append(_row(name, setting.key, setting.type, value, source))
    known = {setting.key for setting in opened.planned.values()}
    others = [record for key, record in opened.area.values.items() if key not in known]
    return [*rows, *(_row("", r.key, _kind_of(r), r.value, "stored") for r in others)]


def _row(name: str, key: int, type_: str, value: Any, source: str) -> dict[str, Any]:
    value = value.hex(" ") if isinstance(value, bytes) else value
    return {"name": name, "key": f"0x{key:08X}", "type": type_, "value": value, "from": source}


def _kind_of(record: Record) -> str:
    from imgbuild.reader.settings import KIND_NAMES

    return KIND_NAMES.get(record.kind, f"kind {record.kind}")


def _default_of(opened: OpenArea, name: str) -> int | str | bytes:
    setting = opened.planned[name]
    if isinstance(setting.default, bytes) and setting.type == "string":
        return setting.default.decode()
    return setting.default


def _shown(value: int | str | bytes) -> str:
    return value.hex(" ") if isinstance(value, bytes) else str(value)
