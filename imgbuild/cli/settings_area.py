"""The settings area and the manifest that the commands ``imgbuild settings …`` name."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.cli.image_argument import read_image_file
from imgbuild.errors import Diagnostics, Place, fail

if TYPE_CHECKING:
    from imgbuild.reader.settings import Record, SettingsArea
    from imgbuild.settings import PlannedSetting


@dataclass(frozen=True, slots=True)
class OpenArea:
    """A file's bytes, the area in it, and what the manifest (if one is given) says of each name."""

    path: Path
    data: bytes
    area: SettingsArea
    planned: dict[str, PlannedSetting]

    def key_of(self, name: str) -> int:
        """The key of a name; IB467 where a manifest is given and lacks it."""
        if self.planned and name not in self.planned:
            import difflib

            close = difflib.get_close_matches(name, self.planned, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(sorted(self.planned))}"
            fail("IB467", f'the manifest has no setting "{name}"', Place(str(self.path)), hint)
        return zlib.crc32(name.encode())

    def stored(self, name: str) -> Record | None:
        """The record of a name; None: not stored, or stored with another type than the manifest says."""
        from imgbuild.reader.settings import KIND_NAMES

        record = self.area.values.get(self.key_of(name))
        setting = self.planned.get(name)
        if record is None or setting is None or KIND_NAMES.get(record.kind) == setting.type:
            return record
        return None


def open_area(path: Path, manifest: Path | None, partition: str | None, offset: int | None) -> OpenArea:
    """The area that a command names. Raises IB466 (none), IB471 (several), what the manifest has wrong."""
    from imgbuild.reader.settings import find_areas, read_area

    data = read_image_file(path)
    places = find_areas(data)
    if offset is not None:
        places = [place for place in places if place.offset_bytes == offset]
    if not places:
        where = "" if offset is None else f" at 0x{offset:X}"
        message = f"{path.name} holds no settings area{where} with a whole sector"
        hint = "an area that was never written is blank: every value is its default"
        fail("IB466", message, Place(str(path)), hint)
    if len(places) > 1:
        offsets = ", ".join(f"0x{place.offset_bytes:X}" for place in places)
        message = f"{path.name} holds {len(places)} settings areas, at {offsets}"
        fail("IB471", message, Place(str(path)), f"say which: --offset 0x{places[0].offset_bytes:X}")
    planned = _plan(manifest, partition) if manifest is not None else {}
    return OpenArea(path, data, read_area(data, places[0]), planned)


def _plan(path: Path, partition: str | None) -> dict[str, PlannedSetting]:
    from imgbuild.manifest.load import load_manifest
    from imgbuild.settings import plan_settings

    manifest = load_manifest(path)
    partitions = list(enumerate(manifest.spec.partitions or ()))
    numbers = [n for n, p in partitions if p.settings is not None and partition in (None, p.name)]
    if len(numbers) != 1:
        what = "has no" if not numbers else f"has {len(numbers)} partitions with"
        wanted = "" if partition is None else f' in a partition "{partition}"'
        hint = "say which: --partition NAME" if numbers else None
        fail("IB467", f"the manifest {what} settings{wanted}", Place(str(path)), hint)
    found = Diagnostics()
    planned = plan_settings(manifest, ("partitions", numbers[0], "settings"), found)
    found.raise_if_errors()
    return {setting.name: setting for setting in planned}
