"""Checks everything in a file that holds one flash image or several, whatever their containers are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgbuild.addressed import Piece
from imgbuild.errors import BuildError, Diagnostic, Diagnostics, Place
from imgbuild.reader.addressed.containers import UNKNOWN, Container, find_containers
from imgbuild.reader.addressed.unknown import may_be_image, tell_damaged
from imgbuild.reader.settings import SettingsArea
from imgbuild.reader.verify import VerifyReport, verify_image
from imgbuild.reader.verify_settings import find_area, verify_settings

SETTINGS = "settings"
_Tell = Callable[[Diagnostics, str, str, Place, str], None]


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """One image of a file. ``path`` names it as an argument, ``address`` is None in a file without.

    ``kind``: ``flat`` or ``littlefs`` (``report`` stands), ``settings`` (``area`` stands unless it cannot be
    read), UNKNOWN, or "" where nothing tells. ``data`` begins with its first byte.
    """

    path: Path
    kind: str
    address: int | None
    data: memoryview
    diagnostics: tuple[Diagnostic, ...]
    report: VerifyReport | None = None
    area: SettingsArea | None = None


def check_bytes(
    path: Path, data: bytes | memoryview, kind: str = "", address: int | None = None
) -> CheckedImage:
    """One image; ``kind`` "": a bare one, which is what it begins as."""
    view, place = memoryview(data), Place(str(path))
    if kind == SETTINGS or (not kind and find_area(data) is not None):
        return _check_settings(path, view, address)
    report = verify_image(data, place)
    return CheckedImage(path, kind, address, view, report.diagnostics, report=report)


def _check_settings(path: Path, view: memoryview, address: int | None) -> CheckedImage:
    found, area = Diagnostics(), None
    try:
        area = verify_settings(view, Place(str(path)), found)
    except BuildError as error:
        found.extend(error.diagnostics)
    return CheckedImage(path, SETTINGS, address, view, tuple(found.items), area=area)


def check_pieces(pieces: Sequence[Piece], path: Path, *, is_strict: bool = False) -> list[CheckedImage]:
    """Every image among the pieces of an addressed file, and what is none, by address.

    Each is named ``FILE@0xADDRESS`` where there are several, else by the file. ``is_strict``: a range that is
    no image, and may be firmware or may not, is an error (IB614); else it is a warning beside several images,
    and nothing beside a single one.
    """
    found = [(piece, one) for piece in pieces for one in find_containers(piece)]
    every = [one for _, one in found]
    is_single = sum(one.kind != UNKNOWN for one in every) == 1
    checked = []
    for piece, one in found:
        own = is_single and one.kind != UNKNOWN
        name = path if own else path.with_name(f"{path.name}@0x{one.address:08X}")
        view = memoryview(piece.data)[one.address - piece.address :]
        if one.kind == UNKNOWN:
            is_told = (is_strict or not is_single) and may_be_image(one, view, every)
            tell = (Diagnostics.error if is_strict else Diagnostics.warn) if is_told else None
            checked.append(_check_unknown(name, one, view, tell))
        else:
            checked.append(check_bytes(name, view[: one.size_bytes], one.kind, one.address))
    return checked


def _check_unknown(path: Path, one: Container, view: memoryview, tell: _Tell | None) -> CheckedImage:
    found = Diagnostics()
    message = "neither erased nor a flash image"
    was = tell_damaged(view)
    if was is not None:
        found.error("IB614", f"{message}; what is left of its head is that of {was}", Place(str(path)))
    elif tell is not None:
        hint = "if it is firmware, 'imgbuild verify --manifest' knows: partitions are what the manifest names"
        tell(found, "IB614", message, Place(str(path)), hint)
    return CheckedImage(path, UNKNOWN, one.address, view, tuple(found.items))


def tell_kind(data: bytes | memoryview) -> str:
    """The container that bytes begin as: ``flat``, ``littlefs``, ``settings`` or UNKNOWN.

    A blank settings area is UNKNOWN: nothing tells it from any other erased flash.
    """
    from imgbuild.reader.littlefs import is_littlefs
    from imgbuild.reader.pack import MAGIC

    if bytes(data[: len(MAGIC)]) == MAGIC:
        return "flat"
    if is_littlefs(data):
        return "littlefs"
    return SETTINGS if find_area(data) is not None else UNKNOWN
