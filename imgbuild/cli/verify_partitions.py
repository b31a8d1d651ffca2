"""``imgbuild verify --manifest``: a file or folder against the partitions that its manifest says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.errors import BuildError, Diagnostic, Place, fail

if TYPE_CHECKING:
    from imgbuild.addressed import Piece
    from imgbuild.partitions import PlacedPartition
    from imgbuild.reader.verify_file import CheckedImage
    from imgbuild.settings import PlannedSetting


def check_partitions(path: Path, manifest: Path, board: str | None, name: str | None) -> list[CheckedImage]:
    """Every partition of the manifest that the file must hold; of a file without addresses the one named.

    What lies in no partition comes behind them, unchecked. Raises BuildError: what is wrong with the manifest
    or the file's form, IB450, IB451.
    """
    from imgbuild.deliver.choosing import file_of, pick_places
    from imgbuild.deliver.placing import SiteQuestion, find_site
    from imgbuild.partition_plan import locate_partitions
    from imgbuild.reader.addressed import read_pieces

    places = locate_partitions(manifest, board)
    if not places:
        hint = "it describes one image: verify checks that without a manifest"
        fail("IB451", f"{manifest.name} has no 'partitions'", Place(str(manifest)), hint)
    chosen = pick_places(places, [name], Place(str(manifest))) if name else places
    if path.is_dir():
        return [_check_bare(file_of(path, one), one, manifest) for one in chosen]
    data = _read(path)
    pieces, is_addressed = read_pieces(data, path)
    if not is_addressed:
        if len(chosen) != 1:
            listed = ", ".join(one.name for one in chosen)
            message = f"{path.name} has no addresses: which partition it is must be told"
            fail("IB450", message, Place(str(path)), f"--partition NAME, one of {listed}")
        return [_check_bare(path, chosen[0], manifest)]
    base = find_site(SiteQuestion(board=board, manifest=manifest)).base or 0
    checked = [_check_place(path, pieces, one, base, manifest) for one in chosen]
    return checked if name else [*checked, *_others(path, pieces, places, base)]


def _read(path: Path) -> bytes:
    from imgbuild.inputs import read_input

    try:
        return read_input(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        fail("IB612", f"cannot read {path.name}: {why}", Place(str(path)))


def _check_bare(path: Path, one: PlacedPartition, manifest: Path) -> CheckedImage:
    return _check_data(path, _read(path), one, None, manifest)


def _check_place(
    path: Path, pieces: Sequence[Piece], one: PlacedPartition, base: int, manifest: Path
) -> CheckedImage:
    """The partition's bytes in an addressed file: from its first one as far as the file goes on."""
    from imgbuild.reader.verify_file import CheckedImage

    start, end = base + one.areas.image.offset_bytes, base + one.areas.image.end_bytes
    name = path.with_name(f"{path.name}@0x{start:08X}")
    piece = next((piece for piece in pieces if piece.address <= start < piece.end), None)
    if piece is None:
        message = f"the file has nothing of partition '{one.name}', which begins here"
        found = (Diagnostic("IB615", message, Place(str(name))),)
        return CheckedImage(name, one.container, start, memoryview(b""), found)
    data = memoryview(piece.data)[start - piece.address : end - piece.address]
    return _check_data(name, data, one, start, manifest)


def _check_data(
    name: Path, data: bytes | memoryview, one: PlacedPartition, address: int | None, manifest: Path
) -> CheckedImage:
    from imgbuild.reader.verify_file import SETTINGS, CheckedImage, check_bytes

    is_blank = not bytes(data).strip(b"\xff")
    if one.container == SETTINGS and is_blank:  # every value is its default
        return CheckedImage(name, SETTINGS, address, memoryview(data), ())
    fault = _foreign(data, one, is_blank=is_blank)
    if fault is not None:
        message = f"partition '{one.name}': {fault}"
        found = (Diagnostic("IB615", message, Place(str(name))),)
        return CheckedImage(name, one.container, address, memoryview(data), found)
    checked = check_bytes(name, data, one.container, address)
    if checked.area is None:
        return checked
    planned = _settings_of(manifest, one)
    return replace(checked, diagnostics=(*checked.diagnostics, *_check_values(checked, planned)))


def _foreign(data: bytes | memoryview, one: PlacedPartition, *, is_blank: bool) -> str | None:
    """Why the bytes are not this partition's image."""
    from imgbuild.deliver.choosing import refuse_foreign
    from imgbuild.reader.addressed.containers import UNKNOWN
    from imgbuild.reader.verify_file import tell_kind

    if is_blank:
        return f"expected {one.container}, it is erased"
    if tell_kind(data) == UNKNOWN:
        return f"expected {one.container}, what begins here is no flash image"
    try:
        refuse_foreign(data, one, Place(""))
    except BuildError as error:
        return error.diagnostics[0].message.partition(": ")[2]
    return None


def _settings_of(manifest: Path, one: PlacedPartition) -> dict[int, PlannedSetting]:
    from imgbuild.errors import Diagnostics
    from imgbuild.manifest.load import load_manifest
    from imgbuild.settings import plan_settings

    found = Diagnostics()
    planned = plan_settings(load_manifest(manifest), ("partitions", one.number, "settings"), found)
    found.raise_if_errors()
    return {setting.key: setting for setting in planned}


def _check_values(checked: CheckedImage, planned: dict[int, PlannedSetting]) -> list[Diagnostic]:
    """IB617 for each stored value that the firmware of this manifest would not take.

    A value that the manifest does not name is of another version: the firmware leaves it alone.
    """
    from imgbuild.reader.settings import KIND_NAMES
    from imgbuild.settings import check_value

    found = []
    for record in checked.area.values.values() if checked.area else ():
        setting = planned.get(record.key)
        if setting is None:
            continue
        kind = KIND_NAMES.get(record.kind, f"kind {record.kind}")
        value = record.value if setting.is_number and isinstance(record.value, int) else record.data
        if kind != setting.type:
            fault: str | None = f"is stored as {kind}, the manifest says {setting.type}"
        else:
            wrong = check_value(setting, value)
            fault = None if wrong is None else f"stored is what the manifest forbids: {wrong}"
        if fault is not None:
            hint = "a device takes the default"
            found.append(Diagnostic("IB617", f'"{setting.name}" {fault}', Place(str(checked.path)), hint))
    return found


def _others(
    path: Path, pieces: Sequence[Piece], places: Sequence[PlacedPartition], base: int
) -> list[CheckedImage]:
    """What begins in no partition: firmware, mostly."""
    from imgbuild.reader.addressed.containers import UNKNOWN, find_containers
    from imgbuild.reader.verify_file import CheckedImage

    spans = [(base + one.areas.whole.offset_bytes, base + one.areas.whole.end_bytes) for one in places]
    found = []
    for piece in pieces:
        for one in find_containers(piece):
            if not any(low <= one.address < high for low, high in spans):
                name = path.with_name(f"{path.name}@0x{one.address:08X}")
                found.append(CheckedImage(name, UNKNOWN, one.address, memoryview(b""), ()))
    return found
